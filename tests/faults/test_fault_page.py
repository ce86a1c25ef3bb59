"""docs/faults.md is made from what was seen, and a row that did not hold cannot pass for one that did."""

import json
from pathlib import Path

import pytest

from evals.bench.goals import read_faults
from evals.faults import __main__ as command
from evals.faults import page, tests
from evals.faults.row import Fault, Seen, Stage, judged
from evals.faults.table import ROWS, ran
from evals.machine import program
from evals.processes import ROOT


def test_the_page_is_made_from_the_results() -> None:
    """`python -m evals.faults --page` was run after the last change of table, results or program."""
    assert page.PAGE.read_text(encoding="utf-8") == page.text()


def test_every_row_has_a_name_of_its_own_and_a_command() -> None:
    """Results are kept by name; the command says how a row is run alone."""
    names = [line.name for line in page.lines()]
    assert len(set(names)) == len(names) == len(ROWS) + len(tests.ROWS)
    assert all(line.command.startswith("python -m ") for line in page.lines())


def test_every_test_that_is_a_row_exists() -> None:
    """Its file is there, and in it the function."""
    for row in tests.ROWS:
        for test in row.tests:
            path, _, function = test.partition("::")
            assert f"def {function}" in (ROOT / path).read_text(encoding="utf-8")


def test_a_small_result_never_replaces_a_full_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does the page hide that a row failed, was seen in the small size only, or was never run."""
    monkeypatch.setattr(page, "FAULTS", tmp_path / "results.json")
    about = {"date": "2026-01-02", "machine": "2 cores", "commit": "abc", "program": program()}
    first, second, third = (line.name for line in page.lines()[:3])
    page.record(first, Seen(True, "full one"), "full", about)
    page.record(first, Seen(True, "small one"), "small", about)
    page.record(second, Seen(False, "a | b"), "small", about)
    assert set(json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))) == {first, second}
    rows = {line.split("<br>")[0]: line for line in page.text().splitlines() if line.startswith("| ")}
    assert rows[f"| {first}"].endswith("| full one | yes |")
    assert rows[f"| {second}"].endswith("| small size: a \\| b | **no** |")
    assert rows[f"| {third}"].endswith("| not run yet | – |")
    assert "\n1 of " in page.text()
    assert "Other work ran beside" not in page.text()


def test_rows_of_before_say_that_other_work_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those without a commit were measured under load: the sentence says so, and a mark says which they are."""
    monkeypatch.setattr(page, "FAULTS", tmp_path / "results.json")
    first, second = (line.name for line in page.lines()[:2])
    about = {"date": "2026-01-02", "machine": "2 cores"}
    page.record(first, Seen(True, "under load"), "full", about)
    page.record(second, Seen(True, "alone", seconds=4.321), "full", about | {"commit": "abc", "program": program()})
    assert read_faults(tmp_path / "results.json")[second]["seconds"] == 4.32
    assert "seconds" not in read_faults(tmp_path / "results.json")[first]
    assert "Other work ran beside the rows marked † on the same cores, so their times are upper bounds." in page.text()
    assert "| **Older than this state**: measured 2026-01-02. under load † | yes |" in page.text()
    assert "| alone | yes |" in page.text()


@pytest.mark.parametrize("kept", [{}, {"commit": "abc"}, {"program": "abc"}, {"commit": "abc", "program": "other"}])
def test_what_was_seen_on_another_state_says_so(
    kept: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the commit or the state was not kept; what was seen on this one does not."""
    monkeypatch.setattr(page, "FAULTS", tmp_path / "results.json")
    about = {"date": "2026-01-02", "machine": "2 cores"}
    first, second = (line.name for line in page.lines()[:2])
    page.record(first, Seen(True, "as before"), "full", about | kept)
    page.record(second, Seen(True, "as now"), "full", about | {"commit": "abc", "program": program()})
    assert "| **Older than this state**: measured 2026-01-02. as before" in page.text()
    assert "| as now | yes |" in page.text()
    assert "1 on an older state of the program" in page.text()


class Running:
    """In place of a service that is there, or has gone."""

    def __init__(self, runs: bool) -> None:
        self.runs, self.started = runs, 0

    def start(self) -> None:
        self.started += 1


@pytest.mark.parametrize("runs", [True, False])
def test_a_row_that_breaks_does_not_hold(runs: bool, tmp_path: Path) -> None:
    """An exception is a failure; so is a service that did not live through it, which is started for the next row."""

    def breaks(_: Stage) -> Seen:
        if runs:
            raise AssertionError("not as expected")
        return Seen(True, "good")

    program = Running(runs)
    on = Stage("small", tmp_path, tmp_path, None, None, None, program, None)  # type: ignore[arg-type]
    result = ran(Fault("g", "n", "e", breaks), on)
    assert not result.seen.holds
    assert program.started == (0 if runs else 1)
    assert ("not as expected" in result.seen.what) == runs


def test_failures_are_said() -> None:
    """The first of them, and how many more there are."""
    assert judged([], "good") == Seen(True, "good")
    assert judged(["a", "b", "c", "d"], "1 of 5").what == "1 of 5; FAILED: a; b; c … and 1 more"


def test_no_row_is_exit_code_5(capsys: pytest.CaptureFixture[str]) -> None:
    """Words that no row holds choose nothing."""
    assert command.main(["--only", "nothing like that"]) == 5
    assert "nothing like that" in capsys.readouterr().err
