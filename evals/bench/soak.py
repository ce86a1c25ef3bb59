"""A long run of mixed chats: languages, follow-ups, refusals, attacks, visitors who leave; what is held stays flat.

Everything is counted from outside: memory, descriptors, threads and temporary files of the process in ``/proc``, and
the number of asyncio tasks, which the watched program tells.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import Any

import httpx

from evals.bench import clients
from evals.bench.clients import SURFACES
from evals.bench.figures import BenchError, slope
from evals.bench.load import SEED, model_settings
from evals.bench.process import Server, serving
from evals.cases import Case, load
from evals.fakellm import FakeLlm, says

CHATS = 10_000
SAMPLES = 20
SETTLED = 0.1  # share of the run after which nothing should grow any more: 1,000 of 10,000
AT_ONCE = 8
BY_MODEL = 0.1  # share of the chats that a language model may write
IDLE_SECONDS = 30.0
WATCHED = ("-m", "evals.bench.watched")

# What visitors send: kind → weight.
MIX: Mapping[str, int] = {
    "question": 45,
    "follow-up": 15,
    "refusal": 12,
    "attack": 10,
    "leaves": 8,
    "broken request": 6,
    "other surface": 4,
}
_BROKEN: tuple[tuple[int, bytes, str], ...] = (  # status expected, body, content type
    (400, b'{"question": ', "application/json"),
    (400, b'{"question": 7}', "application/json"),
    (400, b'{"question": "\\ud800"}', "application/json"),
    (400, b"\xff\xfe\x00", "application/json"),
    (415, b"question=why", "application/x-www-form-urlencoded"),
    (413, b'{"question": "' + b"x" * 20_000 + b'"}', "application/json"),
    (200, b'{"question": "' + b"x " * 600 + b'"}', "application/json"),
    (200, b'{"question": "\\u0000\\u202e\\u200b"}', "application/json"),
)


@dataclass
class Tally:
    """What was sent and what went wrong, so far."""

    sent: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def expect(self, holds: bool, detail: str) -> None:
        """Count something that went otherwise than planned."""
        if not holds:
            self.wrong[detail] += 1


def measure(chats: int = CHATS, samples: int = SAMPLES) -> Iterator[dict[str, Any]]:
    """The samples of a run so far, its slope after the first tenth, and what went wrong."""
    with FakeLlm(says(size=400)) as model, serving(model_settings(model), WATCHED) as server:
        server.until_ready()
        yield from run(server, chats, samples)


def run(server: Server, chats: int, samples: int, distinct: int | None = None) -> Iterator[dict[str, Any]]:
    """Chat with a server that is ready; between two samples everybody goes on, at a sample nobody asks.

    ``distinct`` is how many different questions there are of each kind; None: as many as the sets hold.
    """
    tally = Tally()
    began = time.perf_counter()
    rows = [_sample(server, 0, began)]
    sizes = [chats * (place + 1) // samples - chats * place // samples for place in range(samples)]
    plans = iter(_plans(chats, distinct))
    for size in sizes:
        asyncio.run(_chat(server.address, [next(plans) for _ in range(size)], tally))
        rows.append(_sample(server, int(rows[-1]["chats"]) + size, began))
        print(line(rows[-1], tally), flush=True)
        yield {"chats": rows[-1]["chats"], "samples": rows, "sent": dict(tally.sent), **verdict(rows, tally)}


def verdict(rows: Sequence[Mapping[str, float]], tally: Tally) -> dict[str, Any]:
    """How much each thing grew after the first tenth, the slope of memory per 1,000 chats, and what went wrong."""
    settled = [row for row in rows if row["chats"] >= SETTLED * rows[-1]["chats"]]
    rise = slope([row["chats"] for row in settled], [row["memory"] for row in settled]) if len(settled) > 1 else 0.0
    return {
        "settled_at": settled[0]["chats"],
        "growth": {name: settled[-1][name] - settled[0][name] for name in ("memory", *_COUNTED)},
        "memory_per_1000_chats": rise * 1000,
        "wrong": sum(tally.wrong.values()),
        "wrong_examples": [text for text, _ in tally.wrong.most_common(5)],
    }


def line(row: Mapping[str, float], tally: Tally) -> str:
    """A sample as it is printed while the run goes on."""
    held = ", ".join(f"{name} {row[name]:g}" for name in _COUNTED)
    wrong = sum(tally.wrong.values())
    return f"{row['chats']:6.0f} chats, {row['seconds']:.0f} s: {row['memory']:.1f} MiB, {held}, wrong {wrong}"


_COUNTED = ("files", "threads", "tasks", "temporary")


def _sample(server: Server, chats: int, began: float) -> dict[str, float]:
    """What the server holds once nobody asks: connections it still has open would count as descriptors."""
    end = time.perf_counter() + IDLE_SECONDS
    held = server.held()
    # The last connections end a moment after their clients; what does not fall any more is what is held.
    while time.perf_counter() < end:
        time.sleep(0.25)
        later = server.held()
        if later.files >= held.files:
            break
        held = later
    return {"chats": chats, "seconds": time.perf_counter() - began, **asdict(held), "tasks": server.tasks()}


@dataclass(frozen=True, slots=True)
class _Plan:
    """One chat: its kind, the case it is made of, a number that decides the rest."""

    kind: str
    case: Case
    number: int


def _plans(chats: int, distinct: int | None) -> list[_Plan]:
    """The chats in order, the same in every run."""
    dice = random.Random(SEED)

    def pool(cases: Sequence[Case]) -> Iterator[Case]:
        return cycle(dice.sample(list(cases), len(cases))[:distinct])

    dev, routes, follow_ups = load("dev"), load("routes"), load("follow_ups")
    attacks = [case for case in routes if case.kind in ("injection", "abuse", "personal_data")] or routes
    pools = {
        "follow-up": pool(follow_ups),
        "refusal": pool(routes),
        "attack": pool(attacks),
    }
    usual = pool(dev)
    kinds = dice.choices(list(MIX), list(MIX.values()), k=chats)
    return [_Plan(kind, next(pools.get(kind, usual)), number) for number, kind in enumerate(kinds)]


async def _chat(address: str, plans: Sequence[_Plan], tally: Tally) -> None:
    """Play the plans, AT_ONCE side by side."""
    waiting = iter(plans)

    async def visitor(client: httpx.AsyncClient) -> None:
        for plan in waiting:
            tally.sent[plan.kind] += 1
            try:
                await _KINDS.get(plan.kind, _ask)(client, plan, tally)
            except (httpx.HTTPError, ValueError, KeyError) as error:
                tally.expect(False, f"{plan.kind}: {type(error).__name__}: {error}"[:200])

    async with clients.connected(address) as client:
        await asyncio.gather(*(visitor(client) for _ in range(AT_ONCE)))


async def _ask(client: httpx.AsyncClient, plan: _Plan, tally: Tally) -> None:
    mode = "llm" if plan.number % round(1 / BY_MODEL) == 0 else "quote"
    surface = SURFACES[plan.number // 7 % len(SURFACES)]
    asked = await clients.ask(client, surface, plan.case.question, mode, plan.case.history)  # type: ignore[arg-type]
    tally.expect(asked.outcome == "answered", f"{plan.kind} over {surface}: {asked.outcome} {asked.detail}")


async def _leave(client: httpx.AsyncClient, plan: _Plan, tally: Tally) -> None:
    """Asks, and is gone when the first sign of an answer comes, or before any."""
    mode = "llm" if plan.number % 2 else "quote"
    body = {"question": plan.case.question, "mode": mode, "stream": True}
    async with client.stream("POST", "/api/ask", json=body) as reply:
        tally.expect(reply.status_code == 200, f"leaves: {reply.status_code}")
        if plan.number % 3:
            async for _ in reply.aiter_lines():
                break


async def _break(client: httpx.AsyncClient, plan: _Plan, tally: Tally) -> None:
    status, body, kind = _BROKEN[plan.number % len(_BROKEN)]
    reply = await client.post("/api/ask", content=body, headers={"Content-Type": kind})
    tally.expect(reply.status_code == status, f"broken request {plan.number % len(_BROKEN)}: {reply.status_code}")


async def _elsewhere(client: httpx.AsyncClient, plan: _Plan, tally: Tally) -> None:
    """The OpenAI-compatible interface, the reader, the page itself."""
    way = plan.number % 3
    if way == 0:
        body = {"model": "moc", "messages": [{"role": "user", "content": plan.case.question}], "stream": False}
        reply = await client.post("/v1/chat/completions", json=body)
    else:
        reply = await client.get(("/document", "/")[way - 1], params={"q": "fusion"} if way == 1 else {"lang": "ja"})
    tally.expect(reply.status_code == 200, f"other surface {way}: {reply.status_code} {reply.text[:100]}")


_KINDS: Mapping[str, Callable[[httpx.AsyncClient, _Plan, Tally], Any]] = {
    "leaves": _leave,
    "broken request": _break,
    "other surface": _elsewhere,
}


def check_linux() -> None:
    """Refuse where the system does not tell what a process holds.

    Raises:
        BenchError: there is no ``/proc``.
    """
    try:
        open("/proc/self/status", encoding="utf-8").close()
    except OSError:
        raise BenchError("the long run reads /proc, which this system does not have") from None
