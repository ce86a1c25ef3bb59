"""python -m evals.faults: break things and see. --full is the size before a release, --write makes docs/faults.md."""

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from evals.bench import report
from evals.faults import page, tests
from evals.faults.row import Seen, Size
from evals.faults.table import of_size, ran, stage
from evals.machine import commit, processor, program
from index.errors import UserError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the rows; exit 1 when one does not hold, 5 when none was chosen."""
    parser = argparse.ArgumentParser(prog="python -m evals.faults", description="Break things and see.")
    parser.add_argument("--full", action="store_true", help="the size before a release")
    parser.add_argument("--only", metavar="WORDS", default="", help="rows whose group or name holds these words")
    parser.add_argument("--write", action="store_true", help="keep what was seen and make docs/faults.md")
    parser.add_argument("--page", action="store_true", help="make the pages from what was kept, and run nothing")
    arguments = parser.parse_args(argv)
    if arguments.page:
        write_pages()
        return 0
    try:
        return run(arguments.full, arguments.only.lower(), arguments.write)
    except UserError as error:
        print(f"evals.faults: {error}", file=sys.stderr)
        return error.exit_code


def run(full: bool, words: str, write: bool) -> int:
    """Run the rows that hold the words, tell each, and keep what was seen."""
    size: Size = "full" if full else "small"
    rows = [row for row in of_size(size) if words in f"{row.group} {row.name}".lower()]
    tested = [row for row in tests.ROWS if words in f"{row.group} {row.name}".lower()] if full else []
    if not rows and not tested:
        print(f"evals.faults: no row holds {words!r}", file=sys.stderr)
        return 5
    began = datetime.now(UTC)
    kept = {"commit": commit() or "unknown", "program": program()}
    about = {"date": began.date().isoformat(), "machine": _machine(), **kept}
    seen: dict[str, Seen] = {}

    def tell(name: str, found: Seen, how: str) -> None:
        seen[name] = found
        print(f"{'holds' if found.holds else 'FAILS'}  {name}: {found.what} ({how})", flush=True)
        if write:
            page.record(name, found, size, about)
            page.PAGE.write_text(page.text(), encoding="utf-8")

    if rows:
        with stage(size) as on:
            for row in rows:
                result = ran(row, on)
                tell(row.name, result.seen, f"{result.seconds:.0f} s")
    if tested:
        for name, found in tests.results(tested).items():
            tell(name, found, "tests")
    held = sum(found.holds for found in seen.values())
    print(f"{held} of {len(seen)} rows hold, {(datetime.now(UTC) - began).total_seconds() / 60:.1f} minutes")
    if write:
        write_pages()
    return 0 if held == len(seen) else 1


def write_pages() -> None:
    """docs/faults.md, and the bench's page, whose goals are made from these rows too."""
    page.PAGE.write_text(page.text(), encoding="utf-8")
    report.write()


def _machine() -> str:
    system = f"{platform.system()} {platform.release()}"
    return f"{os.cpu_count()} cores ({processor()}), {system}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
