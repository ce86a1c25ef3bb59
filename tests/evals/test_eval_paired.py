"""Paired statistics against numbers worked out by hand."""

import pytest

from evals.paired import flips, holm, shift, smallest_detectable


def test_flips_are_told_by_id() -> None:
    """Lost b, won c; a stays, d is in one run only. One against one is no evidence: p = 1."""
    found = flips({"a": True, "b": True, "c": False, "d": True}, {"a": True, "b": False, "c": True})
    assert (found.lost, found.won, found.n, found.p_value) == (("b",), ("c",), 3, 1.0)


@pytest.mark.parametrize(("lost", "won", "p"), [(5, 0, 0.0625), (6, 0, 0.03125), (8, 2, 0.109375), (0, 0, 1.0)])
def test_mcnemar_is_the_exact_binomial(lost: int, won: int, p: float) -> None:
    """Two-sided: 2 · ½⁵, 2 · ½⁶, 2 · (1 + 10 + 45)/1024; without a flip 1."""
    before = {f"l{n}": True for n in range(lost)} | {f"w{n}": False for n in range(won)}
    after = {f"l{n}": False for n in range(lost)} | {f"w{n}": True for n in range(won)}
    assert flips(before, after).p_value == pytest.approx(p)


def test_six_losses_are_the_least_that_can_be_noticed() -> None:
    """2 · ½⁵ is above 0.05, 2 · ½⁶ below; five cases can show nothing."""
    assert smallest_detectable(299) == 6
    assert smallest_detectable(5) is None


def test_shift_draws_signs_by_fact() -> None:
    """Three facts that all fell by ½: 2 of the 8 sign patterns are as extreme, p = ¼; the mean is taken over cases."""
    before = dict.fromkeys("abcd", 1.0)
    after = {"a": 0.5, "b": 0.5, "c": 0.5, "d": 1.0}
    found = shift(before, after, {"a": 1, "b": 2, "c": 3, "d": 3})
    assert found.n == 4
    assert found.difference == pytest.approx(-0.375)
    assert found.p_value == pytest.approx(0.25)
    one_fact = shift(before, after, dict.fromkeys("abcd", 1))
    assert one_fact.p_value == 1.0
    assert shift(before, before, dict.fromkeys("abcd", 1)).p_value == 1.0


def test_holm_by_hand() -> None:
    """.01 · 3, then .02 · 2 = .04, then .05 · 1 = .05; never below the one before."""
    assert holm([0.05, 0.01, 0.02]) == pytest.approx((0.05, 0.03, 0.04))
    assert holm([0.02, 0.011]) == pytest.approx((0.022, 0.022))
    assert holm([]) == ()
