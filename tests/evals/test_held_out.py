"""The table of held-out figures is that of the last recorded run."""

import json
from pathlib import Path

import pytest

from evals import baseline, held_out
from index.errors import UserError


def test_the_page_is_of_the_last_recorded_run() -> None:
    """Else `python -m evals.held_out`."""
    page = held_out.PAGE.read_text(encoding="utf-8")
    runs = (held_out.newest(baseline.HISTORY, suite) for suite in ("test", "follow_ups"))
    assert page == held_out.written(page, *runs)


def test_follow_ups_are_told_with_intervals() -> None:
    """Complete and refused, over all groups, whatever else was measured."""
    assert held_out.follow_ups({"completeness": [188, 217], "refusal_recall": [26, 32], "twins": [1, 2]}) == (
        "Follow-ups, all groups: complete 0.866 (188/217; 0.815 to 0.905), "
        "refused of the unanswerable 0.812 (26/32; 0.647 to 0.911)."
    )


def test_a_row_has_rate_interval_and_floor() -> None:
    """Of each slice that was measured; an area has no interval there, and a metric nobody measured has no row."""
    made = held_out.table(
        {"twins": [449, 490], "auroc": 0.99651, "auroc[unseen]": 0.99549, "over_refusal[fresh]": [3, 90]}
    )
    assert made.splitlines()[2:] == [
        "| AUROC | 0.997 | 0.995 |  | 0.975 |",
        "| over-refusal |  |  | 0.033 (3/90; 0.011 to 0.093) |  |",
        "| twins | 0.916 (449/490; 0.888 to 0.938) |  |  | 0.85 |",
    ]


def test_the_newest_run_of_the_test_split_counts(tmp_path: Path) -> None:
    """Not a later one of another suite or mode; without any it is said."""
    history = tmp_path / "history.jsonl"
    rows = [("test", "quote", 1), ("test", "quote", 2), ("dev", "quote", 3), ("test", "replay", 4)]
    history.write_text(
        "".join(json.dumps({"suite": s, "mode": m, "metrics": {"twins": [k, 4]}}) + "\n" for s, m, k in rows)
    )
    assert held_out.newest(history) == {"twins": [2, 4]}
    assert held_out.newest(history, "dev") == {"twins": [3, 4]}
    history.write_text("")
    with pytest.raises(UserError, match="no run of the suite 'test'"):
        held_out.newest(history)
