"""python -m evals: is the assistant right, and may the questions be trusted? Commands: validate, run."""

import argparse
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from assistant.config import Config
from evals import cases as case_files
from evals import checking, gates, lock
from evals.cases import SUITES, Case
from index import parse
from index.errors import ConfigError, UserError

ROOT = Path(__file__).parent.parent
HISTORY = Path(__file__).parent / "history.jsonl"
INTERNAL_ERROR = 3
NOTHING_SELECTED = 5


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.command(arguments)
    except UserError as error:
        print(f"evals: {error}", file=sys.stderr)
        return error.exit_code
    except Exception:  # noqa: BLE001 - a bug of the suite must not look like a failed gate (1)
        traceback.print_exc()
        return INTERNAL_ERROR
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description="Measure the assistant.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    validating = commands.add_parser("validate", help="check the eval questions, the bank, the aid and the glossary")
    validating.add_argument("--write-spans", action="store_true", help="tie the questions to the text as it is now")
    validating.add_argument("--no-seen", action="store_true", help="leave out near copies of bank questions (no index)")
    validating.set_defaults(command=validate)
    running = commands.add_parser("run", help="ask the questions and score the answers")
    running.add_argument("--suite", choices=(*SUITES, "all"), default="all", help="which questions (default: all)")
    running.add_argument("--out", type=Path, default=Path("results"), metavar="DIR", help="default: results")
    running.add_argument(
        "--mode", choices=("quote",), default="quote", help="which mode of the assistant (default: quote)"
    )
    running.add_argument("--only", nargs="+", metavar="ID", help="only these cases; quality gates say nothing then")
    running.add_argument("--once", action="store_true", help="leave out the second run that shows determinism")
    running.add_argument("--record-history", action="store_true", help="add a line to evals/history.jsonl")
    running.set_defaults(command=run)
    return parser


def validate(arguments: argparse.Namespace) -> int:
    """Check the questions; prints every problem and a line of counts for each suite."""
    document = parse.load()
    if arguments.write_spans:
        lock.write(document)
    found = checking.validate(document=document)
    for problem in (*found.stale, *found.problems):
        print(problem)
    for suite, cases in found.suites.items():
        print(f"{suite}: {checking.counts(cases)}")
    if not arguments.no_seen:
        test = found.suites["test"]
        near = _seen(test)
        print(f"test: {sum(near.values())} of {len(test)} are near copies of bank questions (slice 'seen')")
    return found.exit_code


def run(arguments: argparse.Namespace) -> int:
    """Ask, score, judge and report each suite; the exit code is the worst verdict's."""
    if arguments.record_history and (os.environ.get("CI") or arguments.only or arguments.once):
        raise ConfigError("--record-history is for a whole run by hand: not under CI, not with --only or --once")
    document = parse.load()
    lock.check(document)
    limits = gates.load()
    names = SUITES if arguments.suite == "all" else (arguments.suite,)
    chosen = {suite: _chosen(case_files.load(suite), arguments.only) for suite in names}
    if not any(chosen.values()):
        print("evals: no case is selected; --only takes ids of the chosen suite", file=sys.stderr)
        return NOTHING_SELECTED
    everything = [case for cases in chosen.values() for case in cases]
    # These import LlamaIndex, Chroma and scipy: seconds that validate and --help can do without.
    from assistant.ask import Assistant
    from evals import metrics, report, runner
    from evals.scorers import Measure

    config = Config.from_env()
    with ExitStack() as stack:
        second = None if arguments.once else stack.enter_context(runner.SecondRun(everything))
        assistant = Assistant.open(config)
        measure = Measure.of(document)
        near = _seen(everything)
        asked = {suite: runner.ask(assistant, cases, config.public_url) for suite, cases in chosen.items() if cases}
        again = second.answers() if second else None
    codes = []
    for suite, answers in asked.items():
        measured = metrics.measure_run(answers.results, measure, near, again)
        verdict = gates.judge(suite, measured, limits, partial=bool(arguments.only))
        identity = {"document_sha256": document.sha256, "index_fingerprint": assistant.index.fingerprint}
        content = report.metrics_object(suite, arguments.mode, measured, verdict, identity)
        text = report.summary(suite, measured, verdict, answers.results)
        report.write(arguments.out / suite, content, answers.results, answers.milliseconds, measure, text)
        print(f"{verdict.line} ({arguments.out / suite / 'summary.md'})")
        codes.append(verdict.exit_code)
        if arguments.record_history:
            record(content)
    return max(codes)


def record(content: dict[str, object], path: Path = HISTORY) -> None:
    """Append what a run reached to the history: date, commit, and k/n or value of every metric."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    kept = ("suite", "mode", "verdict", "cases", "document_sha256", "index_fingerprint")
    measured = content["metrics"]
    assert isinstance(measured, dict)
    line = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.strip() or None,
        **{name: content[name] for name in kept},
        "metrics": {name: [m["k"], m["n"]] if m["k"] is not None else m["value"] for name, m in measured.items()},
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _chosen(cases: tuple[Case, ...], only: list[str] | None) -> tuple[Case, ...]:
    return cases if only is None else tuple(case for case in cases if case.id in only)


def _seen(cases: Sequence[Case]) -> dict[str, bool]:
    from evals.seen import seen
    from index.library import open_index
    from index.settings import IndexSettings

    store, embedder = open_index(IndexSettings.from_env())
    return seen(cases, store, embedder)


if __name__ == "__main__":
    sys.exit(main())
