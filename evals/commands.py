"""What each command of ``python -m evals`` does; returns its exit code.

The functions import what they need: LlamaIndex and Chroma take seconds that ``validate`` can do without.
"""

import argparse
import os
import re
import sys
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from evals import cases as case_files
from evals import lock
from evals.cases import SUITES, Case
from index import parse
from index.document import Document
from index.errors import ConfigError, UserError

if TYPE_CHECKING:
    from evals.compare import Snapshot
    from evals.running import Wish

INTERNAL_ERROR = 3
NOTHING_SELECTED = 5
RESULTS = Path("results")
BASELINE = Path(__file__).parent / "baseline.json"


def told(error: Exception) -> int:
    """Say what broke, a mistake in one line and a bug with its traceback; returns the exit code."""
    if isinstance(error, UserError):
        print(f"evals: {error}", file=sys.stderr)
        return error.exit_code
    traceback.print_exception(error)
    return INTERNAL_ERROR


def validate(arguments: argparse.Namespace) -> int:
    """Check the questions; prints every problem and a line of counts for each suite."""
    from evals import checking

    document = parse.load()
    if arguments.write_spans:
        lock.write(document)
    found = checking.validate(document=document)
    for problem in (*found.stale, *found.problems):
        print(problem)
    for suite, cases in found.suites.items():
        print(f"{suite}: {checking.counts(cases)}")
    print(checking.shared_gold(found.suites["dev"], found.suites["test"]))
    return found.exit_code


def run(arguments: argparse.Namespace) -> int:
    """Ask, score, judge, compare, report."""
    document = parse.load()
    lock.check(document)
    names = SUITES if arguments.suite == "all" else (arguments.suite,)
    chosen = {suite: chosen_of(case_files.load(suite), arguments.only) for suite in names}
    chosen = {suite: cases for suite, cases in chosen.items() if cases}
    if not chosen:
        print("evals: no case is selected; --only takes ids of the chosen suite", file=sys.stderr)
        return NOTHING_SELECTED
    from evals import running

    # The baseline is of whole suites in quote mode; anything else is compared only when it is asked for.
    whole = arguments.mode in ("quote", "both") and not arguments.only
    given = arguments.baseline or (str(BASELINE) if whole else "none")
    wish = running.Wish(
        arguments.out,
        partial=bool(arguments.only),
        once=arguments.once,
        whole=arguments.suite == "all",
        baseline=None if given == "none" else Path(given),
        noisy=any("~" in id_ for id_ in arguments.only or ()),
    )
    if arguments.mode == "quote":
        return running.quote(document, chosen, wish).exit_code
    if arguments.mode != "llm":
        return _replay(document, chosen, wish, quoting=arguments.mode == "both")
    from evals import live

    budget = live.Budget(arguments.max_seconds, arguments.max_tokens)
    return live.live(document, chosen, wish, arguments.repeats, budget).exit_code


def _replay(document: Document, chosen: Mapping[str, tuple[Case, ...]], wish: "Wish", *, quoting: bool) -> int:
    """Replay alone, or beside quote mode, whose conclusion is then that of both."""
    from evals import recordings, replay, running
    from evals.conclusion import Conclusion

    kept = recordings.load()
    if not quoting:
        return replay.replay(document, chosen, wish, kept).exit_code
    apart = replace(wish, out=wish.out / "replay", baseline=None)

    def beside(opened: running.Opened) -> Conclusion:
        try:
            return replay.replay(document, chosen, apart, kept, opened)
        except Exception as error:  # noqa: BLE001 - the results of quote mode are to be written all the same
            return Conclusion(told(error), f"BROKEN: {error or type(error).__name__}", ())

    return running.quote(document, chosen, wish, beside).exit_code


def compare(arguments: argparse.Namespace) -> int:
    """Print what changed between two runs; exit 10 when the second is worse.

    With ``--identical``: exit 1 when a file that holds no time differs.
    """
    from evals import baseline
    from evals import compare as comparing

    if arguments.identical:
        lines, same = comparing.identical(arguments.before, arguments.after)
        print("\n".join(lines))
        return 0 if same else 1
    before, after = (_snapshot(path) for path in (arguments.before, arguments.after))
    baseline.comparable(before, after)
    found = comparing.compare(before, after)
    print(comparing.markdown(found, str(arguments.before), str(arguments.after)), end="")
    return 10 if found.regressions else 0


def report(arguments: argparse.Namespace) -> int:
    """Write the reports of a stored run again."""
    from evals import baseline, stored
    from evals import report as reporting

    found = stored.read_run(arguments.run)
    comparison = None
    if found.conclusion.get("compared_with"):
        comparison = baseline.compared(Path(found.conclusion["compared_with"]), found)
    for path in reporting.write(found, comparison, parse.load(), arguments.kinds or reporting.KINDS):
        print(path)
    return int(found.conclusion["exit_code"])


def baseline_check(arguments: argparse.Namespace) -> int:
    """Hold the last run against the baseline: 4 when they do not fit, 10 when it is worse."""
    from evals import baseline, stored

    found = baseline.compared(arguments.baseline, stored.read_run(arguments.run))
    for change in found.regressions:
        print(f"REGRESSION: {change.line}")
    if not found.regressions:
        print(f"no regression; {len(found.changes)} metrics changed")
    return 10 if found.regressions else 0


def baseline_update(arguments: argparse.Namespace) -> int:
    """Make the last run the baseline, and say which ratchets could be raised."""
    from evals import baseline, stored

    for line in baseline.update(stored.read_run(arguments.run), arguments.reason, arguments.baseline):
        print(line)
    print(f"{arguments.baseline} written; commit it with evals/history.jsonl")
    return 0


def selftest(arguments: argparse.Namespace) -> int:
    """Run every mutant; prints the kill matrix in words."""
    from evals import selftest as testing
    from evals import stored

    document = parse.load()
    lock.check(document)
    found = testing.selftest(document)
    stored.write_json(arguments.out / "selftest.json", found)
    for mutant in found["mutants"]:
        if not mutant["killed"]:
            print(f"survived: {mutant['name']}: {mutant['why']}")
    print(found["line"])
    return 0 if found["passed"] else 1


def record(arguments: argparse.Namespace) -> int:
    """Remake the recordings."""
    if os.environ.get("CI"):
        raise ConfigError("recordings are made by hand and reviewed, never under CI")
    from evals import replay

    lock.check(parse.load())
    if arguments.stale:
        print(replay.record_stale(arguments.max_seconds))
    else:
        print(replay.record(arguments.suite, arguments.count, arguments.max_seconds))
    return 0


def vectors(arguments: argparse.Namespace) -> int:
    """Compute the vectors that are missing in evals/questions/vectors.npz and drop those no question needs."""
    del arguments
    from evals import running

    print(running.embed({suite: case_files.load(suite) for suite in SUITES}))
    return 0


def promote(arguments: argparse.Namespace) -> int:
    """Write a draft case."""
    from evals import promoting

    print(promoting.promote(arguments.source, arguments.id))
    return 0


def _snapshot(path: Path) -> "Snapshot":
    from evals import baseline, stored
    from evals import compare as comparing

    return comparing.snapshot(stored.read_run(path)) if path.is_dir() else baseline.load(path)


def chosen_of(cases: tuple[Case, ...], only: list[str] | None) -> tuple[Case, ...]:
    """Of these ids; ``ID#2``, the second asking of a case in llm mode, and ``ID~KIND``, a noisy copy, are the case."""
    wanted = None if only is None else {re.split("[#~]", id_)[0] for id_ in only}
    return cases if wanted is None else tuple(case for case in cases if case.id in wanted)
