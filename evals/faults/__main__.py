"""python -m evals.faults: break things and see. --full is the size before a release, --write makes docs/faults.md."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from evals import bench
from evals.faults import tests
from evals.faults.row import Seen, Size
from evals.faults.table import of_size, ran, stage

PAGE = Path(__file__).parent.parent.parent / "docs" / "faults.md"
_HEAD = """# Faults

What breaks, what is expected, and what was seen. Every row is run by its command; `python -m evals.faults` runs the
small size that the tests run too, `--full` this one, and `--full --write` makes this page. Faults of the language model
are in a table of their own, [llm.md](llm.md). What a state means for whoever runs the service:
[runbook](runbook/README.md).

"""

Line = tuple[str, str, str, Seen, str]  # group, fault, expected, seen, command


def main(argv: Sequence[str] | None = None) -> int:
    """Run the rows; exit 1 when one does not hold, 5 when none was chosen."""
    parser = argparse.ArgumentParser(prog="python -m evals.faults", description="Break things and see.")
    parser.add_argument("--full", action="store_true", help="the size before a release")
    parser.add_argument("--only", metavar="WORDS", default="", help="rows whose group or name holds these words")
    parser.add_argument("--write", action="store_true", help="write docs/faults.md (of all rows)")
    arguments = parser.parse_args(argv)
    size: Size = "full" if arguments.full else "small"
    words = arguments.only.lower()
    rows = [row for row in of_size(size) if words in f"{row.group} {row.name}".lower()]
    tested = [row for row in tests.ROWS if words in f"{row.group} {row.name}".lower() and (arguments.full or words)]
    if not rows and not tested:
        print(f"evals.faults: no row holds {arguments.only!r}", file=sys.stderr)
        return 5
    about, began = bench.machine(), datetime.now(UTC)
    lines: list[Line] = []
    if rows:
        with stage(size) as on:
            for row in rows:
                result = ran(row, on)
                lines.append((row.group, row.name, row.expected, result.seen, row.command))
                _tell(row.name, result.seen, f"{result.seconds:.0f} s")
    if tested:
        found = tests.results(tested)
        for test in tested:
            lines.append((test.group, test.name, test.expected, found[test.name], test.command))
            _tell(test.name, found[test.name], "tests")
    held = sum(line[3].holds for line in lines)
    minutes = (datetime.now(UTC) - began).total_seconds() / 60
    print(f"{held} of {len(lines)} rows hold, {minutes:.1f} minutes")
    if arguments.write and not words:
        about_line = (
            f"{held} of {len(lines)} rows hold. Measured on {began.date().isoformat()} in {minutes:.0f} minutes, size "
            f"{size}, on {about['cores']} cores ({about['processor']}), {about['system']}, Python {about['python']}, "
            f"load {about['load']} before the start.\n"
        )
        PAGE.write_text(_HEAD + about_line + page(lines), encoding="utf-8")
    return 0 if held == len(lines) else 1


def page(lines: Sequence[Line]) -> str:
    """The tables, a group each."""
    text = ""
    for group in dict.fromkeys(line[0] for line in lines):
        text += f"\n## {group}\n\n| fault | expected | seen | holds |\n| --- | --- | --- | --- |\n"
        mine = [line for line in lines if line[0] == group]
        for _, name, expected, seen, command in mine:
            cells = (f"{name}<br>`{command}`", expected, seen.what, "yes" if seen.holds else "**no**")
            text += "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"
    return text


def _tell(name: str, seen: Seen, how: str) -> None:
    print(f"{'holds' if seen.holds else 'FAILS'}  {name}: {seen.what} ({how})", flush=True)


if __name__ == "__main__":
    sys.exit(main())
