"""docs/faults.md: the table as it was last seen, row by row, from the results beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evals.bench.goals import FAULTS, read_faults
from evals.faults import tests
from evals.faults.row import Fault, Seen, Size
from evals.faults.table import ROWS
from evals.machine import aged
from evals.processes import ROOT

PAGE = ROOT / "docs" / "faults.md"
_HEAD = """# Faults

What breaks, what is expected, and what was seen. Every row is run by the command under its name.
`python -m evals.faults` runs the small size that the tests run too, `--full` the one before a release, `--write` keeps
what was seen and makes this page, and `--page` makes it anew from what was kept. What was seen on another state of the
program, or on one that was not kept, says so. In the full size every service is `app.py` as readers get it. In the
small size the service that rows share embeds a text once only and takes a hundred thousand times as many questions from
an address, so that CI can run it: there its times and the limits for an address say nothing. The small row that ends it
starts `app.py` itself.
Each fault of the language model has a row in [llm.md](llm.md). What a state means for whoever runs the service stands
in the [runbook](runbook/README.md).
"""
_BUSY = "†"  # on rows of before the commit was kept beside them
_BESIDE = f" Other work ran beside the rows marked {_BUSY} on the same cores, so their times are upper bounds."


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the page, whatever checks it."""

    group: str
    name: str
    expected: str
    command: str


def lines() -> tuple[Line, ...]:
    """All rows, groups together in the order of the table."""
    rows: tuple[Fault | tests.Tested, ...] = (*ROWS, *tests.ROWS)
    found = [Line(row.group, row.name, row.expected, row.command) for row in rows]
    groups = list(dict.fromkeys(line.group for line in found))
    return tuple(sorted(found, key=lambda line: groups.index(line.group)))


def record(name: str, found: Seen, size: Size, about: Mapping[str, Any]) -> None:
    """Keep what was seen of a row; the small size never replaces the full one, and rows that are no more are forgotten.

    ``about``: the date, the machine, the commit and the state of the program.
    """
    stored = read_faults(FAULTS)
    if not (size == "small" and stored.get(name, {}).get("size") == "full"):
        timed = {} if found.seconds is None else {"seconds": round(found.seconds, 2)}
        stored[name] = {"holds": found.holds, "seen": found.what, "size": size, **timed, **about}
    kept = {line.name: stored[line.name] for line in lines() if line.name in stored}
    FAULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def text() -> str:
    """The page; a row that was never run says so."""
    stored, rows = read_faults(FAULTS), lines()
    run = [stored[row.name] for row in rows if row.name in stored]
    dates = sorted({result["date"] for result in run}) or ["never"]
    machines = sorted({result["machine"] for result in run})
    commits = sorted({result["commit"] for result in run if "commit" in result})
    beside = _BESIDE if any("commit" not in result for result in run) else ""
    of = f", at {'commit' if len(commits) == 1 else 'commits'} {', '.join(commits)}" if commits else ""
    written = (
        f"{_HEAD}\n{sum(result['holds'] for result in run)} of {len(rows)} rows hold; "
        f"{sum(result['size'] == 'full' for result in run)} were run in the full size, "
        f"{sum(bool(aged(result['date'], result)) for result in run)} on an older state of the program, "
        f"{' to '.join(dict.fromkeys((dates[0], dates[-1])))}{of}, on {'; '.join(machines)}.{beside}\n"
    )
    for group in dict.fromkeys(row.group for row in rows):
        mine = [row for row in rows if row.group == group]
        written += f"\n## {group}\n\n| fault | expected | seen | holds |\n| --- | --- | --- | --- |\n"
        written += "".join(_row(row, stored.get(row.name)) for row in mine)
    return written


def _row(row: Line, result: Mapping[str, Any] | None) -> str:
    seen, holds = "not run yet", "–"
    if result is not None:
        small = "" if result["size"] == "full" else "small size: "
        mark = "" if "commit" in result else f" {_BUSY}"
        seen, holds = (
            f"{aged(result['date'], result)}{small}{result['seen']}{mark}",
            "yes" if result["holds"] else "**no**",
        )
    cells = (f"{row.name}<br>`{row.command}`", row.expected, seen, holds)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"
