"""What figures were measured on: the processor, the commit that was checked out, and the state of the program."""

import hashlib
import platform
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from evals.processes import ROOT

# What is measured, and what measures it.
_SERVED = ("app.py", "assistant", "index", "prompts", "requirements")
_PROGRAM = (*_SERVED, "evals", "deploy")


def processor() -> str:
    """Its name as the system gives it; the kind of machine where it gives none."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def commit(*, short: bool = True) -> str | None:
    """The name of the commit, with ``+`` where the program's files differ from it; None outside a repository."""
    try:
        name = _git("rev-parse", *(("--short",) if short else ()), "HEAD")
        return name + ("+" if _git("status", "--porcelain", "--untracked-files=no", "--", *_PROGRAM) else "")
    except (OSError, subprocess.SubprocessError):
        return None


@cache
def program() -> str:
    """Twelve digits that change with the program's files, in whatever commit they are, or in none.

    What measures is left out: its results are kept in the same folders, and figures are not older for them.
    """
    found = hashlib.sha256()
    paths = (path for name in _SERVED for path in (ROOT / name, *(ROOT / name).rglob("*")))
    for path in sorted(path for path in paths if path.is_file() and path.suffix != ".pyc"):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(ROOT).as_posix()}\n{digest}\n".encode())
    return found.hexdigest()[:12]


def aged(date: str, about: Mapping[str, Any]) -> str:
    """What stands before figures measured on another state, or on one that was not kept; otherwise nothing.

    ``about``: what was kept beside them, ``program`` among it.
    """
    if about.get("commit") and about.get("program") == program():
        return ""
    return f"**Older than this state**: measured {date}. "


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.strip()
