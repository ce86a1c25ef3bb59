"""What the model is told: the same beginning for every question, within the budget, in either form."""

import json
from dataclasses import replace

import pytest

from assistant import glossary, personal_data
from assistant.briefing import NO_CLAIM, SHORT_BELOW, Briefing, tokens
from assistant.claim_stream import ClaimStream
from assistant.types import Language, Question, Turn
from index import parse, reading_aid

DOCUMENT = parse.load()
QUESTION = Question("How can it end?", "How can it end?", "How can it end?", "en")
LIKELY = ("iv.p1.s3", "iv.p1.s4")
RANKED = (*LIKELY, *(address for address in reversed(DOCUMENT.by_address) if address not in LIKELY))


def briefing(budget: int = 6000) -> Briefing:
    return Briefing(DOCUMENT, glossary.load(), reading_aid.load(DOCUMENT).sentences, budget)


def test_the_whole_document_comes_first_and_in_order() -> None:
    """Every sentence stands in the first message, once, in document order; the question comes last."""
    brief = briefing().brief(QUESTION, (), LIKELY)
    first, last = brief.messages(True)[0]["content"], brief.messages(True)[-1]["content"]
    places = [first.index(f"[{sentence.address}] {sentence.text}") for sentence in DOCUMENT.passages]
    assert places == sorted(places)
    assert QUESTION.standalone in last
    assert brief.offered == frozenset(DOCUMENT.by_address)


@pytest.mark.parametrize("structured", [True, False])
def test_only_the_last_message_differs(structured: bool) -> None:
    """Language, history, question and choice change nothing before it, nor does another process."""
    japanese = replace(QUESTION, standalone="終わるのはいつですか", language="ja")
    one = briefing().brief(QUESTION, (Turn("user", "hello"),), LIKELY).messages(structured)
    other = briefing().brief(japanese, (), ()).messages(structured)
    assert one[:-1] == other[:-1] == briefing().blank().messages(structured)[:-1]
    assert one[-1] != other[-1]


def test_the_examples_are_in_the_form_that_is_asked_for() -> None:
    """As objects or as lines, in both languages, and about no sentence of this document."""
    brief = briefing().blank()
    found = []
    for structured in (True, False):
        stream = ClaimStream()
        written = [m["content"] for m in brief.messages(structured) if m["role"] == "assistant"]
        assert all(text.startswith("{") is structured for text in written)
        found.append([claim for text in written for claim in (ClaimStream().feed(text + "\n"))])
        assert not stream.malformed
    assert found[0] == found[1]
    assert {claim.text.isascii() for claim in found[0]} == {True, False}
    assert not {address for claim in found[0] for address in claim.addresses} & set(DOCUMENT.by_address)
    assert NO_CLAIM in [m["content"] for m in brief.messages(False)]


@pytest.mark.parametrize("budget", [900, 1200, 2000])
def test_a_document_over_the_budget_is_cut_to_what_was_found(budget: int) -> None:
    """The likely sentences always, before them the best others as far as they fit, in document order."""
    cut = briefing(budget)
    brief = cut.brief(QUESTION, (), LIKELY, RANKED)
    last = brief.messages(False)[-1]["content"]
    given = last.partition("<history>")[0]
    assert not cut.whole
    assert set(LIKELY) <= brief.offered < frozenset(DOCUMENT.by_address)
    others = brief.offered.difference(LIKELY)
    places = [given.index(f"[{s.address}] {s.text}") for s in DOCUMENT.passages if s.address in others]
    assert others
    assert places == sorted(places)
    assert given.count("\n[") == len(places)
    assert tokens(cut.blank().messages(False)[0]["content"] + given) <= budget + 100
    assert all(f"[{address}] {DOCUMENT.by_address[address].text}" in last for address in LIKELY)
    assert not any(sentence.text in cut.blank().messages(False)[0]["content"] for sentence in DOCUMENT.sentences)


def test_likely_sentences_stand_in_the_language_of_the_question() -> None:
    """A Japanese question sees their reading aid, an English one the text."""
    aid = reading_aid.load(DOCUMENT).sentences
    japanese = briefing().brief(replace(QUESTION, language="ja"), (), LIKELY).messages(True)[-1]["content"]
    english = briefing().brief(QUESTION, (), LIKELY).messages(True)[-1]["content"]
    for address in LIKELY:
        assert f"[{address}] {aid[address]}" in japanese
        assert f"[{address}] {DOCUMENT.by_address[address].text}" in english


def test_the_digest_covers_the_prompt() -> None:
    """The same prompt has the same digest, another document or budget another."""
    assert briefing().sha256 == briefing().sha256 != briefing(900).sha256


def test_the_schema_is_one_that_servers_take() -> None:
    """It is plain JSON and describes the object the stream reads."""
    schema = json.loads(json.dumps(briefing().response_format()))
    claim = schema["json_schema"]["schema"]["properties"]["claims"]["items"]
    assert (schema["type"], claim["required"]) == ("json_schema", ["addresses", "text"])


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_small_budget_makes_the_short_prompt_of_a_small_model(language: Language) -> None:
    """One rule, the likely sentences in the reader's language, lines instead of objects, and nothing else offered."""
    short = briefing(SHORT_BELOW - 1)
    asked = replace(QUESTION, language=language)
    brief = short.brief(asked, (Turn("user", "hello"),), LIKELY, RANKED)
    assert brief.offered == frozenset(LIKELY)
    assert brief.most_claims == len(LIKELY)
    assert short.response_format() is None
    *before, last, begun = (message["content"] for message in brief.messages(False))
    assert begun == f"[{LIKELY[0]}]"
    assert brief.messages(False)[-1]["role"] == "assistant"
    assert brief.messages(True) == brief.messages(False)
    given = reading_aid.load(DOCUMENT).sentences if language == "ja" else None
    for address in LIKELY:
        text = given[address] if given else DOCUMENT.by_address[address].text
        assert f"[{address}] {text}" in last
    assert "hello" not in last
    question, example = before[-2:]
    assert example in question
    assert example.isascii() is (language == "en")


def test_the_history_is_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Personal data in it is replaced by its kind, and what has none stays as it was written."""
    looked = []

    def counted(text: str) -> tuple[personal_data.Finding, ...]:
        looked.append(text)
        return found(text)

    found = personal_data.findings
    monkeypatch.setattr(personal_data, "findings", counted)
    history = (Turn("user", "I am at jane@example.com"), Turn("user", "Is it　binding?"))
    asked = briefing().brief(QUESTION, history, LIKELY).asked
    assert "user: I am at [email]\nuser: Is it　binding?" in asked
    assert len(looked) == len(history)
