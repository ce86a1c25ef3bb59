"""The ablation: what stands in its tables, where they go, and that its assistants answer."""

from pathlib import Path

import pytest

from evals import ablation, metrics
from evals.outcomes import Result, result
from index.embed import Embedder
from index.store import Store
from tests.evals.made import MEASURE, case, refusal, scored


def test_a_row_leaves_out_what_does_not_apply() -> None:
    """Without Japanese and unanswerable cases these cells are empty, not zero."""
    measured = metrics.measure_run([scored(case(), "iii.p1.s1")] * 8, MEASURE, {})
    # Wilson of 8 of 8: 8 / (8 + 3.84) = 0.68; of 0 of 8 the mirror image
    assert ablation.Row("as shipped", measured, refuses=True).cells[-1] == "0.000 (0/8; 0.00 to 0.32; n_eff 1)"
    assert ablation.Row("dense only", measured).cells == (
        "dense only", "1.000 (8/8; 0.68 to 1.00; n_eff 1)", "", "1.000 (8/8; 0.68 to 1.00; n_eff 1)", "", "", "",
    )  # fmt: skip


def test_risk_over_coverage_marks_the_threshold_as_shipped() -> None:
    """Answered at .9 (rightly), .8 (wrongly), refused at .4 (rightly); threshold .5: coverage 2/3, risk 1/2."""
    absent = case("b", "not_in_document/absent_topic", fact="b")
    results: list[Result] = [
        scored(case("a", fact="a"), "iii.p1.s1", confidence=0.9),
        scored(absent, "iii.p1.s1", confidence=0.8),
        result(case("c", "not_in_document/absent_topic", fact="c"), refusal(0.4)),
    ]
    lines = ablation.risk(metrics.measure_run(results, MEASURE, {}), 0.5).splitlines()
    assert lines[0] == "| coverage | risk | confidence from |"
    told = [[cell.partition(" ")[0] for cell in line.strip("| ").split(" | ")] for line in lines[2:6]]
    assert told == [
        ["0.333", "0.000", "0.900"],
        ["0.667", "0.500", "0.800"],
        ["**0.667", "**0.500", "**0.500,"],
        ["1.000", "0.667", "0.400"],
    ]
    assert lines[-1] == "3 questions, n_eff 3."
    assert ablation.risk(metrics.measure_run([], MEASURE, {}), 0.5) == "No question is scored for answerability."


def test_the_kinds_least_refused_are_named() -> None:
    """Only those with enough questions for a verdict; who is below the floor is told."""
    refused = {"few": (0, 19), "worst": (15, 20), "bad": (16, 20), "good": (19, 20), "best": (20, 20)}
    told = ablation.kinds(refused, 0.8)
    assert "of 4 kinds with 20 or more questions 3 reach the floor of 0.80 (below it: `worst`)" in told
    assert told.index("`worst` 0.750 (15/20;") < told.index("`bad` 0.800 (16/20;") < told.index("`good` 0.950 (19/20;")
    assert "best" not in told
    assert "few" not in told
    assert "(below it" not in ablation.kinds({"bad": (16, 20)}, 0.8)
    assert ablation.kinds({"few": (0, 19)}, 0.8) == "No kind of unanswerable question has 20 or more questions."


def test_the_page_keeps_what_stands_around_the_tables() -> None:
    """All three are made from the rows of one run; a second time changes nothing."""
    page = ablation.PAGE.read_text(encoding="utf-8")
    measured = metrics.measure_run([scored(case(), "iii.p1.s1")], MEASURE, {})
    rows = [ablation.Row("dense only", measured), ablation.Row(ablation.SHIPPED, measured, refuses=True)]
    made = ablation.written(page, rows, 0.5)
    assert made == ablation.written(made, rows, 0.5) != page
    assert "## What was tried" in made
    assert made.count("dense only") == made.count(", as shipped**") == made.count("No kind of unanswerable") == 1


def test_two_rows_are_asked_and_nothing_is_written_of_a_part(
    opened_index: tuple[Store, Embedder],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Bare vectors and what ships, on one question that ships right; the page stays as it is."""
    page, before = tmp_path / "retrieval.md", ablation.PAGE.read_bytes()
    page.write_bytes(before)
    monkeypatch.setattr(ablation, "PAGE", page)
    monkeypatch.setattr(ablation, "open_index", lambda _: opened_index)
    monkeypatch.setattr(ablation, "LEVELS", ("vectors", "classifier"))
    assert ablation.main(["--suite", "dev", "--only", "dev-001"]) == 0
    printed = capsys.readouterr().out
    assert [line.partition(" | ")[0] for line in printed.splitlines()[:3]] == [
        "dense only", "+ classifier", ablation.SHIPPED,
    ]  # fmt: skip
    assert f"{ablation.SHIPPED} | 1.000 (1/1;" in printed
    assert "as shipped**" in printed
    assert page.read_bytes() == before
    page.write_text("no markers", encoding="utf-8")
    assert ablation.main(["--suite", "dev", "--only", "dev-001"]) == 2
