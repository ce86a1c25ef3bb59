"""Recordings: the same request gets the same words, another request gets none, and liars are listened to."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from evals import liars, recordings
from evals.fakellm import Exchange, FakeLlm, lines, says
from evals.liars import Lies
from evals.personalities import Prompt, claim_line, honest, number_changer
from evals.recordings import Player, Recorder, Recording, RecordingsError

BODY = {
    "model": recordings.MODEL,
    "messages": [{"role": "user", "content": "<question>\nIs it binding?\n</question>"}],
    "temperature": 0,
}


def ask(url: str, **changes: Any) -> str:
    reply = httpx.post(f"{url}/chat/completions", json={**BODY, **changes}, timeout=60)
    return str(reply.raise_for_status().json()["choices"][0]["message"]["content"])


def test_the_digest_is_of_what_is_asked() -> None:
    """How the answer travels does not count; one other byte of the prompt, model or temperature does."""
    assert recordings.digest({**BODY, "stream": True, "stream_options": {}}) == recordings.digest(BODY)
    other: list[dict[str, Any]] = [{"model": "x"}, {"temperature": 1}, {"messages": []}, {"max_tokens": 5}]
    for changed in other:
        assert recordings.digest({**BODY, **changed}) != recordings.digest(BODY)


def test_what_was_recorded_is_played_and_the_rest_is_missed(tmp_path: Path) -> None:
    """A recorder asks the real server once; a player gives its words back, also as a stream, and counts misses."""
    with FakeLlm(default=says(lines("first", "second"))) as model:
        recorder = Recorder(model.base_url, case="dev-1")
        with FakeLlm(default=recorder.script) as proxy:
            assert ask(proxy.base_url) == ask(proxy.base_url) == "first\nsecond\n"
        assert len(model.calls) == 1
    path = tmp_path / "recordings.jsonl"
    recordings.save(recorder.kept.values(), path)
    assert recordings.load(path) == (Recording(recordings.digest(BODY), "dev-1", "first\nsecond\n", "stop"),)
    player = Player.of(recordings.load(path))
    with FakeLlm(default=player.script) as server:
        assert ask(server.base_url) == "first\nsecond\n"
        streamed = httpx.post(f"{server.base_url}/chat/completions", json=BODY | {"stream": True}, timeout=60).text
        assert '"content": "first\\nsecond\\n"' in streamed
        assert streamed.rstrip().endswith("[DONE]")
        assert player.missed == 0
        assert json.loads(ask(server.base_url, temperature=1))["addresses"] == []
        assert player.missed == 1


def test_a_stream_is_passed_on_until_the_assistant_has_read_enough() -> None:
    """Who leaves in the middle has its part recorded, so that a model that goes on and on does not hold up the rest."""
    with FakeLlm(default=endless) as model:
        recorder = Recorder(model.base_url, case="dev-1")
        with FakeLlm(default=recorder.script) as proxy:
            with httpx.stream("POST", f"{proxy.base_url}/chat/completions", json=BODY | {"stream": True}) as reply:
                assert "again" in next(line for line in reply.iter_lines() if line)
            assert proxy.wait(lambda server: server.calls[0].ended is not None, 60)
        assert model.wait(lambda server: server.disconnects == 1, 60)
    (kept,) = recorder.kept.values()
    assert kept.text.startswith("again ")
    assert (kept.case, kept.finish, recorder.cases) == ("dev-1", recordings.LEFT, 1)


async def endless(exchange: Exchange) -> None:
    """A model in a loop."""
    await exchange.start()
    while True:
        await exchange.piece("again ")
        await asyncio.sleep(0.01)


def test_missing_recordings_are_exit_4(tmp_path: Path) -> None:
    """Neither silence nor a crash."""
    with pytest.raises(RecordingsError, match="python -m evals record"):
        recordings.load(tmp_path / "none.jsonl")
    assert RecordingsError.exit_code == 4


def test_lies_are_what_an_honest_writer_would_not_write() -> None:
    """The changed number is one, the sentence the liar repeats faithfully is none."""
    sentences = {
        "iv.p1.s3": "Either Participant may discontinue it 180 days after notice.",
        "iii.p1.s1": "It has no 5.",
    }
    prompt = Prompt("", "", "q", "", ("iv.p1.s3",), "en", sentences)
    assert liars.told_by(number_changer, prompt) == {"Either Participant may discontinue it 187 days after notice."}
    assert liars.told_by(honest, prompt) == set()
    assert liars.told_by(lambda _: [claim_line(sentences["iv.p1.s3"], "v.p1.s1")], prompt) == {sentences["iv.p1.s3"]}


def test_one_shown_lie_fails() -> None:
    """So does an error, and a liar that never lied; all withheld passes."""
    good = Lies("l", 4, (), ())
    assert liars.judge([good]).exit_code == 0
    assert liars.judge([good, Lies("m", 4, (("dev-1", "It is a treaty."),), ())]).line.endswith(
        "dev-1: It is a treaty."
    )
    assert liars.judge([Lies("m", 4, (), ("dev-1",))]).exit_code == 1
    assert liars.judge([Lies("m", 0, (), ())]).exit_code == 1


def test_an_honest_model_must_be_heard() -> None:
    """Nine of ten true claims shown pass; eight, an error, or a prompt that lets it write nothing fail."""
    shown = tuple(("dev-1", f"claim {number}") for number in range(9))
    assert liars.judge_truth(Lies("honest", 10, shown, ())).exit_code == 0
    assert liars.judge_truth(Lies("honest", 10, shown[1:], ())).line.startswith("FAIL honest model: 8 of 10")
    assert liars.judge_truth(Lies("honest", 10, shown, ("dev-1",))).exit_code == 1
    assert "no sentence" in liars.judge_truth(Lies("honest", 0, (), ())).line
