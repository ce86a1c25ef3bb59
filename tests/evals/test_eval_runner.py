"""Asking: a crash is the error of its case, the second run is another process."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from assistant.types import Answer, DocumentIdentity, IndexIdentity, Request
from evals import runner
from evals.outcomes import Failed, Scored
from tests.evals.made import DOCUMENT, case


class Scripted:
    """Answers "absent" to everything and raises on "crash"; keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def answer(self, request: Request, /) -> Answer:
        self.requests.append(request)
        if request.text == "crash":
            raise RuntimeError("broken")
        return Answer(
            id="a_1",
            question=request.text,
            standalone=request.text,
            language="en",
            mode="quote",
            mode_note=None,
            status="not_in_document",
            reason="absent_topic",
            confidence=0.1,
            claims=(),
            citations=(),
            related=(),
            follow_ups=(),
            missing_words=(),
            dropped=(),
            compared=49,
            document=DocumentIdentity("t", "d", DOCUMENT.sha256),
            index=IndexIdentity("f", "e"),
            model=None,
            timings_ms={"total": 1.0},
        )


def test_a_crash_is_the_error_of_its_case() -> None:
    """The run goes on, and the case is neither dropped nor an answer."""
    assistant = Scripted()
    asked = runner.ask(assistant, [case("a"), case("b", question="crash"), case("c")])
    assert [type(result) for result in asked.results] == [Scored, Failed, Scored]
    assert asked.results[1] == Failed(asked.results[1].case, "RuntimeError: broken")
    assert len(asked.milliseconds) == 3
    assert {request.mode for request in assistant.requests} == {"quote"}


def test_what_takes_too_long_is_an_error() -> None:
    """By the clock that is handed in: 10 seconds pass, 70 do not, and the answer is not kept."""
    moments = iter((0.0, 10.0, 10.0, 80.0))
    asked = runner.ask(Scripted(), [case("a"), case("b")], clock=lambda: next(moments))
    assert [type(result) for result in asked.results] == [Scored, Failed]
    assert asked.results[1] == Failed(asked.results[1].case, "took 70 seconds, more than 60")
    assert asked.milliseconds == (10_000.0, 70_000.0)


def test_the_second_run_says_why_it_gave_nothing() -> None:
    """A process that refuses its configuration is a failure with its own words, not a silent pass."""
    environ = {**os.environ, "MOC_TYPO": "1"}
    with runner.SecondRun([case()], environ) as second, pytest.raises(runner.SecondRunError, match="MOC_TYPO"):
        second.again()


_FAKE = """#!/usr/bin/env python3
import json, os, sys
source, out = (sys.argv[sys.argv.index(option) + 1] for option in ("--batch", "--out"))
assert not os.path.exists(os.environ["MOC_INDEX_DIR"])
with open(source) as asked, open(out, "w") as given:
    for row in map(json.loads, asked):
        body = {"error": {}} if row["question"] == "crash" else {"answer": os.environ["MOC_INDEX_DIR"]}
        given.write(json.dumps({"id": row["id"], "elapsed_ms": 60_001 if row["question"] == "slow" else 7, **body}))
        given.write("\\n")
"""


def test_the_second_run_shares_the_questions_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process has its own index and every second question; errors and what took too long are missing."""
    program = tmp_path / "python"
    program.write_text(_FAKE, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    cases = [case("a"), case("b"), case("c"), case("d", question="crash"), case("e", question="slow")]
    with runner.SecondRun(cases, os.environ, processes=2) as second:
        again = second.again()
    assert set(again.answers) == {"a", "b", "c"}
    assert again.answers["a"] == again.answers["c"] != again.answers["b"]
    assert again.milliseconds == {"a": 7, "b": 7, "c": 7}


def test_when_not_all_processes_start_none_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second cannot be started: the first is ended, and its folder is gone."""
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    program.chmod(0o755)
    start = subprocess.Popen
    started: list[Any] = []

    def once(*arguments: Any, **options: Any) -> Any:
        if started:
            raise OSError("no more processes")
        started.append(start(*arguments, **options))
        return started[0]

    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(subprocess, "Popen", once)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    second = runner.SecondRun([case("a"), case("b")], os.environ, processes=2)
    assert not started
    with pytest.raises(OSError, match="no more processes"), second:
        pytest.fail("entered with one of two processes")
    assert started[0].returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == [program]
