"""Figures in words, the same in every report: a value with its k/n, its interval and the facts behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from evals.gates import SLICE_MINIMUM
from evals.statistics import Rate

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # coverages at which a curve is told
CURVE_HEADS = ("coverage", "risk", "confidence from")
EFFECTIVE = "n_eff: the effective number of facts behind a figure; ten paraphrases of one fact are one."


def value(metric: Mapping[str, Any]) -> str:
    """A value with its k/n."""
    number = f"{metric['value']:.3f}" if isinstance(metric["value"], float | int) else str(metric["value"])
    return f"{number} ({metric['k']}/{metric['n']})" if metric["k"] is not None else f"{number} (n={metric['n']})"


def interval(ends: Sequence[float] | None) -> str:
    """Two ends, or nothing."""
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""


def effective(metric: Mapping[str, Any]) -> str:
    """The effective number of facts; nothing for an area over all cases, which has no interval either."""
    found = metric.get("effective_facts")
    return f"{found:.0f}" if found else ""


def ends_of(metric: Mapping[str, Any]) -> str:
    """The interval (Wilson's; of what is no rate the one by fact) with the effective number of facts; or nothing."""
    ends = interval(metric["wilson"] or metric.get("by_fact"))
    return f"{ends}; n_eff {effective(metric)}" if ends and effective(metric) else ends


def ranged(metric: Mapping[str, Any]) -> str:
    """A value with its k/n, its interval and the effective number of facts."""
    ends = ends_of(metric)
    return value(metric) + (f", {ends}" if ends else "")


def few(metric: Mapping[str, Any]) -> str:
    """A dagger where there are too few cases for a verdict."""
    return " †" if metric["n"] < SLICE_MINIMUM else ""


def rate(k: int, n: int) -> str:
    """A rate with k/n and Wilson interval; ``n`` is at least 1."""
    found = Rate(k, n)
    return f"{found.value:.3f} ({k}/{n}; {interval((found.interval.low, found.interval.high))})"


def shipped(point: Mapping[str, Any], threshold: float) -> str:
    """Coverage and risk of the run as shipped, each with k/n and Wilson interval."""
    return (
        f"As shipped: answers {rate(point['answered'], point['scored'])} of the questions scored for answerability, "
        f"{rate(point['wrong'], point['answered'])} of these wrongly; the lowest confidence answered is "
        f"{point['threshold']:.3f}, the threshold is {threshold:.3f}."
    )


def curve_rows(
    points: Sequence[Mapping[str, float]], point: Mapping[str, Any] | None, threshold: float, scored: int
) -> list[tuple[str, str, str]]:
    """(coverage, risk, lowest confidence) at round coverages, and in its place the run as shipped, marked as such.

    ``points`` is the whole curve, ``point`` the run as shipped, ``scored`` how many questions both are of. The shares
    stand with k/n and Wilson interval.
    """
    rows = []
    for share in SHARES:
        found = next(p for p in points if p["coverage"] >= share - 1e-9)
        answered = round(found["coverage"] * scored)
        rows.append((answered, -found["threshold"], round(found["risk"] * answered), f"{found['threshold']:.3f}"))
    if point:
        rows.append((point["answered"], -threshold, point["wrong"], f"{threshold:.3f}, as shipped"))
    return [(rate(answered, scored), rate(wrong, answered), told) for answered, _, wrong, told in sorted(set(rows))]
