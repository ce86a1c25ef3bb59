"""Builds that are killed, and builds that run into each other, never leave an index that is served and wrong."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from index import parse
from index.entries import Entry, digest
from index.errors import IndexUnusable
from index.library import shipped_entries
from index.store import Identity, Store
from tests.faults.builder import QUESTIONS
from tests.index.running import ROOT, environment

pytestmark = pytest.mark.faults

KILLS = {"some": 10, "full": 50}
SEED = 2025
MOST_SECONDS = 1200  # for fifty builds on a busy machine; ten take less than one minute


class Builder:
    """The process of builder.py, asked line by line."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.builder"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._watchdog = threading.Timer(MOST_SECONDS, self._process.kill)
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
        self._watchdog.cancel()
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):  # it may have ended by itself
        os.kill(process, signal.SIGKILL)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    found = Builder()
    yield found
    found.close()


def _expected(embedding: str) -> tuple[Identity, tuple[Entry, ...]]:
    document = parse.load()
    entries = shipped_entries(document)[: 2 * len(document.passages) + QUESTIONS]
    identity = Identity(document.sha256, parse.PARSER_VERSION, embedding, digest(entries), len(entries), "shipped")
    return identity, entries


@pytest.mark.timeout(MOST_SECONDS)
def test_a_killed_build_is_never_served_wrong(
    builder: Builder, root: Path, request: pytest.FixtureRequest, opened_index: tuple[Store, object]
) -> None:
    """After kill -9 at a random moment a good index is as it was, or there is none yet; the next build succeeds."""
    identity, entries = _expected(opened_index[0].embedding)
    code, whole = builder.build(root)
    assert code == 0
    good = Store.open(root, lambda *_: (identity, entries)).vectors
    moments = random.Random(SEED)
    killed = 0
    for place in range(KILLS[request.config.getoption("--faults")]):
        fresh = place % 3 == 0  # a third of the builds begin where there is no index yet
        if fresh:
            (root / "current").unlink(missing_ok=True)
        elif not (root / "current").exists():
            assert builder.build(root)[0] == 0
        code, _ = builder.build(root, moments.uniform(0, whole))
        killed += code == -signal.SIGKILL
        assert len(list(root.glob(".building-*"))) <= 1
        try:
            opened = Store.open(root, lambda *_: (identity, entries))
        except IndexUnusable:
            assert fresh
            continue
        assert (opened.vectors == good).all()
    assert killed > 0
    assert builder.build(root)[0] == 0
    assert (Store.open(root, lambda *_: (identity, entries)).vectors == good).all()
    assert list(root.glob(".building-*")) == []
    assert len(list(root.glob("g-*"))) == 1


def test_eight_builds_at_once_end_in_one_good_index(
    builder: Builder, root: Path, opened_index: tuple[Store, object]
) -> None:
    """Builders wait for each other; one generation is left, and it is the good one."""
    assert builder.build_at_once(root, 8) == [0] * 8
    assert len(list(root.glob("g-*"))) == 1
    assert list(root.glob(".building-*")) == []
    identity, entries = _expected(opened_index[0].embedding)
    assert Store.open(root, lambda *_: (identity, entries)).manifest.identity == identity
