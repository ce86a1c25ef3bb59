"""Retrieval metrics of ir-measures against rankings worked out by hand, with the traps other suites fell into."""

import math

import pytest

from evals import retrieval
from evals.outcomes import Result, result
from tests.evals.made import answer, case, failed

TWO = case("two", gold=("iii.p1.s1", "iv.p1.s1"), also=("iii.p1.s2",))


def ranked(*addresses: str) -> Result:
    return result(TWO, answer("iii.p1.s1"), addresses)


def values(*results: Result) -> dict[str, dict[str, float]]:
    return retrieval.case_values(results)


def test_recall_counts_gold_among_the_first() -> None:
    """Gold at ranks 1 and 4: ½ at 1, ½ at 3, all at 5. The acceptable sentence at rank 2 is no gold."""
    found = values(ranked("iii.p1.s1", "iii.p1.s2", "title", "iv.p1.s1"))
    assert [found[name]["two"] for name in ("recall@1", "recall@3", "recall@5")] == [0.5, 0.5, 1.0]


def test_reciprocal_rank_is_of_the_first_gold() -> None:
    """Acceptable first, gold at rank 2: ½."""
    assert values(ranked("iii.p1.s2", "iv.p1.s1"))["mrr"]["two"] == 0.5


def test_graded_gain_by_hand() -> None:
    """Grades 1, 2, 2 at ranks 1 to 3 against the ideal 2, 2, 1: (1 + 2/log₂3 + 2/2) / (2 + 2/log₂3 + 1/2)."""
    found = values(ranked("iii.p1.s2", "iv.p1.s1", "iii.p1.s1"))["ndcg"]["two"]
    assert found == pytest.approx((1 + 2 / math.log2(3) + 1) / (2 + 2 / math.log2(3) + 0.5), abs=1e-4)


def test_one_found_of_several_is_no_perfect_gain() -> None:
    """The ideal counts what was not retrieved: only one of two gold sentences ranked is less than 1."""
    assert values(ranked("iii.p1.s1"))["ndcg"]["two"] < 0.6


def test_what_was_not_searched_counts_as_nothing_found() -> None:
    """An error and an empty ranking are 0 on every metric, and stay in the mean."""
    found = values(result(TWO, answer("iii.p1.s1")), failed(case("broken")))
    assert all(found[name] == {"two": 0.0, "broken": 0.0} for name in retrieval.MEASURES)
    metrics = retrieval.metrics([failed(case("broken"))], [{name: found[name]["broken"] for name in found}])
    assert (metrics["mrr"].value, metrics["mrr"].n) == (0.0, 1)


def test_unanswerable_cases_have_no_ranking_to_judge() -> None:
    """No gold, no metric."""
    absent = result(case("absent", "not_in_document/absent_topic"), answer("iii.p1.s1"), ("iii.p1.s1",))
    assert not any(values(absent).values())
    assert retrieval.metrics([absent], [{}]) == {}


def test_more_gold_than_ranks_looked_at() -> None:
    """Six gold sentences: at most five of them can be among the first five."""
    gold = ("preamble.p1.s1", "preamble.p2.s1", "preamble.p3.s1", "preamble.p4.s1", "preamble.p5.s1", "preamble.p6.s1")
    found = values(result(case("six", gold=gold), answer("iii.p1.s1"), gold))
    assert found["recall@5"]["six"] == pytest.approx(5 / 6)
    assert found["ndcg"]["six"] == pytest.approx(1.0)
