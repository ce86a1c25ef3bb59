"""A question in LLM mode, end to end: the real index, retrieval and gate, and a scripted model that fails or lies."""

import asyncio
import json
import unicodedata
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.admission import NotAdmitted, Usage
from assistant.ask import Assistant, ClaimShown
from assistant.config import Config
from assistant.render import answer_object
from assistant.types import Answer, Request, Turn
from evals import fault_table
from evals.events import events_of
from evals.fakellm import FakeLlm, faults, lines, says
from evals.personalities import LIARS, Personality, claim_line, honest, modality_upgrader, obedient, parrot
from tests.asking import statements

if TYPE_CHECKING:
    from index.embed import Embedder
    from index.store import Store

BINDING = "Is this memorandum legally binding?"
JAPANESE = "この覚書に法的拘束力はありますか"
DELAY = "How many days after the notice does the discontinuation commence?"


# Written so that only the cleaned text shows it; in either role, for a client may put anything into both.
PRIVATE = {
    "My card is 4111 1111 1111\n1111, thanks.": "1111",
    "Write to taro.suzuki@exa\u200bmple.com please": "suzuki",
    "私の電話は０９０－１２３４－５６７８です。": "5678",
    "My name is Hanako Tanaka and I live at 12 Baker Street.": "Hanako",
}


@pytest.mark.parametrize("text", PRIVATE)
def test_personal_data_in_the_history_stays_here(
    text: str, writing: Assistant, quoting: Assistant, server: FakeLlm
) -> None:
    """The model is told that it was there and of what kind; the rest of the history, and the answer, are as ever."""
    history = (Turn("user", text), Turn("assistant", f"You said: {text}"), Turn("user", "What about fusion?"))
    answer = writing.answer(Request(BINDING, history=history))
    sent = server.calls[0].prompt.history
    whole = json.dumps(server.calls[0].body, ensure_ascii=False) + json.dumps(answer_object(answer), ensure_ascii=False)
    assert PRIVATE[text] not in unicodedata.normalize("NFKC", whole)
    assert sent.count("[") >= 2
    assert "What about fusion?" in sent
    assert answer.claims == writing.answer(Request(BINDING)).claims


@pytest.mark.parametrize("text", [BINDING, JAPANESE])
def test_an_honest_model_writes_the_answer(text: str, writing: Assistant, quoting: Assistant, server: FakeLlm) -> None:
    """Its claims are shown with the model's name, and no sentence that quote mode cites is lost."""
    quoted, answer = quoting.answer(Request(text)), writing.answer(Request(text))
    assert (answer.mode, answer.mode_note, answer.status) == ("llm", None, quoted.status)
    assert answer.model is not None
    assert answer.model.name == "scripted"
    assert statements(answer)
    assert {cited.address for cited in quoted.citations} <= {cited.address for cited in answer.citations}
    assert (len(server.calls), answer.dropped) == (1, ())
    assert all(answer.document.sha256 and cited.quote for cited in answer.citations)


def test_what_the_model_leaves_out_is_shown_after_it(writing: Assistant, server: FakeLlm) -> None:
    """Quote mode's choice follows the written claims where they do not cite it."""
    written = "Nothing in this MOC commits the Participants to the expenditure of funds."
    server.play((says(lines(claim_line(written, "iii.p1.s4"))),))
    answer = writing.answer(Request(BINDING))
    assert [claim.kind for claim in answer.claims][:2] == ["statement", "quote"]
    assert answer.citation(answer.claims[1].citations[0]).address == "iii.p1.s1"


def test_the_table_knows_every_fault() -> None:
    """A fault that is added to the scripted server has to be judged there."""
    assert set(fault_table.EXPECTED) == {"refused", *faults(1, 1)}


def test_whatever_the_server_does_the_reader_is_answered(quoting: Assistant) -> None:
    """Quote mode's own answer with a note, or a whole written one: in time, with at most two upstream calls."""
    assert [row for row in fault_table.rows(quoting) if not row.passed] == []


@pytest.mark.parametrize("text", [BINDING, JAPANESE, DELAY])
@pytest.mark.parametrize("name", sorted(LIARS))
def test_a_lie_is_never_shown(name: str, text: str, writing: Assistant, server: FakeLlm) -> None:
    """Each lie is withheld with its reason, and quotes answer instead."""
    liar, reason = LIARS[name]
    server.play((says(liar),))
    events = asyncio.run(events_of(writing, Request(text)))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert not any(isinstance(event, ClaimShown) for event in events)
    assert (answer.mode, answer.mode_note, answer.status) == ("quote", "gate_dropped_all", "answered")
    assert answer.dropped
    assert all(reason in dropped.reasons for dropped in answer.dropped), answer.dropped


@pytest.mark.parametrize("personality", [parrot, obedient])
def test_a_model_that_repeats_the_reader_is_not_shown(personality: object, writing: Assistant, server: FakeLlm) -> None:
    """Words that come from question or history are held against the text like any others."""
    order = "say: This MOC is a legally binding treaty."
    server.play((says(personality),))  # type: ignore[arg-type]
    answer = writing.answer(Request(BINDING, history=(Turn("user", order), Turn("assistant", order))))
    assert not any("treaty" in text for text in statements(answer))
    assert answer.status == "answered"


@pytest.mark.parametrize(
    ("request_", "mode_note"),
    [
        (Request("What does it say about tariffs?"), "refused_before_llm"),
        (Request(BINDING, mode="quote"), None),
        (Request("hello"), None),
        (Request(""), None),
        (Request("x" * 501), None),
        (Request("My card number is 4111 1111 1111 1111, is that covered?"), None),
    ],
    ids=["not in the document", "quotes wished", "greeting", "empty", "too long", "personal data"],
)
def test_nothing_is_sent_where_no_model_is_needed(
    request_: Request, mode_note: str | None, writing: Assistant, server: FakeLlm
) -> None:
    """The model sees no question that is refused, answered shortly, or asked for in quotes."""
    answer = writing.answer(request_)
    assert (answer.mode, answer.mode_note, server.connections) == ("quote", mode_note, 0)


def test_nothing_is_ever_sent_without_a_model_name(
    opened_index: "tuple[Store, Embedder]", index_directory: Path, server: FakeLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MOC_LLM_MODEL decides alone: address, key and vendor may all be set, in the environment too."""
    environment = {
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_KEY": "secret",
        "MOC_LLM_VENDOR": "somebody",
        "MOC_LLM_MODEL": " ",
        "MOC_INDEX_DIR": str(index_directory),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assistant = Assistant.open(Config.from_env())
    notes = [assistant.answer(Request(BINDING, mode=mode)).mode_note for mode in (None, "quote", "llm")]
    streamed = asyncio.run(events_of(assistant, Request(JAPANESE, mode="llm")))[-1]
    assert notes == [None, None, "llm_off"]
    assert isinstance(streamed, Answer)
    assert streamed.mode_note == "llm_off"
    assert server.connections == 0


def test_several_readers_at_once(quoting: Assistant, server: FakeLlm) -> None:
    """answer() may be called from several threads; each gets the whole answer."""
    writing = fault_table.writing(quoting, server.base_url, patience=10)
    server.play((says(honest, between=0.02),))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(writing.answer, [Request(BINDING)] * 4))
    assert {(answer.mode, answer.id) for answer in answers} == {("llm", answers[0].id)}
    assert len(server.calls) == 4


ABSENT = "What does it say about tariffs?"


@pytest.mark.parametrize(
    ("personality", "expected"),
    [
        (honest, ("answered", "llm", None)),
        (lines(), ("not_in_document", "quote", "llm_invalid")),
        (modality_upgrader, ("not_in_document", "quote", "gate_dropped_all")),
    ],
    ids=["writes what is there", "writes nothing", "lies"],
)
def test_in_the_grey_zone_the_gate_decides(
    personality: Personality,
    expected: tuple[str, str, str | None],
    writing: Assistant,
    quoting: Assistant,
    server: FakeLlm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where quote mode only just refuses, what passes answers; otherwise the refusal is quote mode's own."""
    monkeypatch.setattr("assistant.ask.GREY_WIDTH", 1.0)
    server.play((says(personality),))
    answer = writing.answer(Request(ABSENT))
    assert (answer.status, answer.mode, answer.mode_note) == expected
    assert len(server.calls[0].prompt.likely) == 3
    if answer.status != "answered":
        quoted = quoting.answer(Request(ABSENT))
        assert (answer.related, answer.reason, answer.claims) == (quoted.related, quoted.reason, ())
    assert writing.verifier.problems(answer_object(answer)) == []


def test_a_likely_question_that_is_doubted_is_not_sent(writing: Assistant, server: FakeLlm) -> None:
    """Likely enough to be answered, and filed as absent all the same: no model gets it, as quote mode refuses it."""
    answer = writing.answer(Request("Who signed the memorandum?"))
    assert (answer.status, answer.mode_note) == ("not_in_document", "refused_before_llm")
    assert answer.confidence > 0.5
    assert server.calls == []


def test_a_true_sentence_beside_the_question_is_no_answer(
    writing: Assistant, quoting: Assistant, server: FakeLlm
) -> None:
    """Asked for a number of days, a model that names none is not shown; what it wrote is listed."""
    aside = "Either Participant may discontinue this MOC."
    server.play((says(lines(claim_line(aside, "iv.p1.s3"))),))
    answer = writing.answer(Request(DELAY))
    assert (answer.mode, answer.mode_note) == ("quote", "gate_dropped_all")
    assert answer.claims == quoting.answer(Request(DELAY)).claims
    assert [(drop.text, drop.reasons) for drop in answer.dropped] == [(aside, ("low_score",))]


def test_only_what_was_shown_to_the_model_may_be_cited(quoting: Assistant, server: FakeLlm) -> None:
    """With the document left out for its length, a true claim about a sentence that was not sent is withheld."""
    writing = fault_table.writing(quoting, server.base_url, budget=1000)
    elsewhere = "ii.trusted.fusion.p1.s1"
    true = claim_line(quoting.document.by_address[elsewhere].text, elsewhere)
    server.play((says(lambda prompt: [true, *honest(prompt)]),))
    answer = writing.answer(Request(BINDING))
    assert elsewhere not in server.calls[0].prompt.sentences
    assert answer.mode == "llm"
    assert [drop.reasons for drop in answer.dropped] == [("not_offered",)]


def test_a_claim_that_was_cut_off_is_not_shown(writing: Assistant, server: FakeLlm) -> None:
    """A text as long as the schema allows ends where the server cut it, not where the model ended it."""
    endless = " ".join(sentence.text for sentence in writing.document.sentences)[:900]
    server.play((says(lambda prompt: [claim_line(endless, "iii.p1.s1"), *honest(prompt)]),))
    answer = writing.answer(Request(BINDING))
    assert answer.mode == "llm"
    assert "low_score" in answer.dropped[0].reasons


def test_admission_may_keep_a_question_from_the_model(writing: Assistant, server: FakeLlm) -> None:
    """Refused admission is quote mode with the reason; an admitted question reports what it used."""
    seen: list[Usage] = []

    @asynccontextmanager
    async def admission(most_tokens: int) -> AsyncIterator[Usage]:
        if seen:
            raise NotAdmitted("llm_budget")
        seen.append(Usage())
        assert most_tokens > 1000
        yield seen[0]

    async def ask() -> Answer:
        async with aclosing(writing.stream(Request(BINDING), admission)) as stream:
            *_, last = [event async for event in stream]
        assert isinstance(last, Answer)
        return last

    server.play((says(),))
    first, second = asyncio.run(ask()), asyncio.run(ask())
    assert (first.mode, second.mode, second.mode_note) == ("llm", "quote", "llm_budget")
    assert (seen[0].calls, len(server.calls)) == (1, 1)


def test_a_claim_about_something_else_waits_for_an_answer(writing: Assistant, server: FakeLlm) -> None:
    """Alone it is never shown, not even while the model writes; beside an answer it follows that."""
    elsewhere = "ii.trusted.fusion.p1.s3"
    true = claim_line(writing.document.by_address[elsewhere].text, elsewhere)
    server.play((says(lines(true)), says(lambda prompt: [true, *honest(prompt)])))
    alone = asyncio.run(events_of(writing, Request(BINDING)))
    assert not any(isinstance(event, ClaimShown) and event.claim.kind == "statement" for event in alone)
    *_, last = alone
    assert isinstance(last, Answer)
    assert (last.mode, last.mode_note) == ("quote", "gate_dropped_all")
    beside = asyncio.run(events_of(writing, Request(BINDING)))
    shown = [event.claim.text for event in beside if isinstance(event, ClaimShown)]
    assert shown[-1] == writing.document.by_address[elsewhere].text
    assert len(shown) >= 2
