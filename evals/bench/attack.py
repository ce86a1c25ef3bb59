"""An attack on the purse: 50 questions a second, while a few readers go on; what is spent, and how long they wait.

Once all of it comes from one address, which the limits stop, and once from ever new addresses, which only the token
budget stops. Addresses are told by a proxy on this machine that the server is set to believe.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from evals.bench import clients
from evals.bench.clients import Asked
from evals.bench.figures import quantiles
from evals.bench.load import TOKENS_PER_SECOND, questions
from evals.bench.process import serving
from evals.fakellm import Exchange, FakeLlm, chunk, written
from evals.personalities import honest

RATE = 50  # questions a second
SECONDS = 60.0
IDLE_SECONDS = 60.0  # as long as the attack, so that both p95 are of as many questions
READERS = 4
READING = 2.0  # seconds between a reader's questions
# Tokens an hour. What a question may take at most is set aside before it is asked, some 11,000 tokens for one answer of
# a thousand or two: a budget of a few questions would end the attack before it spent anything.
BUDGET = 400_000
ATTACKER = "203.0.113.7"
_TOKEN = 4  # characters
_PROMPT = 3  # characters a token of the prompt, on the high side


@dataclass
class Spent:
    """Tokens the scripted model has charged."""

    tokens: int = 0

    async def __call__(self, exchange: Exchange) -> None:
        """Write what the likely sentences say, charge for it at the end, as servers do that are asked for usage."""
        text = "".join(written(honest, exchange.call))
        asked = len(json.dumps(exchange.call.body["messages"], ensure_ascii=False)) // _PROMPT
        await exchange.start()
        told = 0
        try:
            for begin in range(0, len(text), _TOKEN):
                await exchange.piece(text[begin : begin + _TOKEN])
                told += 1
                await asyncio.sleep(1 / TOKENS_PER_SECOND)
            await exchange.event(chunk({}, "stop"))
        finally:
            self.tokens += asked + told
        usage = {"prompt_tokens": asked, "completion_tokens": told, "total_tokens": asked + told}
        await exchange.event({**chunk({}), "choices": [], "usage": usage})
        await exchange.event("[DONE]")


def measure(
    seconds: float = SECONDS, idle_seconds: float = IDLE_SECONDS, rate: int = RATE, budget: int = BUDGET
) -> Iterator[dict[str, Any]]:
    """The rows so far, after each kind of attack; ``budget`` is in tokens an hour."""
    rows = []
    kinds: tuple[tuple[str, Callable[[int], str]], ...] = (
        ("one address", lambda _: ATTACKER),
        ("ever new addresses", lambda number: f"198.{18 + number // 65536 % 2}.{number // 256 % 256}.{number % 256}"),
    )
    for kind, address_of in kinds:
        spent = Spent()
        with FakeLlm(spent) as model, serving(_settings(model, budget)) as server:
            server.until_ready()
            seen = asyncio.run(_attacked(server.address, address_of, seconds, idle_seconds, rate))
            rows.append(summary(kind, *seen, spent.tokens, len(model.calls), budget))
        print(line(rows[-1]), flush=True)
        yield part(rows, seconds, rate)


def part(rows: Sequence[Mapping[str, Any]], seconds: float, rate: int) -> dict[str, Any]:
    """What is kept: the rows so far, and for how long (seconds) and how fast (a second) the attacker asked."""
    return {"rows": rows, "rate": rate, "lasting": seconds, "readers": READERS}


def line(row: Mapping[str, Any]) -> str:
    """A row as it is printed while the bench runs."""
    return (
        f"attack from {row['kind']}: spent {row['spent']} of {row['budget']} tokens in {row['calls']} calls; "
        f"readers' p95 {row['idle']['p95']} s idle, {row['attacked']['p95']} s attacked, "
        f"{row['readers_failed']} of their questions failed; attack: {row['attack']}"
    )


def _settings(model: FakeLlm, budget: int) -> dict[str, str]:
    return {
        "MOC_TRUSTED_PROXIES": "127.0.0.1",
        "MOC_LLM_MODEL": "scripted",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_API_KEY": "none",
        "MOC_LLM_TOKENS_PER_HOUR": str(budget),
    }


async def _attacked(
    address: str, address_of: Callable[[int], str], seconds: float, idle_seconds: float, rate: int
) -> tuple[list[Asked], list[Asked], list[Asked]]:
    """What readers see before and during the attack, and what the attacker sees.

    Readers ask in quote mode, so that both can be compared.
    """
    async with clients.connected(address) as client:
        for case in questions()[:5]:
            await clients.ask(client, "api", case.question, "quote", headers=_from("192.0.2.200"))
        idle = await _readers(client, idle_seconds, 0)
        attack = asyncio.create_task(_attack(client, address_of, seconds, rate))
        attacked = await _readers(client, seconds, READERS)
        return idle, attacked, await attack


def summary(
    kind: str,
    idle: Sequence[Asked],
    attacked: Sequence[Asked],
    attack: Sequence[Asked],
    spent: int,
    calls: int,
    budget: int = BUDGET,
) -> dict[str, Any]:
    """A row: what readers saw before and during the attack, what the attacker saw, tokens spent in how many calls."""
    failed = [one for one in (*idle, *attacked) if one.outcome != "answered"]
    return {
        "kind": kind,
        "spent": spent,
        "budget": budget,
        "calls": calls,
        "idle": quantiles([one.total for one in idle if one.outcome == "answered"]),
        "attacked": quantiles([one.total for one in attacked if one.outcome == "answered"]),
        "readers_asked": len(idle) + len(attacked),
        "readers_failed": len(failed),
        "failures": sorted({one.detail for one in failed})[:3],
        "attack": {name: sum(one.outcome == name for one in attack) for name in ("answered", "turned away", "error")},
    }


async def _readers(client: httpx.AsyncClient, seconds: float, first: int) -> list[Asked]:
    """Everything the readers saw, each from an address of its own."""
    pool = questions()
    end = time.perf_counter() + seconds

    async def reader(number: int) -> list[Asked]:
        seen = []
        mine = itertools.cycle(pool[number :: 2 * READERS])
        await asyncio.sleep(READING * number / READERS % READING)
        while time.perf_counter() < end:
            question = next(mine).question
            seen.append(await clients.ask(client, "api", question, "quote", headers=_from(f"192.0.2.{number + 1}")))
            await asyncio.sleep(READING)
        return seen

    return _joined(await asyncio.gather(*(reader(first + number) for number in range(READERS))))


async def _attack(
    client: httpx.AsyncClient, address_of: Callable[[int], str], seconds: float, rate: int
) -> list[Asked]:
    """Questions at a fixed rate, whether or not the ones before are answered; none of them is asked twice."""
    pool = questions()
    began = time.perf_counter()
    asking = []
    for number in range(round(seconds * rate)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        question = f"{pool[number % len(pool)].question} ({number})"
        asking.append(
            asyncio.create_task(clients.ask(client, "api", question, "llm", headers=_from(address_of(number))))
        )
    return list(await asyncio.gather(*asking))


def _from(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


def _joined(lists: Sequence[Sequence[Asked]]) -> list[Asked]:
    return [one for many in lists for one in many]
