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

from index import parse, store
from index.entries import Entry, digest
from index.errors import IndexUnusable
from index.library import shipped_entries
from index.settings import DEFAULT_DIRECTORY
from index.store import Identity, Store
from tests.faults.builder import QUESTIONS
from tests.index.running import DEADLINE, ROOT, environment

pytestmark = pytest.mark.faults

KILLS = {"some": 10, "full": 50}
SEED = 2025


class Builder:
    """The process of builder.py, asked line by line."""

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.builder", str(root)],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._watchdog = threading.Timer(DEADLINE, self._process.kill)
        self._watchdog.start()
        assert self._line() == "ready"

    def build(self, kill_after: float | None) -> tuple[int, float]:
        """Build, or start to and kill -9 after so many seconds → (exit code, seconds it ran)."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        child, started = int(self._line()), time.monotonic()
        killer = None
        if kill_after is not None:
            killer = threading.Timer(kill_after, _kill, (child,))
            killer.start()
        code = int(self._line())
        if killer is not None:
            killer.cancel()
        return code, time.monotonic() - started

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


@pytest.fixture
def builder(root: Path) -> Iterator[Builder]:
    found = Builder(root)
    yield found
    found.close()


def _expected(embedding: str) -> tuple[Identity, tuple[Entry, ...]]:
    document = parse.load()
    entries = shipped_entries(document)[: 2 * len(document.passages) + QUESTIONS]
    identity = Identity(document.sha256, parse.PARSER_VERSION, embedding, digest(entries), len(entries), "shipped")
    return identity, entries


def test_a_killed_build_is_never_served_wrong(
    builder: Builder, root: Path, request: pytest.FixtureRequest, opened_index: tuple[Store, object]
) -> None:
    """After kill -9 at a random moment the index is the good one or none, and the next build succeeds."""
    identity, entries = _expected(opened_index[0].embedding)
    code, whole = builder.build(None)
    assert code == 0
    good = Store.open(root, lambda *_: (identity, entries)).vectors
    moments = random.Random(SEED)
    killed = served = 0
    for place in range(KILLS[request.config.getoption("--faults")]):
        if place % 3 == 0:  # a third of the builds begin where there is no index yet
            (root / "current").unlink(missing_ok=True)
        code, _ = builder.build(moments.uniform(0, whole))
        killed += code == -signal.SIGKILL
        try:
            opened = Store.open(root, lambda *_: (identity, entries))
        except IndexUnusable:
            continue
        served += 1
        assert (opened.vectors == good).all()
        assert len(list(root.glob(".building-*"))) <= 1
    assert killed > 0
    assert served > 0
    assert builder.build(None)[0] == 0
    assert (Store.open(root, lambda *_: (identity, entries)).vectors == good).all()
    assert list(root.glob(".building-*")) == []
    assert len(list(root.glob("g-*"))) == 1


def test_eight_builds_at_once_end_in_one_good_index(root: Path) -> None:
    """Builders wait for each other; one generation is left, and it verifies."""
    command = [sys.executable, "-m", "index", "build", "--source", str(parse.TEXT_OF_RECORD), "--out", str(root)]
    builds = [
        subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(8)
    ]
    try:
        assert [build.wait(timeout=DEADLINE) for build in builds] == [0] * 8
    finally:
        for build in builds:
            build.kill()
            build.communicate()
    assert len(list(root.glob("g-*"))) == 1
    assert list(root.glob(".building-*")) == []
    assert store.check_files(store.current(root)).identity.origin == "file"
    assert DEFAULT_DIRECTORY not in root.parents
