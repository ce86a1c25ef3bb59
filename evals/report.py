"""What a run leaves behind: results.jsonl, metrics.json (no times), timings.json, summary.md."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from evals.gates import SLICE_MINIMUM, Verdict
from evals.metrics import METRICS, Measured, Metric
from evals.outcomes import Failed, Result, Scored
from evals.scorers import Measure
from evals.statistics import Interval

_TITLES = {definition.name: definition.title for definition in METRICS} | {
    "auroc": "answerable against unanswerable by confidence (AUROC)",
    "aurc": "area under risk over coverage (less is better)",
    "twins": "EN/JA twins: same decision, same sections",
    "twins_parts": "EN/JA twins: same decision, same innermost parts",
    "paraphrases": "paraphrase groups: same decision, same parts",
    "determinism": "second process, second index: equal answers",
}
_FAILURES_SHOWN = 200
_CELL = 240  # characters of untrusted text in a cell; summary.md stays far below GitHub's 1 MiB


def metrics_object(
    suite: str, mode: str, measured: Measured, verdict: Verdict, identity: Mapping[str, str]
) -> dict[str, Any]:
    """The content of metrics.json: equal for equal code, questions and index."""
    return {
        "schema": 1,
        "suite": suite,
        "mode": mode,
        **identity,
        "exit_code": verdict.exit_code,
        "verdict": verdict.line,
        "cases": measured.cases,
        "errors": [{"id": failed.case.id, "error": failed.error} for failed in measured.errors],
        "metrics": {name: _metric(metric) for name, metric in sorted(measured.metrics.items())},
        "does_not_apply": sorted(d.name for d in METRICS if d.name not in measured.metrics),
        "slices": {
            group: {
                value: {name: _metric(metric, short=True) for name, metric in row.items()}
                for value, row in rows.items()
            }
            for group, rows in measured.slices.items()
        },
        "gates": [
            {"name": f.name, "state": f.state, "why": f.why, "limit": f.gate.limit, "floor": f.gate.floor}
            | {"aim": f.gate.aim, "reached": f.gate.reached}
            for f in verdict.findings
        ],
        "operating_point": asdict(measured.operating_point) if measured.operating_point else None,
        "risk_coverage": [asdict(point) for point in measured.curve],
    }


def write(
    folder: Path,
    metrics: Mapping[str, Any],
    results: Sequence[Result],
    milliseconds: Sequence[float],
    measure: Measure,
    summary: str,
) -> None:
    """Write the four files of a suite."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = (json.dumps(result_row(result, measure), ensure_ascii=False, sort_keys=True) for result in results)
    (folder / "results.jsonl").write_text("".join(row + "\n" for row in rows), encoding="utf-8")
    (folder / "metrics.json").write_text(_json(metrics), encoding="utf-8")
    (folder / "timings.json").write_text(_json(timings(results, milliseconds)), encoding="utf-8")
    (folder / "summary.md").write_text(summary, encoding="utf-8")


def result_row(result: Result, measure: Measure) -> dict[str, Any]:
    """One line of results.jsonl: the case, what became of it, and its score on every metric."""
    case = result.case
    scores = {definition.name: definition.score(result, measure) for definition in METRICS}
    row: dict[str, Any] = {
        "id": case.id,
        "suite": case.suite,
        "fact": case.fact,
        "group": case.group,
        "language": case.language,
        "question": case.question,
        "expect": [str(outcome) for outcome in case.expect],
        "gold": list(case.gold),
        "also": list(case.also),
        "outcome": "scored" if isinstance(result, Scored) else "error",
        "scores": {name: [score.k, score.n] if score else "does not apply" for name, score in scores.items()},
    }
    if isinstance(result, Failed):
        return row | {"error": result.error}
    answer = {key: value for key, value in result.answer.items() if key != "timings_ms"}
    return row | {"shown": list(result.shown_addresses), "answer": answer}


def timings(results: Sequence[Result], milliseconds: Sequence[float]) -> dict[str, Any]:
    """Milliseconds of each case and their quantiles; gates nothing."""
    return {
        "p50_ms": round(float(np.median(milliseconds)), 3),
        "p95_ms": round(float(np.quantile(milliseconds, 0.95)), 3),
        "cases_ms": {result.case.id: ms for result, ms in zip(results, milliseconds, strict=True)},
    }


def summary(suite: str, measured: Measured, verdict: Verdict, results: Sequence[Result]) -> str:
    """The run as Markdown: verdict first, gates, metrics, slices, then every case that is not as it should be."""
    lines = [f"# {_cell(verdict.line)}", ""]
    lines += _gate_table(verdict)
    lines += ["## Metrics", "", "| metric | value | k/n | Wilson 95 % | by fact 95 % | facts (effective) |"]
    lines += ["|---|---|---|---|---|---|"]
    lines += [_metric_line(name, metric) for name, metric in measured.metrics.items() if "[" not in name]
    missing = [definition.name for definition in METRICS if definition.name not in measured.metrics]
    if missing:
        lines += ["", f"Does not apply to any case of this suite: {', '.join(missing)}."]
    if point := measured.operating_point:
        lines += [
            "",
            f"As shipped: answers {point.coverage:.3f} of the questions scored for answerability, {point.risk:.3f} of "
            f"these wrongly; the lowest confidence answered is {point.threshold:.3f}.",
            "",
            *_curve_table(measured),
        ]
    lines += ["", "## By language, and by whether the question bank holds a near copy", "", *_cut_table(measured)]
    for group, rows in measured.slices.items():
        lines += ["", f"## By {group}", ""]
        lines += _slice_table(group, rows)
    lines += ["", *_failures(suite, measured, results)]
    return "\n".join(lines) + "\n"


def _gate_table(verdict: Verdict) -> list[str]:
    lines = [
        "| gate | state | value | Wilson 95 % | floor | aim | allowed by last landing |",
        "|---|---|---|---|---|---|---|",
    ]
    for finding in verdict.findings:
        gate, metric = finding.gate, finding.metric
        cells = [
            finding.name,
            finding.state.replace("_", " "),
            _value(metric) if metric else _cell(finding.why),
            _interval(metric.interval) if metric else "",
            f"{gate.limit:g}" if gate.limit is not None else f"{gate.floor:g}",
            f"{gate.aim:g}" if gate.aim is not None else "",
            f"{gate.ratchet:.3f}" if gate.ratchet is not None else "",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]


def _metric_line(name: str, metric: Metric) -> str:
    share = f"{metric.k}/{metric.n}" if metric.k is not None else f"n={metric.n}"
    facts = f"{metric.facts} ({metric.effective_facts:.0f})" if metric.facts else ""
    intervals = f"{_interval(metric.interval)} | {_interval(metric.by_fact)}"
    return f"| {_TITLES[name]} | {metric.value:.3f} | {share} | {intervals} | {facts} |"


def _cut_table(measured: Measured) -> list[str]:
    """Metrics down, cuts across; each cell with its Wilson interval (for AUROC the one by fact)."""
    cells: dict[tuple[str, str], Metric] = {}
    for full, metric in measured.metrics.items():
        name, bracket, cut = full.rstrip("]").partition("[")
        if bracket:
            cells[name, cut] = metric
    cuts = list(dict.fromkeys(cut for _, cut in cells))
    lines = ["| metric | " + " | ".join(cuts) + " |", "|---" * (len(cuts) + 1) + "|"]
    for name in dict.fromkeys(name for name, _ in cells):
        row = [_ranged(cells[name, cut]) if (name, cut) in cells else "" for cut in cuts]
        lines.append(f"| {_TITLES[name]} | " + " | ".join(row) + " |")
    return lines


def _ranged(metric: Metric) -> str:
    interval = _interval(metric.interval or metric.by_fact)
    return _value(metric) + (f", {interval}" if interval else "")


def _slice_table(group: str, rows: Mapping[str, Mapping[str, Metric]]) -> list[str]:
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [f"| {group} | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for value, row in rows.items():
        cells = [_value(row[name]) + _few(row[name]) if name in row else "" for name in names]
        lines.append(f"| {_cell(value)} | " + " | ".join(cells) + " |")
    return [*lines, "", f"† fewer than {SLICE_MINIMUM} cases: no verdict."]


def _few(metric: Metric) -> str:
    return " †" if metric.n < SLICE_MINIMUM else ""


def _curve_table(measured: Measured) -> list[str]:
    """Risk at round coverages; the whole curve is in metrics.json."""
    lines = ["| coverage | risk | confidence |", "|---|---|---|"]
    for share in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        point = next(p for p in measured.curve if p.coverage >= share - 1e-9)
        lines.append(f"| {point.coverage:.2f} | {point.risk:.3f} | {point.threshold:.3f} |")
    return lines


def _failures(suite: str, measured: Measured, results: Sequence[Result]) -> list[str]:
    by_id: dict[str, list[str]] = {}
    plain_names = {definition.name for definition in METRICS} | {"twins", "twins_parts", "paraphrases", "determinism"}
    for name in sorted(plain_names):
        for id_ in measured.metrics[name].worse if name in measured.metrics else ():
            by_id.setdefault(id_, []).append(name)
    chosen = [result for result in results if result.case.id in by_id or isinstance(result, Failed)]
    lines = [
        "<details>",
        f"<summary>{len(chosen)} of {len(results)} cases are not perfect</summary>",
        "",
        "| id | question | expected | got | short of |",
        "|---|---|---|---|---|",
    ]
    for result in chosen[:_FAILURES_SHOWN]:
        case = result.case
        expected = "|".join(map(str, case.expect)) + (f" {'+'.join(case.gold)}" if case.gold else "")
        if isinstance(result, Failed):
            got = f"error: {result.error}"
        else:
            got = f"{result.answer['status']} {'+'.join(map(str, result.shown_addresses))}"
        cells = [case.id, case.question, expected, got, ", ".join(by_id.get(case.id, ["error"]))]
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    if len(chosen) > _FAILURES_SHOWN:
        lines.append(f"\n{len(chosen) - _FAILURES_SHOWN} more are in results.jsonl.")
    return [*lines, "", f"Run one again: `python -m evals run --suite {suite} --only ID`", "", "</details>"]


def _value(metric: Metric) -> str:
    return (
        f"{metric.value:.3f} ({metric.k}/{metric.n})" if metric.k is not None else f"{metric.value:.3f} (n={metric.n})"
    )


def _interval(interval: Interval | None) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}" if interval else ""


def _cell(text: str) -> str:
    """Untrusted text as one harmless table cell."""
    line = re.sub(r"\s+", " ", text).strip()
    line = line if len(line) <= _CELL else line[: _CELL - 1] + "…"
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]!#|~@])", r"\\\1", line)


def _metric(metric: Metric, *, short: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"value": _round(metric.value), "k": metric.k, "n": metric.n}
    if short:
        return found
    return found | {
        "wilson": [_round(metric.interval.low), _round(metric.interval.high)] if metric.interval else None,
        "by_fact": [_round(metric.by_fact.low), _round(metric.by_fact.high)] if metric.by_fact else None,
        "facts": metric.facts,
        "effective_facts": _round(metric.effective_facts),
        "not_applicable": metric.not_applicable,
        "worse": list(metric.worse),
    }


def _round(value: float) -> float | str:
    """6 decimals; a value that is not finite is written as a word, for JSON has no NaN."""
    return round(value, 6) if np.isfinite(value) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"
