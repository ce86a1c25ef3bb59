"""Reports: made from the stored run alone, same words as the verdict, no times in metrics, untrusted text harmless."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from assistant.verify import Finding
from evals import charts, claims, commands, compare, detector, gates, liars, manifest, page, report, stored, summary
from evals.gate import Judged
from evals.liars import Lies
from evals.stored import NoRun
from tests.evals.made import DOCUMENT, case, scored
from tests.evals.stored_run import BROKEN, RESULTS, store


def test_report_and_exit_code_say_the_same(tmp_path: Path) -> None:
    """The first line of the summaries is the verdict that metrics.json and conclusion.json carry."""
    run = store(tmp_path, BROKEN)
    content = run.suites["dev"].metrics
    assert content["exit_code"] == run.conclusion["exit_code"] == 1
    assert summary.suite(run, "dev").splitlines()[0].replace("\\", "") == f"# {content['verdict']}"
    assert summary.overall(run, None).splitlines()[0].replace("\\", "") == f"# {run.conclusion['line']}"
    assert f"<strong>{run.conclusion['line']}</strong>" in page.render(run, None, DOCUMENT)


def test_no_time_in_metrics(tmp_path: Path) -> None:
    """Two runs that differ only in time leave identical metrics.json and results.jsonl."""
    for elapsed in (1.0, 2.0):
        store(tmp_path / str(elapsed), milliseconds=elapsed)
    for name in ("metrics.json", "results.jsonl"):
        assert (tmp_path / "1.0/dev" / name).read_bytes() == (tmp_path / "2.0/dev" / name).read_bytes()
    assert json.loads((tmp_path / "2.0/dev/timings.json").read_text())["p50_ms"] == 2.0


def test_rows_tell_the_outcomes_apart(tmp_path: Path) -> None:
    """An error is no answer, and "does not apply" is no number."""
    rows = store(tmp_path, BROKEN).suites["dev"].rows
    assert [row["outcome"] for row in rows] == ["scored", "scored", "scored", "error"]
    assert "answer" not in rows[3]
    assert rows[0]["scores"]["completeness"] == [1, 1]
    assert rows[0]["scores"]["refusal_recall"] == "does not apply"
    assert set(rows[0]["ranks"]) == {"recall@1", "recall@3", "recall@5", "mrr", "ndcg"}
    assert rows[2]["ranks"] == {}


def test_questions_cannot_break_the_summary(tmp_path: Path) -> None:
    """Bars, tags, links and line breaks of a question stay inside its cell, and long ones are cut."""
    text = summary.suite(store(tmp_path, BROKEN), "dev")
    (row,) = [line for line in text.splitlines() if line.startswith("| shy ")]
    assert "a \\| &lt;b&gt; \\`c\\` \\[d\\](http://e) \\@all" in row
    assert "x" * 300 not in text


def test_a_summary_fits_into_a_step_summary() -> None:
    """Cut below 1 MiB, also when every character takes three bytes, and the cut is said."""
    cut = summary.fitted("あ" * 400_000)
    assert len(cut.encode()) < 1_000_000
    assert "Cut here" in cut
    assert summary.fitted("short") == "short"


def test_junit_tells_failures_from_errors(tmp_path: Path) -> None:
    """A case for each question and gate; an error is no failure; control characters do not make it malformed."""
    report.write(store(tmp_path, BROKEN), None, DOCUMENT, ["junit"])
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    suites = {suite.get("name"): suite for suite in root}
    assert suites["dev.cases"].attrib | {} == {
        "name": "dev.cases", "tests": "4", "failures": "1", "errors": "1", "skipped": "0",
    }  # fmt: skip
    assert suites["dev.gates"].get("failures") == "1"
    names = {element.get("name"): element.get("value") for element in suites["dev.gates"].iter("property")}
    assert names["completeness"] == "0.333 (1/3), 0.061 to 0.792; n_eff 3"
    gate = next(suites["dev.gates"].iter("failure"))
    assert (gate.text or "").endswith("again: python -m evals run --suite dev")
    (failure,) = suites["dev.cases"].iter("failure")
    assert "python -m evals run --suite dev --only shy" in (failure.text or "")


def test_the_page_is_one_file_without_script_or_network(tmp_path: Path) -> None:
    """No script, no address of another host; every chart has its words, every heading order is kept."""
    text = page.render(store(tmp_path, BROKEN), None, DOCUMENT)
    assert "<script" not in text
    assert not re.findall(r"(?:src|href)\s*=\s*['\"](?!#)", text)
    assert "&lt;b&gt;" in text
    assert "<b>" not in text
    assert all("aria-label=" in tag for tag in re.findall(r"<svg[^>]*>", text))
    assert 'lang="ja">誰が？' in text
    assert "prefers-color-scheme: dark" in text
    assert "never asked" in text
    assert '<details class="cases" open>' in text  # a suite that fails shows its cases


def test_cuts_stand_side_by_side(tmp_path: Path) -> None:
    """English beside Japanese, fresh groups in a table of their own; a cut without cases has no column."""
    text = page.render(
        store(tmp_path, (*RESULTS, scored(case("f", group="k.1", suite="test"), "iii.p1.s1"))), None, DOCUMENT
    )
    assert "<caption>English, Japanese</caption>" in text
    assert "<caption>fresh groups</caption>" in text
    assert "near copy in the bank" not in text


def test_reports_are_written_again_from_the_files(tmp_path: Path) -> None:
    """The same bytes from the folder alone, and only the kinds that are asked for."""
    run = store(tmp_path)
    first = {path: path.read_bytes() for path in report.write(run, None, DOCUMENT)}
    assert {path.name for path in first} == {"summary.md", "junit.xml", "report.html"}
    assert [path.name for path in report.write(stored.read_run(tmp_path), None, DOCUMENT, ["html"])] == ["report.html"]
    assert all(path.read_bytes() == content for path, content in first.items())


def test_what_changed_stands_in_every_report(tmp_path: Path) -> None:
    """A regression is named in summary, diff and page, with the id that flipped."""
    before, after = store(tmp_path / "a"), store(tmp_path / "b", (scored(case("good", fact="f1"), "iv.p1.s1"),))
    found = compare.compare(compare.snapshot(before), compare.snapshot(after))
    report.write(after, found, DOCUMENT)
    for name in ("summary.md", "diff.md", "report.html"):
        assert "good" in (tmp_path / "b" / name).read_text(encoding="utf-8")
    assert "| dev | all gold quotes shown | 1 | 0 | 1 |" in (tmp_path / "b/diff.md").read_text(encoding="utf-8")


def test_no_run_is_exit_4(tmp_path: Path) -> None:
    """An empty folder is told apart from a bad run."""
    with pytest.raises(NoRun, match="python -m evals run"):
        stored.read_run(tmp_path)
    assert NoRun.exit_code == 4


def test_not_a_number_is_written_as_a_word() -> None:
    """JSON has no NaN; the file stays readable."""
    assert stored._round(float("nan")) == "nan"


def test_an_unpaired_surrogate_does_not_break_the_files(tmp_path: Path) -> None:
    """Attacks ask with half a character; UTF-8 cannot hold it, its escape can."""
    run = store(tmp_path, (scored(case("half", question="a\ud800b"), "iii.p1.s1"),))
    assert ascii(run.suites["dev"].rows[0]["question"]) == r"'a\ud800b'"
    assert all(path.stat().st_size for path in report.write(run, None, DOCUMENT))


def test_charts_hold_what_they_say() -> None:
    """Words are escaped, bars are as long as their share, the curve ends where the last point is."""
    bars = str(charts.bars("By kind", [("a<b", 0.5, 1, 2)]))
    assert "a&lt;b" in bars
    assert 'width="174.0"' in bars
    curve = str(charts.risk_coverage([{"coverage": 1.0, "risk": 0.1, "threshold": 0.2}], None, 0.5))
    assert 'points="410.0,10.0"' in curve


def test_a_selftest_of_another_suite_is_not_shown(tmp_path: Path) -> None:
    """What lies in the folder from before the gates or the mutants changed says nothing about this run."""
    row = {"suite_sha256": "a", "line": "30 of 30", "metrics": [], "mutants": [], "oracle": {"broken": []}}
    store(tmp_path, suite_sha256="a")
    stored.write_json(tmp_path / "selftest.json", row)
    assert stored.read_run(tmp_path).extras["selftest"] == row
    stored.write_json(tmp_path / "selftest.json", row | {"suite_sha256": "b"})
    run = stored.read_run(tmp_path)
    assert "selftest" not in run.extras
    report.write(run, None, DOCUMENT)
    for name in ("summary.md", "report.html"):
        assert "No selftest of the suite" in (tmp_path / name).read_text(encoding="utf-8")


def test_a_selftest_is_that_of_a_replay_in_the_folder_too(tmp_path: Path) -> None:
    """A replay lies inside the run; the kill matrix stands in both reports, and in one made after the selftest."""
    store(tmp_path / "replay", suite_sha256="a", mode="replay")
    mutant = {"name": "always abstains", "metric": "status", "killed": True, "broken": ["status"], "why": "w"}
    row = {"suite_sha256": "a", "line": "1 of 1", "metrics": ["status"], "mutants": [mutant]}
    stored.write_json(tmp_path / "selftest.json", row)
    text = page.render(stored.read_run(tmp_path / "replay"), None, DOCUMENT)
    assert "Kill matrix" in text
    assert "No selftest of the suite" not in text


def test_how_a_run_is_shown_is_no_part_of_what_measures(tmp_path: Path) -> None:
    """A changed report leaves the selftest as it was; a changed scorer, gate or question does not."""
    for name in ("page.py", "scorers.py", "gates.toml", "questions/dev.tsv"):
        path = tmp_path / "evals" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("before", encoding="utf-8")
    digests = [manifest.suite_digest(tmp_path)]
    for name in ("page.py", "scorers.py", "gates.toml", "questions/dev.tsv"):
        (tmp_path / "evals" / name).write_text("after", encoding="utf-8")
        digests.append(manifest.suite_digest(tmp_path))
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


def test_a_failure_of_a_replay_is_run_again_as_a_replay(tmp_path: Path) -> None:
    """Summary, JUnit and page name the mode; a repeat of llm mode names its case, and --only takes either."""
    report.write(store(tmp_path, BROKEN, mode="replay"), None, DOCUMENT)
    for name in ("summary.md", "dev/summary.md", "junit.xml", "report.html"):
        assert "python -m evals run --mode replay --suite dev --only " in (tmp_path / name).read_text(encoding="utf-8")
    assert summary.again("dev", "dev-001#2", mode="llm") == "python -m evals run --mode llm --suite dev --only dev-001"
    assert commands.chosen_of((case("dev-001"), case("dev-002")), ["dev-001#2"]) == (case("dev-001"),)


def test_a_lie_that_is_let_through_is_a_failure_in_every_report(tmp_path: Path) -> None:
    """With who told it, where, and the command; of an earlier replay into the folder nothing is told."""
    told = [Lies("upgrader", 3, (("dev-001", "They <must> pay."),), ("dev-003",)), Lies("swapper", 2, (), ())]
    store(tmp_path, mode="replay")
    stored.write_json(tmp_path / "liars.json", liars.as_data(told, Lies("honest", 2, (("dev-001", "a"),), ())))
    report.write(stored.read_run(tmp_path), None, DOCUMENT)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    (suite,) = [suite for suite in root if suite.get("name") == "liars"]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    text = "".join(suite.itertext())
    command_ = "python -m evals run --mode replay --suite dev --only dev-001"
    assert all(part in text for part in ("dev-001: They <must> pay.", "dev-003: an error", command_, "must be 90%"))
    markdown = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert f"| upgrader | dev-001 | They &lt;must&gt; pay. | `{command_}` |" in markdown
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "They &lt;must&gt; pay." in html
    assert command_ in html
    store(tmp_path)
    assert "liars" not in stored.read_run(tmp_path).extras


def test_what_groups_fail_on_is_asked_again_with_the_group(tmp_path: Path) -> None:
    """Twins, paraphrases and noise cannot be seen on a single case; a noisy copy brings its own id."""
    twins = (
        scored(case("en", group="g"), "iii.p1.s1"),
        scored(case("ja", group="g", language="ja"), "iv.p1.s1"),
        scored(case("alone", group="h", fact="f2"), "iv.p1.s1"),
    )
    run = store(tmp_path, twins, noisy=[scored(case("en~case"), "iv.p1.s1")])
    report.write(run, None, DOCUMENT)
    html, markdown = ((tmp_path / name).read_text(encoding="utf-8") for name in ("report.html", "summary.md"))
    assert "python -m evals run --suite dev --only en ja en~case<" in html
    assert "python -m evals run --suite dev --only alone<" in html
    assert "noise, twins, twins\\_parts | en ja en\\~case |" in markdown
    assert commands.chosen_of((case("en"), case("ja")), ["en~case"]) == (case("en"),)
    failures = [element.text or "" for element in ElementTree.parse(tmp_path / "junit.xml").iter("failure")]
    assert any(text.endswith("--only alone") for text in failures)


def test_the_gates_of_the_claims_stand_in_every_report(tmp_path: Path) -> None:
    """With values, intervals and the command; a broken one is a failure, and what the claims measure are properties."""
    labelled = claims.load("dev")[:60]
    judged = [Judged(one, Finding(() if one.id != labelled[0].id else ("low_score",), 1.0)) for one in labelled]
    content, _ = detector.detector(DOCUMENT, gates.load(), lambda *_: judged)
    store(tmp_path)
    stored.write_json(tmp_path / "detector.json", content)
    report.write(stored.read_run(tmp_path), None, DOCUMENT)
    (caught,) = [gate for gate in content["gates"] if gate["name"] == "caught[en]"]
    told = f"{caught['metric']['value']:.3f} ({caught['metric']['k']}/{caught['metric']['n']})"
    ends = "{:.3f} to {:.3f}".format(*caught["metric"]["wilson"])
    assert f"| caught[en] | broken | {told} | {ends} | 30 |" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f'<td class="number">{ends}</td>' in html
    assert "python -m evals.gate --no-write" in html
    assert all("wilson" in row for row in content["caught_by_kind"].values())
    blocked = content["roc_points"]["test"]["blocked"]
    assert f"blocked {blocked['k']}/{blocked['n']}</text>" in html
    (suite,) = [one for one in ElementTree.parse(tmp_path / "junit.xml").getroot() if one.get("name") == "claims.gates"]
    assert {one.get("name"): one.get("value") for one in suite.iter("property")}[
        "caught[en]"
    ] == f"{told}, {ends}; n_eff 30"
    assert all("again: python -m evals.gate --no-write" in (one.text or "") for one in suite.iter("failure"))


def test_a_summary_is_not_cut_inside_what_is_folded_away() -> None:
    """The sentence that says so would be folded away too."""
    cut = summary.fitted("a\n<details>\n" + "b\n" * summary.LIMIT + "</details>\n")
    assert cut.count("<details") == cut.count("</details>") == 1
    assert cut.index("</details>") < cut.index("Cut here")
