"""The pages about the service say what is so in this installation, in both languages, and no figure nobody measured."""

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from assistant.config import Config, LlmSettings
from assistant.strings import strings
from assistant.types import LANGUAGES, Language
from assistant.web.about import HISTORY, facts, measured, text_of
from assistant.web.room import facts as told
from assistant.web.service import Service
from assistant.web_settings import WebSettings
from index import bank, parse
from index.settings import IndexSettings
from tests.web.scripted import Scripted, service_with

PAGES = ("about", "privacy", "accessibility")
LLM = LlmSettings("gpt-test", "http://127.0.0.1:9/v1", "secret-key", "Example Corp")


@pytest.fixture(scope="module")
def assistant() -> Scripted:
    """One scripted Assistant for services of different settings."""
    return Scripted()


def shown(assistant: Scripted, name: str, config: Config, language: Language = "en") -> str:
    """The words of a page under these settings."""
    service = service_with(assistant, config)
    page = text_of(name, facts(service, language), language)
    return html.unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_in_both_languages(client: TestClient, name: str, language: Language) -> None:
    """Each page has one h1, its title, its language, a way to the other language, and fills every variable."""
    reply = client.get(f"/{name}?lang={language}")
    assert reply.status_code == 200
    assert "Accept-Language" in reply.headers["vary"].split(", ")
    assert f'<html lang="{language}">' in reply.text
    assert reply.text.count("<h1>") == 1
    assert reply.text.count('aria-current="page"') == 1
    assert f'href="?lang={"ja" if language == "en" else "en"}"' in reply.text
    assert not re.search(r"[{}]", reply.text)
    assert "<script" not in reply.text


def test_nothing_is_claimed_that_nobody_did(assistant: Scripted) -> None:
    """No review by people, no screen reader, no audit: each page says so in plain words."""
    assert "No lawyer or privacy officer has reviewed this page." in shown(assistant, "privacy", Config())
    accessibility = shown(assistant, "accessibility", Config())
    assert "no screen reader was run" in accessibility
    assert "not a declaration of conformity" in accessibility
    assert "Nobody outside the project has repeated the measurement." in shown(assistant, "about", Config())


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_runs_it(assistant: Scripted, language: Language) -> None:
    """The operator of the settings stands on every page; without one, that it is a test installation."""
    config = Config(operator_name="Agency X", operator_contact="help@agency.example")
    for name in PAGES:
        assert "Agency X" in shown(assistant, name, config, language)
        assert "help@agency.example" in shown(assistant, name, config, language)
        unnamed = {"en": "Operator not named, test installation", "ja": "運営者名は未設定"}[language]
        assert unnamed in shown(assistant, name, Config(), language)
    assert "https://example.gov/moc" in shown(assistant, "about", Config(official_url="https://example.gov/moc"))


def test_where_questions_go(assistant: Scripted) -> None:
    """Nowhere by default; with a model to its vendor; with another server's embedding always there too. No secret."""
    assert "No question leaves this server" in shown(assistant, "privacy", Config())
    with_model = Config(llm=LLM, index=IndexSettings(embedding_model="text-embed-9", embedding_api_key="secret-key"))
    page = shown(assistant, "privacy", with_model)
    assert "Your question, to Example Corp, when an AI answer is chosen" in page
    assert "It gets every question, also with “Quotes only” chosen." in page
    unnamed = shown(assistant, "privacy", Config(llm=replace(LLM, vendor="")))
    assert "the language model gpt-test that the operator has set up" in unnamed
    for name in PAGES:
        for language in LANGUAGES:
            page = shown(assistant, name, with_model, language)
            assert "secret-key" not in page
            assert "127.0.0.1" not in page


STAYS = {"en": "stays on this server", "ja": "このサーバーの外に出"}
NOTHING = {"en": "Nothing.", "ja": "何も保存しません"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("llm", [None, LLM, replace(LLM, vendor="")], ids=["quotes", "vendor", "unnamed"])
@pytest.mark.parametrize("embedding", [None, "text-embed-9"])
@pytest.mark.parametrize("cache", [0, 90])
@pytest.mark.parametrize("feedback", [False, True])
def test_the_first_screen_says_the_same(
    assistant: Scripted,
    tmp_path: Path,
    language: Language,
    llm: LlmSettings | None,
    embedding: str | None,
    cache: int,
    feedback: bool,
) -> None:
    """Under every combination of settings it names each place a question goes to or stays at, and promises no more."""
    config = Config(
        llm=llm,
        index=IndexSettings(embedding_model=embedding, embedding_api_key="secret-key"),
        feedback_directory=tmp_path if feedback else None,
        feedback_days=14,
        web=WebSettings(cache_seconds=cache),
    )
    words, known = strings(language), dict(row[:2] for row in told(config, language))
    sent, stored = known[words["welcome_sending"]], known[words["welcome_storage"]]
    assert (STAYS[language] in sent) is (embedding is None)
    assert ("text-embed-9" in sent) is (embedding is not None)
    assert (sent == words["sending_none"]) is (llm is None and embedding is None)
    assert ("Example Corp" in sent or "gpt-test" in sent) is (llm is not None)
    kept = llm is not None and cache > 0
    assert (NOTHING[language] in stored) is (not kept and not feedback)
    assert ("14" in stored) is feedback
    assert bool(re.search(r"(?<!1)2 minutes|最大2分間", stored)) is kept
    if cache or feedback:  # the rest of the page has tests of its own
        return
    privacy = shown(assistant, "privacy", config, language)
    short = privacy.partition(words["privacy_sent"])[2].partition(words["privacy_cookies"])[0]
    assert (short.strip() == words["privacy_sent_none"]) is (llm is None and embedding is None)
    assert (words["privacy_embedding"].format(embedding="scripted") in privacy) is (embedding is not None)
    assert (words["privacy_llm_off"] in privacy) is (llm is None and embedding is None)


def test_what_is_stored(assistant: Scripted, tmp_path: Path) -> None:
    """Nothing, unless feedback is on; then for how many days."""
    assert "Feedback is switched off here." in shown(assistant, "privacy", Config())
    page = shown(assistant, "privacy", Config(feedback_directory=tmp_path, feedback_days=14))
    assert "deleted after 14 days" in page
    assert "switched off" not in page.partition("Feedback")[2]


def test_what_is_kept_in_memory_and_counted(assistant: Scripted) -> None:
    """Answers of a model for the time of the settings, with their questions; counts as hashes; who signs in is told."""
    assert "minutes" not in shown(assistant, "privacy", Config())
    page = shown(assistant, "privacy", Config(llm=LLM, web=WebSettings(cache_seconds=90)))
    assert "In memory, for up to 2 minutes: answers written by AI, with their questions" in page
    assert "minutes" not in shown(assistant, "privacy", Config(llm=LLM, web=WebSettings(cache_seconds=0)))
    assert "sign-in name" not in page
    assert "It holds no question, no answer, no address and no name." in page
    shared = WebSettings(signin_header="x-user", store_url="redis://127.0.0.1:6379/0")
    page = shown(assistant, "privacy", Config(web=shared))
    assert "Your sign-in name is used, as a keyed hash" in page
    assert "The counts lie in a store" in page


def test_the_model_card_names_what_is_loaded(assistant: Scripted) -> None:
    """Embedding and index of the opened Assistant, the number of bank questions, the model of the settings."""
    page = shown(assistant, "about", Config(llm=LLM))
    assert "scripted, inside this server" in page
    assert "f" * 64 in page
    assert "gpt-test, run by Example Corp" in page
    assert f"Question bank ({len(bank.load(parse.load())):,} questions)" in page
    assert parse.load().sha256 in page


def test_while_the_index_opens(assistant: Scripted) -> None:
    """The pages are there before the index is."""
    service = Service(Config(), lambda _: assistant)  # type: ignore[arg-type, return-value]
    assert "is being opened" in text_of("about", facts(service, "en"), "en")


def test_figures_are_those_of_the_history(assistant: Scripted) -> None:
    """Each figure on the page is k / n of the newest committed line about the test questions and this document."""
    document = parse.load()
    lines = [json.loads(line) for line in HISTORY.read_text(encoding="utf-8").splitlines()]
    [*_, line] = [row for row in lines if row["suite"] == "test" and row["document_sha256"] == document.sha256]
    page = shown(assistant, "about", Config())
    good, whole = line["metrics"]["completeness[en]"]
    assert f"{good} / {whole} ({100 * good / whole:.1f}\u00a0%)" in page
    assert f"With {line['cases']} test questions" in page
    assert line["date"] in page
    found = measured(document, line["index_fingerprint"])
    assert found is not None
    assert (found.same_index, len(found.rows)) == (True, 10)
    assert "Measured with another version of the index" in page


def test_nothing_measured_nothing_shown(assistant: Scripted, tmp_path: Path) -> None:
    """Without a history, or with one of another document or mode only, there is no figure."""
    document = parse.load()
    assert measured(document, None, tmp_path / "none.jsonl") is None
    line = json.loads(HISTORY.read_text(encoding="utf-8").splitlines()[-1])
    for name, change in enumerate(({"document_sha256": "0"}, {"mode": "llm"}, {"suite": "dev"})):
        history = tmp_path / f"{name}.jsonl"
        history.write_text(json.dumps({**line, **change}) + "\n", encoding="utf-8")
        assert measured(document, None, history) is None
    known = replace(facts(service_with(assistant), "en"), measured=None)
    page = text_of("about", known, "en")
    assert "No measurement of this document and version comes with this installation." in page
    assert "%" not in page


def test_favicon_and_robots(client: TestClient) -> None:
    """Both are ours, not Gradio's; receipts and the interface are closed to crawlers."""
    icon = client.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert icon.content == client.get("/site/favicon.svg").content
    robots = client.get("/robots.txt")
    assert robots.headers["content-type"].startswith("text/plain")
    assert "Disallow: /a/" in robots.text
