"""The shapes of what was measured: a unit's score, a metric with its uncertainty, everything of one run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from evals import statistics
from evals.outcomes import Failed
from evals.scorers import Score
from evals.statistics import CurvePoint, Interval, Rate

Better = Literal["more", "less"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A score with the fact it is about and the ids of the cases it was made from."""

    ids: tuple[str, ...]
    fact: str
    score: Score


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric over some cases.

    ``k``, ``n`` and the Wilson ``interval`` are those of a rate; a metric that is none (AUROC, areas) has ``k`` None.
    ``by_fact`` is the cluster bootstrap by fact, None where resampling shows nothing (see statistics). ``worse`` are
    the ids that keep the metric from being perfect.
    """

    value: float
    k: int | None
    n: int
    interval: Interval | None
    by_fact: Interval | None
    facts: int
    effective_facts: float
    not_applicable: int
    worse: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shipped:
    """The run as shipped: of ``scored`` questions so many answered, of these so many wrongly, down to a confidence."""

    threshold: float
    scored: int
    answered: int
    wrong: int

    @property
    def coverage(self) -> float:
        """Answered of those scored."""
        return self.answered / self.scored

    @property
    def risk(self) -> float:
        """Wrong of those answered."""
        return self.wrong / self.answered


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one case scored: metric → score, None where it does not apply; and its values of the ranking."""

    scores: Mapping[str, Score | None]
    ranks: Mapping[str, float]


@dataclass(frozen=True)
class Measured:
    """Everything measured in one run. ``metrics`` holds only what applied; ``slices`` group → value → name → metric.

    ``sheet`` has a sheet for each result, in order.
    """

    cases: int
    errors: tuple[Failed, ...]
    metrics: Mapping[str, Metric]
    slices: Mapping[str, Mapping[str, Mapping[str, Metric]]]
    curve: tuple[CurvePoint, ...]
    operating_point: Shipped | None
    repeated: bool = field(default=False)
    sheet: tuple[Sheet, ...] = ()


def rate(found: Sequence[Unit], better: Better, cases: int, *, resampled: bool = True) -> Metric | None:
    """Σk / Σn with both intervals; None when the metric applies to nothing. ``cases`` is how many were looked at.

    Not ``resampled``: without the interval by fact, where none is reported.
    """
    if not found:
        return None
    whole = Rate(sum(unit.score.k for unit in found), sum(unit.score.n for unit in found))
    facts = [unit.fact for unit in found]
    worse = (unit for unit in found if (unit.score.k < unit.score.n if better == "more" else unit.score.k > 0))
    return Metric(
        value=whole.value,
        k=whole.k,
        n=whole.n,
        interval=whole.interval,
        by_fact=statistics.cluster_interval([(unit.score.k, unit.score.n) for unit in found], facts)
        if resampled
        else None,
        facts=len(set(facts)),
        effective_facts=statistics.effective_clusters(facts),
        not_applicable=max(cases - len(found), 0),
        worse=tuple(id_ for unit in worse for id_ in unit.ids),
    )


def mean(values: Sequence[tuple[str, str, float]], not_applicable: int) -> Metric | None:
    """The mean of (id, fact, value 0..1) with its bootstrap by fact; None when there is nothing to average."""
    if not values:
        return None
    facts = [fact for _, fact, _ in values]
    return Metric(
        value=sum(value for *_, value in values) / len(values),
        k=None,
        n=len(values),
        interval=None,
        by_fact=statistics.cluster_interval([(value, 1.0) for *_, value in values], facts),
        facts=len(set(facts)),
        effective_facts=statistics.effective_clusters(facts),
        not_applicable=not_applicable,
        worse=tuple(id_ for id_, _, value in values if value < 1),
    )


def plain(value: float, n: int) -> Metric:
    """A number over n cases that is neither rate nor mean (an area)."""
    return Metric(value, None, n, None, None, 0, 0.0, 0, ())
