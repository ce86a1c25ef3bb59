"""Two runs over the same cases: who flipped, whether chance could have done it, and what could be noticed at all.

Without a language model the assistant is deterministic: every flip is real, a p-value speaks only of other questions.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, permutation_test

from evals.statistics import DRAWS, SEED

SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Flips:
    """Cases a metric was lost or won on, of ``n`` cases it applies to in both runs."""

    n: int
    lost: tuple[str, ...]
    won: tuple[str, ...]

    @property
    def p_value(self) -> float:
        """Exact McNemar, two-sided (McNemar 1947): of the flips, as uneven a split as this by tossing a coin."""
        flipped = len(self.lost) + len(self.won)
        return float(binomtest(len(self.lost), flipped).pvalue) if flipped else 1.0


def flips(before: Mapping[str, bool], after: Mapping[str, bool]) -> Flips:
    """Compare pass/fail by case id; cases that only one run has are left out."""
    shared = [id_ for id_ in before if id_ in after]
    return Flips(
        n=len(shared),
        lost=tuple(id_ for id_ in shared if before[id_] and not after[id_]),
        won=tuple(id_ for id_ in shared if after[id_] and not before[id_]),
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """How a mean over cases moved: new less old, and the probability of such a move by chance, drawing by fact."""

    n: int
    difference: float
    p_value: float


def shift(before: Mapping[str, float], after: Mapping[str, float], facts: Mapping[str, Hashable]) -> Shift:
    """Paired permutation test on the differences summed by fact: signs are drawn, two-sided (Fisher 1935)."""
    shared = [id_ for id_ in before if id_ in after]
    sums: dict[Hashable, float] = {}
    for id_ in shared:
        sums[facts[id_]] = sums.get(facts[id_], 0.0) + after[id_] - before[id_]
    differences = np.array([value for value in sums.values() if abs(value) > 1e-9])
    if not len(differences):
        return Shift(len(shared), 0.0, 1.0)
    found = permutation_test(
        (np.append(differences, 0.0),),  # scipy wants two observations; a zero changes no sum
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=DRAWS,
        rng=np.random.default_rng(SEED),
    )
    return Shift(len(shared), float(differences.sum()) / len(shared), float(found.pvalue))


def smallest_detectable(n: int) -> int | None:
    """The fewest losses, with nothing won, that the exact McNemar test calls significant; None when n is too few."""
    needed = next(k for k in range(1, 50) if binomtest(k, k).pvalue <= SIGNIFICANT)
    return needed if needed <= n else None


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """p-values adjusted for how many were looked at (Holm 1979), in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)
