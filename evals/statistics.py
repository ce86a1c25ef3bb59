"""Numbers with their uncertainty: Wilson intervals, cluster bootstrap by fact, AUROC, risk-coverage; scipy counts."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from scipy.stats import binomtest, mannwhitneyu

SEED = 20251028
DRAWS = 2000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rate:
    """k of n, with the Wilson interval (Wilson 1927) of the rate. ``n`` is at least 1."""

    k: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n or self.n == 0:
            raise ValueError(f"{self.k} of {self.n} is no rate; a metric nothing applies to must be left out")

    @property
    def value(self) -> float:
        """The rate."""
        return self.k / self.n

    @property
    def interval(self) -> Interval:
        """Wilson, 95 %."""
        return _wilson(self.k, self.n)


@cache  # scipy computes a p-value each time, and the slices of a run ask for the same k and n again and again
def _wilson(k: int, n: int) -> Interval:
    found = binomtest(k, n).proportion_ci(LEVEL, method="wilson")
    return Interval(float(found.low), float(found.high))


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of a risk-coverage curve: answering everything with ``confidence >= threshold``."""

    threshold: float
    coverage: float
    risk: float


def effective_clusters(clusters: Iterable[Hashable]) -> float:
    """Effective number of clusters, ``(Σ n_c)² / Σ n_c²`` (Kish 1965): equal sizes give the plain count."""
    sizes = list(Counter(clusters).values())
    return sum(sizes) ** 2 / sum(size * size for size in sizes) if sizes else 0.0


def cluster_interval(
    totals: Sequence[tuple[float, float]], clusters: Sequence[Hashable], draws: int = DRAWS, seed: int = SEED
) -> Interval | None:
    """Percentile bootstrap of ``Σ numerator / Σ denominator``, drawing whole clusters with replacement.

    ``totals`` are (numerator, denominator) of each case, ``clusters`` their facts. None with fewer than two clusters,
    or when all cases are alike: resampling equal values shows no uncertainty, and the Wilson interval must be read.
    """
    keys = {key: place for place, key in enumerate(dict.fromkeys(clusters))}
    sums = np.zeros((len(keys), 2))
    for (numerator, denominator), cluster in zip(totals, clusters, strict=True):
        sums[keys[cluster]] += (numerator, denominator)
    ratios = {numerator / denominator for numerator, denominator in totals if denominator}
    if len(keys) < 2 or len(ratios) < 2:
        return None
    drawn = _drawn(len(keys), draws, seed) @ sums
    drawn = drawn[drawn[:, 1] > 0]
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


@lru_cache(maxsize=8)  # the metrics of a cut mostly stand on the same facts; a matrix of 700 facts takes 11 MB
def _drawn(clusters: int, draws: int, seed: int) -> np.ndarray:
    """How often each draw holds each cluster (draws, clusters): drawn with replacement, as many as there are."""
    chosen = np.random.default_rng(seed).integers(0, clusters, size=(draws, clusters))
    places = chosen + np.arange(draws)[:, None] * clusters
    return np.bincount(places.ravel(), minlength=draws * clusters).reshape(draws, clusters).astype(float)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    """P(a positive scores above a negative), ties half: Mann-Whitney U / (n₁·n₀) (Hanley and McNeil 1982).

    Raises:
        ValueError: one side is empty.
    """
    if not positive or not negative:
        raise ValueError("AUROC needs scores on both sides")
    return float(mannwhitneyu(positive, negative).statistic) / (len(positive) * len(negative))


def auroc_interval(
    scores: Sequence[float],
    positives: Sequence[bool],
    clusters: Sequence[Hashable],
    draws: int = DRAWS,
    seed: int = SEED,
) -> Interval | None:
    """Percentile bootstrap of the AUROC, drawing whole clusters; None where a draw would lack a side too often."""
    keys = {key: place for place, key in enumerate(dict.fromkeys(clusters))}
    rows = [keys[cluster] for cluster in clusters]
    levels, columns = np.unique(np.asarray(scores, dtype=float), return_inverse=True)
    truth = np.asarray(positives, dtype=bool)
    # How often a draw holds a positive, and a negative, of each score: pairs are counted from these alone.
    above, below = np.zeros((2, len(keys), len(levels)))
    np.add.at(above, (np.asarray(rows)[truth], columns[truth]), 1.0)
    np.add.at(below, (np.asarray(rows)[~truth], columns[~truth]), 1.0)
    drawn = _drawn(len(keys), draws, seed)
    above, below = drawn @ above, drawn @ below
    wins = (above * (np.cumsum(below, axis=1) - below / 2)).sum(axis=1)
    pairs = above.sum(axis=1) * below.sum(axis=1)
    if np.count_nonzero(pairs) < draws / 2:
        return None
    low, high = np.quantile(wins[pairs > 0] / pairs[pairs > 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))


def risk_coverage(confidences: Sequence[float], correct: Sequence[bool]) -> tuple[CurvePoint, ...]:
    """Risk among the most confident share, for every threshold (El-Yaniv and Wiener 2010); ties move together.

    coverage(t) = share with confidence ≥ t, risk(t) = share of those that are not correct.
    """
    pairs = sorted(zip(confidences, correct, strict=True), key=lambda pair: -pair[0])
    points: list[CurvePoint] = []
    wrong = 0
    for taken, (confidence, right) in enumerate(pairs, 1):
        wrong += not right
        if taken == len(pairs) or pairs[taken][0] != confidence:
            points.append(CurvePoint(confidence, taken / len(pairs), wrong / taken))
    return tuple(points)


def area_under_risk(points: Sequence[CurvePoint]) -> float:
    """AURC: the area under risk over coverage 0..1, trapezes; the first risk holds down to coverage 0."""
    if not points:
        raise ValueError("a risk-coverage curve needs at least one case")
    area = points[0].risk * points[0].coverage
    return area + sum((b.coverage - a.coverage) * (a.risk + b.risk) / 2 for a, b in pairwise(points))


def area_under_undetected(points: Sequence[CurvePoint]) -> float:
    """AUGRC: the area under coverage · risk, the share of all cases answered wrongly (Traub et al. 2024), trapezes."""
    if not points:
        raise ValueError("a risk-coverage curve needs at least one case")
    start = CurvePoint(points[0].threshold, 0.0, 0.0)
    return sum(
        (b.coverage - a.coverage) * (a.risk * a.coverage + b.risk * b.coverage) / 2
        for a, b in pairwise((start, *points))
    )


def finite(value: float) -> bool:
    """False for NaN and infinities, which may never reach a report as a number."""
    return math.isfinite(value)
