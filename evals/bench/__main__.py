"""python -m evals.bench [PART]: measure one part, or all but the long run; what is measured is kept at once."""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.bench import figures, report
from evals.processes import ROOT
from index.errors import UserError

# Measured by the bare command, in this order: the short parts first, so that a run that is stopped leaves most.
BENCH = ("start", "latency", "profile", "page", "against", "attack", "load", "growth")
# Gives what a part holds so far, whenever there is more of it: what breaks off later takes nothing with it.
Measure = Callable[[argparse.Namespace], Iterator[Mapping[str, Any]]]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, keep, and write docs/performance.md anew; returns the exit code."""
    options = _parser().parse_args(argv)
    # Told to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if options.part is None:
            return _everything(options.results)
        if options.part != "report":
            _measure(options)
        elif options.results == figures.RESULTS:
            report.write()
    except UserError as error:
        print(f"evals.bench: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _measure(options: argparse.Namespace) -> None:
    """Measure a part; what there is of it stands in results and page as soon as it is there."""
    about = figures.machine()  # before the bench itself makes the load
    began = time.perf_counter()

    def keep(content: Mapping[str, Any]) -> None:
        figures.keep(options.part, content, about, time.perf_counter() - began, options.results)
        if options.results == figures.RESULTS:
            report.write()

    content: Mapping[str, Any] = {}
    for content in _MEASURES[options.part](options):
        keep({**content, "unfinished": True})
    keep(content)


def _everything(results: Path) -> int:
    """Each part in a process of its own; one that fails does not keep the others from being measured."""
    failed = []
    began = time.perf_counter()
    for part in BENCH:
        print(f"\n== {part}, after {(time.perf_counter() - began) / 60:.1f} minutes", flush=True)
        command = [sys.executable, "-m", "evals.bench", "--results", str(results), part]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(part)
    print(f"\nall in {(time.perf_counter() - began) / 60:.1f} minutes")
    if failed:
        print(f"evals.bench: not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description=__doc__)
    parser.add_argument("--results", type=Path, default=figures.RESULTS, help="file of results (default: %(default)s)")
    parts = parser.add_subparsers(dest="part", metavar="PART")

    def part(name: str, words: str, *options: tuple[str, Any, str]) -> argparse.ArgumentParser:
        made = parts.add_parser(name, help=words)
        for option, default, meaning in options:
            many = isinstance(default, tuple)
            made.add_argument(
                option,
                default=default,
                type=type(default[0] if many else default),
                nargs="+" if many else None,
                help=f"{meaning} (default: %(default)s)",
            )
        return made

    part("start", "cold start, and where its time goes", ("--times", 5, "starts"))
    part(
        "latency",
        "one answer at a time: in the process, over HTTP, through the chat; memory; index build",
        ("--questions", 200, "questions asked"),
        ("--builds", 3, "index builds"),
    )
    part("profile", "where an answer's time goes", ("--questions", 100, "questions asked"))
    part(
        "page",
        "requests and bytes of a page view, in Chromium",
        ("--times", 3, "views of each kind, of which the median"),
    )
    part(
        "attack",
        "an attack on the purse",
        ("--seconds", 60.0, "of attack"),
        ("--idle", 60.0, "seconds without it, for comparison"),
        ("--rate", 50, "questions a second"),
        ("--budget", 400_000, "tokens the language model may use in an hour"),
    )
    load = part(
        "load",
        "many visitors at once",
        ("--users", (1, 10, 50, 64, 200), "visitors at once"),
        ("--seconds", 60.0, "each"),
        ("--modes", ("quote", "llm"), "quote, llm or both"),
        ("--reading", 10.0, "mean pause between questions, for one more run of the most visitors; 0: none"),
    )
    load.description = "Every visitor asks again at once; one more run has the most visitors with readers' pauses."
    part("growth", "build and search as the document grows", ("--sizes", (51, 10_000, 100_000), "passages"))
    part(
        "soak",
        "a long run of mixed chats",
        ("--chats", 10_000, "chats"),
        ("--samples", 20, "times at which is counted what the process holds"),
    )
    part(
        "against",
        "what was made faster: each change against the commit before it, with profiles",
        ("--turns", 100, "questions"),
        ("--builds", 2, "index builds"),
    )
    part("report", "write docs/performance.md from the results")
    return parser


def _load(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    from evals.bench import load

    scenarios = []
    for mode in options.modes:
        scenarios += [load.Scenario(mode, users, options.seconds) for users in options.users]
        if options.reading:
            scenarios.append(load.Scenario(mode, max(options.users), options.seconds, options.reading))
    return load.measure(scenarios)


def _start(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    from evals.bench import start

    yield start.measure(options.times)


def _latency(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    from evals.bench import latency

    yield latency.measure(options.questions, options.builds)


def _profile(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    from evals.bench import profile

    yield profile.measure(options.questions)


def _against(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    from evals.bench import changes

    return changes.measure(turns=options.turns, builds=options.builds)


def _page(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    from evals.bench import view

    yield view.measure(options.times)


def _attack(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    from evals.bench import attack

    return attack.measure(options.seconds, options.idle, options.rate, options.budget)


def _growth(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    from evals.bench import growth

    return growth.measure(options.sizes)


def _soak(options: argparse.Namespace) -> Iterator[Mapping[str, Any]]:
    from evals.bench import soak

    soak.check_linux()
    return soak.measure(options.chats, options.samples)


_MEASURES: Mapping[str, Measure] = {
    "start": _start,
    "latency": _latency,
    "profile": _profile,
    "page": _page,
    "attack": _attack,
    "load": _load,
    "growth": _growth,
    "soak": _soak,
    "against": _against,
}


if __name__ == "__main__":
    sys.exit(main())
