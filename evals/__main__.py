"""python -m evals: is the assistant right, may the questions be trusted, and would the suite notice if it were not?"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evals import commands
from evals.cases import SUITES
from evals.commands import BASELINE, RESULTS


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.command(arguments)
    except Exception as error:  # noqa: BLE001 - a bug of the suite must not look like a failed gate (1)
        return commands.told(error)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description="Measure the assistant.")
    known = parser.add_subparsers(required=True, metavar="COMMAND")
    validating = known.add_parser("validate", help="check the eval questions and every other file the suite stands on")
    validating.add_argument("--write-spans", action="store_true", help="tie the questions to the text as it is now")
    validating.set_defaults(command=commands.validate)

    running = known.add_parser("run", help="ask the questions, score the answers, compare with the baseline")
    running.add_argument("--suite", choices=(*SUITES, "all"), default="all", help="which questions (default: all)")
    running.add_argument("--out", type=Path, default=RESULTS, metavar="DIR", help="default: results")
    running.add_argument(
        "--mode",
        choices=("quote", "replay", "both", "llm"),
        default="quote",
        help="quote: no language model; replay: recorded answers of one; both: these two in one go, replay into "
        "DIR/replay; llm: the one that is configured",
    )
    running.add_argument("--only", nargs="+", metavar="ID", help="only these cases; quality gates say nothing then")
    running.add_argument("--once", action="store_true", help="leave out the second run that shows determinism")
    running.add_argument("--baseline", default=None, metavar="FILE", help="compare with this one, or with 'none'")
    running.add_argument("--repeats", type=int, default=3, help="llm mode: how often each question is asked")
    running.add_argument("--max-seconds", type=float, default=1800.0, help="llm mode: stop asking after so long")
    running.add_argument("--max-tokens", type=int, default=2_000_000, help="llm mode: stop asking after so many")
    running.set_defaults(command=commands.run)

    comparing = known.add_parser("compare", help="two runs, or a baseline and a run: every flip, with p-values")
    comparing.add_argument("before", type=Path, help="folder of a run, or a baseline file")
    comparing.add_argument("after", type=Path)
    comparing.add_argument(
        "--identical", action="store_true", help="instead: are metrics.json and results.jsonl the same byte for byte?"
    )
    comparing.set_defaults(command=commands.compare)

    reporting = known.add_parser("report", help="write the reports of a run again, from its files")
    reporting.add_argument("run", type=Path, nargs="?", default=RESULTS, metavar="DIR")
    for kind in ("md", "junit", "html"):
        reporting.add_argument(f"--{kind}", dest="kinds", action="append_const", const=kind)
    reporting.set_defaults(command=commands.report)

    keeping = known.add_parser("baseline", help="the committed baseline").add_subparsers(
        required=True, metavar="check|update"
    )
    checking = keeping.add_parser("check", help="does the last run fit the baseline, and is it no worse?")
    updating = keeping.add_parser("update", help="make the last run the baseline (by hand, with a reason)")
    updating.add_argument("--reason", required=True, help="why the numbers change; goes into the history")
    for one in (checking, updating):
        one.add_argument("--run", type=Path, default=RESULTS, metavar="DIR")
        one.add_argument("--baseline", type=Path, default=BASELINE, metavar="FILE")
    checking.set_defaults(command=commands.baseline_check)
    updating.set_defaults(command=commands.baseline_update)

    testing = known.add_parser("selftest", help="broken assistants must fail the gate named for them")
    testing.add_argument("--out", type=Path, default=RESULTS, metavar="DIR")
    testing.set_defaults(command=commands.selftest)

    recording = known.add_parser("record", help="ask the small local model again and keep what it writes")
    recording.add_argument(
        "--stale", action="store_true", help="only what was recorded and is another request now, of every suite"
    )
    recording.add_argument("--suite", choices=SUITES, default="dev", help="of which questions (default: dev)")
    recording.add_argument("--count", type=int, default=120, help="how many of them (default: 120)")
    recording.add_argument("--max-seconds", type=float, default=600.0, help="stop after so long (default: 600)")
    recording.set_defaults(command=commands.record)

    embedding = known.add_parser("vectors", help="keep the questions' vectors, for the first of a run's two askings")
    embedding.set_defaults(command=commands.vectors)

    promoting = known.add_parser("promote", help="make a draft case of a feedback report or a failing answer")
    promoting.add_argument(
        "source", type=Path, help="a feedback report (JSON); lines of them, or results.jsonl, with --id"
    )
    promoting.add_argument("--id", help="which line of a file of lines")
    promoting.set_defaults(command=commands.promote)
    return parser


if __name__ == "__main__":
    sys.exit(main())
