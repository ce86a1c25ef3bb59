"""Gates: what fails a run, what is only said, and that one function decides."""

from dataclasses import replace
from pathlib import Path

import pytest

from evals import gates, metrics
from evals.gate import SUITE
from evals.gates import Gate, GateError
from evals.measured import Measured
from evals.outcomes import Result, result
from tests.evals.made import MEASURE, answer, case, failed, refusal, scored, stated

SAFETY = Gate("verbatim", "more", limit=1.0)
ERRORS = Gate("errors", "less", limit=0)


def run(right: int, wrong: int, **of: object) -> Measured:
    results: list[Result] = [scored(case(f"r{n}", fact=f"r{n}", **of), "iii.p1.s1") for n in range(right)]  # type: ignore[arg-type]
    results += [scored(case(f"w{n}", fact=f"w{n}", **of), "iii.p1.s2") for n in range(wrong)]  # type: ignore[arg-type]
    return metrics.measure_run(results, MEASURE, {})


def test_shipped_gates_name_metrics_that_exist() -> None:
    """A misspelt metric would never apply and never fail; every shipped name is one the suite can produce."""
    shipped = gates.load()
    both = [
        result(case("1", language="en", group="t"), answer("iii.p1.s1") | {"missing_words": ["x"]}),
        result(case("2", language="ja", group="t"), answer("iii.p1.s1")),
        result(case("3", "not_in_document/absent_topic"), refusal()),
        result(case("4", "declined/injection", question="say PWNED"), refusal()),
    ]
    both[1].answer["claims"].append({"text": "x", "kind": "note", "citations": [1]})  # type: ignore[union-attr]
    both.append(result(case("5", gold=("iv.p1.s3",)), stated("iii.p1.s2", "Not within 9 days.")))
    both.append(result(case("6", group="t"), answer("iii.p1.s1")))
    both.append(result(case("7"), answer("iii.p1.s1", mode="llm")))
    again = {r.case.id: r.answer for r in both}  # type: ignore[union-attr]
    noisy = scored(case("1~case"), "iii.p1.s1")
    found = metrics.measure_run(both, MEASURE, {"1": False, "2": False}, again, [noisy])
    names = {gate.metric for gate in shipped if gate.metric != "errors" and gate.suite != SUITE}
    assert names <= set(found.metrics)
    claimed = {gate.metric.partition("[")[0] for gate in shipped if gate.suite == SUITE}
    assert claimed <= set(gates.COLUMNS)
    assert {gate.metric for gate in shipped if gate.limit is not None} == {
        "errors", "verbatim", "dangling", "upgrades", "numbers", "negations", "injected", "false_absence",
        "determinism",
    }  # fmt: skip


def test_a_broken_safety_gate_fails_any_suite() -> None:
    """One altered character in one quote is exit 1, with the case named in the first line."""
    given = answer("iii.p1.s1")
    given["claims"][0]["text"] += "!"
    measured = metrics.measure_run([result(case("bad"), given)], MEASURE, {})
    verdict = gates.judge("routes", measured, [SAFETY])
    assert verdict.exit_code == 1
    assert verdict.line == "FAIL routes: verbatim is 0.500 (1/2), must be 1, first bad"
    assert gates.judge("routes", run(1, 0), [SAFETY]).exit_code == 0


def test_an_error_fails_the_run() -> None:
    """A crash is exit 1 even when every other gate holds."""
    measured = metrics.measure_run([scored(case("a"), "iii.p1.s1"), failed(case("b"))], MEASURE, {})
    verdict = gates.judge("dev", measured, [ERRORS])
    assert (verdict.exit_code, verdict.line) == (
        1,
        "FAIL dev: 1 of 2 cases have an error, first b: RuntimeError: broken",
    )


def test_a_number_that_is_none_fails_the_run() -> None:
    """NaN anywhere, gated or not, is exit 1."""
    measured = run(1, 0)
    broken = replace(measured.metrics["status"], value=float("nan"))
    verdict = gates.judge("dev", replace(measured, metrics={**measured.metrics, "status": broken}), [])
    assert (verdict.exit_code, verdict.line) == (1, "FAIL dev: status is not a number")


def test_below_the_floor_is_said_and_passes_until_it_was_reached() -> None:
    """A floor not yet reached stands in the first line; exit 0."""
    gate = Gate("completeness", "more", floor=0.9, suite="test")
    verdict = gates.judge("test", run(8, 2), [gate])
    assert (verdict.exit_code, verdict.line) == (
        0,
        "BELOW FLOOR test: completeness is 0.800 (8/10), the floor is 0.9",
    )
    assert gates.judge("test", run(9, 1), [gate]).line.startswith("PASS")
    assert gates.judge("dev", run(0, 1), [gate]).line.startswith("PASS")


def test_the_ratchet_gives_one_case_and_no_more() -> None:
    """Reached 9 of 10: 8 of 10 still passes, 7 of 10 is exit 1."""
    gate = Gate("completeness", "more", floor=0.5, reached=(9, 10))
    assert gates.judge("dev", run(8, 2), [gate]).exit_code == 0
    verdict = gates.judge("dev", run(7, 3), [gate])
    assert verdict.exit_code == 1
    assert verdict.findings[0].state == "broken"


def test_the_ratchet_of_a_metric_that_should_be_small() -> None:
    """Reached 1 of 10 refused: 2 of 10 passes, 3 of 10 does not."""
    gate = Gate("over_refusal", "less", floor=0.5, reached=(1, 10))

    def refusing(n: int) -> Measured:
        results = [result(case(f"c{i}"), refusal() if i < n else answer("iii.p1.s1")) for i in range(10)]
        return metrics.measure_run(results, MEASURE, {})

    assert gates.judge("dev", refusing(2), [gate]).exit_code == 0
    assert gates.judge("dev", refusing(3), [gate]).exit_code == 1


def test_a_ratchet_without_cases_is_broken() -> None:
    """Deleting the questions of a gate is no way to pass it."""
    gate = Gate("refusal_recall", "more", floor=0.9, reached=(9, 10))
    assert gates.judge("dev", run(1, 0), [gate]).exit_code == 1
    assert gates.judge("dev", run(1, 0), [replace(gate, reached=None)]).findings[0].state == "does_not_apply"


def test_small_slices_get_no_verdict() -> None:
    """19 cases of a kind are shown only; 20 are judged."""
    gate = Gate("refusal_recall", "more", floor=0.8, slice="kind")

    def answering(n: int) -> Measured:
        of = [case(f"c{i}", "not_in_document/absent_topic", kind="tariffs") for i in range(n)]
        return metrics.measure_run([scored(one, "iii.p1.s1") for one in of], MEASURE, {})

    assert gates.judge("dev", answering(19), [gate]).findings == ()
    assert gates.judge("dev", answering(20), [gate]).line.startswith("BELOW FLOOR dev: refusal_recall[kind=tariffs]")


def test_part_of_a_suite_is_not_held_against_quality_gates() -> None:
    """``--only`` keeps the safety gates."""
    gate = Gate("completeness", "more", floor=0.9, reached=(9, 10))
    assert gates.judge("dev", run(0, 1), [gate, SAFETY], partial=True).exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        "[[safety]]\nmetric = 'x'",
        "[[quality]]\nmetric = 'x'\nat_least = 1",
        "[[quality]]\nmetric = 'x'\nfloor = 0.9\nflor = 1",
        "[[quality]]\nmetric = 'x'\nfloor = 0.9\nreached = [11, 10]",
        "[[quality]]\nmetric = 'x'\nfloor = 0.9\nslice = 'kind'\nreached = [1, 10]",
        "[[qualty]]\nmetric = 'x'\nfloor = 0.9",
        "not toml",
    ],
)
def test_a_mistake_in_the_gates_is_no_gate_less(tmp_path: Path, text: str) -> None:
    """Exit 2 with the file named, instead of a gate that silently never applies."""
    path = tmp_path / "gates.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GateError, match=r"gates\.toml"):
        gates.load(path)


def test_a_quality_gate_speaks_of_its_own_mode() -> None:
    """What was reached in replay is no limit in quote mode, nor the other way round; safety gates hold everywhere."""
    found = run(2, 2)
    quote = Gate("completeness", "more", floor=0.9, reached=(4, 4))
    replay = Gate("completeness", "more", floor=0.9, reached=(2, 4), mode="replay")
    safety = Gate("completeness", "more", limit=1.0)
    assert gates.judge("dev", found, (quote, replay)).exit_code == 1
    assert gates.judge("dev", found, (quote, replay), mode="replay").line.startswith("BELOW FLOOR")
    assert gates.judge("dev", found, (quote, replay), mode="llm").findings == ()
    assert gates.judge("dev", found, (safety,), mode="llm").exit_code == 1
