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
FOLLOW_UPS = "follow_ups"
FOLLOW_UPS_BEGIN, FOLLOW_UPS_END = (
    "<!-- follow-ups: written by python -m evals.held_out -->",
    "<!-- end of follow-ups -->",
)
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


def newest(history: Path, suite: str = SUITE) -> Mapping[str, Any]:
    """[k, n] or value of each metric of the last recorded run of a suite, the test split, in quote mode.

    Raises:
        UserError: there is none (exit 2).
    """
    for line in reversed(history.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        if (row["suite"], row["mode"]) == (suite, "quote"):
            found: Mapping[str, Any] = row["metrics"]
            return found
    raise UserError(f"{history}: no run of the suite {suite!r} in quote mode is recorded")


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


def follow_ups(metrics: Mapping[str, Any]) -> str:
    """Completeness and refusal over all groups of follow-ups, each with k/n and Wilson's interval, as a sentence."""
    complete, refused = (_cell(metrics.get(name)) for name in ("completeness", "refusal_recall"))
    return f"Follow-ups, all groups: complete {complete}, refused of the unanswerable {refused}."


def written(page: str, metrics: Mapping[str, Any], of_follow_ups: Mapping[str, Any]) -> str:
    """The page with its table and its line on follow-ups made anew.

    Raises:
        MarkersMissing: the page lacks them.
    """
    page = insert(page, BEGIN, END, table(metrics))
    return insert(page, FOLLOW_UPS_BEGIN, FOLLOW_UPS_END, follow_ups(of_follow_ups))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the figures of the newest runs."""
    argparse.ArgumentParser(prog="python -m evals.held_out", description=(__doc__ or "").split("\n", 1)[0]).parse_args(
        arguments
    )
    try:
        page = PAGE.read_text(encoding="utf-8")
        found = (newest(baseline.HISTORY, suite) for suite in (SUITE, FOLLOW_UPS))
        PAGE.write_text(written(page, *found), encoding="utf-8")
    except UserError as error:
        print(f"evals.held_out: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
