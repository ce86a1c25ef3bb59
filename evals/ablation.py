"""python -m evals.ablation: what each kind of evidence brings, on the test split, as a table in docs/retrieval.md.

Every row adds one kind of evidence to the one above, with weights fitted for exactly that evidence. Up to the
classifier the assistant never refuses and its confidence is the best sentence's score; the last row is what ships.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant import glossary, scoring
from assistant.ask import Assistant
from assistant.config import Config
from assistant.evidence import LEVELS, Level, Space
from assistant.retrieve import Retriever, keyword_texts
from assistant.scoring import Logistic
from assistant.types import IndexIdentity
from assistant.understand import Understanding
from evals import lock
from evals.cases import load
from evals.marked import insert
from evals.measured import Measured, Metric
from evals.metrics import measure_run
from evals.runner import ask
from evals.scorers import Measure
from index import parse, reading_aid
from index.embed import Embedder
from index.errors import UserError
from index.library import open_index
from index.store import Store

PAGE = Path(__file__).parent.parent / "docs" / "retrieval.md"
BEGIN, END = "<!-- ablation: written by python -m evals.ablation -->", "<!-- end of ablation -->"
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


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``refuses`` says whether the assistant of this row could refuse at all."""

    name: str
    measured: Measured
    refuses: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """Value, k/n and interval of each column; empty where the metric does not apply."""
        columns = _COLUMNS if self.refuses else _COLUMNS[:-_ON_REFUSING]
        shown = [_cell(self.measured.metrics.get(column)) for column in columns]
        return (self.name, *shown, *[""] * (len(_COLUMNS) - len(columns)))


def _cell(metric: Metric | None) -> str:
    """Wilson's interval for a rate, the one by fact for AUROC."""
    if metric is None:
        return ""
    share = f"{metric.k}/{metric.n}" if metric.k is not None else f"n={metric.n}"
    interval = metric.interval or metric.by_fact
    return f"{metric.value:.3f} ({share}" + (f"; {interval.low:.2f} to {interval.high:.2f})" if interval else ")")


def assistant_with(store: Store, embedder: Embedder, level: Level, *, refusing: bool) -> Assistant:
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
        Retriever(store, embedder, space, fitted),
        None,
    )


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = [_HEADINGS, ("---",) * len(_HEADINGS), *(row.cells for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def main() -> int:
    """Run the test split once for each row and write the table."""
    try:
        page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        insert(page, BEGIN, END, "")
        document = parse.load()
        lock.check(document)
        cases = load("test")
        store, embedder = open_index(Config.from_env().index)
        measure = Measure.of(document)
        rows = []
        for level in LEVELS:
            results = ask(assistant_with(store, embedder, level, refusing=False), cases).results
            rows.append(Row(_NAMES[level], measure_run(results, measure, {})))
            print(" | ".join(rows[-1].cells), flush=True)
        results = ask(assistant_with(store, embedder, LEVELS[-1], refusing=True), cases).results
        rows.append(Row("+ answerability (as shipped)", measure_run(results, measure, {}), refuses=True))
        print(" | ".join(rows[-1].cells))
        PAGE.write_text(insert(page, BEGIN, END, table(rows)), encoding="utf-8")
    except UserError as error:
        print(f"evals.ablation: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
