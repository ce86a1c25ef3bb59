"""Statistics against numbers worked out by hand."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from evals.statistics import (
    DRAWS,
    SEED,
    CurvePoint,
    Rate,
    area_under_risk,
    auroc,
    auroc_interval,
    cluster_interval,
    effective_clusters,
    risk_coverage,
)


def test_wilson_of_a_perfect_run_is_not_certainty() -> None:
    """60 of 60: z²/(n+z²) below 1 is 3.8415/63.8415 = 0.0602, so the interval starts at 0.9398."""
    interval = Rate(60, 60).interval
    assert interval.low == pytest.approx(0.9398, abs=1e-4)
    assert interval.high == pytest.approx(1.0)


def test_a_rate_of_nothing_is_refused() -> None:
    """0 of 0 is no number; the metric has to be left out."""
    with pytest.raises(ValueError, match="0 of 0"):
        Rate(0, 0)


def test_auroc_counts_pairs_and_halves_ties() -> None:
    """Pairs of {.9, .5} against {.5, .1}: 3 wins and 1 tie of 4 = 0.875."""
    assert auroc([0.9, 0.5], [0.5, 0.1]) == 0.875
    assert auroc([0.1], [0.9]) == 0.0
    with pytest.raises(ValueError, match="both sides"):
        auroc([0.5], [])


def test_the_bootstrap_counts_pairs_as_the_metric_does() -> None:
    """Every draw's area is that of the cases drawn, ties and repeated clusters included."""
    random = np.random.default_rng(3)
    scores, truth = np.round(random.random(40), 1), random.random(40) < 0.5
    clusters = random.integers(0, 9, 40)
    found = auroc_interval(list(scores), list(truth), list(clusters), draws=50)
    keys = list(dict.fromkeys(clusters))
    areas = []
    for draw in np.random.default_rng(SEED).integers(0, len(keys), size=(50, len(keys))):
        places = [place for number in draw for place in np.flatnonzero(clusters == keys[number])]
        areas.append(auroc(list(scores[places][truth[places]]), list(scores[places][~truth[places]])))
    assert found is not None
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(areas, [0.025, 0.975])))


def test_clusters_widen_the_interval() -> None:
    """Ten equal copies of each of 8 facts know less than 80 facts."""
    scores = [(float(fact % 4 > 0), 1.0) for fact in range(8) for _ in range(10)]
    clustered = cluster_interval(scores, [place // 10 for place in range(80)])
    alone = cluster_interval(scores, list(range(80)))
    assert clustered is not None
    assert alone is not None
    assert clustered.high - clustered.low > 2 * (alone.high - alone.low)
    assert clustered == cluster_interval(scores, [place // 10 for place in range(80)])


def test_resampling_equal_values_gives_no_interval() -> None:
    """A perfect run or a single fact shows no uncertainty by resampling; claiming one would be false."""
    assert cluster_interval([(1.0, 1.0)] * 5, [1, 2, 3, 4, 5]) is None
    assert cluster_interval([(1.0, 1.0), (0.0, 1.0)], ["a", "a"]) is None


def test_auroc_interval_holds_the_value_and_needs_both_sides() -> None:
    """The bootstrap surrounds the estimate; with one side only there is nothing to say."""
    scores = [0.9, 0.8, 0.7, 0.4, 0.6, 0.3, 0.2, 0.1]
    truth = [True, True, True, True, False, False, False, False]
    interval = auroc_interval(scores, truth, list("abcdefgh"))
    assert interval is not None
    assert interval.low < auroc(scores[:4], scores[4:]) <= interval.high
    assert auroc_interval([0.5, 0.6], [True, True], ["a", "b"]) is None


def test_effective_number_of_facts() -> None:
    """Sizes 3 and 1: 16 / 10 = 1.6; equal sizes give the plain count."""
    assert effective_clusters(["a", "a", "a", "b"]) == pytest.approx(1.6)
    assert effective_clusters(["a", "b", "c"]) == pytest.approx(3)
    assert effective_clusters([]) == 0


def test_risk_coverage_moves_ties_together() -> None:
    """.9 right, .5 right and wrong, .1 wrong: coverage ¼, ¾, 1 with risk 0, ⅓, ½."""
    curve = risk_coverage([0.5, 0.9, 0.1, 0.5], [True, True, False, False])
    assert curve == (CurvePoint(0.9, 0.25, 0.0), CurvePoint(0.5, 0.75, 1 / 3), CurvePoint(0.1, 1.0, 0.5))
    # 0·¼ + ½·(0+⅓)/2 + ¼·(⅓+½)/2
    assert area_under_risk(curve) == pytest.approx(0.5 / 6 + 0.25 * (1 / 3 + 1 / 2) / 2)


def test_the_interval_by_fact_is_the_one_scipy_gives_for_sums() -> None:
    """The same percentile bootstrap over the facts' sums, drawn otherwise: both ends within two hundredths.

    The cases of a fact are all good or all bad, so who drew single cases would get an interval half as wide.
    """
    rng = np.random.default_rng(1)
    facts = rng.integers(0, 60, 300)
    kept = rng.random(60) < 0.8
    totals = [(float(kept[fact]), 1.0) for fact in facts]
    own = cluster_interval(totals, list(facts))
    assert own is not None
    good, asked = (np.bincount(facts, [total[part] for total in totals]) for part in (0, 1))
    ratio = bootstrap(
        (good[asked > 0], asked[asked > 0]),
        lambda k, n, axis: k.sum(axis=axis) / n.sum(axis=axis),
        paired=True,
        method="percentile",
        n_resamples=DRAWS,
        rng=rng,
    ).confidence_interval
    assert own.low == pytest.approx(ratio.low, abs=0.02)
    assert own.high == pytest.approx(ratio.high, abs=0.02)
    alone = cluster_interval(totals, list(range(300)))
    assert alone is not None
    assert alone.low > ratio.low + 0.03
    assert alone.high < ratio.high - 0.03
