"""The goals that the bench's figures are held against: reached, missed, or not whole enough to say."""

from typing import Any

import pytest

from evals.bench import attack, bodies, goals
from evals.bench.clients import Asked
from evals.faults.table import ROWS
from tests.evals.bench_parts import measured

SEEN = {"holds": True, "size": "full", "seen": "as it should"}


def test_goals_are_judged_by_what_was_measured() -> None:
    """Nothing measured is no goal reached; a small size is none either; what failed says so."""
    assert {goal.holds for goal in goals.reached({}, {})} == {None}
    faults = {"kill -9 during a build": SEEN, "corrupt": SEEN, "eight builds at once": SEEN | {"size": "small"}}
    assert judged(measured(), faults) == {5: None, 8: True, 9: None, 10: True, 11: True, 12: None, 13: True, 19: None}
    assert judged({}, faults | {"corrupt": SEEN | {"holds": False}})[8] is False


def judged(parts: dict[str, Any], faults: dict[str, Any]) -> dict[int, bool | None]:
    return {goal.number: goal.holds for goal in goals.reached(parts, faults)}


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        (10, measured(words=5.1)),
        (10, measured(errors=1)),
        (11, measured(memory=20.5)),
        (11, measured(files=6)),
        (11, measured(tasks=6)),
        (11, measured(temporary=6)),
        (13, measured(spent=11)),
        (13, measured(waited=0.3)),
    ],
)
def test_a_goal_that_is_missed_is_not_reached(number: int, parts: dict[str, Any]) -> None:
    """Whether or not the part came to its end."""
    assert judged(parts, {})[number] is False
    broken_off = {name: {**part, "unfinished": True} for name, part in parts.items()}
    assert judged(broken_off, {})[number] is False


def test_what_is_not_whole_reaches_no_goal() -> None:
    """Broken off, a mode or the visitor alone missing, too short, too slow, or one attack twice: None, never yes."""
    whole = measured()
    assert [judged(whole, {})[number] for number in (10, 11, 13)] == [True] * 3
    broken_off = {name: {**part, "unfinished": True} for name, part in whole.items()}
    assert [judged(broken_off, {})[number] for number in (10, 11, 13)] == [None] * 3
    crowd, attacks = whole["load"]["rows"], whole["attack"]["rows"]
    for rows in (crowd[:2], crowd[:3], [crowd[0], *crowd[2:]]):
        assert judged({"load": {"rows": rows}}, {})[10] is None
    for short in ({"lasting": 59.0}, {"rate": 49}, {"rows": attacks[:1]}, {"rows": attacks[:1] * 2}):
        assert judged({"attack": {**whole["attack"], **short}}, {})[13] is None
    assert judged({"soak": {**whole["soak"], "chats": 9999}}, {})[11] is None


def test_readers_who_got_no_answer_miss_the_goal() -> None:
    """There is nothing to compare then, in the goal as in the table."""
    nobody = attack.summary("one address", [], [Asked("api", "error", 9.0)], [], 3, 1)
    part = attack.part([nobody], 60.0, 50)
    assert judged({"attack": part}, {})[13] is False
    assert "| 0.0 |" not in bodies.of_attack(part, {})


@pytest.mark.parametrize(
    ("row", "holds"),
    [
        (SEEN | {"seconds": 4.9}, True),
        (SEEN | {"seconds": 11.2}, False),
        (SEEN, None),
        (SEEN | {"seconds": 2.0, "size": "small"}, None),
        (SEEN | {"seconds": 2.0, "holds": False}, False),
    ],
)
def test_opening_is_held_against_its_seconds(row: dict[str, Any], holds: bool | None) -> None:
    """The row holds when the locks cost no time; the goal asks for five seconds in all, as they were kept."""
    found = judged({}, {goals.LOCKED: row, "eight builds at once": SEEN})
    assert found[9] is holds


def test_the_rows_that_goals_name_are_there() -> None:
    """A row that is called otherwise would be missed for ever."""
    assert {goals.LOCKED, goals.LEAVING, goals.SILENT} <= {row.name for row in ROWS}
