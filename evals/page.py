"""A run as one HTML file: no script, no network, light and dark; every chart has its numbers in words or a table."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evals import charts, summary, wording
from evals.baseline import HISTORY
from evals.compare import Comparison
from evals.gates import CLAIMS, SLICE_MINIMUM
from evals.metrics import BETTER, TITLES
from evals.statistics import Rate
from evals.stored import Run, Suite
from index.document import Document

_TEMPLATE = "report.html.j2"
_CUTS = (
    {"en": "English", "ja": "Japanese"},
    {"unseen": "no near copy in the question bank", "seen": "near copy in the bank", "fresh": "fresh groups"},
)
_FAILURES = 300  # of each suite; the others are in results.jsonl
_TRENDS = ("completeness", "precision", "refusal_recall", "over_refusal", "twins", "auroc")


def render(run: Run, comparison: Comparison | None, document: Document, history: Path = HISTORY) -> str:
    """The content of report.html."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    detector = run.extras.get("detector")
    return environment.get_template(_TEMPLATE).render(
        run=run,
        conclusion=run.conclusion,
        word=run.conclusion["line"].partition(":")[0],
        suites=[_suite(name, suite) for name, suite in run.suites.items()],
        comparison=comparison,
        regressions={(change.suite, change.metric) for change in comparison.regressions} if comparison else set(),
        selftest=run.extras.get("selftest"),
        no_selftest=summary.no_selftest(run),
        judged_again=summary.again(CLAIMS),
        detector=detector,
        detector_charts=_detector_charts(detector) if detector else {},
        detector_gates=_gate_rows(detector["gates"]) if detector else (),
        detector_points=_points(detector) if detector else "",
        liars=run.extras.get("liars"),
        lies=summary.let_through(run.extras["liars"]) if "liars" in run.extras else (),
        coverage=run.extras.get("coverage"),
        text=_text(run.extras["coverage"], document) if "coverage" in run.extras else (),
        trends=_trends(history),
        titles=TITLES,
        effective=wording.EFFECTIVE,
    )


def _suite(name: str, suite: Suite) -> dict[str, Any]:
    content = suite.metrics
    curve = content["risk_coverage"]
    times = suite.timings
    return {
        "name": name,
        "content": content,
        "gates": charts.gates(content["gates"]),
        "gate_rows": _gate_rows(content["gates"]),
        "rows": [
            {"title": TITLES[metric], "value": wording.value(found), "wilson": wording.interval(found["wilson"])}
            | {"by_fact": wording.interval(found["by_fact"]), "facts": found["facts"], "name": metric}
            | {"effective": wording.effective(found)}
            for metric in TITLES  # in the order of the page that explains them
            if (found := content["metrics"].get(metric))
        ],
        "cuts": [cuts for names in _CUTS if (cuts := _cuts(content["metrics"], names))],
        "curve": charts.risk_coverage(curve, content["operating_point"], content["threshold"]) if curve else None,
        "curve_rows": wording.curve_rows(
            curve, content["operating_point"], content["threshold"], content["metrics"]["aurc"]["n"]
        )
        if curve
        else (),
        "curve_heads": wording.CURVE_HEADS,
        "shipped": wording.shipped(content["operating_point"], content["threshold"])
        if content["operating_point"]
        else "",
        "latency": charts.histogram(list(times["cases_ms"].values()), times["p50_ms"], times["p95_ms"]),
        "p50": times["p50_ms"],
        "p95": times["p95_ms"],
        "heat": [_heat(group, rows) for group, rows in content["slices"].items()],
        "kinds": _kinds(content["slices"].get("kind", {})),
        "repeats": [(TITLES[metric], row) for metric, row in content.get("repeats", {}).items()],
        "failures": _failures(name, suite),
        "cases": len(suite.rows),
    }


def _gate_rows(gates: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    ends = [gate["metric"] and (gate["metric"]["wilson"] or gate["metric"].get("by_fact")) for gate in gates]
    effective = [wording.effective(gate["metric"]) if gate["metric"] else "" for gate in gates]
    rows = zip(gates, ends, effective, strict=True)
    return [{**gate, "interval": wording.interval(found), "effective": facts} for gate, found, facts in rows]


def _cuts(metrics: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any] | None:
    """A table of each metric that has one of these cuts; None where there is none."""
    rows = [
        (
            TITLES[name],
            [wording.ranged(metrics[f"{name}[{cut}]"]) if f"{name}[{cut}]" in metrics else "" for cut in names],
        )
        for name in TITLES
        if any(f"{name}[{cut}]" in metrics for cut in names)
    ]
    used = [place for place, _ in enumerate(names) if any(cells[place] for _, cells in rows)]
    if not used:
        return None
    heads = list(names.values())
    return {
        "title": ", ".join(heads[place] for place in used),
        "heads": [heads[place] for place in used],
        "rows": [(title, [cells[place] for place in used]) for title, cells in rows],
    }


def _heat(group: str, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A table whose cells are shaded by how good they are; a shade never stands without its number."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    return {
        "group": group,
        "names": names,
        "rows": [
            (value, [_shaded(name, row[name]) if name in row else None for name in names])
            for value, row in rows.items()
        ],
    }


def _shaded(name: str, metric: Mapping[str, Any]) -> dict[str, Any]:
    good = metric["value"] if BETTER[name] == "more" else 1 - metric["value"]
    few = metric["n"] < SLICE_MINIMUM
    text = f"{metric['value']:.2f} ({metric['k']}/{metric['n']})"
    return {"text": text, "interval": wording.ends_of(metric), "shade": int(good * 5), "few": few}


def _kinds(rows: Mapping[str, Mapping[str, Any]]) -> Markup | None:
    """Bars of the statuses that were right, by kind of question."""
    found = [(kind, row["status"]) for kind, row in rows.items() if "status" in row]
    bars = [(kind, metric["value"], metric["k"], metric["n"]) for kind, metric in found]
    return charts.bars("Status right, by kind of question", bars) if bars else None


def _failures(name: str, suite: Suite) -> dict[str, Any]:
    short_of = summary.short_of(suite)
    ranks = {"recall@1", "recall@3", "recall@5", "mrr", "ndcg"}
    found = []
    for row in suite.rows:
        missed = [metric for metric in short_of.get(row["id"], ()) if metric not in ranks]
        if missed or row["outcome"] == "error":
            found.append(
                {
                    "id": row["id"],
                    "language": row["language"],
                    "kind": row["kind"],
                    "question": row["question"],
                    "history": row["history"],
                    "expected": summary.expected(row),
                    "got": summary.got(row),
                    "text": row.get("answer", {}).get("text", ""),
                    "missed": missed or ["error"],
                    "again": summary.again(name, *summary.needed(suite, row, missed), mode=suite.metrics["mode"]),
                }
            )
    return {"shown": found[:_FAILURES], "all": len(found)}


def _detector_charts(detector: Mapping[str, Any]) -> dict[str, Markup]:
    found = {}
    if detector["roc"]:
        points = {
            name: (row["blocked"]["value"], row["caught"]["value"]) for name, row in detector["roc_points"].items()
        }
        shares = {
            name: ", ".join(f"{what} {row[what]['k']}/{row[what]['n']}" for what in ("caught", "blocked"))
            for name, row in detector["roc_points"].items()
        }
        found["roc"] = charts.roc(detector["roc"], points, shares)
    for name, title in (("caught", "Unsupported claims caught"), ("blocked", "Supported claims wrongly blocked")):
        kinds = [(kind, m["value"], m["k"], m["n"]) for kind, m in detector[f"{name}_by_kind"].items()]
        if kinds:
            found[name] = charts.bars(f"{title}, by kind", kinds)
    return found


def _points(detector: Mapping[str, Any]) -> str:
    """The operating points with their intervals, in words."""
    rows = detector["roc_points"].items()
    return "; ".join(
        f"{name}: caught {wording.ranged(row['caught'])}, blocked {wording.ranged(row['blocked'])}"
        for name, row in rows
    )


def _text(coverage: Mapping[str, Any], document: Document) -> list[dict[str, Any]]:
    """The document, sentence by sentence, with how often each was asked, retrieved and cited."""
    rows = []
    most = max(1, *(count["asked"] for count in coverage["sentences"].values()))
    for sentence in document.passages:
        count = coverage["sentences"].get(sentence.address, {"asked": 0, "retrieved": 0, "cited": 0})
        never = [what for what in ("asked", "retrieved", "cited") if not count[what]]
        shade = -(-5 * count["asked"] // most)
        rows.append({"address": sentence.address, "text": sentence.text, **count, "never": never, "shade": shade})
    return rows


def _trends(history: Path) -> list[dict[str, Any]]:
    """(metric, chart, last value) over the recorded runs of the test suite."""
    try:
        lines = [json.loads(line) for line in history.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return []
    found = []
    for name in _TRENDS:
        points = [
            (str(line["date"]), line["metrics"][name])
            for line in lines
            if line.get("suite") == "test" and name in line["metrics"]
        ]
        if points:
            found.append(
                {
                    "title": TITLES[name],
                    "chart": charts.trend([(date, _number(reached)) for date, reached in points]),
                    "first": _reached(points[0][1]),
                    "last": _reached(points[-1][1]),
                    "runs": len(points),
                }
            )
    return found


def _reached(value: Sequence[float] | float) -> str:
    """With k/n and Wilson interval where it is a rate; of others the history holds the value alone."""
    if not isinstance(value, Sequence):
        return f"{value:.3f}"
    ends = Rate(int(value[0]), int(value[1])).interval
    return f"{_number(value):.3f} ({value[0]}/{value[1]}; {wording.interval((ends.low, ends.high))})"


def _number(value: Sequence[float] | float) -> float:
    return value[0] / value[1] if isinstance(value, Sequence) else value
