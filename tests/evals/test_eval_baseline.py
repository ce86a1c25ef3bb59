"""Baseline, comparison and conclusion: what fails, with which exit code, and that nothing heals itself."""

import json
from pathlib import Path

import pytest

from evals import __main__ as command
from evals import baseline, compare, metrics
from evals.baseline import BaselineError
from evals.compare import CaseRecord, Comparison, Snapshot
from evals.conclusion import conclude
from evals.gates import Verdict
from evals.outcomes import Result, result
from evals.retrieval import MEASURES
from index.errors import ConfigError
from tests.evals.made import answer, case, refusal, scored
from tests.evals.stored_run import BROKEN, RESULTS, store

PASS = Verdict(0, "PASS dev: fine", ())


def many(right: int, wrong: int = 0) -> list[Result]:
    """So many complete answers, then so many incomplete ones; ids do not change."""
    cases = [case(f"c{n}", fact=f"f{n}") for n in range(right + wrong)]
    return [scored(one, "iii.p1.s1" if n < right else "iv.p1.s1") for n, one in enumerate(cases)]


def compared(folder: Path, before: list[Result], after: list[Result]) -> Comparison:
    old, new = store(folder / "before", before), store(folder / "after", after)
    return compare.compare(compare.snapshot(old), compare.snapshot(new))


def test_one_lost_case_is_told_two_are_a_regression(tmp_path: Path) -> None:
    """The tolerance of the ratchet; each loss is listed."""
    one = compared(tmp_path / "1", many(10), many(9, 1))
    assert {change.metric: change.flips.lost for change in one.changes}["completeness"] == ("c9",)
    assert one.regressions == ()
    two = compared(tmp_path / "2", many(10), many(8, 2))
    assert {change.metric for change in two.regressions} >= {"completeness", "precision", "sections"}
    assert two.detectable["dev"]["status"] == (6, 10)


def test_the_smallest_drop_is_told_of_each_metric_with_its_own_cases(tmp_path: Path) -> None:
    """Six of nine answerable cases, of ten that have a status; too few refusals and means of ranks have none."""
    run = [*many(9), result(case("none", "not_in_document/absent_topic"), refusal())]
    found = compared(tmp_path, run, run)
    assert found.detectable["dev"]["completeness"] == (6, 9)
    assert found.detectable["dev"]["status"] == (6, 10)
    assert not {"refusal_recall", "mrr", "ndcg"} & set(found.detectable["dev"])
    text = compare.markdown(found, "a", "b")
    assert "| dev | all gold quotes shown | 6 | 9 | 66.7% |" in text


def test_diff_names_every_flip(tmp_path: Path) -> None:
    """Without a limit all 250; the summary says how many it leaves out."""
    found = compared(tmp_path, many(250), many(0, 250))
    assert "c249" in compare.markdown(found, "a", "b")
    assert ", c59 and 190 more" in compare.markdown(found, "a", "b", 60)


def test_every_metric_of_single_cases_is_compared(tmp_path: Path) -> None:
    """Also numbers and negations, which a gate holds, and the shorter rankings."""
    row = store(tmp_path).suites["dev"].rows[0]
    scores, ranks = {name: [1, 1] for name in row["scores"]}, dict.fromkeys(row["ranks"], 1.0)
    found = compare.record({**row, "scores": scores, "ranks": ranks}).scores
    assert set(found) == {definition.name for definition in metrics.METRICS} | set(MEASURES)
    assert found["completeness"] == 1
    assert found["numbers"] == 0  # less is better


def test_a_fall_in_ranks_needs_more_than_chance(tmp_path: Path) -> None:
    """Ten facts that all slipped from rank 1 to 2 are a regression of the reciprocal rank, one is not."""

    def ranked(slipped: int) -> list[Result]:
        orders = [("iv.p1.s1", "iii.p1.s1") if n < slipped else ("iii.p1.s1", "iv.p1.s1") for n in range(10)]
        return [result(case(f"c{n}", fact=f"f{n}"), answer("iii.p1.s1"), order) for n, order in enumerate(orders)]

    assert {c.metric for c in compared(tmp_path / "all", ranked(0), ranked(10)).regressions} == {
        "recall@1",
        "mrr",
        "ndcg",
    }
    assert compared(tmp_path / "one", ranked(0), ranked(1)).regressions == ()


def test_the_file_reads_back_as_it_was_written(tmp_path: Path) -> None:
    """Scores, status and sections survive; a score of 1 is written without its value."""
    taken = compare.snapshot(store(tmp_path, BROKEN))
    path = tmp_path / "baseline.json"
    path.write_text(baseline.render(taken), encoding="utf-8")
    assert baseline.load(path) == taken
    lines = json.loads(path.read_text(encoding="utf-8"))["cases"]["dev"]
    assert lines["good"].split(" ")[1:5] == ["f1", "answered", "iii", "completeness"]
    assert lines["broken"].split(" ")[2] == "error"


def test_missing_or_broken_is_exit_4(tmp_path: Path) -> None:
    """Never made by itself."""
    for content in (None, "{", '{"provenance": {}, "metrics": {}}', '{"provenance": {}, "metrics": {}, "cases": []}'):
        path = tmp_path / "baseline.json"
        if content is not None:
            path.write_text(content, encoding="utf-8")
        with pytest.raises(BaselineError, match="baseline update"):
            baseline.load(path)
    assert BaselineError.exit_code == 4


def test_other_documents_and_other_cases_do_not_compare(tmp_path: Path) -> None:
    """The document, the mode and every question have to be the same; which differ is said."""
    before = compare.snapshot(store(tmp_path / "a"))
    baseline.check(before, before)
    for changed in ({"document_sha256": "0" * 64}, {"mode": "llm"}, {"seed": 7}):
        with pytest.raises(BaselineError, match=next(iter(changed))):
            baseline.check(before, compare.snapshot(store(tmp_path / "b", **changed)))
    other = (*RESULTS[1:], scored(case("good", question="Is it a treaty?", fact="f1"), "iii.p1.s1"))
    with pytest.raises(BaselineError, match=r"1 of dev .*\(good\)"):
        baseline.check(before, compare.snapshot(store(tmp_path / "c", other)))
    baseline.check(before, Snapshot(before.provenance, {}, {}))  # suites that were not run are no mismatch


def test_update_needs_a_reason_a_person_and_safe_answers(tmp_path: Path) -> None:
    """Refused without a reason, under CI, for a partial run, other code, a dirty tree, other questions, a broken safety
    gate.
    """
    good = store(tmp_path / "good")
    path, history = tmp_path / "baseline.json", tmp_path / "history.jsonl"

    def refused(match: str, run: object = good, reason: str = "r", environ: dict[str, str] | None = None) -> None:
        with pytest.raises(ConfigError, match=match):
            baseline.update(run, reason, path, history, environ or {})  # type: ignore[arg-type]

    refused("--reason", reason=" ")
    refused("CI", environ={"CI": "true"})
    refused("partial", store(tmp_path / "p", partial=True))
    refused("other code", store(tmp_path / "o", code_sha256="0"))
    refused("no commit holds", store(tmp_path / "d", commit="c0ffee+"))
    refused("no commit holds", store(tmp_path / "n", commit=None))
    refused("other questions", store(tmp_path / "q", questions_sha256={"dev": "0"}))
    refused("safety gate", store(tmp_path / "s", BROKEN))
    fallen = store(tmp_path / "f")
    fallen.suites["dev"].metrics["gates"].append({"name": "precision[unseen]", "limit": None, "state": "broken"})
    refused("precision", fallen)
    refused("precision", fallen, reason="the text has changed")
    assert not path.exists()
    assert not history.exists()
    suggested = baseline.update(good, "first", path, history, {})
    assert baseline.load(path) == compare.snapshot(good)
    (line,) = [json.loads(row) for row in history.read_text(encoding="utf-8").splitlines()]
    assert (line["reason"], line["suite"], line["metrics"]["completeness"]) == ("first", "dev", [1, 2])
    assert "question" not in line
    named = baseline.update(store(tmp_path / "w", suite_sha256="5" * 64), "named", path, history, {})
    assert named == suggested
    assert baseline.load(path).provenance["suite_sha256"] == "5" * 64
    assert suggested == ["dev: completeness could be raised to reached = [1, 2]"]


def test_the_worst_decides() -> None:
    """Broken gate before stale before regression before below the floor; the first line says which."""
    broken = Verdict(1, "FAIL dev: verbatim is 0.5", ())
    below = Verdict(0, "BELOW FLOOR test: twins is 0.8", ())
    worse = compare.compare(*(_snapshot(score) for score in (1.0, 0.0)))
    assert conclude([PASS, broken], worse, "stale").exit_code == 1
    assert conclude([PASS], worse, "the baseline is missing").exit_code == 4
    ended = conclude([PASS, below], worse)
    assert (ended.exit_code, ended.word) == (10, "REGRESSION")
    assert "dev: completeness lost 3 and won 0 of 3 cases, first a" in ended.line
    assert (conclude([PASS, below]).exit_code, conclude([PASS, below]).word) == (0, "BELOW FLOOR test")
    assert (
        conclude([PASS], Comparison(())).line == "PASS: 1 suites, every gate holds, no regression against the baseline"
    )


def _snapshot(score: float) -> Snapshot:
    records = {id_: CaseRecord("d", id_, "answered", "iii", {"completeness": score}) for id_ in "abc"}
    return Snapshot({}, {}, {"dev": records})


def test_compare_and_check_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two folders, or a baseline and a folder: exit 10 when the second is worse, 0 when it is not, 4 without a run."""
    good, bad = store(tmp_path / "good", many(10)), store(tmp_path / "bad", many(7, 3))
    path = tmp_path / "baseline.json"
    path.write_text(baseline.render(compare.snapshot(good)), encoding="utf-8")
    assert command.main(["compare", str(good.folder), str(bad.folder)]) == 10
    assert "**regression**" in capsys.readouterr().out
    assert command.main(["compare", str(path), str(good.folder)]) == 0
    assert command.main(["baseline", "check", "--run", str(bad.folder), "--baseline", str(path)]) == 10
    assert "REGRESSION: dev: completeness lost 3" in capsys.readouterr().out
    assert command.main(["baseline", "check", "--run", str(good.folder), "--baseline", str(path)]) == 0
    assert command.main(["baseline", "check", "--run", str(tmp_path / "none"), "--baseline", str(path)]) == 4


def test_two_runs_are_identical_or_the_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Byte for byte, times aside; a suite that only one run has is a difference; no run is exit 4."""
    one, two = store(tmp_path / "one", milliseconds=1.0), store(tmp_path / "two", milliseconds=2.0)
    assert command.main(["compare", "--identical", str(one.folder), str(two.folder)]) == 0
    assert capsys.readouterr().out.count("identical (") == 2
    store(tmp_path / "two", BROKEN)
    assert command.main(["compare", "--identical", str(one.folder), str(two.folder)]) == 1
    assert "dev/metrics.json: DIFFERS" in capsys.readouterr().out
    assert command.main(["compare", "--identical", str(one.folder), str(tmp_path / "none")]) == 4
