"""Running: a crash is the error of its case, exit codes are the contract's, the second run is another process."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.types import Answer, DocumentIdentity, IndexIdentity, Request
from evals import __main__ as command
from evals import liars, lock, remembering, replay, runner, running
from evals.conclusion import SEVERITY, Conclusion, conclude, together
from evals.gates import Verdict
from evals.outcomes import Failed, Scored
from evals.remembering import Remembering
from evals.seen import seen
from index.embed import Embedder, EmbeddingInputError
from index.errors import ConfigError, IndexUnusable
from index.store import Store
from tests.evals.made import DOCUMENT, case
from tests.evals.stored_run import store as store_run


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


class Axes:
    """Texts about x point one way, all others another; refuses what holds a NUL, as the real one does."""

    def encode(self, texts: list[str], *, query: bool) -> np.ndarray:
        if any("\x00" in text for text in texts):
            raise EmbeddingInputError("NUL")
        return np.array([[1.0, 0.0] if "x" in text else [0.0, 1.0] for text in texts], dtype=np.float32)


def test_seen_is_equal_text_or_a_near_copy() -> None:
    """Equal but for marks, or cosine ≥ 0.97 with a bank question; passages do not count, NULs do not crash."""

    class Entry:
        def __init__(self, role: str, text: str) -> None:
            self.role, self.text = role, text

    class Stored:
        entries = (Entry("passage", "passage"), Entry("question", "Near x?"), Entry("question", "Is it new?"))
        vectors = np.array([[0.0, 1.0], [0.98, 0.199], [0.6, 0.8]], dtype=np.float32)

    asked = [
        case("copy", question="is it NEW"),
        case("near", question="another x"),
        case("far", question="passage"),
        case("nul", question="a\x00b"),
        case("empty", question=""),
    ]
    store: Any = Stored()
    embedder: Any = Axes()
    assert seen(asked, store, embedder) == {"copy": True, "near": True, "far": False, "nul": False, "empty": False}


def test_a_question_is_embedded_once() -> None:
    """Asked alone it is kept; a batch takes what is kept and embeds the rest; passages are never kept."""

    class Counting(Axes):
        def __init__(self) -> None:
            self.asked: list[list[str]] = []

        def encode(self, texts: list[str], *, query: bool) -> np.ndarray:
            self.asked.append(list(texts))
            return super().encode(texts, query=query)

    model: Any = Counting()
    remembering = Remembering(model)
    remembering.encode(["an x"], query=True)
    assert remembering.encode(["b", "an x", "c"], query=True).tolist() == [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    remembering.encode(["b"], query=True)
    remembering.encode(["an x"], query=False)
    assert model.asked == [["an x"], ["b", "c"], ["b"], ["an x"]]


def test_nothing_selected_is_exit_5(capsys: pytest.CaptureFixture[str]) -> None:
    """An id that is not there selects nothing, and that is no pass."""
    assert command.main(["run", "--suite", "dev", "--only", "no-such-id"]) == 5
    assert "no case is selected" in capsys.readouterr().err


def test_another_text_is_exit_4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are not scored against questions written for another document."""
    path = tmp_path / "spans.tsv"
    path.write_text(lock.render(DOCUMENT).replace(DOCUMENT.sha256, "0" * 64), encoding="utf-8")
    original = lock.differences
    monkeypatch.setattr(lock, "differences", lambda document, _: original(document, path))
    assert command.main(["run", "--suite", "dev"]) == 4


def test_what_takes_too_long_is_an_error() -> None:
    """By the clock that is handed in: 10 seconds pass, 70 do not, and the answer is not kept."""
    moments = iter((0.0, 10.0, 10.0, 80.0))
    asked = runner.ask(Scripted(), [case("a"), case("b")], clock=lambda: next(moments))
    assert [type(result) for result in asked.results] == [Scored, Failed]
    assert asked.results[1] == Failed(asked.results[1].case, "took 70 seconds, more than 60")
    assert asked.milliseconds == (10_000.0, 70_000.0)


def test_a_baseline_is_never_updated_in_ci(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit 2 with a good run and a reason; recordings are not made there either."""
    store_run(tmp_path)
    monkeypatch.setenv("CI", "true")
    target = ["--run", str(tmp_path), "--baseline", str(tmp_path / "baseline.json")]
    assert command.main(["baseline", "update", "--reason", "r", *target]) == 2
    assert not (tmp_path / "baseline.json").exists()
    assert command.main(["record"]) == 2


def test_a_bug_of_the_suite_is_exit_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told apart from a failed gate, and its traceback is shown."""

    def broken(_: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(lock, "check", broken)
    assert command.main(["run", "--suite", "dev"]) == 3
    assert "RuntimeError: bug" in capsys.readouterr().err


def test_a_wrong_option_is_exit_2() -> None:
    """argparse's own code is the contract's."""
    with pytest.raises(SystemExit) as stopped:
        command.main(["run", "--suite", "nonsense"])
    assert stopped.value.code == 2


@pytest.mark.slow
def test_a_case_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both runs, verdict, ranking and every file, on real dev cases of both languages."""
    monkeypatch.delenv("CI", raising=False)
    chosen = ["dev-001", "dev-003"]
    assert command.main(["run", "--suite", "dev", "--out", str(tmp_path), "--only", *chosen]) == 0
    content = json.loads((tmp_path / "dev" / "metrics.json").read_text(encoding="utf-8"))
    assert content["metrics"]["determinism"]["value"] == 1
    assert content["cases"] == 2
    assert content["exit_code"] == 0
    rows = (tmp_path / "dev" / "results.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["id"] for row in rows] == chosen
    assert all(len(json.loads(row)["ranking"]) == 10 for row in rows)
    assert {path.name for path in tmp_path.iterdir()} == {
        "dev", "manifest.json", "conclusion.json", "coverage.json", "summary.md", "junit.xml", "report.html",
    }  # fmt: skip
    assert (tmp_path / "dev" / "summary.md").read_text(encoding="utf-8").startswith("# PASS dev")


@pytest.mark.usefixtures("embedded_anew")
def test_the_same_twice_gives_the_same_files(
    tmp_path: Path, index_directory: Path, opened_index: tuple[Store, Embedder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs, each opening the index anew: metrics.json and results.jsonl are equal byte for byte."""
    monkeypatch.setenv("MOC_INDEX_DIR", str(index_directory))
    chosen = ["dev-001", "dev-003", "dev-329"]
    for name in ("one", "two"):
        target = ["--out", str(tmp_path / name), "--once", "--only", *chosen]
        assert command.main(["run", "--suite", "dev", *target]) == 0
    for name in ("metrics.json", "results.jsonl"):
        first, second = ((tmp_path / run / "dev" / name).read_bytes() for run in ("one", "two"))
        assert first == second


def test_quote_and_replay_in_one_go(opened_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs in two folders, and either may fail both: here the replay does, for nothing of the case is recorded."""
    del opened_once
    monkeypatch.setattr(liars, "EACH", 2)
    target = ["--out", str(tmp_path), "--once", "--only", "dev-329"]
    assert command.main(["run", "--suite", "dev", "--mode", "both", *target]) == 4
    ended = [json.loads((path / "conclusion.json").read_text()) for path in (tmp_path, tmp_path / "replay")]
    assert [one["exit_code"] for one in ended] == [4, 4]
    assert all("STALE: nothing of dev is recorded" in one["line"] for one in ended)
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("# STALE: nothing of dev is recorded")


def test_the_vectors_of_what_is_asked_are_kept(
    opened_index: tuple[Store, Embedder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time they are computed, the second time they are there; a question that is gone loses its vector."""
    monkeypatch.setattr(running, "open_index", lambda _: opened_index)
    path = tmp_path / "vectors.npz"
    both = (case("a", question="Is fusion named?"), case("b", question="What about space?"))
    assert "2 vectors" in running.embed({"dev": both}, path)
    assert "1 vectors" in running.embed({"dev": both[:1]}, path)
    assert running.embed({"dev": both[:1]}, path).endswith(", 0 of them computed now")
    (kept,) = remembering.load(opened_index[1], path)
    assert kept == remembering.key("Is fusion named?")


def test_the_most_severe_code_is_that_of_all() -> None:
    """A bug, a wrong setting, a broken gate, what could not run, nothing selected, a regression, a pass."""
    assert SEVERITY == (3, 2, 1, 4, 5, 10, 0)
    for place, code in enumerate(SEVERITY):
        for milder in SEVERITY[place:]:
            one, other = Conclusion(code, "severe", ()), Conclusion(milder, "mild", ())
            assert together(one, other).exit_code == together(other, one).exit_code == code


def test_a_leak_of_the_replay_is_the_first_line_of_both() -> None:
    """Verdict, lines and code of one go come from one function: a quote run that passes never stands above a lie."""
    verdict = Verdict(0, "PASS dev: 2 cases, every gate holds", ())
    leaked = conclude([Verdict(1, "FAIL liars: a got 1 lies through", ())])
    ended = conclude([verdict], None, None, leaked)
    assert (ended.exit_code, ended.line) == (1, "FAIL liars: a got 1 lies through (replay; quote mode: PASS)")
    assert ended.suites == (*["FAIL liars: a got 1 lies through (replay)"] * 2, verdict.line)
    passed = conclude([verdict], None, None, conclude([Verdict(0, "BELOW FLOOR dev: written is 0.1", ())]))
    assert (passed.exit_code, passed.word) == (0, "BELOW FLOOR dev")


@pytest.mark.parametrize(
    ("quoted", "replayed", "code"),
    [
        (10, 1, 1),
        (1, 10, 1),
        (10, 4, 4),
        (4, 1, 1),
        (0, 4, 4),
        (0, 0, 0),
        (10, 0, 10),
        (1, IndexUnusable("gone"), 1),
        (10, IndexUnusable("gone"), 4),
        (1, ConfigError("wrong"), 2),
        (1, RuntimeError("bug"), 3),
    ],
)
def test_of_two_runs_the_worse_code_is_the_exit_code(
    quoted: int, replayed: int | Exception, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay whose gate is broken is never hidden by what quote mode says, nor the other way round."""

    def quote(*arguments: Any) -> Conclusion:
        return together(Conclusion(quoted, "quoted", ()), arguments[-1](None))

    def played(*_: Any) -> Conclusion:
        if isinstance(replayed, Exception):
            raise replayed
        return Conclusion(replayed, "replayed", ())

    monkeypatch.setattr(running, "quote", quote)
    monkeypatch.setattr(replay, "replay", played)
    assert command.main(["run", "--suite", "dev", "--mode", "both", "--only", "dev-329"]) == code


def test_a_replay_that_breaks_does_not_lose_the_quote_run(
    opened_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its results are there; the bug is in the conclusion of both, with its code, and its traceback is told."""
    del opened_once

    def broken(*_: object) -> None:
        raise RuntimeError("bug of the replay")

    monkeypatch.setattr(replay, "replay", broken)
    target = ["--out", str(tmp_path), "--once", "--only", "dev-329"]
    assert command.main(["run", "--suite", "dev", "--mode", "both", *target]) == 3
    ended = json.loads((tmp_path / "conclusion.json").read_text())
    assert (ended["exit_code"], ended["line"]) == (3, "BROKEN: bug of the replay (replay; quote mode: PASS)")
    assert "dev-329" in (tmp_path / "dev" / "results.jsonl").read_text(encoding="utf-8")
    assert "RuntimeError: bug of the replay" in capsys.readouterr().err
