"""Builds that are killed, that run into each other, or find the disk full."""

import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from evals.faults.builder import Some, wanted
from evals.faults.program import PATIENCE, QUESTION, Program, at_once, run
from evals.faults.row import Fault, Seen, Stage, judged
from evals.processes import ROOT, environment
from index import library
from index.errors import IndexUnusable
from index.settings import IndexSettings
from index.store import NoRoom, Store

SEED = 2025
MOST_SECONDS = 1800
_SMALL_DISK = 256 * 1024  # bytes a file may have; the database alone is larger


class Builder:
    """The process of ``builder``, asked line by line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "evals.faults.builder"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._watchdog = threading.Timer(MOST_SECONDS, self._process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()
        assert self._line() == "ready"

    def build(self, root: Path, kill_after: float | None = None) -> tuple[int, float]:
        """Build, or start to and kill -9 after so many seconds → (exit code, seconds it ran)."""
        (child,), started = self._start(root, 1), time.monotonic()
        killer = None
        if kill_after is not None:
            killer = threading.Timer(kill_after, _kill, (child,))
            killer.start()
        code = int(self._line())
        if killer is not None:
            killer.cancel()
        return code, time.monotonic() - started

    def build_at_once(self, root: Path, count: int) -> list[int]:
        """So many builds into the same directory, all started before the first has ended → their exit codes."""
        self._start(root, count)
        return [int(code) for code in self._line().split()]

    def _start(self, root: Path, count: int) -> list[int]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count} {root}\n")
        self._process.stdin.flush()
        return [int(child) for child in self._line().split()]

    def close(self) -> None:
        """End the process."""
        self._watchdog.cancel()
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def builder() -> Iterator[Builder]:
    """A builder that ends with the block."""
    made = Builder()
    try:
        yield made
    finally:
        made.close()


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(process, signal.SIGKILL)


def killed_builds(stage: Stage) -> Seen:
    """kill -9 at a random moment: the good index is as it was, or there is none yet; the next build succeeds."""
    root = stage.folder("killed") / "index"
    identity, entries = wanted(stage.opened[0].embedding)
    moments = random.Random(SEED)
    wrong: list[str] = []
    killed = whole_or_none = 0
    count = stage.times(10, 100)

    def opened() -> np.ndarray | None:
        try:
            return Store.open(root, lambda *_: (identity, entries)).vectors
        except IndexUnusable:
            return None

    building = stage.shared("builder", builder)
    code, whole = building.build(root)
    good = opened()
    assert code == 0
    assert good is not None
    for number in range(count):
        fresh = number % 3 == 0  # a third of the builds begin where there is no index yet
        if fresh:
            (root / "current").unlink(missing_ok=True)
        elif not (root / "current").exists():
            assert building.build(root)[0] == 0
        code, _ = building.build(root, moments.uniform(0, whole))
        killed += code == -signal.SIGKILL
        if len(list(root.glob(".building-*"))) > 1:
            wrong.append(f"build {number} left more than one directory behind")
        vectors = opened()
        if (vectors is None and not fresh) or (vectors is not None and not np.array_equal(vectors, good)):
            wrong.append(f"after kill {number} the index is {'gone' if vectors is None else 'another'}")
        else:
            whole_or_none += 1
    if building.build(root)[0] != 0 or not np.array_equal(opened(), good):  # type: ignore[arg-type]
        wrong.append("the build after the last kill failed")
    if left := [path.name for path in root.iterdir() if path.name not in (".lock", "current")][1:]:
        wrong.append(f"left behind: {left}")
    if not killed:
        wrong.append("no build was killed in time")
    return judged(wrong, f"{whole_or_none} of {count} states sound, {killed} builds killed before their end")


def eight_builds(stage: Stage) -> Seen:
    """Builders wait for each other; one generation is left, and it is the good one."""
    root = stage.folder("eight") / "index"
    identity, entries = wanted(stage.opened[0].embedding)
    codes = stage.shared("builder", builder).build_at_once(root, 8)
    generations = len(list(root.glob("g-*")))
    opened = Store.open(root, lambda *_: (identity, entries))
    wrong = [f"exit code {code}" for code in codes if code]
    if generations != 1 or list(root.glob(".building-*")) or opened.manifest.identity != identity:
        wrong.append(f"{generations} generations are left")
    return judged(wrong, f"{codes.count(0)} of 8 builds succeed, {generations} generation is left and opens")


def eight_starts(stage: Stage) -> Seen:
    """Eight processes that find no index: all answer the same, and the index was built once."""
    root = stage.folder("starts") / "index"

    def one(_: int) -> tuple[int, str, str]:
        done = run("-m", "assistant", "ask", QUESTION, "--mode", "quote", MOC_INDEX_DIR=str(root))
        return done.returncode, done.stdout, done.stderr

    began = time.monotonic()
    ended = at_once(8, one)
    seconds = time.monotonic() - began
    wrong = [str(result)[-300:] for result in ended if isinstance(result, Exception) or result[0]]
    if not wrong and len({result[1] for result in ended}) != 1:
        wrong.append("not all answers are the same")
    generations = len(list(root.glob("g-*")))
    if generations != 1:
        wrong.append(f"{generations} generations")
    return judged(wrong, f"8 answers, all the same, {generations} generation, {seconds:.0f} s for all")


def full_disk_while_building(stage: Stage) -> Seen:
    """A build that cannot write fails with one line, leaves nothing behind, and the old index is served."""
    root = stage.folder("full-disk") / "index"
    some = Some.of(stage)
    some.build(root)
    before = sorted(path.name for path in root.iterdir())
    wrong, said = [], "built"
    try:
        with _small_files():
            some.build(root)
        wrong.append("it was built")
    except IndexUnusable as error:
        said = str(error).split(str(root))[0]
    if stage.size == "full":
        done = run("-c", _LIMITED, str(_SMALL_DISK), "build", MOC_INDEX_DIR=str(root))
        if done.returncode != 4 or len(done.stderr.splitlines()) != 1:
            wrong.append(f"exit {done.returncode}: {done.stderr[-300:]!r}")
    if left := sorted({path.name for path in root.iterdir()} - set(before) - {".lock"}):
        wrong.append(f"left behind: {left}")
    if not np.array_equal(some.open(root).vectors, some.vectors):
        wrong.append("the old index is another")
    return judged(wrong, f"one line ({said.strip()} …), nothing left behind, the old index opens")


def full_temporary_disk(stage: Stage) -> Seen:
    """No room for the private copy: one line that says so; a good index is not built anew."""
    embedder = stage.opened[1]
    before = {path: path.stat().st_mtime_ns for path in stage.index.rglob("*") if path.name != ".lock"}
    wrong = []
    try:
        with _small_files():
            library.open_index(IndexSettings(stage.index), embedder)
        wrong.append("it was opened")
    except NoRoom as error:
        wrong += [] if "TMPDIR" in str(error) and error.exit_code == 4 else [str(error)]
    except IndexUnusable as error:
        wrong.append(f"taken for a damaged index: {error}")
    if before != {path: path.stat().st_mtime_ns for path in stage.index.rglob("*") if path.name != ".lock"}:
        wrong.append("the index was touched")
    return judged(wrong, "exit 4, one line that names TMPDIR, the index untouched")


@contextmanager
def _small_files() -> Iterator[None]:
    """As if the disk were nearly full: no file of this process may grow beyond _SMALL_DISK."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SMALL_DISK, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def ended_while_opening(stage: Stage) -> Seen:
    """SIGKILL or SIGTERM while the service builds its first index: the next start has it, nothing is left behind."""
    rng = random.Random(SEED)
    wrong = []
    count = 2
    for number in range(count):
        folder = stage.folder("opening")
        root = folder / "index"
        (folder / "tmp").mkdir()
        settings = {"MOC_INDEX_DIR": str(root), "TMPDIR": str(folder / "tmp")}
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", "0"],
            cwd=ROOT,
            env=environment(**settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        process.stdout.readline()  # it listens, and begins to build
        time.sleep(rng.uniform(0.5, 4.0))
        sign = (signal.SIGKILL, signal.SIGTERM)[number % 2]
        process.send_signal(sign)
        code = process.wait(PATIENCE)
        process.stdout.close()
        if sign == signal.SIGTERM and code != 0:
            wrong.append(f"SIGTERM while opening ends with {code}")
        with Program(folder / "log", settings) as program:
            program.ask()
        generations, building = len(list(root.glob("g-*"))), len(list(root.glob(".building-*")))
        temporary = [path.name for path in (folder / "tmp").glob("moc-index-*")]
        if generations != 1 or building or len(temporary) > 1:
            wrong.append(f"left: {generations} generations, {building} unfinished, {len(temporary)} copies")
    return judged(wrong, f"{count} starts ended while opening, {count} good starts after them")


# "python -m index COMMAND" in a process none of whose files may grow beyond so many bytes.
_LIMITED = """
import resource, sys
from index.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.exit(main(sys.argv[2:]))
"""

ROWS = (
    Fault(
        "Building the index",
        "kill -9 during a build",
        "the old index or none, never another one; the next build succeeds and leaves one generation",
        killed_builds,
    ),
    Fault(
        "Building the index", "eight builds at once", "each waits for the one before; one index is left", eight_builds
    ),
    Fault(
        "Building the index",
        "eight processes start at once without an index",
        "it is built once, and all answer the same",
        eight_starts,
        only="full",
    ),
    Fault(
        "Building the index",
        "disk full while building",
        "exit 4, one line; nothing is left behind, the old index holds",
        full_disk_while_building,
    ),
    Fault(
        "Building the index",
        "temporary disk full while opening",
        "exit 4, one line that names TMPDIR; a good index is not built anew",
        full_temporary_disk,
    ),
    Fault(
        "Building the index",
        "killed or stopped while opening",
        "the next start answers; at most one copy is left behind",
        ended_while_opening,
        only="full",
    ),
)
