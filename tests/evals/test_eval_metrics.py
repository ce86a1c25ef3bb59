"""Metrics of a run against runs worked out by hand."""

import math

import pytest

from evals import abstention, metrics
from evals.cases import Case
from evals.measured import Shipped
from evals.outcomes import Result, result
from evals.statistics import CurvePoint
from tests.evals.made import MEASURE, answer, case, failed, refusal, scored


def absent(id_: str = "u1", **changes: object) -> Case:
    return case(id_, "not_in_document/absent_topic", **changes)  # type: ignore[arg-type]


def test_an_error_stays_in_the_denominator() -> None:
    """Three answerable cases, one right, one short, one crashed: 1/3 complete, 1/3 over-refused, one error."""
    run = [scored(case("a"), "iii.p1.s1"), scored(case("b"), "iii.p1.s2"), failed(case("c"))]
    measured = metrics.measure_run(run, MEASURE, {})
    complete = measured.metrics["completeness"]
    assert (complete.k, complete.n, complete.worse) == (1, 3, ("b", "c"))
    assert (measured.metrics["over_refusal"].k, measured.metrics["over_refusal"].worse) == (1, ("c",))
    assert [error.case.id for error in measured.errors] == ["c"]
    assert measured.metrics["status"].k == 2


def test_what_does_not_apply_is_no_number() -> None:
    """Without unanswerable cases there is no refusal recall and no AUROC; nothing becomes 0, -1 or NaN."""
    measured = metrics.measure_run([scored(case(), "iii.p1.s1")], MEASURE, {})
    assert not {"refusal_recall", "auroc", "twins", "determinism", "injected"} & set(measured.metrics)
    assert measured.metrics["completeness"].not_applicable == 0
    assert measured.metrics["verbatim"].value == 1
    assert all(math.isfinite(metric.value) for metric in measured.metrics.values())


def test_precision_adds_up_citations_not_cases() -> None:
    """1 of 3 and 1 of 1 are 2 of 4, not ⅔."""
    run = [
        scored(case("a"), "iii.p1.s1", "iii.p1.s2", "iii.p1.s3"),
        scored(case("b", fact="f2"), "iii.p1.s1"),
    ]
    found = metrics.measure_run(run, MEASURE, {}).metrics["precision"]
    assert (found.k, found.n, found.facts) == (2, 4, 2)
    assert found.effective_facts == pytest.approx(2)


def test_cuts_by_language_and_by_what_the_bank_has_seen() -> None:
    """Each cut counts its own cases only."""
    run = [
        scored(case("a"), "iii.p1.s1"),
        scored(case("b"), "iii.p1.s2"),
        scored(case("c", language="ja"), "iii.p1.s1"),
    ]
    found = metrics.measure_run(run, MEASURE, {"a": True, "b": False, "c": False}).metrics
    assert {name: (m.k, m.n) for name, m in found.items() if name.startswith("completeness")} == {
        "completeness": (2, 3),
        "completeness[en]": (1, 2),
        "completeness[ja]": (1, 1),
        "completeness[unseen]": (1, 2),
        "completeness[seen]": (1, 1),
        "completeness[en,unseen]": (0, 1),
        "completeness[ja,unseen]": (1, 1),
    }


def test_fresh_groups_are_a_cut_of_their_own() -> None:
    """One of two is complete among the groups that were held out, two of three among all; without any, no such cut."""
    held = [scored(case(n, group=f"k.{n}", suite="test"), at) for n, at in (("1", "iii.p1.s1"), ("2", "iii.p1.s2"))]
    read = scored(case("3", group="j.1", suite="test"), "iii.p1.s1")
    found = metrics.measure_run([*held, read], MEASURE, {}).metrics
    assert (found["completeness[fresh]"].k, found["completeness[fresh]"].n) == (1, 2)
    assert (found["completeness"].k, found["completeness"].n) == (2, 3)
    assert "completeness[fresh]" not in metrics.measure_run([read], MEASURE, {}).metrics


def test_auroc_leaves_typed_replies_out_and_ranks_errors_last() -> None:
    """Two answerable (.9, error → 0) against one unanswerable (.3): 1 of 2 pairs; the opinion is not looked at."""
    run = [
        scored(case("a"), "iii.p1.s1", confidence=0.9),
        failed(case("b")),
        result(absent(), refusal(0.3)),
        result(case("o", "declined/opinion"), refusal(0.99)),
        result(case("d", "not_in_document/absent_topic|declined/opinion"), refusal(0.99)),
    ]
    found = abstention.auroc(run)
    assert found is not None
    assert (found.value, found.n, found.k, found.not_applicable) == (0.5, 3, None, 2)


def test_twins_agree_in_decision_and_sections() -> None:
    """Same section: agree, although the sentences differ; other section, other decision or an error: not."""

    def pair(group: str, english: object, japanese: object) -> list[Result]:
        return [
            result(case(f"{group}-en", group=group, fact=group), english),
            result(case(f"{group}-ja", group=group, fact=group, language="ja"), japanese),
        ]

    run = [
        *pair("same", answer("iii.p1.s1"), answer("iii.p1.s2", status="partial")),
        *pair("part", answer("ii.trusted.space.p1.s1"), answer("ii.trusted.fusion.p1.s1")),
        *pair("section", answer("iii.p1.s1"), answer("iv.p1.s1")),
        *pair("status", answer("iii.p1.s1"), refusal()),
        *pair("crash", "error", "error"),
        scored(case("alone", group="alone"), "iii.p1.s1"),
    ]
    found = metrics.measure_run(run, MEASURE, {}).metrics
    assert (found["twins"].k, found["twins"].n) == (2, 5)
    assert found["twins"].worse[:2] == ("section-en", "section-ja")
    assert (found["twins_parts"].k, found["twins_parts"].n) == (1, 5)
    assert found["twins_parts"].worse[:2] == ("part-en", "part-ja")


def test_paraphrases_are_groups_in_one_language() -> None:
    """Three that agree are one success; a group with one that differs is one failure."""
    run = [scored(case(f"a{n}", group="a"), "iii.p1.s1") for n in range(3)]
    run += [scored(case("b1", group="b"), "iii.p1.s1"), result(case("b2", group="b"), refusal())]
    run += [scored(case("b3", group="b", language="ja"), "iii.p1.s1")]
    found = metrics.measure_run(run, MEASURE, {}).metrics
    assert (found["paraphrases"].k, found["paraphrases"].n) == (1, 2)
    assert found["paraphrases"].worse == ("b1", "b2")


def test_determinism_compares_everything_but_times() -> None:
    """Another time is no difference; another confidence, a missing line and an error are."""
    run = [scored(case(id_), "iii.p1.s1") for id_ in ("a", "b", "c")] + [failed(case("d"))]
    again = {
        "a": answer("iii.p1.s1", timings_ms={"total": 99.0}),
        "b": answer("iii.p1.s1", confidence=0.901),
        "d": answer("iii.p1.s1"),
    }
    found = metrics.measure_run(run, MEASURE, {}, again).metrics["determinism"]
    assert (found.k, found.n, found.worse) == (1, 4, ("b", "c", "d"))


def test_risk_and_the_point_shipped() -> None:
    """Answered: .9 right, .8 unanswerable, .7 incomplete → coverage ¾, risk ⅔; refused at .2 counts as right."""
    run = [
        scored(case("a"), "iii.p1.s1", confidence=0.9),
        scored(absent(), "iii.p1.s1", confidence=0.8),
        scored(case("b"), "iii.p1.s2", confidence=0.7),
        result(case("c"), refusal(0.2)),
    ]
    assert abstention.risk_points(run) == [(0.9, True), (0.8, False), (0.7, False), (0.2, True)]
    assert abstention.operating_point(run) == Shipped(0.7, 4, 3, 2)
    assert metrics.measure_run(run, MEASURE, {}).curve[-1] == CurvePoint(0.2, 1.0, 0.5)


def test_slices_by_section_are_the_parts_of_the_gold() -> None:
    """Gold in one part names it; gold in two is "several"; no gold is "none"."""
    run = [
        scored(case("a", gold=("ii.trusted.space.p1.s1",)), "ii.trusted.space.p1.s1"),
        scored(case("b", gold=("iii.p1.s1", "iv.p1.s1")), "iii.p1.s1"),
        result(absent(kind="tariffs"), refusal()),
    ]
    slices = metrics.measure_run(run, MEASURE, {}).slices
    assert set(slices["section"]) == {"ii.trusted.space", "several", "none"}
    assert slices["section"]["several"]["completeness"].k == 0
    assert slices["kind"]["tariffs"]["refusal_recall"].value == 1


def test_noisy_copies_are_held_against_their_original() -> None:
    """Same decision and sections agree, other section or an error does not; the id before ~ names the original."""
    run = [scored(case("a"), "iii.p1.s1")]
    noisy = [
        scored(case("a~case"), "iii.p1.s2"),
        scored(case("a~marks"), "iv.p1.s1"),
        failed(case("a~polite")),
    ]
    found = metrics.measure_run(run, MEASURE, {}, noisy=noisy).metrics["noise"]
    assert (found.k, found.n, found.worse) == (1, 3, ("a~marks", "a~polite"))


def test_every_metric_has_a_title_and_a_direction() -> None:
    """Reports look both up by name, cuts aside."""
    run = [scored(case("a"), "iii.p1.s1"), result(absent(), refusal())]
    names = {name.partition("[")[0] for name in metrics.measure_run(run, MEASURE, {"a": False}).metrics}
    assert names <= set(metrics.TITLES) == set(metrics.BETTER)
