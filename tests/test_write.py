"""The writer against a scripted server: whole answers and every fault, inside the deadlines."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from assistant.types import Claim
from assistant.write import MAX_CALLS, Writer, WriterFailure
from evals.fakellm import OPTIONAL, FakeLlm, fails, faults, lines, says, silent, stalls
from evals.personalities import claim_line, honest
from tests.writing import FIRST, GAP, LIKELY, QUESTION, TOTAL, WRITTEN, briefing, settings, writer, written

# name of the fault → how it ends ("whole" or the code of the failure) and how many upstream calls it may take
EXPECTED = {
    "reset": ("llm_unavailable", 2),
    "silent": ("llm_timeout", 1),
    "slow first token": ("llm_timeout", 1),
    "drip": ("llm_timeout", 1),
    "stalls after a claim": ("llm_timeout", 1),
    "429": ("llm_busy", 1),
    "429, Retry-After 1": ("whole", 2),
    "429, Retry-After 3600": ("llm_busy", 1),
    "quota": ("llm_busy", 1),
    "401": ("llm_unavailable", 1),
    "404": ("llm_unavailable", 1),
    "500 once": ("whole", 2),
    "503 long": ("llm_unavailable", 2),
    "flapping": ("whole", 2),
    "HTML 200": ("llm_invalid", 1),
    "bad JSON chunk": ("llm_invalid", 1),
    "empty choices": ("llm_invalid", 1),
    "wrong schema": ("llm_invalid", 1),
    "not UTF-8": ("llm_invalid", 1),
    "UTF-8 broken across pieces": ("llm_invalid", 1),
    "data without JSON": ("llm_invalid", 1),
    "comment lines": ("whole", 1),
    "CRLF": ("whole", 1),
    "a line of 10 MB": ("llm_invalid", 1),
    "error in the stream": ("llm_unavailable", 2),
    "reset in the middle": ("llm_cut", 1),
    "clean end without finish_reason": ("llm_cut", 1),
    "length": ("llm_cut", 1),
    "content_filter": ("llm_cut", 1),
    "prose": ("llm_invalid", 1),
    "nothing written": ("whole", 1),
    "endless": ("llm_invalid", 1),
    **{f"400 for {name}": ("whole", 2) for name in OPTIONAL},
    "400 for both, one at a time": ("llm_invalid", 2),
    "400 for another reason": ("llm_invalid", 1),
}


def test_an_honest_answer_comes_whole_with_its_addresses(server: FakeLlm) -> None:
    """Every line becomes a claim with the addresses it names; one call, and nobody hung up."""
    claims, ended = asyncio.run(written(writer(server)))
    assert claims == [Claim(text, "statement", (address,)) for text, address in zip(WRITTEN, LIKELY, strict=True)]
    assert (ended, len(server.calls), server.disconnects) == ("whole", 1, 0)


def test_the_table_knows_every_fault() -> None:
    """A fault that is added to the scripted server has to be judged here."""
    assert set(EXPECTED) == set(faults(1, 1))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_fault_ends_as_it_should(name: str, server: FakeLlm) -> None:
    """The right code, at most two calls, inside the deadlines, and never half an answer taken for a whole one."""
    server.play(faults(FIRST + 1, GAP / 3)[name])
    began = time.monotonic()
    claims, ended = asyncio.run(written(writer(server)))
    seconds = time.monotonic() - began
    assert (ended, len(server.calls)) == EXPECTED[name]
    assert len(server.calls) <= MAX_CALLS
    assert seconds < (TOTAL if name in ("drip", "stalls after a claim") else FIRST) + 0.8
    if ended == "whole":
        assert [claim.text for claim in claims] == ([] if name == "nothing written" else WRITTEN)


def test_a_closed_port_is_tried_twice_at_most() -> None:
    """Nobody listens: unavailable, at once."""
    began = time.monotonic()
    with FakeLlm(refuses=True) as server:
        assert asyncio.run(written(writer(server))) == ([], "llm_unavailable")
    assert time.monotonic() - began < 1.5


def test_a_redirect_is_not_followed(server: FakeLlm) -> None:
    """The question is sent to the configured address and nowhere else."""
    with FakeLlm() as elsewhere:
        server.play((fails(307, "moved", "moved", f"Location: {elsewhere.base_url}/chat/completions"),))
        assert asyncio.run(written(writer(server))) == ([], "llm_unavailable")
        assert (len(server.calls), elsewhere.connections) == (1, 0)


def test_after_it_heals_the_next_question_is_answered(server: FakeLlm) -> None:
    """A fault leaves nothing behind in the writer."""
    server.enqueue(fails(503), fails(503))

    async def two() -> list[str]:
        one = writer(server)
        return [(await written(one))[1], (await written(one))[1]]

    assert asyncio.run(two()) == ["llm_unavailable", "whole"]


def test_the_deadline_is_one_for_both_tries(server: FakeLlm) -> None:
    """A second try does not begin the wait for the first word again."""

    async def late_error(exchange: object) -> None:
        await asyncio.sleep(FIRST * 0.7)
        await fails(500)(exchange)  # type: ignore[arg-type]

    server.play((late_error, silent))
    began = time.monotonic()
    assert asyncio.run(written(writer(server)))[1] == "llm_timeout"
    assert time.monotonic() - began < FIRST + 0.5


def test_a_caller_that_takes_its_time_is_not_cancelled(server: FakeLlm) -> None:
    """The deadline ends waits for the server; while the caller holds a claim nothing is cancelled around it."""
    server.play((stalls(honest, complete=1),))

    async def slow() -> str:
        try:
            async with aclosing(writer(server).claims(briefing().brief(QUESTION, (), LIKELY))) as stream:
                async for _ in stream:
                    await asyncio.sleep(TOTAL + 0.3)
        except WriterFailure as failure:
            return failure.mode_note
        return "whole"

    assert asyncio.run(slow()) == "llm_timeout"


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_cut_at_any_place_is_no_whole_answer(cut: int, server: FakeLlm) -> None:
    """Wherever a stream without finish_reason ends, the answer counts as cut."""
    text = "".join(f"{line}\n" for line in (claim_line(WRITTEN[0], LIKELY[0]), claim_line(WRITTEN[1], LIKELY[1])))
    server.play((says(lines(text[: len(text) * cut // 8]), None),))
    assert asyncio.run(written(writer(server)))[1] == "llm_cut"


def test_closing_early_closes_the_upstream_connection(server: FakeLlm) -> None:
    """Whoever leaves after the first claim frees the server within two seconds."""
    server.play((stalls(honest, complete=1),))

    async def leave() -> float:
        async with aclosing(writer(server).claims(briefing().brief(QUESTION, (), LIKELY))) as stream:
            await anext(stream)
        return time.monotonic()

    left = asyncio.run(leave())
    assert server.wait(lambda seen: seen.disconnects == 1, 2)
    assert server.calls[0].ended is not None
    assert server.calls[0].ended - left < 2


def test_a_server_that_keeps_failing_is_left_alone(server: FakeLlm) -> None:
    """After the allowed failures nothing is sent for a while; then one question tries, and its success ends it."""
    server.play((fails(503),))
    one = Writer(replace(settings(server), breaker_failures=2, breaker_pause_seconds=0.4), briefing())

    async def ask(times: int) -> list[str]:
        return [(await written(one))[1] for _ in range(times)]

    assert asyncio.run(ask(4)) == ["llm_unavailable"] * 4
    assert len(server.calls) == 4  # two questions, two calls each; the others were not sent
    server.play((says(),))
    time.sleep(0.4)
    assert asyncio.run(ask(2)) == ["whole", "whole"]
    assert not one.breaker.open


def test_nonsense_is_no_reason_to_leave_a_server_alone(server: FakeLlm) -> None:
    """A model that writes prose fails its question, not its server."""
    server.play((says(lines("I would rather not.")),))
    one = Writer(replace(settings(server), breaker_failures=1), briefing())
    assert [asyncio.run(written(one))[1] for _ in range(3)] == ["llm_invalid"] * 3
    assert (one.breaker.open, len(server.calls)) == (False, 3)
