"""Knowing when not to answer: how well confidence tells answerable from unanswerable, and at what risk it is used."""

from collections.abc import Sequence

from evals import statistics
from evals.measured import Metric, Shipped
from evals.outcomes import Failed, Result, Scored


def auroc(results: Sequence[Result], *, resampled: bool = True) -> Metric | None:
    """AUROC of ``confidence``, answerable against unanswerable; None unless both occur.

    Cases that accept a typed reply (small talk, declined) are left out: their route scores them. An error ranks where
    it hurts most: confidence 0 for an answerable case, 1 for an unanswerable one.
    """
    chosen = [r for r in results if r.case.expectation == "answerable" or r.case.statuses == {"not_in_document"}]
    truth = [result.case.expectation == "answerable" for result in chosen]
    scores = [
        float(result.answer["confidence"]) if isinstance(result, Scored) else float(not answerable)
        for result, answerable in zip(chosen, truth, strict=True)
    ]
    above = [score for score, answerable in zip(scores, truth, strict=True) if answerable]
    below = [score for score, answerable in zip(scores, truth, strict=True) if not answerable]
    if not above or not below:
        return None
    facts = [result.case.fact for result in chosen]
    return Metric(
        value=statistics.auroc(above, below),
        k=None,
        n=len(chosen),
        interval=None,
        by_fact=statistics.auroc_interval(scores, truth, facts) if resampled else None,
        facts=len(set(facts)),
        effective_facts=statistics.effective_clusters(facts),
        not_applicable=len(results) - len(chosen),
        worse=(),
    )


def risk_points(results: Sequence[Result]) -> list[tuple[float, bool]]:
    """(confidence, right to answer) of the cases AUROC looks at, for the risk-coverage curve.

    Answering is wrong for an unanswerable case and for an answerable one whose answer misses a gold sentence; what a
    refused answerable case would have shown is not known and counts as right. An error is wrong at confidence 1.
    """
    points = []
    for result in results:
        case = result.case
        if case.expectation != "answerable" and case.statuses != {"not_in_document"}:
            continue
        if isinstance(result, Failed):
            points.append((1.0, False))
        else:
            missed = result.answers and not set(case.gold) <= set(result.shown_addresses)
            points.append((float(result.answer["confidence"]), case.expectation == "answerable" and not missed))
    return points


def operating_point(results: Sequence[Result]) -> Shipped | None:
    """Coverage and risk of the run as shipped; the threshold is the lowest confidence that was answered."""
    scored = [r for r in results if r.case.expectation == "answerable" or r.case.statuses == {"not_in_document"}]
    answered = [result for result in scored if isinstance(result, Failed) or result.answers]
    if not answered:
        return None
    wrong = sum(not right for _, right in risk_points(answered))
    lowest = min(float(r.answer["confidence"]) if isinstance(r, Scored) else 1.0 for r in answered)
    return Shipped(lowest, len(scored), len(answered), wrong)
