"""What the writer makes of the words that come: claims one by one, dress taken off, nothing guessed."""

import asyncio
import time
from contextlib import aclosing

import pytest

from assistant.admission import Usage
from assistant.claim_stream import MAX_CLAIMS
from evals.fakellm import FakeLlm, Script, chunk, events, fails, lines, says
from evals.personalities import claim_line, honest, parrot
from tests.writing import LIKELY, QUESTION, WRITTEN, briefing, writer, written


def test_claims_come_while_the_rest_is_being_written(server: FakeLlm) -> None:
    """The first claim is there long before the last."""
    server.play((says(honest, between=0.1, size=60),))

    async def moments() -> list[float]:
        seen = []
        async with aclosing(writer(server).claims(briefing().brief(QUESTION, (), LIKELY))) as stream:
            async for _ in stream:
                seen.append(time.monotonic())
        return seen

    first, last = asyncio.run(moments())
    assert last - first > 0.2


def test_a_repeating_model_makes_one_claim(server: FakeLlm) -> None:
    """The same line forty times is one claim, and its server is not listened to any longer."""
    server.play((says(parrot),))
    assert len(asyncio.run(written(writer(server)))[0]) == 1


def test_claims_have_an_upper_number(server: FakeLlm) -> None:
    """A model that never stops claiming is not followed."""
    server.play((says(lines(*(claim_line(f"Claim {number}.", "iii.p1.s1") for number in range(40)))),))
    assert len(asyncio.run(written(writer(server)))[0]) == MAX_CLAIMS


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('- {"text": "It may.", "addresses": ["iii.p1.s1"]},', "It may."),
        ('3. {"text": "It may.", "addresses": ["iii.p1.s1"]}', "It may."),
        ('```json\n{"text": "It\\n may.", "addresses": ["iii.p1.s1"]}\n```', "It may."),
        ('{"text": "It\\u200b ma\\u202ey\\u0000\\ud800.", "addresses": ["iii.p1.s1"]}', "It may."),
    ],
)
def test_harmless_dress_is_taken_off(line: str, expected: str, server: FakeLlm) -> None:
    """List marks, fences and invisible characters are not part of a claim."""
    server.play((says(lines(line)),))
    claims, ended = asyncio.run(written(writer(server)))
    assert ([claim.text for claim in claims], ended) == ([expected], "whole")


@pytest.mark.parametrize(
    "line",
    [
        "[1, 2]",
        "7",
        "{}",
        '{"text": 1, "addresses": ["iii.p1.s1"]}',
        '{"text": "It may.", "addresses": "iii.p1.s1"}',
        '{"text": "It may.", "addresses": [1]}',
        '{"text": "It may."',
        "[" * 5000,
        '{"text": ' + "".join(map(str, range(1000, 2500))) + "}",
    ],
)
def test_a_line_that_is_meant_as_a_claim_and_is_none_spoils_the_answer(line: str, server: FakeLlm) -> None:
    """Nothing is guessed from a malformed line, and nothing crashes on it."""
    server.play((says(lines(claim_line(WRITTEN[0], LIKELY[0]), line)),))
    assert asyncio.run(written(writer(server)))[1] == "llm_invalid"


def test_talk_beside_claims_costs_none_of_them_and_is_no_answer_by_itself(server: FakeLlm) -> None:
    """Small models cannot keep from it; it is never shown."""
    server.play((says(lines("Here is my answer:", claim_line(WRITTEN[0], LIKELY[0]))), says(lines("Plain words."))))
    claims, ended = asyncio.run(written(writer(server)))
    assert ([claim.text for claim in claims], ended) == ([WRITTEN[0]], "whole")
    assert asyncio.run(written(writer(server)))[1] == "llm_invalid"


SHAPES: dict[str, Script] = {
    "delta is a text": events({"choices": [{"delta": "hello", "finish_reason": None}]}),
    "content is a list": events({"choices": [{"delta": {"content": ["a"]}, "finish_reason": None}]}),
    "finish_reason is a number": events({"choices": [{"delta": {}, "finish_reason": 7}]}),
    "choices is an object": events({"choices": {"0": {}}}),
    "deep nesting": events("[" * 30_000),
    "NaN usage": events('{"choices": [], "usage": {"total_tokens": NaN}}'),
    "unknown role": events({"choices": [{"delta": {"role": "wizard"}, "finish_reason": None}]}),
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_no_shape_of_chunk_gets_past_as_an_error_of_ours(name: str, server: FakeLlm) -> None:
    """Every odd chunk ends in a failure with a code, never in another exception."""
    server.play((SHAPES[name],))
    assert asyncio.run(written(writer(server)))[1] in ("llm_invalid", "llm_cut")


def test_what_a_call_cost_is_told(server: FakeLlm) -> None:
    """The server's count of tokens is kept; a call without one is counted as untold."""
    whole = [chunk({"content": claim_line(WRITTEN[0], LIKELY[0])}), chunk({}, "stop")]
    counted = {
        **chunk({}),
        "choices": [],
        "usage": {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940},
    }
    server.enqueue(events(*whole, counted, "[DONE]"), fails(500), events(*whole, "[DONE]"))
    one, usages = writer(server), (Usage(), Usage())

    async def two() -> None:
        for usage in usages:
            async with aclosing(one.claims(briefing().brief(QUESTION, (), LIKELY), usage)) as stream:
                assert [claim async for claim in stream]

    asyncio.run(two())
    assert usages == (Usage(calls=1, told=1, tokens=940), Usage(calls=2, told=0, tokens=0))
