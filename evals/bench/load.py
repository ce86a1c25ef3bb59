"""Many visitors at once: answers per second and per processor second, errors, fairness, and how long one waits."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from assistant.types import Mode
from evals.bench import clients
from evals.bench.clients import SURFACES, Asked
from evals.bench.figures import quantiles
from evals.bench.process import UNLIMITED, Server, serving
from evals.cases import Case, load
from evals.fakellm import FakeLlm, Script, says

USERS = (1, 10, 50, 64, 200)  # 64 are as many as may wait for the language model
SECONDS = 60.0
READING = 10.0  # seconds a reader takes before the next question, on average, where readers pause
TOKENS_PER_SECOND = 50
FEWEST_TOKENS = 20  # of an answer: the shortest sentence and what stands around it
_TOKEN = 4  # characters, about what a token of English is
TURNED_AWAY_PAUSE = 1.0  # seconds, what a refusal asks for at least
SEED = 20251028


@dataclass(frozen=True, slots=True)
class Scenario:
    """So many visitors at once for so long; ``pause`` is the mean time between an answer and the next question."""

    mode: Mode
    users: int
    seconds: float = SECONDS
    pause: float = 0.0


# Every visitor asks again at once: nobody does, and it shows the most the service can give. Then with readers' pauses.
SCENARIOS = (
    *(Scenario("quote", users) for users in USERS),
    Scenario("quote", USERS[-1], pause=READING),
    *(Scenario("llm", users) for users in USERS),
    Scenario("llm", USERS[-1], pause=READING),
)


def questions() -> list[Case]:
    """Dev questions that stand alone, shuffled the same way each time."""
    found = [case for case in load("dev") if not case.history]
    random.Random(SEED).shuffle(found)
    return found


@contextmanager
def scripted_model() -> Iterator[FakeLlm]:
    """A language model that says what the likely sentences say, at a fixed speed."""
    with FakeLlm(slowly()) as model:
        yield model


def slowly() -> Script:
    """What such a model does with a question."""
    return says(between=1 / TOKENS_PER_SECOND, size=_TOKEN)


def model_settings(model: FakeLlm) -> dict[str, str]:
    """The settings for a server that writes with this model, whatever it costs and without keeping answers."""
    return {
        **UNLIMITED,
        "MOC_LLM_MODEL": "scripted",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_API_KEY": "none",
        "MOC_LLM_TOKENS_PER_HOUR": "1000000000",
        "MOC_LLM_TOKENS_PER_DAY": "1000000000",
        "MOC_CACHE_SECONDS": "0",
    }


def measure(scenarios: Sequence[Scenario] = SCENARIOS) -> Iterator[dict[str, Any]]:
    """The rows so far, after each scenario; one server for those in quote mode, another with a language model."""
    rows: list[dict[str, Any]] = []
    modes: tuple[Mode, ...] = ("quote", "llm")
    for mode in modes:
        chosen = [scenario for scenario in scenarios if scenario.mode == mode]
        if not chosen:
            continue
        with scripted_model() as model, serving(UNLIMITED if mode == "quote" else model_settings(model)) as server:
            server.until_ready()
            asyncio.run(_warm(server, mode))
            for scenario in chosen:
                rows.append(run(server, scenario))
                print(line(rows[-1]), flush=True)
                yield {"rows": rows, "tokens_per_second": TOKENS_PER_SECOND}


def run(server: Server, scenario: Scenario) -> dict[str, Any]:
    """Let the visitors of a scenario ask, and sum up."""
    used = server.processor_seconds()
    asked, lasted = asyncio.run(_visit(server.address, scenario))
    return summary(scenario, asked, lasted, server.processor_seconds() - used)


def summary(
    scenario: Scenario, asked: Sequence[Sequence[Asked]], lasted: float, processor_seconds: float
) -> dict[str, Any]:
    """A scenario's row. ``asked`` holds what each visitor saw, ``lasted`` is in seconds."""
    everything = [one for visitor in asked for one in visitor]
    answered = [one for one in everything if one.outcome == "answered"]
    each = [sum(one.outcome == "answered" for one in visitor) for visitor in asked]
    errors = Counter(one.detail for one in everything if one.outcome == "error")
    return {
        "mode": scenario.mode,
        "users": scenario.users,
        "seconds": scenario.seconds,
        "pause": scenario.pause,
        "answers": len(answered),
        "answers_per_second": len(answered) / lasted,
        "answers_per_processor_second": len(answered) / processor_seconds if processor_seconds else None,
        "errors": sum(errors.values()),
        "error_examples": [text for text, _ in errors.most_common(3)],
        "turned_away": sum(one.outcome == "turned away" for one in everything),
        "by_model": sum(one.mode == "llm" for one in answered),
        "per_user": {"least": min(each), "median": float(np.median(each)), "most": max(each)},
        "fairness": fairness(each),
        "sign": quantiles([one.sign for one in answered if one.sign is not None]),
        "words": quantiles([one.words for one in answered if one.words is not None]),
        "total": quantiles([one.total for one in answered]),
        "by_surface": {
            surface: quantiles([one.total for one in answered if one.surface == surface]) for surface in SURFACES
        },
    }


def fairness(counts: Sequence[int]) -> float | None:
    """Jain's index of what each got: 1 when all got the same, 1/n when one got everything (Jain et al. 1984)."""
    squares = len(counts) * sum(count * count for count in counts)
    return sum(counts) ** 2 / squares if squares else None


def line(row: Mapping[str, Any]) -> str:
    """A row as it is printed while the bench runs."""
    words, total = row["words"], row["total"]
    times = "no answers" if total["p95"] is None else f"words p95 {words['p95']:.2f} s, whole p95 {total['p95']:.2f} s"
    return (
        f"{row['mode']}, {row['users']} users, pause {row['pause']:g} s: {row['answers']} answers, "
        f"{row['answers_per_second']:.1f}/s, {times}, errors {row['errors']}, turned away {row['turned_away']}"
    )


async def _visit(address: str, scenario: Scenario) -> tuple[list[list[Asked]], float]:
    """What each visitor saw, and how long it lasted until the last one was done."""
    pool = questions()
    started = time.perf_counter()
    end = started + scenario.seconds
    async with clients.connected(address) as client:
        visitors = [_visitor(client, scenario, number, pool, end) for number in range(scenario.users)]
        seen = await asyncio.gather(*visitors)
    return list(seen), time.perf_counter() - started


async def _visitor(
    client: httpx.AsyncClient, scenario: Scenario, number: int, pool: Sequence[Case], end: float
) -> list[Asked]:
    """Visitors take the surfaces in turn; each asks questions of its own."""
    surface = SURFACES[number % len(SURFACES)]
    dice = random.Random(SEED + number)
    mine = itertools.cycle(pool[number % len(pool) :: scenario.users] or pool)
    headers = {"X-Session-Id": f"visitor-{number}"}
    seen: list[Asked] = []
    if scenario.pause:
        await asyncio.sleep(dice.uniform(0, min(scenario.pause, scenario.seconds / 2)))
    while time.perf_counter() < end:
        seen.append(await clients.ask(client, surface, next(mine).question, scenario.mode, headers=headers))
        pause = TURNED_AWAY_PAUSE if seen[-1].outcome == "turned away" else dice.uniform(0, 2 * scenario.pause)
        if pause and time.perf_counter() + pause < end:
            await asyncio.sleep(pause)
        elif pause:
            break
    return seen


async def _warm(server: Server, mode: Mode) -> None:
    async with clients.connected(server.address) as client:
        for case, surface in zip(questions()[: 2 * len(SURFACES)], itertools.cycle(SURFACES), strict=False):
            await clients.ask(client, surface, case.question, mode)
