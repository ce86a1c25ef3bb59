"""An answer while a model writes it: only what passed is shown, a cut answer is no answer, and who leaves is let go."""

import asyncio
import time
from contextlib import aclosing

import pytest

from assistant.ask import Assistant, ClaimShown, Stage
from assistant.types import Answer, Request
from evals.events import events_of
from evals.fakellm import FakeLlm, faults, says, stalls
from evals.personalities import Prompt, honest, modality_upgrader
from tests.asking import statements

BINDING = "Is this memorandum legally binding?"


def test_claims_are_shown_only_after_they_passed(writing: Assistant, server: FakeLlm) -> None:
    """Of an honest and a lying line only the honest one is an event; the answer comes last and lists the lie."""

    def mixed(prompt: Prompt) -> list[str]:
        return [*modality_upgrader(prompt), *honest(prompt)]

    server.play((says(mixed, between=0.01),))
    events = asyncio.run(events_of(writing, Request(BINDING)))
    answer = events[-1]
    assert isinstance(answer, Answer)
    shown = [event for event in events if isinstance(event, ClaimShown)]
    truths = [writing.document.by_address[address].text for address in server.calls[0].prompt.likely]
    assert [event.claim.text for event in shown] == truths == statements(answer)
    assert all(event.citations and event.citations[0].quote for event in shown)
    assert [event.name for event in events if isinstance(event, Stage)] == ["searching", "writing", "checking"]
    assert [reason for dropped in answer.dropped for reason in dropped.reasons].count("modality_upgrade") == len(truths)


def test_a_claim_is_shown_while_the_rest_is_being_written(writing: Assistant, server: FakeLlm) -> None:
    """The first verified claim does not wait for the model to finish."""
    server.play((says(lambda prompt: [*honest(prompt), "", " " * 300], between=0.05),))

    async def moments() -> tuple[float, float]:
        claim = end = 0.0
        async with aclosing(writing.stream(Request(BINDING))) as stream:
            async for event in stream:
                claim = claim or (time.monotonic() if isinstance(event, ClaimShown) else 0.0)
                end = time.monotonic()
        return claim, end

    claim, end = asyncio.run(moments())
    assert 0 < claim < end - 0.3


@pytest.mark.parametrize("name", ["reset in the middle", "length", "content_filter", "clean end without finish_reason"])
def test_a_cut_answer_never_passes_as_whole(name: str, writing: Assistant, server: FakeLlm) -> None:
    """Claims were shown while it was written; the answer that ends the stream holds quotes only and says why."""
    server.play(faults(9, 0.1)[name])
    events = asyncio.run(events_of(writing, Request(BINDING)))
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert any(isinstance(event, ClaimShown) for event in events)
    assert (answer.mode, answer.mode_note, statements(answer)) == ("quote", "llm_cut", [])


@pytest.mark.parametrize("way", ["close", "cancel"])
def test_a_reader_who_leaves_frees_the_server(way: str, writing: Assistant, server: FakeLlm) -> None:
    """Closing the stream, or cancelling whoever reads it, closes the upstream connection within two seconds."""
    server.play((stalls(honest, complete=1),))

    async def read(seen: asyncio.Event) -> None:
        async with aclosing(writing.stream(Request(BINDING))) as stream:
            async for event in stream:
                if isinstance(event, ClaimShown):
                    seen.set()
                    if way == "close":
                        return

    async def leave() -> float:
        seen = asyncio.Event()
        reader = asyncio.create_task(read(seen))
        await seen.wait()
        left = time.monotonic()
        if way == "cancel":
            reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        return left

    left = asyncio.run(leave())
    assert server.wait(lambda seen: seen.disconnects == 1, 2)
    assert server.calls[0].ended is not None
    assert server.calls[0].ended - left < 2
