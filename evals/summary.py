"""A run as Markdown, for a step summary or a pull request: verdict first, then gates, changes, metrics, failures."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from evals import coverage
from evals.compare import Comparison, markdown
from evals.gates import CLAIMS, SLICE_MINIMUM
from evals.metrics import TITLES
from evals.stored import Run, Suite
from evals.wording import CURVE_HEADS, EFFECTIVE, curve_rows, effective, few, interval, ranged, shipped, value

FAILURES_SHOWN = 200
LIMIT = 450_000  # bytes; GitHub refuses a step summary of 1 MiB, and a quote and a replay run go into one
_GROUPED = frozenset({"twins", "twins_parts", "paraphrases"})  # metrics of several cases at once
_CELL = 240  # characters of untrusted text in a cell


def overall(run: Run, comparison: Comparison | None) -> str:
    """The run as a whole: what decided, every gate that does not simply hold, what changed, where to look."""
    made, ended = run.manifest, run.conclusion
    lines = [f"# {cell(ended['line'], 1000)}", "", *(f"- {cell(line, 1000)}" for line in ended["suites"]), ""]
    lines += [
        f"Mode {made['mode']}, {sum(made['suites'].values())} cases in {made['seconds']} s, document "
        f"{made['document_sha256'][:12]}, index {made['index_fingerprint'][:12]}, commit {made['commit']}.",
        "",
    ]
    for name, suite in run.suites.items():
        lines += [f"## {name}", "", *gate_table(suite.metrics["gates"]), ""]
        if repeats := suite.metrics.get("repeats"):
            lines += [*_repeats_table(repeats), ""]
    tested = run.extras.get("selftest")
    lines += ["## Selftest", "", cell(tested["line"], 1000) if tested else no_selftest(run), ""]
    if found := run.extras.get("detector"):
        lines += ["## Detector", "", cell(found["line"], 1000), "", *gate_table(found["gates"]), ""]
    if found := run.extras.get("liars"):
        lines += ["## Scripted models", "", *_lies_table(found), ""]
    if found := run.extras.get("coverage"):
        lines += ["## Coverage of the document", "", coverage.line(found), ""]
    if comparison:
        lines += [
            "<details open>" if comparison.regressions else "<details>",
            f"<summary>Against the baseline: {len(comparison.regressions)} regressions</summary>",
            "",
            markdown(comparison, "baseline", "this run", 60),
            "</details>",
            "",
        ]
    for name, suite in run.suites.items():
        lines += failures(name, suite, 40)
    return fitted("\n".join(lines) + "\n")


def suite(run: Run, name: str) -> str:
    """One suite in full."""
    found = run.suites[name]
    content = found.metrics
    lines = [f"# {cell(content['verdict'], 1000)}", "", *gate_table(content["gates"]), ""]
    lines += ["## Metrics", "", "| metric | value | k/n | Wilson 95 % | by fact 95 % | facts (n_eff) |"]
    lines += ["|---|---|---|---|---|---|"]
    lines += [_metric_line(metric, m) for metric, m in content["metrics"].items() if "[" not in metric]
    lines += ["", EFFECTIVE]
    if content["does_not_apply"]:
        lines += ["", f"Does not apply to any case of this suite: {', '.join(content['does_not_apply'])}."]
    if content["not_run"]:
        lines += ["", f"Not run: {len(content['not_run'])} cases, {cell(content['not_run'][0]['why'])}."]
    if point := content["operating_point"]:
        lines += [
            "",
            shipped(point, content["threshold"]),
            "",
            *table(
                CURVE_HEADS,
                curve_rows(content["risk_coverage"], point, content["threshold"], content["metrics"]["aurc"]["n"]),
            ),
        ]
    lines += ["", "## By language, and by whether the question bank holds a near copy", "", *_cut_table(content)]
    for group, rows in content["slices"].items():
        lines += ["", f"## By {group}", "", *_slice_table(group, rows)]
    lines += ["", *failures(name, found, FAILURES_SHOWN)]
    return fitted("\n".join(lines) + "\n")


def no_selftest(run: Run) -> str:
    """Why a report has no kill matrix, and how to get one."""
    return (
        "No selftest of the suite that measured this lies beside it (code, gates, questions and claims must be "
        f"the same). 'python -m evals selftest --out {run.folder}', then "
        f"'python -m evals report {run.folder}', adds it."
    )


def fitted(text: str) -> str:
    """Cut at the limit of a step summary, and say so."""
    data = text.encode("utf-8", "replace")
    if len(data) <= LIMIT:
        return text
    kept = data[:LIMIT].decode("utf-8", "ignore")
    closed = "\n\n</details>" * (kept.count("\n<details") - kept.count("\n</details>"))
    return kept + closed + "\n\n**Cut here: the whole is in results.jsonl.**\n"


def gate_table(gates: Sequence[Mapping[str, Any]]) -> list[str]:
    """A row for each gate; the interval is Wilson's, of what is no rate the one by fact."""
    rows = []
    for gate in gates:
        metric = gate["metric"]
        limit = gate["limit"] if gate["limit"] is not None else gate["floor"]
        cells = [
            gate["name"],
            gate["state"].replace("_", " "),
            value(metric) if metric else cell(gate["why"]),
            interval(metric["wilson"] or metric.get("by_fact")) if metric else "",
            effective(metric) if metric else "",
            f"{limit:g}",
            f"{gate['aim']:g}" if gate["aim"] is not None else "",
            f"{gate['ratchet']:.3f}" if gate["ratchet"] is not None else "",
        ]
        rows.append(cells)
    return table(("gate", "state", "value", "95 %", "n_eff", "floor", "aim", "allowed by last landing"), rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table; whatever is untrusted in it went through :func:`cell`."""
    return ["| " + " | ".join(cells) + " |" for cells in (heads, ("---",) * len(heads), *rows)]


def short_of(suite: Suite) -> dict[str, list[str]]:
    """Case id → the metrics it keeps from being perfect."""
    found: dict[str, list[str]] = {}
    for name, metric in suite.metrics["metrics"].items():
        if "[" not in name:
            # Noisy copies have no row of their own; they are told with the case they are copies of.
            for id_ in dict.fromkeys(id_.partition("~")[0] for id_ in metric["worse"]):
                found.setdefault(id_, []).append(name)
    return found


def needed(suite: Suite, row: Mapping[str, Any], missed: Collection[str]) -> tuple[str, ...]:
    """The ids that have to be asked to see a failure again: the case, its whole group, its noisy copies that failed."""
    grouped = [other["id"] for other in suite.rows if other["group"] == row["group"]]
    ids = [row["id"], *(grouped if _GROUPED.intersection(missed) else ())]
    if "noise" in missed:
        ids += [id_ for id_ in suite.metrics["metrics"]["noise"]["worse"] if id_.partition("~")[0] == row["id"]]
    return tuple(dict.fromkeys(id_.partition("#")[0] for id_ in ids))


def failures(name: str, suite: Suite, shown: int) -> list[str]:
    """Each case that is not as it should be, folded away, with the command that runs it again."""
    # A gold sentence that ranks second is no failure: it is shown all the same.
    ranks = {"recall@1", "recall@3", "recall@5", "mrr", "ndcg"}
    by_id = {id_: names for id_, found in short_of(suite).items() if (names := [n for n in found if n not in ranks])}
    chosen = [row for row in suite.rows if row["id"] in by_id or row["outcome"] == "error"]
    lines = [
        "<details>",
        f"<summary>{name}: {len(chosen)} of {len(suite.rows)} cases are not perfect</summary>",
        "",
        "| id | question | expected | got | short of | to ask again |",
        "|---|---|---|---|---|---|",
    ]
    for row in chosen[:shown]:
        missed = by_id.get(row["id"], ["error"])
        cells = [row["id"], row["question"], expected(row), got(row), ", ".join(missed)]
        ids = cell(" ".join(needed(suite, row, missed)), 2000)
        lines.append("| " + " | ".join([*(cell(text) for text in cells), ids]) + " |")
    if len(chosen) > shown:
        lines.append(f"\n{len(chosen) - shown} more are in results.jsonl.")
    how = f"Run one again: `{again(name, 'ID …', mode=suite.metrics['mode'])}`, with the ids of its last column"
    return [*lines, "", how, "", "</details>", ""]


def again(suite: str, *ids: str, mode: str = "quote") -> str:
    """The command that runs cases, or the whole suite, again in the mode they failed in; ``ID#2`` is the case ``ID``.

    That of claims judges all of them.
    """
    if suite == CLAIMS:
        return "python -m evals.gate --no-write"
    wanted = "" if mode == "quote" else f" --mode {mode}"
    only = f" --only {' '.join(dict.fromkeys(id_.partition('#')[0] for id_ in ids))}" if ids else ""
    return f"python -m evals run{wanted} --suite {suite}{only}"


def let_through(liars: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row for each lie that a reader would have seen, and for each error: who told it, where, what, how again."""
    rows = []
    for lies in liars["liars"]:
        told = [*lies["shown"], *([id_, "an error instead of an answer"] for id_ in lies["errors"])]
        rows += [{"name": lies["name"], "id": id_, "text": text} for id_, text in told]
    return [row | {"again": again(liars["suite"], row["id"], mode="replay")} for row in rows]


def _lies_table(liars: Mapping[str, Any]) -> list[str]:
    lines = [f"- {cell(line, 1000)}" for line in (liars["line"], liars["honest"]["line"])]
    if rows := let_through(liars):
        lines += ["", "| scripted model | id | what a reader would have seen | again |", "|---|---|---|---|"]
        lines += [
            f"| {cell(row['name'])} | {cell(row['id'])} | {cell(row['text'])} | `{row['again']}` |" for row in rows
        ]
    return lines


def expected(row: Mapping[str, Any]) -> str:
    """Accepted outcomes and gold addresses."""
    return "|".join(row["expect"]) + (f" {'+'.join(row['gold'])}" if row["gold"] else "")


def got(row: Mapping[str, Any]) -> str:
    """Status and shown addresses, or the error."""
    if row["outcome"] == "error":
        return f"error: {row['error']}"
    status = "/".join(filter(None, (row["answer"]["status"], row["answer"].get("reason"))))
    return f"{status} {'+'.join(map(str, row['shown']))}".strip()


def cell(text: str, longest: int = _CELL) -> str:
    """Untrusted text as one harmless table cell."""
    line = re.sub(r"\s+", " ", text).strip()
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]!#|~@])", r"\\\1", line)


def _metric_line(name: str, metric: Mapping[str, Any]) -> str:
    share = f"{metric['k']}/{metric['n']}" if metric["k"] is not None else f"n={metric['n']}"
    facts = f"{metric['facts']} ({effective(metric)})" if metric["facts"] else ""
    number = value(metric).partition(" ")[0]
    intervals = f"{interval(metric['wilson'])} | {interval(metric['by_fact'])}"
    return f"| {TITLES[name]} | {number} | {share} | {intervals} | {facts} |"


def _cut_table(content: Mapping[str, Any]) -> list[str]:
    """Metrics down, cuts across; each cell with its Wilson interval (for what is no rate the one by fact)."""
    cells: dict[tuple[str, str], Mapping[str, Any]] = {}
    for full, metric in content["metrics"].items():
        name, bracket, cut = full.rstrip("]").partition("[")
        if bracket:
            cells[name, cut] = metric
    cuts = list(dict.fromkeys(cut for _, cut in cells))
    lines = ["| metric | " + " | ".join(cuts) + " |", "|---" * (len(cuts) + 1) + "|"]
    for name in dict.fromkeys(name for name, _ in cells):
        row = [ranged(cells[name, cut]) if (name, cut) in cells else "" for cut in cuts]
        lines.append(f"| {TITLES[name]} | " + " | ".join(row) + " |")
    return lines


def _slice_table(group: str, rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = [f"| {group} | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for key, row in rows.items():
        cells = [ranged(row[name]) + few(row[name]) if name in row else "" for name in names]
        lines.append(f"| {cell(key)} | " + " | ".join(cells) + " |")
    return [*lines, "", f"† fewer than {SLICE_MINIMUM} cases: no verdict."]


def _repeats_table(repeats: Mapping[str, Mapping[str, float]]) -> list[str]:
    """How much a language model's answers vary between cases, and over the repeats of one."""
    lines = ["| over repeats | cases | mean | variance between cases | within a case |", "|---|---|---|---|---|"]
    for name, row in repeats.items():
        numbers = f"{row['mean']:.3f} | {row['between_cases']:.4f} | {row['within_cases']:.4f}"
        lines.append(f"| {TITLES[name]} | {row['cases']} | {numbers} |")
    return lines
