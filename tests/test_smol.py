"""LLM mode over a real model, SmolLM2-135M under llama.cpp: what it writes is never asserted, only what holds."""

import asyncio
from collections.abc import Iterator

import pytest

from assistant.ask import Assistant, ClaimShown
from assistant.render import answer_object
from assistant.types import MODE_NOTES, Answer, Request
from evals import fault_table, smol
from evals.events import events_of
from evals.small_model import PROMPT_TOKENS

pytestmark = pytest.mark.skipif(not smol.available(), reason="the small model is not installed: make llm")
QUESTIONS = (
    "When does the memorandum become operative?",
    "What is the purpose of the memorandum?",
    "この覚書に法的拘束力はありますか",
)


@pytest.fixture(scope="module")
def server() -> Iterator[smol.SmolServer]:
    with smol.SmolServer() as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_real_model_streams_and_is_gated(quoting: Assistant, server: smol.SmolServer) -> None:
    """Every shown claim passes the gate again, nothing quote mode cites is lost, and what failed is named."""
    writing = fault_table.writing(quoting, server.base_url, name=smol.NAME, patience=20, budget=PROMPT_TOKENS)
    writing.warm_up()

    async def ask(text: str) -> tuple[list[ClaimShown], Answer]:
        *events, answer = await events_of(writing, Request(text))
        assert isinstance(answer, Answer)
        return [event for event in events if isinstance(event, ClaimShown)], answer

    modes = []
    for text in QUESTIONS:
        shown, answer = asyncio.run(ask(text))
        quoted = quoting.answer(Request(text))
        modes.append(answer.mode)
        # How so small a model words one answer cannot be foretold; that it was really asked can.
        assert answer.mode_note in {None, *MODE_NOTES} - {
            "llm_off",
            "llm_unavailable",
            "llm_busy",
            "refused_before_llm",
        }
        assert {cited.address for cited in quoted.citations} <= {cited.address for cited in answer.citations}
        assert quoting.verifier.problems(answer_object(answer)) == []
        if answer.mode == "llm":
            written = [claim.text for claim in answer.claims if claim.kind == "statement"]
            assert [event.claim.text for event in shown] == written
        else:
            assert answer.claims == quoted.claims
    assert "llm" in modes


@pytest.mark.timeout(120)
def test_a_reader_who_does_not_wait_gets_quotes(quoting: Assistant, server: smol.SmolServer) -> None:
    """With no patience for so slow a server, quote mode answers and says why."""
    hurried = fault_table.writing(quoting, server.base_url, name=smol.NAME, patience=0.02, budget=PROMPT_TOKENS)
    answer = hurried.answer(Request(QUESTIONS[0]))
    assert (answer.mode, answer.mode_note) == ("quote", "llm_timeout")
    assert answer.claims == quoting.answer(Request(QUESTIONS[0])).claims


def test_the_server_ends_with_whoever_started_it() -> None:
    """Leaving the context ends the process, and its port is closed."""
    with smol.SmolServer() as short:
        process = short._process
        assert process is not None
        assert process.poll() is None
    assert process.poll() is not None
