"""Small parts of a run: scorers of sections and refusals, noise, coverage, what a changed sentence touches."""

import re
from typing import Any

import pytest

from evals import noise, scorers, statistics, ties
from evals.coverage import coverage, line
from evals.outcomes import result
from evals.scorers import Score
from evals.statistics import CurvePoint
from tests.evals.made import DOCUMENT, MEASURE, case, failed, refusal, scored


def test_citation_recall_counts_sentences() -> None:
    """One of two gold sentences is ½, where completeness is 0; a refusal and an error show none."""
    two = case(gold=("iv.p1.s3", "iv.p1.s4"))
    assert scorers.recalled(scored(two, "iv.p1.s3", "iii.p1.s1"), MEASURE) == Score(1, 2)
    assert scorers.recalled(result(two, refusal()), MEASURE) == Score(0, 2)
    assert scorers.recalled(failed(two), MEASURE) == Score(0, 2)
    assert scorers.recalled(scored(case(expect="not_in_document/absent_topic")), MEASURE) is None


@pytest.mark.parametrize(
    ("shown", "k"),
    [
        (("iii.p1.s1", "iii.p1.s2"), 1),
        (("iii.p1.s1", "closing.p1.s1"), 1),
        (("closing.p1.s1",), 0),
        (("iii.p1.s1", "i.p1.s1"), 0),
    ],
)
def test_sections_are_all_that_is_needed_and_nothing_foreign(shown: tuple[str, ...], k: int) -> None:
    """Gold in III, acceptable in the closing: III alone or with the closing is right, without III or with I is not."""
    one = case(gold=("iii.p1.s1",), also=("closing.p1.s1",))
    assert scorers.exact_sections(scored(one, *shown), MEASURE) == Score(k, 1)
    assert scorers.exact_sections(result(one, refusal()), MEASURE) is None
    assert scorers.exact_sections(failed(one), MEASURE) == Score(0, 1)


def test_refusal_precision_looks_at_refusals_only() -> None:
    """Refused and unanswerable is right, refused and answerable is wrong; answers and typed replies do not count."""
    absent = case(expect="not_in_document/absent_topic")
    assert scorers.rightly_refused(result(absent, refusal()), MEASURE) == Score(1, 1)
    assert scorers.rightly_refused(result(case(), refusal()), MEASURE) == Score(0, 1)
    assert scorers.rightly_refused(scored(case(), "iii.p1.s1"), MEASURE) is None
    assert scorers.rightly_refused(failed(absent), MEASURE) is None
    assert scorers.rightly_refused(result(case(expect="declined/opinion"), refusal()), MEASURE) is None


def test_the_answer_has_the_language_of_the_case() -> None:
    """An English answer to a Japanese case is wrong."""
    japanese = case(language="ja")
    assert scorers.same_language(scored(japanese, "iii.p1.s1"), MEASURE) == Score(0, 1)
    assert scorers.same_language(scored(japanese, "iii.p1.s1", language="ja"), MEASURE) == Score(1, 1)
    assert scorers.same_language(failed(japanese), MEASURE) == Score(0, 1)


def test_undetected_risk_by_hand() -> None:
    """Points (½, 0) and (1, ½): coverage · risk runs 0, 0, ½, so the area is ½ · ½ / 2."""
    points = (CurvePoint(0.9, 0.5, 0.0), CurvePoint(0.2, 1.0, 0.5))
    assert statistics.area_under_undetected(points) == pytest.approx(0.125)


def test_noise_changes_the_writing_only() -> None:
    """Each noise of the first answerable case of a fact; unanswerable cases and follow-ups are left alone."""
    cases = [
        case("a", question="Is it binding?"),
        case("b", question="Binding?"),
        case("c", question="法的拘束力は？", language="ja", fact="f2"),
        case("d", "not_in_document/absent_topic", fact="f3"),
    ]
    found = {copy.id: copy.question for copy in noise.copies(cases)}
    assert set(found) == {f"{id_}~{name}" for id_ in "ac" for name in ("case", "marks", "spaces", "polite")}
    assert found["a~case"] == "IS IT BINDING?"
    assert found["a~marks"] == "Is it binding"
    assert found["c~marks"] == "法的拘束力は"
    assert len(noise.copies(cases, facts=1)) == 4


def test_coverage_names_what_never_happens() -> None:
    """A sixth rank is not retrieved; an error row has neither ranking nor citation."""
    ranking = ["iv.p1.s1", "iv.p1.s2", "iv.p1.s3", "iv.p1.s4", "i.p1.s1", "iii.p1.s5"]
    rows: list[dict[str, Any]] = [
        {"gold": ["iii.p1.s1"], "ranking": ranking, "shown": ["iii.p1.s1", None]},
        {"gold": ["iii.p1.s1"]},
    ]
    found = coverage(DOCUMENT, rows)
    assert found["sentences"]["iii.p1.s1"] == {"asked": 2, "retrieved": 0, "cited": 1}
    assert found["sentences"]["iii.p1.s5"]["retrieved"] == 0
    assert "iii.p1.s1" not in found["never"]["asked"]
    assert "iii.p1.s1" in found["never"]["retrieved"]
    assert line(found).startswith("Of 51 sentences, never asked: title")


def test_a_changed_sentence_names_everything_that_rests_on_it() -> None:
    """Eval cases, bank questions, the rendering and glossary terms; nothing of other sentences."""
    touched = case("a", gold=("iii.p1.s1",), question="Is it binding?")
    found = list(ties.broken({"iii.p1.s1"}, [touched, case("b", gold=("iv.p1.s1",))]))
    assert found[0].endswith("dev.tsv:2:gold: iii.p1.s1 has changed: Is it binding?")
    assert sum("bank.tsv:" in problem for problem in found) > 10
    assert next(problem for problem in found if "moc.ja.toml" in problem).endswith(
        "iii.p1.s1: renders a sentence that has changed"
    )
    assert all(re.match(r".+\.(?:tsv|toml):\d+:[\w.]+: ", problem) for problem in found)
    assert any("glossary.toml:" in problem for problem in found)
    assert list(ties.broken(set(), [touched])) == []
