"""Figures in words: k/n, interval and effective facts beside a value, in every report alike."""

import json
from pathlib import Path

from evals import (
    page,
    stored,
    summary,
    wording,
)
from evals.gates import Gate
from evals.measured import Unit, plain, rate
from evals.outcomes import result
from evals.scorers import Score
from tests.evals.made import DOCUMENT, answer, case
from tests.evals.stored_run import store


def test_ten_copies_of_one_fact_are_told_as_one() -> None:
    """Nine cases of one fact and one of another: (9 + 1)² / (81 + 1) = 1.2; an area has neither facts nor interval."""
    units = [Unit((str(n),), "a" if n else "b", Score(1, 1)) for n in range(10)]
    metric = rate(units, "more", 10)
    assert metric is not None
    told = stored.metric_object(metric)
    assert wording.ranged(told) == "1.000 (10/10), 0.722 to 1.000; n_eff 1"
    assert wording.ranged(stored.metric_object(metric, short=True)) == wording.ranged(told)
    assert wording.ranged(stored.metric_object(plain(0.25, 10))) == "0.250 (n=10)"


def test_a_curve_is_told_once_where_confidences_tie() -> None:
    """Two points for ten coverages; the run as shipped stands between them, though it lies beside the curve."""
    points = [{"threshold": 0.9, "coverage": 0.5, "risk": 0.0}, {"threshold": 0.1, "coverage": 1.0, "risk": 0.5}]
    rows = wording.curve_rows(points, {"answered": 6, "wrong": 1}, 0.5, 10)
    assert [row[2] for row in rows] == ["0.900", "0.500, as shipped", "0.100"]
    assert [row[1].partition(";")[0] for row in rows] == ["0.000 (0/5", "0.167 (1/6", "0.500 (5/10"]
    assert len(wording.curve_rows(points, None, 0.5, 10)) == 2


def test_slices_stand_with_their_intervals(tmp_path: Path) -> None:
    """Of two facts; Wilson of 1 of 2 is 0.095 to 0.905, in the table of kinds as in the heat map."""
    run = store(tmp_path)
    assert "0.500 (1/2), 0.095 to 0.905; n_eff 2 †" in summary.suite(run, "dev")
    assert "0.095 to 0.905; n_eff 2" in page.render(run, None, DOCUMENT)


def test_what_is_no_rate_stands_with_its_interval_by_fact(tmp_path: Path) -> None:
    """In the gate tables of both reports, and the curve with k/n."""
    ranked = [
        result(case(str(n), fact=str(n)), answer("iii.p1.s1"), ("iii.p1.s1",) if n % 2 else ("iv.p1.s1",))
        for n in range(8)
    ]
    run = store(tmp_path, ranked, limits=(Gate("mrr", "more", floor=0.9),))
    low, high = run.suites["dev"].metrics["metrics"]["mrr"]["by_fact"]
    assert low < high
    markdown, html = summary.overall(run, None), page.render(run, None, DOCUMENT)
    assert f"| mrr | below floor | 0.500 (n=8) | {low:.3f} to {high:.3f} | 8 |" in markdown
    assert f'<td class="number">{low:.3f} to {high:.3f}</td><td class="number">8</td></tr>' in html
    curve = "1.000 (8/8; 0.676 to 1.000)", "0.000 (0/8; 0.000 to 0.324)"
    assert f"| {curve[0]} | {curve[1]} | 0.900 |" in summary.suite(run, "dev")
    assert f"| {curve[0]} | {curve[1]} | 0.500, as shipped |" in summary.suite(run, "dev")
    assert f'<td class="number">{curve[0]}</td><td class="number">{curve[1]}</td>' in html


def test_the_point_shipped_and_the_trend_stand_with_their_counts(tmp_path: Path) -> None:
    """One of three scored questions is answered, none wrongly; a rate of the history is told as k/n."""
    run = store(tmp_path)
    told = "answers 0.333 (1/3; 0.061 to 0.792) of the questions scored for answerability, 0.000 (0/1; 0.000 to 0.793)"
    assert told in summary.suite(run, "dev")
    history = tmp_path / "history.jsonl"
    lines = [{"date": "2026-01-01", "suite": "test", "metrics": {"completeness": [k, 4], "auroc": 0.5}} for k in (2, 3)]
    history.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    html = page.render(run, None, DOCUMENT, history)
    assert told in html
    first, last = "0.500 (2/4; 0.150 to 0.850)", "0.750 (3/4; 0.301 to 0.954)"
    assert f'<td class="number">{first}</td><td class="number">{last}</td>' in html
    assert '<td class="number">0.500</td><td class="number">0.500</td>' in html
