"""python -m evals.ablation: what each kind of evidence brings, on the test split, as tables in docs/retrieval.md.

Every row adds one kind of evidence to the one above, with weights fitted for exactly that evidence. Up to the
classifier the assistant never refuses and its confidence is the best sentence's score; the last row is what ships, and
of it the page also has risk over coverage and the kinds of question that are least often refused.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

from assistant import glossary, scoring
from assistant.ask import Assistant
from assistant.config import Config
from assistant.evidence import LEVELS, Level, Space
from assistant.retrieve import Retriever, keyword_texts
from assistant.scoring import Logistic
from assistant.types import IndexIdentity
from assistant.understand import Understanding
from evals import gates, lock, summary, wording
from evals.cases import SUITES, load
from evals.gates import SLICE_MINIMUM
from evals.marked import insert
from evals.measured import Measured, Metric
from evals.metrics import measure_run
from evals.remembering import Remembering
from evals.runner import ask
from evals.scorers import Measure
from index import parse, reading_aid
from index.errors import UserError
from index.library import open_index
from index.store import Store

PAGE = Path(__file__).parent.parent / "docs" / "retrieval.md"
SUITE = "test"
BEGIN, END = "<!-- ablation: written by python -m evals.ablation -->", "<!-- end of ablation -->"
RISK_BEGIN, RISK_END = "<!-- risk over coverage: written by python -m evals.ablation -->", "<!-- end of risk -->"
KINDS_BEGIN, KINDS_END = "<!-- kinds: written by python -m evals.ablation -->", "<!-- end of kinds -->"
NOT_RUN = "Not run on this state."  # what stands between markers until it was
SHIPPED = "+ answerability (as shipped)"
_NAMES: dict[Level, str] = {
    "vectors": "dense only",
    "keywords": "+ keywords",
    "reading_aid": "+ reading aid",
    "question_bank": "+ question bank",
    "classifier": "+ classifier",
}
_COLUMNS = ("completeness[en]", "completeness[ja]", "precision", "auroc", "refusal_recall", "over_refusal")
_ON_REFUSING = 2  # the last columns say nothing about an assistant that never refuses
_HEADINGS = ("evidence", "complete EN", "complete JA", "precision", "AUROC", "refusal recall", "over-refusal")
_LOWEST = 3  # kinds that are told


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``refuses`` says whether the assistant of this row could refuse at all."""

    name: str
    measured: Measured
    refuses: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """Value, k/n, interval and effective facts of each column; empty where the metric does not apply."""
        columns = _COLUMNS if self.refuses else _COLUMNS[:-_ON_REFUSING]
        shown = [_cell(self.measured.metrics.get(column)) for column in columns]
        return (self.name, *shown, *[""] * (len(_COLUMNS) - len(columns)))


def _cell(metric: Metric | None) -> str:
    """Wilson's interval for a rate, the one by fact for AUROC."""
    if metric is None:
        return ""
    told = [f"{metric.k}/{metric.n}" if metric.k is not None else f"n={metric.n}"]
    if interval := metric.interval or metric.by_fact:
        told += [f"{interval.low:.2f} to {interval.high:.2f}", f"n_eff {metric.effective_facts:.0f}"]
    return f"{metric.value:.3f} ({'; '.join(told)})"


def assistant_with(store: Store, embedder: Remembering, level: Level, *, refusing: bool) -> Assistant:
    """An assistant that has only the evidence up to ``level``; unless ``refusing`` it always answers."""
    words, aid = glossary.load(), reading_aid.load(store.document)
    fitted, head = scoring.load(store.document.sha256, store.embedding, level)
    if not refusing:
        fitted = replace(fitted, answerable=Logistic(0.0, {"choice_best": 1.0}), answer_from=-1.0)
    space = Space(store.entries, store.vectors, keyword_texts(store, words, level), head, level)
    return Assistant(
        store.document,
        aid,
        IndexIdentity(store.fingerprint, store.embedding),
        Understanding(store.document, words, aid),
        Retriever(store, cast(Any, embedder), space, fitted),
        None,
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    return "\n".join([*summary.table(_HEADINGS, [row.cells for row in rows]), "", wording.EFFECTIVE])


def risk(measured: Measured, threshold: float) -> str:
    """Coverage and risk from the surest questions to all, the threshold as shipped marked, as Markdown."""
    if not measured.curve:
        return "No question is scored for answerability."
    point, found = measured.operating_point, measured.metrics.get("auroc")
    points = [asdict(one) for one in measured.curve]
    scored = measured.metrics["aurc"].n
    rows = wording.curve_rows(points, asdict(point) if point else None, threshold, scored)
    marked = [tuple(f"**{text}**" for text in row) if row[-1].endswith("as shipped") else row for row in rows]
    behind = f"{scored} questions" + (f", n_eff {found.effective_facts:.0f}." if found else ".")
    return "\n".join([*summary.table(wording.CURVE_HEADS, marked), "", behind])


def kinds(refused: Mapping[str, tuple[int, int]], floor: float) -> str:
    """Which kinds of unanswerable question are least often refused; ``refused`` is (refused, asked) of each kind.

    Kinds with fewer questions than a slice needs for a verdict are left out; ``floor`` is that of the gate.
    """
    held = {kind: (k, n) for kind, (k, n) in refused.items() if n >= SLICE_MINIMUM}
    if not held:
        return f"No kind of unanswerable question has {SLICE_MINIMUM} or more questions."
    below = [kind for kind, (k, n) in held.items() if k / n < floor - 1e-9]
    lowest = sorted(held, key=lambda kind: (held[kind][0] / held[kind][1], kind))[:_LOWEST]
    told = ", ".join(f"`{kind}` {wording.rate(*held[kind])}" for kind in lowest)
    return (
        f"Refused, by kind of unanswerable question: of {len(held)} kinds with {SLICE_MINIMUM} or more questions "
        f"{len(held) - len(below)} reach the floor of {floor:.2f}"
        + (f" (below it: {', '.join(f'`{kind}`' for kind in below)})" if below else "")
        + f"; lowest are {told}."
    )


def floor_of_kinds() -> float:
    """The floor that ``gates.toml`` sets for every kind."""
    (found,) = [g for g in gates.load() if (g.suite, g.metric, g.slice) == (SUITE, "refusal_recall", "kind")]
    assert found.floor is not None
    return found.floor


def refused_by_kind(measured: Measured) -> dict[str, tuple[int, int]]:
    """(refused, asked) of each kind that holds unanswerable questions."""
    rows = ((kind, row.get("refusal_recall")) for kind, row in measured.slices.get("kind", {}).items())
    return {kind: (metric.k, metric.n) for kind, metric in rows if metric is not None and metric.k is not None}


def written(page: str, rows: Sequence[Row], threshold: float) -> str:
    """The page with everything that stands between its markers made anew; the last row is what ships.

    Raises:
        MarkersMissing: the page lacks some of them.
    """
    shipped = rows[-1].measured
    page = insert(page, BEGIN, END, table(rows))
    page = insert(page, RISK_BEGIN, RISK_END, risk(shipped, threshold))
    return insert(page, KINDS_BEGIN, KINDS_END, kinds(refused_by_kind(shipped), floor_of_kinds()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask the test split once for each row and write the tables; any other choice of questions is only printed."""
    parser = argparse.ArgumentParser(prog="python -m evals.ablation", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--suite", choices=SUITES, default=SUITE)
    parser.add_argument("--only", nargs="+", metavar="ID", help="print the tables of these questions")
    wish = parser.parse_args(arguments)
    try:
        page = PAGE.read_text(encoding="utf-8")
        for begin, end in ((BEGIN, END), (RISK_BEGIN, RISK_END), (KINDS_BEGIN, KINDS_END)):
            insert(page, begin, end, "")  # said now, not after minutes
        document = parse.load()
        lock.check(document)
        cases = [case for case in load(wish.suite) if not wish.only or case.id in wish.only]
        store, embedder = open_index(Config.from_env().index)
        # Every row asks the same questions, so each is embedded once; stored vectors are not used, nothing checks them.
        remembering = Remembering(embedder)
        measure = Measure.of(document)
        rows: list[Row] = []
        steps = [(level, _NAMES[level], False) for level in LEVELS] + [(LEVELS[-1], SHIPPED, True)]
        for level, name, refusing in steps:
            assistant = assistant_with(store, remembering, level, refusing=refusing)
            measured = measure_run(ask(assistant, cases).results, measure, {})
            rows.append(Row(name, measured, refuses=refusing))
            print(" | ".join(rows[-1].cells), flush=True)
        threshold = scoring.load(document.sha256, store.embedding, LEVELS[-1])[0].answer_from
        if wish.suite == SUITE and not wish.only:
            PAGE.write_text(written(page, rows, threshold), encoding="utf-8")
        else:
            print(
                risk(rows[-1].measured, threshold),
                kinds(refused_by_kind(rows[-1].measured), floor_of_kinds()),
                sep="\n\n",
            )
    except UserError as error:
        print(f"evals.ablation: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
