"""The pages about the evals name what the code measures, and what was measured is of the data that is there."""

import inspect
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import permutation_test

from evals import ablation, baseline, claims, gate, live, manifest, paired, statistics, worsened
from evals.__main__ import _parser
from evals.cases import ANSWERING, Case, load
from evals.compare import CaseRecord
from evals.conclusion import SEVERITY
from evals.metrics import TITLES

PAGE = Path(__file__).parents[2] / "docs" / "evals.md"


@pytest.mark.parametrize("name", TITLES)
def test_every_metric_stands_in_the_page(name: str) -> None:
    """Name and title, in one row of its table, with a formula and where it comes from: a source, or "own"."""
    row = rf"^\| `{re.escape(name)}` \| {re.escape(TITLES[name])} \| .+ \| ([^|]+) \|$"
    (source,) = re.findall(row, PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert re.search(r"^own|\b(?:19|20)\d\d\b|trec_eval|the above", source)


@pytest.mark.parametrize("name", ["risk_coverage", "operating_point", "coverage", "latency"])
def test_what_else_a_run_reports_stands_in_the_page(name: str) -> None:
    """With what, how and where it comes from, as the metrics."""
    row = rf"^\| `{name}` \| [^|]+ \| [^|]+ \| ([^|]+) \|$"
    (source,) = re.findall(row, PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert re.search(r"^own|\b(?:19|20)\d\d\b", source)


def test_what_binds_the_baseline_stands_in_the_page() -> None:
    """And every other part of a manifest has its reason."""
    section = PAGE.read_text(encoding="utf-8").partition("## The baseline")[2].partition("\n## ")[0]
    assert "only document, mode and seed bind it" in section
    assert baseline._BINDING == ("document_sha256", "mode", "seed")
    made = set(manifest.manifest({"index_fingerprint": "", "embedding": "", "threshold": 0}, "quote", {}, 1.0))
    told = set(re.findall(r"`(\w+)`", section))
    assert made - {*baseline._BINDING, "schema", "suites"} <= told


def test_one_number_of_draws_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the page says: both bootstraps, and the permutations of a comparison, drawn from the one seed."""
    assert f"draw {statistics.DRAWS:,} times" in PAGE.read_text(encoding="utf-8")
    defaults = [inspect.signature(draws).parameters["draws"].default for draws in (
        statistics.cluster_interval, statistics.auroc_interval)]  # fmt: skip
    assert defaults == [statistics.DRAWS] * 2
    told: list[tuple[int, Any]] = []

    def told_to(*arguments: Any, **options: Any) -> Any:
        told.append((options["n_resamples"], options["rng"].bit_generator.state))
        return permutation_test(*arguments, **options)

    monkeypatch.setattr(paired, "permutation_test", told_to)
    paired.shift({"a": 1.0}, {"a": 0.5}, {"a": "fact"})
    assert told == [(statistics.DRAWS, np.random.default_rng(statistics.SEED).bit_generator.state)]


def test_every_command_stands_in_the_page() -> None:
    """What ``python -m evals --help`` lists."""
    page = PAGE.read_text(encoding="utf-8")
    (commands,) = [action for action in _parser()._actions if action.choices]
    assert commands.choices
    assert [name for name in commands.choices if f"python -m evals {name}" not in page] == []


def test_every_exit_code_stands_in_the_page() -> None:
    """One row each, and what a run of the model says when it says nothing; the order of severity as it is."""
    page = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE))
    assert {int(code) for code in rows} == set(SEVERITY)
    assert live.NOTHING_ASKED in rows["4"]
    assert "the model wrote nothing" in rows["4"]
    assert f"in the order {', '.join(str(code) for code in SEVERITY if code)};" in page


@pytest.mark.parametrize("suite", [worsened.SUITE, worsened.RATCHETED])
def test_what_was_made_worse_says_what_came_of_it(suite: str) -> None:
    """Between its markers stands a run, or that there was none; never nothing."""
    begin, end = worsened.markers(suite)
    between = PAGE.read_text(encoding="utf-8").partition(begin)[2].partition(end)[0].strip()
    assert between == "Not run on this state." or re.search(rf"^\d+ questions of `{suite}`, \d{{4}}-", between)


@pytest.mark.parametrize("suite", ["dev", "test"])
def test_the_gate_was_measured_on_the_claims_that_are_there(suite: str) -> None:
    """As many as the file holds, of each kind; `python -m evals.gate` was run after its last change."""
    section = gate.REPORT.read_text(encoding="utf-8").partition(f"### `{suite}` (")[2].partition("\n### ")[0]
    labelled = claims.load(suite)
    assert section.startswith(f"{len(labelled)} claims)")
    assert counts(section) == Counter(claim.kind for claim in labelled)


def test_the_scripted_lines_in_the_page_are_those_that_are_there() -> None:
    """Of each kind of lie, and of true lines."""
    section = gate.REPORT.read_text(encoding="utf-8").partition("### Lines of the scripted models")[2]
    lies, honest = claims.load_lines("liars"), claims.load_lines("honest")
    assert counts(section) == Counter(line.kind for line in lies)
    assert re.search(r"^\| honest lines \| \d+/(\d+) ", section, re.MULTILINE)[1] == str(len(honest))  # type: ignore[index]
    assert f"Likeness of the {len(lies)} lies " in section


def test_the_last_row_of_the_ablation_is_the_state_the_baseline_is_of() -> None:
    """What ships reaches what the newest recorded run of the test questions did; else `python -m evals.ablation`."""
    rows = [json.loads(line) for line in baseline.HISTORY.read_text(encoding="utf-8").splitlines()]
    newest = next(row["metrics"] for row in reversed(rows) if (row["suite"], row["mode"]) == ("test", "quote"))
    page = (PAGE.parent / "retrieval.md").read_text(encoding="utf-8")
    (shipped,) = re.findall(r"^\| \+ answerability \(as shipped\) \| (.+) \|$", page, re.MULTILINE)
    told = [[int(k), int(n)] for k, n in re.findall(r"\((\d+)/(\d+);", shipped)]
    assert told[:-1] == [
        newest[name] for name in ("completeness[en]", "completeness[ja]", "precision", "refusal_recall")
    ]


def kept() -> list[tuple[Case, CaseRecord]]:
    """Each test question with what the committed baseline says became of it."""
    records = baseline.load().cases["test"]
    return [(case, records[case.id]) for case in load("test")]


def test_the_kinds_least_refused_are_those_of_the_baseline() -> None:
    """In the page of the ablation, which `python -m evals.ablation` writes."""
    refused: dict[str, tuple[int, int]] = {}
    for case, record in kept():
        if "refusal_recall" in record.scores:
            k, n = refused.get(case.kind, (0, 0))
            refused[case.kind] = (k + int(record.scores["refusal_recall"]), n + 1)
    page = ablation.PAGE.read_text(encoding="utf-8")
    between = page.partition(ablation.KINDS_BEGIN)[2].partition(ablation.KINDS_END)[0].strip()
    assert between == ablation.kinds(refused, ablation.floor_of_kinds())
    assert "@@" not in page


def test_the_threshold_as_shipped_answers_what_the_baseline_answered() -> None:
    """The marked row of risk over coverage, or that none was made of this state."""
    page = ablation.PAGE.read_text(encoding="utf-8")
    between = page.partition(ablation.RISK_BEGIN)[2].partition(ablation.RISK_END)[0].strip()
    if between != ablation.NOT_RUN:
        scored = [(c, r) for c, r in kept() if c.expectation == "answerable" or c.statuses == {"not_in_document"}]
        answered = [(c, r) for c, r in scored if r.status.partition("/")[0] in ANSWERING]
        wrong = sum(not c.gold or r.scores["completeness"] < 1 for c, r in answered)
        (row,) = re.findall(r"^\| \*\*(.+)\*\* \| \*\*(.+)\*\* \| \*\*.*, as shipped\*\* \|$", between, re.MULTILINE)
        shares = [re.findall(r"\((\d+)/(\d+);", cell) for cell in row]
        assert shares == [
            [(str(len(answered)), str(len(scored)))],
            [(str(wrong), str(len(answered)))],
        ]
        assert between.count("\n| ") > 5  # heads and several thresholds


def counts(section: str) -> Counter[str]:
    """Kind → how many, from the rows of a table of k/n, in one column for each language or in one for both."""
    rows = re.findall(r"^\| (?:supported: )?`(\w+)` \| (.+) \|$", section, re.MULTILINE)
    return Counter({kind: sum(map(int, re.findall(r"\d+/(\d+) =", cells))) for kind, cells in rows})
