"""A run as files: rows and metrics that hold no time, timings apart, and how to read them back for a report."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from evals.gates import Verdict
from evals.manifest import case_digest
from evals.measured import Measured, Metric, Sheet, Shipped
from evals.metrics import METRICS, WHOLE_RUN
from evals.outcomes import Failed, NotRun, Result, Scored
from evals.scorers import places_shown
from evals.statistics import Interval, Rate
from index.document import Document
from index.errors import UserError

TIMELESS = ("metrics.json", "results.jsonl")  # of each suite; the same for the same code, questions and index


class NoRun(UserError):
    """There is no run in the folder (exit 4)."""

    exit_code = 4


@dataclass(frozen=True)
class Suite:
    """One suite of a stored run: the content of its three files."""

    metrics: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]
    timings: Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """A stored run. ``extras`` are what lay beside it: selftest, detector, coverage, liars."""

    folder: Path
    manifest: Mapping[str, Any]
    conclusion: Mapping[str, Any]
    suites: Mapping[str, Suite]
    extras: Mapping[str, Any] = field(default_factory=dict)


def metrics_object(
    suite: str,
    mode: str,
    measured: Measured,
    verdict: Verdict,
    identity: Mapping[str, Any],
    not_run: Sequence[NotRun] = (),
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
        "not_run": [{"id": left.case.id, "why": left.why} for left in not_run],
        "errors": [{"id": failed.case.id, "error": failed.error} for failed in measured.errors],
        "metrics": {name: metric_object(metric) for name, metric in sorted(measured.metrics.items())},
        "does_not_apply": sorted({*(d.name for d in METRICS), *WHOLE_RUN} - set(measured.metrics)),
        "slices": {
            group: {
                value: {name: metric_object(metric, short=True) for name, metric in row.items()}
                for value, row in rows.items()
            }
            for group, rows in measured.slices.items()
        },
        "gates": gate_rows(verdict),
        "operating_point": _shipped(measured.operating_point) if measured.operating_point else None,
        "risk_coverage": [asdict(point) for point in measured.curve],
    }


def gate_rows(verdict: Verdict) -> list[dict[str, Any]]:
    """What became of each gate, with its limits and its value; of what is no rate the interval is the one by fact."""
    return [
        {"name": f.name, "state": f.state, "why": f.why, "limit": f.gate.limit, "floor": f.gate.floor}
        | {"aim": f.gate.aim, "reached": f.gate.reached, "ratchet": f.gate.ratchet, "better": f.gate.better}
        | {"metric": metric_object(f.metric, short=True) | {"by_fact": _ends(f.metric.by_fact)} if f.metric else None}
        for f in verdict.findings
    ]


def result_rows(results: Sequence[Result], sheet: Sequence[Sheet], document: Document) -> list[dict[str, Any]]:
    """The lines of results.jsonl: each case, what became of it, and its score on every metric (its ``sheet``)."""
    return [_row(result, own, document) for result, own in zip(results, sheet, strict=True)]


def _row(result: Result, sheet: Sheet, document: Document) -> dict[str, Any]:
    case = result.case
    scores = {name: [score.k, score.n] if score else "does not apply" for name, score in sheet.scores.items()}
    row: dict[str, Any] = {
        "id": case.id,
        "suite": case.suite,
        "fact": case.fact,
        "group": case.group,
        "kind": case.kind,
        "language": case.language,
        "question": case.question,
        "history": [[turn.role, turn.content] for turn in case.history],
        "digest": case_digest(case),
        "expect": [str(outcome) for outcome in case.expect],
        "gold": list(case.gold),
        "also": list(case.also),
        "outcome": "scored" if isinstance(result, Scored) else "error",
        "scores": scores,
        "ranks": {name: _round(value) for name, value in sheet.ranks.items()},
    }
    if isinstance(result, Failed):
        return row | {"error": result.error}
    answer = {key: value for key, value in result.answer.items() if key != "timings_ms"}
    sections = sorted(places_shown(result, document, sections=True))
    return row | {
        "ranking": list(result.ranking),
        "shown": list(result.shown_addresses),
        "sections": sections,
        "answer": answer,
    }


def timings(results: Sequence[Result], milliseconds: Sequence[float]) -> dict[str, Any]:
    """Milliseconds of each case and their quantiles; gates nothing."""
    return {
        "p50_ms": round(float(np.median(milliseconds)), 3),
        "p95_ms": round(float(np.quantile(milliseconds, 0.95)), 3),
        "cases_ms": {result.case.id: ms for result, ms in zip(results, milliseconds, strict=True)},
    }


def write_suite(folder: Path, metrics: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], times: Any) -> Suite:
    """Write the three files of a suite."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
    # Through JSON, so that a report made now equals one made from the files.
    (folder / "results.jsonl").write_text(_safe("".join(line + "\n" for line in lines)), encoding="utf-8")
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "timings.json", times)
    return read_suite(folder)


def read_suite(folder: Path) -> Suite:
    """Read the three files of a suite."""
    rows = (folder / "results.jsonl").read_text(encoding="utf-8").split("\n")
    return Suite(
        json.loads((folder / "metrics.json").read_text(encoding="utf-8")),
        tuple(json.loads(row) for row in rows if row),
        json.loads((folder / "timings.json").read_text(encoding="utf-8")),
    )


def read_run(folder: Path, suites: Mapping[str, Suite] | None = None) -> Run:
    """Read a run; ``suites`` are its suites where whoever has just written them still holds them.

    A selftest that lies beside it, or beside the run that a replay or a second run lies in, belongs to it only when it
    tested this suite, with these gates and questions; what the scripted models told only when it is a replay.

    Raises:
        NoRun: the folder holds none, or a file of it is broken.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        conclusion = json.loads((folder / "conclusion.json").read_text(encoding="utf-8"))
        suites = {name: suites[name] if suites else read_suite(folder / name) for name in sorted(manifest["suites"])}
        extras = {
            path.stem: json.loads(path.read_text(encoding="utf-8"))
            for path in (folder / f"{name}.json" for name in ("detector", "coverage", "liars"))
            if path.is_file()
        }
        for path in (folder / "selftest.json", folder.parent / "selftest.json"):
            found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
            if found and found.get("suite_sha256") == manifest.get("suite_sha256"):
                extras.setdefault("selftest", found)
    except (OSError, ValueError, KeyError) as error:
        raise NoRun(f"{str(folder)!r} holds no run ({error}); 'python -m evals run' makes one") from None
    if manifest.get("mode") != "replay":
        extras.pop("liars", None)
    return Run(folder, manifest, conclusion, suites, extras)


def write_json(path: Path, value: Any) -> None:
    """Readable JSON with sorted keys; NaN is refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    path.write_text(_safe(text) + "\n", encoding="utf-8")


def _safe(text: str) -> str:
    """Text that UTF-8 can hold: an unpaired surrogate of an attack's question becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def metric_object(metric: Metric, *, short: bool = False) -> dict[str, Any]:
    """A metric as it stands in metrics.json; ``short``, as of a slice: without interval by fact and ids."""
    found: dict[str, Any] = {"value": _round(metric.value), "k": metric.k, "n": metric.n}
    found |= {"wilson": _ends(metric.interval), "effective_facts": _round(metric.effective_facts)}
    if short:
        return found
    return found | {
        "by_fact": _ends(metric.by_fact),
        "facts": metric.facts,
        "not_applicable": metric.not_applicable,
        "worse": list(metric.worse),
    }


def _ends(interval: Interval | None) -> list[float | str] | None:
    return [_round(interval.low), _round(interval.high)] if interval else None


def _shipped(point: Shipped) -> dict[str, Any]:
    ends = {name: Rate(k, n).interval for name, k, n in _shares(point)}
    intervals = {f"{name}_wilson": [_round(found.low), _round(found.high)] for name, found in ends.items()}
    return asdict(point) | {"coverage": point.coverage, "risk": point.risk} | intervals


def _shares(point: Shipped) -> tuple[tuple[str, int, int], ...]:
    return ("coverage", point.answered, point.scored), ("risk", point.wrong, point.answered)


def _round(value: float) -> float | str:
    """6 decimals; a value that is not finite is written as a word, for JSON has no NaN."""
    return round(value, 6) if np.isfinite(value) else str(value)
