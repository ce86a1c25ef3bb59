"""The chat page through Gradio's own protocol, and what is on it before the first question."""

import gc
import html
import json
import re
import time
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.config import Config, LlmSettings
from assistant.strings import strings
from assistant.types import LANGUAGES, Language
from assistant.web import page
from assistant.web.service import Service
from index import parse
from tests.web.scripted import Scripted, client_of, service_with


def config_of(client: TestClient, language: str) -> dict[str, Any]:
    """Gradio's description of the page, as the page carries it."""
    found = re.search(r"window\.gradio_config = (\{.*?\});</script>", client.get(f"/?lang={language}").text)
    assert found is not None
    config: dict[str, Any] = json.loads(found[1])
    return config


def component(config: dict[str, Any], name: str) -> dict[str, Any]:
    """The properties of a component by its id on the page."""
    [props] = [part["props"] for part in config["components"] if part["props"].get("elem_id") == name]
    return dict(props)


def call(client: TestClient, *data: object, root: str = "", session: str | None = None) -> list[list[Any]]:
    """Every state the conversation went through for one question."""
    begun = client.post(f"{root}/gradio_api/call/ask", json={"data": list(data), "session_hash": session})
    assert begun.status_code == 200, begun.text
    stream = client.get(f"{root}/gradio_api/call/ask/{begun.json()['event_id']}").text
    assert "event: error" not in stream
    return [json.loads(data)[0] for data in re.findall(r"event: (?:generating|complete)\ndata: (.*)", stream)]


def text(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


@pytest.mark.parametrize("root", ["", "/ja"])
def test_a_question_through_gradio(client: TestClient, root: str) -> None:
    """The conversation grows from the searching line to the cited answer."""
    states = call(client, "Is it binding?", [], "quote", root=root)
    assert len(states) >= 2
    assert strings("en")["stage_searching"] in text(states[0][-1])
    assert [message["role"] for message in states[-1]] == ["user", "assistant"]
    assert 'href="#iii.p1.s1"' in text(states[-1][-1])


def test_history_reaches_the_core(client: TestClient, scripted: Scripted) -> None:
    """The conversation Gradio sends back arrives as turns."""
    [*_, last] = call(client, "First?", [], "quote")
    call(client, "And then?", last, "quote")
    assert [turn.role for turn in scripted.asked[-1].history] == ["user", "assistant"]
    assert scripted.asked[-1].history[0].content == "First?"


def test_the_server_forgets_what_pages_showed(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio holds each page's conversation; only so many of them, and who was forgotten is answered as before."""
    from gradio.queueing import Queue
    from gradio.state_holder import SessionState

    monkeypatch.setattr(page, "SESSIONS", 3)
    before = {id(found) for found in gc.get_objects() if isinstance(found, (SessionState, Queue))}
    with client_of(service_with(scripted)) as client:
        first = call(client, "First?", [], "quote", session="a")[-1]
        for number in range(5):
            call(client, "Is it binding?", [], "quote", session=f"b{number}")
        gc.collect()
        held = [one for one in gc.get_objects() if isinstance(one, SessionState) and id(one) not in before]
        assert len(held) == 3
        [*_, again] = call(client, "And then?", first, "quote", session="a")
        [asked] = [
            queue
            for queue in gc.get_objects()
            if isinstance(queue, Queue) and id(queue) not in before and queue.events_recorded
        ]
        assert list(asked.pending_messages_per_session) == ["b3", "b4", "a"]
        assert set(asked.pending_event_ids_session) == {"b3", "b4", "a"}
        assert len(asked.event_analytics) == 1
    assert [message["role"] for message in again] == ["user", "assistant"] * 2


def test_who_fetches_slowly_gets_the_whole_answer(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end waits for the page however many ask after it, and not for ever when nobody comes."""
    built: list[Any] = []
    build = page.build

    def kept(language: Language, service: Service) -> Any:
        built.append(build(language, service))
        return built[-1]

    monkeypatch.setattr(page, "build", kept)
    monkeypatch.setattr(page, "SESSIONS", 2)
    with client_of(service_with(scripted)) as client:
        begun = {
            session: client.post(
                "/gradio_api/call/ask", json={"data": ["First?", [], "quote"], "session_hash": session}
            ).json()["event_id"]
            for session in ("slow", "gone")
        }
        [queue] = [blocks._queue for blocks in built if blocks._queue.pending_messages_per_session]
        ended = time.monotonic() + 30
        while queue.event_ids_to_events and time.monotonic() < ended:
            time.sleep(0.01)
        assert queue.event_ids_to_events == {}
        for number in range(4):
            call(client, "Is it binding?", [], "quote", session=f"b{number}")
        stream = client.get(f"/gradio_api/call/ask/{begun['slow']}").text
        assert "event: complete" in stream
        assert "event: error" not in stream
        assert list(queue.pending_messages_per_session) == ["slow", "gone", "b2", "b3"]
        monkeypatch.setattr(page, "UNFETCHED_SECONDS", 0)
        call(client, "Is it binding?", [], "quote", session="b4")
        assert list(queue.pending_messages_per_session) == ["b3", "b4"]
        assert set(queue.pending_event_ids_session) == {"b3", "b4"}


def test_an_error_keeps_the_question(client: TestClient, scripted: Scripted) -> None:
    """The core's failure is a message of ours, and the question is back in its box."""
    scripted.fails = True
    begun = client.post("/gradio_api/call/ask", json={"data": ["Why?", [], "quote"]}).json()
    stream = client.get(f"/gradio_api/call/ask/{begun['event_id']}").text
    *_, last = (json.loads(data) for data in re.findall(r"event: (?:generating|complete)\ndata: (.*)", stream))
    assert "secret" not in stream
    assert strings("en")["error_failed"] in html.unescape(text(last[0][-1]))
    assert last[1] == "Why?"


def test_gradio_has_the_settings_it_was_given(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded queue that nothing skips, no file of the disk, no report to anybody, no share, monitoring or server.

    Read from the pages as they were mounted: a setting that a new version ignores shows here.
    """
    built, build = [], page.build

    def kept(*given: Any) -> Any:
        built.append(build(*given))
        return built[-1]

    monkeypatch.setattr(page, "build", kept)
    page.mount(FastAPI(), service_with(scripted), "")
    assert len(built) == len(LANGUAGES)
    for blocks in built:
        queue = blocks._queue
        assert (queue.max_size, queue.default_concurrency_limit, blocks.api_open) == (64, 16, False)
        assert (blocks.allowed_paths, blocks.max_file_size, blocks.state_session_capacity) == ([], 1, 300)
        off = ("analytics_enabled", "share", "show_error", "enable_monitoring", "mcp_server", "run_history", "ssr_mode")
        assert {name: getattr(blocks, name) for name in off} == dict.fromkeys(off, False)
        assert [handler.api_name for handler in blocks.fns.values() if handler.api_visibility == "public"] == ["ask"]


def test_only_asking_is_described_as_an_interface(client: TestClient) -> None:
    """Gradio's description lists one endpoint."""
    assert list(client.get("/gradio_api/info").json()["named_endpoints"]) == ["/ask"]
    assert client.get("/gradio_api/info").json()["unnamed_endpoints"] == {}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_first_screen(client: TestClient, language: Language) -> None:
    """It says which document, what III says of it, that it is automated and unofficial, whose, and what is kept."""
    words = strings(language)
    served = client.get(f"/?lang={language}").text
    [welcome] = re.findall(
        rf'<div class="in-{language}" lang="{language}">\n(<p class="what">.*?)\n</div>\n', served, re.DOTALL
    )
    assert parse.load().by_address["iii.p1.s1"].text in html.unescape(welcome)
    assert "#iii.p1.s1" in welcome
    for key in ("welcome_official_text", "operator_unnamed", "welcome_storage_text", "sending_none"):
        assert words[key] in html.unescape(welcome)
    assert ("October 28, 2025" if language == "en" else "2025年10月28日") in welcome
    assert 4 <= welcome.count('class="chip"') <= 6
    assert component(config_of(client, language), "mode")["visible"] is False


def test_first_screen_with_a_model_and_an_operator(scripted: Scripted) -> None:
    """With a model: where questions go, and a switch to quotes only. Names from the settings are text."""
    config = replace(
        Config(),
        llm=LlmSettings("m", "http://127.0.0.1:9/v1", None, "Example <b>Inc</b>"),
        operator_name="The Agency",
        operator_contact="help@agency.example",
    )
    with client_of(service_with(scripted, config)) as client:
        served = client.get("/").text
        assert "Example &lt;b&gt;Inc&lt;/b&gt;" in served
        assert "The Agency (help@agency.example)" in served
        assert component(config_of(client, "en"), "mode")["visible"] is True
        call(client, "Q", [], "quote")
        call(client, "Q", [], "llm")
    assert [request.mode for request in scripted.asked] == ["quote", None]


def test_the_document_stands_beside_the_chat(client: TestClient) -> None:
    """The page holds every sentence under its address before any script has run."""
    served = html.unescape(client.get("/").text)
    for sentence in parse.load().passages:
        assert f'id="{sentence.address}" tabindex="-1">{sentence.text}</span>' in served


def test_texts_for_the_scripts_cannot_end_their_element(client: TestClient) -> None:
    """The JSON the scripts read is whole and holds no tag."""
    [data] = re.findall(r'type="application/json" id="words">(.*?)</script>', client.get("/").text)
    assert "<" not in data
    assert json.loads(data)["ja"]["stage_searching"] == strings("ja")["stage_searching"]


def test_a_frame_is_marked_before_it_is_drawn(client: TestClient) -> None:
    """The compact form and the theme are there with the page; other values are ignored."""
    assert 'class="embed" data-theme="dark"' in client.get("/?embed=1&theme=dark").text
    framed = client.get('/?theme=dark&embed=1&lang=en&question="><script>').text
    assert 'id="language" href="./?lang=ja&amp;embed=1&amp;theme=dark&amp;question=%22%3E%3Cscript%3E"' in framed
    plain = client.get('/?embed=2&theme="><script>').text
    assert 'class="embed"' not in plain
    assert "data-theme=" not in plain


@pytest.mark.parametrize(
    ("address", "accept", "language"),
    [("/", "ja", "ja"), ("/", "en", "en"), ("/?lang=ja", "en", "ja"), ("/?lang=en", "ja", "en")],
)
def test_language_and_title(client: TestClient, address: str, accept: str, language: Language) -> None:
    """The page comes in its language at once: lang attribute, title, words."""
    served = client.get(address, headers={"accept-language": accept}).text
    assert f'<html lang="{language}"' in served
    assert f"<title>{html.escape(strings(language)['page_title'])}</title>" in served
    assert f'href="document?lang={language}"' in served  # without JavaScript there is the way to the reader


def test_switching_the_language_keeps_the_conversation(scripted: Scripted) -> None:
    """Every worded component is updated; the conversation's messages are not among what changes."""
    service = service_with(scripted)
    local = page._Localized("en")
    assert local.updates("ja") == []
    blocks = page.build("en", service)
    [switch] = [fn for fn in blocks.fns.values() if fn.fn is not None and fn.fn.__name__ == "other"]
    changed = switch.fn("en")
    assert changed[0] == "ja"
    assert len(changed) == len(switch.outputs) > 5
    [bot] = [update for update in changed[1:] if update.get("label") == strings("ja")["chat_label"]]
    assert "value" not in bot
    said = json.dumps(changed, ensure_ascii=False)
    for key in ("send", "stop", "question_placeholder", "mode_quote"):
        assert strings("ja")[key] in said


def test_what_handlers_take_is_the_same_in_both_languages(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a page whose handlers were others the wrong ones would be let through; programs ask one of them by name."""
    service = service_with(scripted)
    handlers = page.mount(FastAPI(), service, "")
    assert handlers["ask"] == ("text", "history", "text", "nothing")
    assert handlers["ask"] in [kinds for number, kinds in handlers.items() if number != "ask"]
    differing = iter([handlers, {**handlers, "ask": ()}])
    monkeypatch.setattr(page, "_taken", lambda _: next(differing))
    with pytest.raises(RuntimeError, match="differ"):
        page.mount(FastAPI(), service, "")
