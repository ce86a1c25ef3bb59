"""Commands of the checkout as processes: without the developer's settings, with a deadline, nothing left over."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
DEADLINE = 110  # seconds; a busy machine takes ten times what an idle one does


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without settings of the program, then the changes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOC_", "OPENAI_"))}
    return kept | {"PYTHONPATH": str(ROOT)} | changes


def run(*arguments: str, prefix: Sequence[str] = (), **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments from the checkout; the process is killed at the deadline."""
    return subprocess.run(
        [*prefix, sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


@contextmanager
def started(*arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that ends with the block, whatever happens."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE)


def one_line(stderr: str) -> str:
    """The only line of an error message; fails when it is a traceback or missing."""
    lines = stderr.strip().splitlines()
    assert len(lines) == 1, stderr
    return lines[0]
