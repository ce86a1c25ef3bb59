"""Reports: same numbers as the verdict, no times in metrics.json, untrusted text made harmless."""

import json
from pathlib import Path

from evals import gates, metrics, report
from evals.__main__ import record
from evals.gates import Gate
from evals.outcomes import result
from tests.evals.made import MEASURE, answer, case, failed, refusal, scored

RESULTS = (
    scored(case("good"), "iii.p1.s1"),
    result(case("shy", question="a | <b>\n`c` [d](http://e) @all"), refusal()),
    failed(case("broken", question="x" * 900)),
)


def metrics_json() -> tuple[dict[str, object], str]:
    measured = metrics.measure_run(RESULTS, MEASURE, {})
    verdict = gates.judge("dev", measured, [Gate("errors", "less", limit=0), Gate("completeness", "more", floor=0.9)])
    identity = {"document_sha256": "d", "index_fingerprint": "i"}
    return (
        report.metrics_object("dev", "quote", measured, verdict, identity),
        report.summary("dev", measured, verdict, RESULTS),
    )


def test_report_and_exit_code_say_the_same() -> None:
    """The first line of the summary is the verdict that metrics.json and the exit code carry."""
    content, text = metrics_json()
    assert content["exit_code"] == 1
    assert text.splitlines()[0].replace("\\", "") == f"# {content['verdict']}"


def test_no_time_in_metrics(tmp_path: Path) -> None:
    """Two runs that differ only in time leave identical metrics.json and results.jsonl."""
    for number, elapsed in enumerate((1.0, 2.0)):
        timed = [result(case("good"), answer("iii.p1.s1", timings_ms={"total": elapsed})), *RESULTS[1:]]
        content, text = metrics_json()
        report.write(tmp_path / str(number), content, timed, [elapsed] * 3, MEASURE, text)
    for name in ("metrics.json", "results.jsonl"):
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()
    assert json.loads((tmp_path / "1" / "timings.json").read_text())["p50_ms"] == 2.0


def test_rows_tell_the_outcomes_apart(tmp_path: Path) -> None:
    """An error is no answer, and "does not apply" is no number."""
    content, text = metrics_json()
    report.write(tmp_path, content, RESULTS, [1.0] * 3, MEASURE, text)
    rows = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["outcome"] for row in rows] == ["scored", "scored", "error"]
    assert "answer" not in rows[2]
    assert rows[0]["scores"]["completeness"] == [1, 1]
    assert rows[0]["scores"]["refusal_recall"] == "does not apply"


def test_questions_cannot_break_the_summary() -> None:
    """Bars, tags, links and line breaks of a question stay inside its cell, and long ones are cut."""
    _, text = metrics_json()
    (row,) = [line for line in text.splitlines() if line.startswith("| shy ")]
    assert "a \\| &lt;b&gt; \\`c\\` \\[d\\](http://e) \\@all" in row
    assert "x" * 300 not in text


def test_not_a_number_is_written_as_a_word() -> None:
    """JSON has no NaN; the file stays readable."""
    assert report._round(float("nan")) == "nan"


def test_history_keeps_what_was_reached(tmp_path: Path) -> None:
    """A line for each recorded run: k/n of rates, never a question."""
    path = tmp_path / "history.jsonl"
    content, _ = metrics_json()
    record(content, path)
    record(content, path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 2
    assert lines[0]["metrics"]["completeness"] == [1, 3]
    assert "question" not in lines[0]
