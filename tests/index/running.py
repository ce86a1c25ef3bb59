"""Commands of the checkout as processes: without the developer's settings, with a deadline, nothing left over."""

import subprocess
from collections.abc import Sequence

from evals.processes import run_python

DEADLINE = 280  # seconds; a busy machine takes ten times what an idle one does


def run(*arguments: str, prefix: Sequence[str] = (), **settings: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments from the checkout; the process is killed at the deadline."""
    return run_python(arguments, settings, DEADLINE, prefix=prefix)


def one_line(stderr: str) -> str:
    """The only line of an error message; fails when it is a traceback or missing."""
    lines = stderr.strip().splitlines()
    assert len(lines) == 1, stderr
    return lines[0]
