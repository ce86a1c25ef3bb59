"""docs/faults.md: the table as it was last seen, row by row, from the results beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.faults import tests
from evals.faults.row import Seen
from evals.faults.table import of_size
from index.errors import UserError

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "faults.md"
RESULTS = ROOT / "docs" / "faults-results.json"
_HEAD = """# Faults

What breaks, what is expected, and what was seen. Every row is run by the command under its name; `python -m evals.faults`
runs the small size that the tests run too, `--full` this one, and `--full --write` makes this page. Each fault of the
language model has a row in [llm.md](llm.md). What a state means for whoever runs the service:
[runbook](runbook/README.md).
"""


class ResultsMissing(UserError):
    """The page cannot be made of results that are not there (exit 4)."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the page, whatever checks it."""

    group: str
    name: str
    expected: str
    command: str


def lines() -> tuple[Line, ...]:
    """All rows of the full size, groups together in the order of the table."""
    found = [Line(row.group, row.name, row.expected, row.command) for row in (*of_size("full"), *tests.ROWS)]
    groups = list(dict.fromkeys(line.group for line in found))
    return tuple(sorted(found, key=lambda line: groups.index(line.group)))


def record(seen: Mapping[str, Seen], date: str, machine: Mapping[str, Any]) -> None:
    """Keep what was seen of these rows; rows that are no more are forgotten."""
    stored: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    stored |= {
        name: {"holds": found.holds, "seen": found.what, "date": date, "machine": machine}
        for name, found in seen.items()
    }
    kept = {line.name: stored[line.name] for line in lines() if line.name in stored}
    RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def text() -> str:
    """The page.

    Raises:
        ResultsMissing: a row was never run in the full size.
    """
    stored: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    rows = lines()
    if missing := [row.name for row in rows if row.name not in stored]:
        raise ResultsMissing(f"{len(missing)} rows were never run with --full --write, first {missing[0]!r}")
    results = [stored[row.name] for row in rows]
    held = sum(result["holds"] for result in results)
    dates = sorted({result["date"] for result in results})
    about = results[0]["machine"]
    written = (
        f"{_HEAD}\n{held} of {len(rows)} rows hold. Full size, {' to '.join(dict.fromkeys((dates[0], dates[-1])))}, "
        f"{about['cores']} cores of a shared machine ({about['processor']}), {about['system']}, Python {about['python']}; "
        f"other work ran beside it, so times are upper bounds.\n"
    )
    for group in dict.fromkeys(row.group for row in rows):
        mine = [(row, stored[row.name]) for row in rows if row.group == group]
        written += f"\n## {group}\n\n{_table(mine)}"
    return written


def _table(rows: Sequence[tuple[Line, Mapping[str, Any]]]) -> str:
    made = "| fault | expected | seen | holds |\n| --- | --- | --- | --- |\n"
    for row, result in rows:
        cells = (f"{row.name}<br>`{row.command}`", row.expected, result["seen"], "yes" if result["holds"] else "**no**")
        made += "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"
    return made
