"""The suite is tested by assistants that are broken on purpose."""

import pytest

from evals import claims, gates, selftest
from evals.gates import Gate
from evals.mutants import GATE_MUTANTS, MUTANTS, Mutant, Workshop, right
from evals.oracle import Oracle
from tests.evals.made import DOCUMENT, MEASURE


@pytest.fixture(scope="module")
def shop() -> Workshop:
    return Workshop(Oracle(DOCUMENT), MEASURE)


def test_the_sample_holds_what_mutants_need(shop: Workshop) -> None:
    """Both languages, unanswerable questions, attacks with a canary, answers of several sentences, no case twice."""
    chosen = selftest.sample(shop)
    assert len({case.id for case in chosen}) == len(chosen) < 200
    assert {case.language for case in chosen} == {"en", "ja"}
    assert {case.expectation for case in chosen} == {"answerable", "unanswerable", "route"}
    assert any(len(case.gold) > 1 for case in chosen)


def test_there_are_mutants_for_many_metrics() -> None:
    """At least 14, names used once, each against a gate that is shipped."""
    gated = {gate.metric.partition("[")[0] for gate in gates.load()}
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 14
    assert {mutant.metric for mutant in (*MUTANTS, *GATE_MUTANTS)} <= gated
    # Nor is there a gate in quote mode that no mutant tries.
    quoted = {gate.metric.partition("[")[0] for gate in gates.load() if gate.mode == "quote"}
    assert quoted == {mutant.metric for mutant in (*MUTANTS, *GATE_MUTANTS)}


def test_broken_gates_are_killed_by_their_own_metric() -> None:
    """Each on the dev claims; a gate that decides as the labels do breaks nothing."""
    labelled = claims.load("dev")
    for mutant in GATE_MUTANTS:
        assert selftest.gate_trial(mutant, labelled, gates.load()).killed, mutant.name
    assert selftest.gate_trial(selftest.GATE_ORACLE, labelled, gates.load()).broken == ()


@pytest.mark.parametrize(
    "name",
    [
        "alters one character of a quote",
        "is slow",
        "searches backwards",
        "raises",
        "ranks two others first",
        "refuses what is written carelessly",
        "gives another reason for refusing",
    ],
)
def test_a_mutant_is_killed_by_its_own_metric(shop: Workshop, name: str) -> None:
    """And the oracle, asked the same, breaks nothing."""
    (mutant,) = [mutant for mutant in MUTANTS if mutant.name == name]
    chosen = selftest.sample(shop)
    cases = (*chosen[:12], *chosen[-16:-8])  # what has an answer, and what has none
    limits = selftest.strict(gates.load())
    assert selftest.trial(mutant, shop, cases, limits).killed
    assert selftest.trial(selftest.ORACLE, shop, cases, limits).broken == ()


def test_a_mutant_that_survives_is_told(shop: Workshop) -> None:
    """Without its gate, and when it does nothing wrong, it is not killed, and the reason says so."""
    harmless = Mutant("harmless", "verbatim", right)
    found = selftest.trial(harmless, shop, selftest.sample(shop)[:4], (Gate("verbatim", "more", limit=1.0),))
    assert not found.killed
    assert found.why == "no gate is broken, verbatim least of all"
