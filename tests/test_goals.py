"""The page of goals is made from the figures that were kept, and names every goal once."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import goals, measures
from tests.goals import GOALS, HOLDS, PAGE, kept, text
from tests.measures import LEAVING, ROOT, NotMeasured, criteria, stated

RATE = {"k": 5, "n": 5}
ATTACKS: dict[str, Any] = {
    "measured": {"date": "2026-01-02"},
    "attacks": {
        "ways": dict.fromkeys(("typed", "history", "package", "document", "quoted"), RATE),
        "breaches": {"leak": 0, "html": 0},
        "planted": {"texts": 5, "found": 4, "told": 5, "achieved": 3},
    },
    "real": {"rows": [{"half": "kept", "language": "en", "k": 9, "n": 200}], "causes": {"rule: injection": 9}},
}
SOAK: dict[str, Any] = {
    "date": "2026-01-02",
    "chats": 10_000,
    "settled_at": 1000,
    "growth": {"memory": 3.5, "files": 0, "tasks": 1, "threads": 0},
    "memory_per_1000_chats": 0.4,
    "wrong": 0,
}
ROW: dict[str, Any] = {
    "kind": "one address",
    "spent": 39_000,
    "budget": 40_000,
    "idle": {"p95": 0.1},
    "attacked": {"p95": 0.15},
    "readers_failed": 0,
}
PURSE: dict[str, Any] = {"date": "2026-01-02", "rate": 50, "seconds": 60.0, "rows": [ROW, {**ROW, "kind": "many"}]}
LEFT: dict[str, Any] = {"holds": True, "seen": "200 of 200 closed", "size": "full", "date": "2026-01-02"}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of the files of results."""
    for name in ("ATTACKS", "BENCH", "FAULTS", "HISTORY"):
        monkeypatch.setattr(measures, name, tmp_path / name)
    line = {"suite": "test", "mode": "quote", "date": "2026-01-01", "cases": 300}
    line["metrics"] = {"over_refusal": [4, 250], "dangling": [0, 9], "verbatim": [9, 9]}
    (tmp_path / "HISTORY").write_text(json.dumps(line) + "\n", encoding="utf-8")
    return tmp_path


def write(folder: Path, attacks: Any = ATTACKS, soak: Any = SOAK, purse: Any = PURSE, left: Any = LEFT) -> None:
    (folder / "ATTACKS").write_text(json.dumps(attacks), encoding="utf-8")
    (folder / "BENCH").write_text(json.dumps({"parts": {"soak": soak, "attack": purse}}), encoding="utf-8")
    (folder / "FAULTS").write_text(json.dumps({LEAVING: left}), encoding="utf-8")


def lost(way: str) -> Any:
    """The same with a trial lost."""
    ways = {**ATTACKS["attacks"]["ways"], way: {"k": 4, "n": 5}}
    return {**ATTACKS, "attacks": {**ATTACKS["attacks"], "ways": ways}}


READ = {1: True, 2: None, 3: True, 4: None, 11: True, 12: True, 13: True}


def test_the_page_is_what_was_kept() -> None:
    """Nobody writes a figure into it by hand; ``python -m tests.goals write`` makes it."""
    assert PAGE.read_text(encoding="utf-8") == text()


def test_every_goal_is_there_with_its_command() -> None:
    """Those asked for and no others; a figure has a date, and says whether the goal is reached."""
    assert [goal.number for goal in GOALS] == [1, 2, 3, 4, 6, 7, *range(11, 19), 20]
    assert all(goal.command for goal in GOALS)
    for result in kept().values():
        assert result.figure
        assert result.holds in HOLDS
        assert len(result.date) == 10


def test_what_other_commands_measured_is_read(files: Path) -> None:
    """Each figure with the day it was measured, not the day it was read."""
    write(files)
    found = {goal.number: goal.measure() for goal in GOALS if goal.number in READ}
    assert {number: one.holds for number, one in found.items()} == READ
    assert {one.date for number, one in found.items() if number != 4} == {"2026-01-02"}
    assert "0 of 15 trials" in found[1].figure
    assert "4 of 5 planted texts" in found[2].figure
    assert "4 of 250 test questions" in found[3].figure
    assert "rule: injection 9" in found[3].figure
    assert "memory +3.5 MiB" in found[11].figure
    assert "1.5 × idle" in found[13].figure


@pytest.mark.parametrize(
    ("number", "results", "holds"),
    [
        (1, {"attacks": lost("history")}, False),
        (2, {"attacks": lost("quoted")}, False),
        (3, {"attacks": {**ATTACKS, "real": {"rows": [{**ATTACKS["real"]["rows"][0], "k": 11}]}}}, None),
        (11, {"soak": {**SOAK, "growth": {**SOAK["growth"], "memory": 20.5}}}, False),
        (11, {"soak": {**SOAK, "growth": {**SOAK["growth"], "files": 9}}}, False),
        (11, {"soak": {**SOAK, "wrong": 1}}, False),
        (11, {"soak": {**SOAK, "chats": 200}}, None),
        (12, {"left": {**LEFT, "holds": False}}, False),
        (12, {"left": {**LEFT, "size": "small"}}, None),
        (13, {"purse": {**PURSE, "rows": [{**ROW, "spent": 40_001}]}}, False),
        (13, {"purse": {**PURSE, "rows": [{**ROW, "attacked": {"p95": 0.3}}]}}, None),
        (13, {"purse": {**PURSE, "rows": [{**ROW, "readers_failed": 1}]}}, None),
    ],
)
def test_a_goal_that_is_missed_says_so(number: int, results: dict[str, Any], holds: bool | None, files: Path) -> None:
    """Each bound can be missed, in whole or in part."""
    write(files, **results)
    [goal] = [goal for goal in GOALS if goal.number == number]
    assert goal.measure().holds is holds


def test_what_was_not_measured_names_its_command(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is kept for it, and the exit code says that something is missing."""
    for goal in GOALS:
        if goal.number in READ.keys() - {4}:
            with pytest.raises(NotMeasured, match="python -m evals"):
                goal.measure()
    assert goals._measure([goal for goal in GOALS if goal.number == 11]) == 1
    assert "first run: python -m evals.bench soak" in capsys.readouterr().out


def test_the_table_of_criteria_is_whole() -> None:
    """31 of level A and 24 of level AA, each in a row of docs/accessibility.md; a row that goes is missed."""
    page = (ROOT / "docs" / "accessibility.md").read_text(encoding="utf-8")
    assert len(criteria()) == 55
    assert stated(page) == criteria()
    assert stated(page.replace("| 1.2.1–1.2.5 ", "| – ")) == criteria() - {f"1.2.{number}" for number in range(1, 6)}
