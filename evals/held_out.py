"""python -m evals.held_out: the figures of the held-out questions in docs/retrieval.md, from the last recorded run.

`python -m evals baseline update` records runs; a test holds the page to the newest one of the test split.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals import baseline, gates, summary, wording
from evals.marked import insert
from index.errors import UserError

PAGE = Path(__file__).parent.parent / "docs" / "retrieval.md"
SUITE = "test"
BEGIN, END = "<!-- held out: written by python -m evals.held_out -->", "<!-- end of held out -->"
# All questions; those no bank question is like; the round that was written last.
SLICES = {"all": "", "never like a bank question": "unseen", "round `k.`": "fresh"}
_ROWS = {
    "complete EN": "completeness[en]",
    "complete JA": "completeness[ja]",
    "complete": "completeness",
    "precision": "precision",
    "AUROC": "auroc",
    "refused of the unanswerable": "refusal_recall",
    "over-refusal EN": "over_refusal[en]",
    "over-refusal JA": "over_refusal[ja]",
    "over-refusal": "over_refusal",
    "twins": "twins",
}


def newest(history: Path) -> Mapping[str, Any]:
    """[k, n] or value of each metric of the last recorded run of the test split in quote mode.

    Raises:
        UserError: there is none (exit 2).
    """
    for line in reversed(history.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        if (row["suite"], row["mode"]) == (SUITE, "quote"):
            found: Mapping[str, Any] = row["metrics"]
            return found
    raise UserError(f"{history}: no run of the suite {SUITE!r} in quote mode is recorded")


def table(metrics: Mapping[str, Any]) -> str:
    """A row a metric and a column a slice, with the floor of each as ``gates.toml`` sets it, as Markdown."""
    floors = {gate.metric: gate.floor for gate in gates.load() if gate.suite == SUITE and not gate.slice}
    rows = []
    for name, metric in _ROWS.items():
        cells = [_cell(metrics.get(_of(metric, slice_))) for slice_ in SLICES.values()]
        floor = floors.get(metric)
        if any(cells):
            rows.append((name, *cells, "" if floor is None else f"{floor:.3g}"))
    return "\n".join(summary.table(("", *SLICES, "floor"), rows))


def _of(metric: str, slice_: str) -> str:
    name, _, language = metric.rstrip("]").partition("[")
    inside = ",".join(part for part in (language, slice_) if part)
    return f"{name}[{inside}]" if inside else name


def _cell(found: Sequence[int] | float | None) -> str:
    """A rate with k/n and Wilson's interval; an area as it is, for the history keeps no interval of it."""
    if found is None:
        return ""
    return f"{found:.3f}" if isinstance(found, float) else wording.rate(*found)


def written(page: str, metrics: Mapping[str, Any]) -> str:
    """The page with its table made anew.

    Raises:
        MarkersMissing: the page lacks them.
    """
    return insert(page, BEGIN, END, table(metrics))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table of the newest run."""
    argparse.ArgumentParser(prog="python -m evals.held_out", description=(__doc__ or "").split("\n", 1)[0]).parse_args(
        arguments
    )
    try:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(written(page, newest(baseline.HISTORY)), encoding="utf-8")
    except UserError as error:
        print(f"evals.held_out: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
