"""What figures were measured on: the processor, and the commit that was checked out."""

import platform
import subprocess
from contextlib import suppress
from pathlib import Path

from evals.processes import ROOT

_PROGRAM = ("app.py", "assistant", "index", "evals", "prompts", "deploy", "requirements")


def processor() -> str:
    """Its name as the system gives it; the kind of machine where it gives none."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def commit() -> str:
    """The short name of the commit, with ``+`` where the program's files differ from it; "unknown" without git."""
    try:
        return _git("rev-parse", "--short", "HEAD") + (
            "+" if _git("status", "--porcelain", "--untracked-files=no", "--", *_PROGRAM) else ""
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.strip()
