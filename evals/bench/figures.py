"""Measured figures and the file that keeps them: a part that was measured again replaces its own result, no other.

Times gate nothing. Ratios within one run can be compared between machines; milliseconds cannot.
"""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from evals.machine import commit, processor, program
from evals.processes import ROOT
from index.errors import UserError

RESULTS = ROOT / "docs" / "bench-results.json"
SHARES = (0.5, 0.95, 0.99)


class BenchError(UserError):
    """Something could not be measured: a server did not start or did not answer (exit 1)."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure; one that was measured repeatedly has its median here, with the least and greatest value."""

    what: str
    value: float
    unit: str
    least: float | None = None
    greatest: float | None = None
    note: str = ""

    @property
    def row(self) -> str:
        """A row of the table."""
        spread = f"{self.least:.2f} to {self.greatest:.2f}" if self.least is not None else ""
        return f"| {self.what} | {self.value:.2f} {self.unit} | {spread} | {self.note} |"


def repeated(what: str, values: Sequence[float], unit: str, note: str = "") -> Figure:
    """The median of repeated measurements with their spread."""
    return Figure(what, statistics.median(values), unit, min(values), max(values), note)


def latencies(what: str, milliseconds: Sequence[float]) -> list[Figure]:
    """p50, p95 and p99."""
    note = f"{len(milliseconds)} questions"
    return [
        Figure(f"{what}, p{share * 100:.0f}", float(np.quantile(milliseconds, share)), "ms", note=note)
        for share in SHARES
    ]


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    return "\n".join(["| what | median or quantile | spread | |", "|---|---|---|---|", *(f.row for f in figures)])


def milliseconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def quantiles(seconds: Sequence[float]) -> dict[str, float | None]:
    """p50, p95, p99 and the longest, in seconds; None where nothing was measured."""
    names = ("p50", "p95", "p99", "longest")
    if not seconds:
        return dict.fromkeys(names)
    return dict(zip(names, (*(float(np.quantile(seconds, share)) for share in SHARES), max(seconds)), strict=True))


def slope(places: Sequence[float], values: Sequence[float]) -> float:
    """How much a value rises per step, by least squares."""
    return float(np.polyfit(places, values, 1)[0])


def machine() -> dict[str, str | int]:
    """What the figures are measured on and of which commit and state, and how busy it was before."""
    return {
        "commit": commit() or "unknown",
        "program": program(),
        "processor": processor(),
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def read_results(path: Path = RESULTS) -> dict[str, Any]:
    """Part → its result; empty where nothing was measured yet."""
    try:
        parts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["parts"]
    except FileNotFoundError:
        return {}
    return parts


def keep(part: str, content: Mapping[str, Any], about: Mapping[str, Any], seconds: float, path: Path = RESULTS) -> None:
    """Write a part's result into the file beside those of the other parts."""
    parts = read_results(path)
    day = datetime.now(UTC).date().isoformat()
    parts[part] = {"date": day, "machine": dict(about), "seconds": round(seconds), **_rounded(content)}
    written = json.dumps({"parts": dict(sorted(parts.items()))}, ensure_ascii=False, indent=1) + "\n"
    path.write_text(written, encoding="utf-8")


def as_rows(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """Figures as they are kept."""
    return [asdict(figure) for figure in figures]


def _rounded(value: Any) -> Any:
    """The same with numbers as exact as anyone will read them."""
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value
