"""Whole commands: exit codes are the contract's, of two runs the worse counts, the same twice gives the same files."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals import __main__ as command
from evals import liars, lock, replay, running
from evals.conclusion import SEVERITY, Conclusion, conclude, together
from evals.gates import Verdict
from index.embed import Embedder
from index.errors import ConfigError, IndexUnusable
from index.store import Store
from tests.evals.made import DOCUMENT
from tests.evals.stored_run import store as store_run


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
