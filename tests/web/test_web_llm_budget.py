"""The budget of tokens: never exceeded, in memory, with a shared store, and with one that is down."""

import asyncio
from dataclasses import replace

import pytest

from assistant.admission import NotAdmitted, Usage
from assistant.web.limits import Store
from assistant.web.llm_budget import Budget
from assistant.web_settings import WebSettings
from tests.web.stores import closed_port


async def spend(budget: Budget, most: int, usage: Usage) -> None:
    async with budget.reserved(most) as made:
        made.calls, made.told, made.tokens = usage.calls, usage.told, usage.tokens


@pytest.mark.parametrize("shared", [False, True])
def test_a_budget_is_never_exceeded(shared: bool, request: pytest.FixtureRequest) -> None:
    """What is set aside counts, what was not used comes back, and a call nobody told about keeps its share."""
    url = request.getfixturevalue("store_url") if shared else None
    now = [3600.0 * 24 * (5 if shared else 1)]
    settings = WebSettings(store_url=url, secret="s", llm_tokens_per_hour=1000, llm_tokens_per_day=1500, replicas=1)

    async def run() -> None:
        budget = Budget(settings, Store(settings), lambda: now[0])
        await spend(budget, 600, Usage(calls=1, told=1, tokens=250))
        assert budget.used == {"hour": 250, "day": 250}
        async with budget.reserved(600):
            assert budget.used["hour"] == 850
            with pytest.raises(NotAdmitted, match="llm_budget"):
                await spend(budget, 600, Usage())
        assert budget.used["hour"] == 250  # no call was made
        await spend(budget, 600, Usage(calls=1))
        assert budget.used["hour"] == 550
        with pytest.raises(NotAdmitted):
            await spend(budget, 451, Usage())
        await spend(budget, 450, Usage(2, 2, 450))
        assert budget.spent
        now[0] += 3600
        assert budget.used == {"hour": 0, "day": 1000}
        with pytest.raises(NotAdmitted):
            await spend(budget, 501, Usage())
        await spend(budget, 500, Usage(1, 1, 500))
        assert budget.spent  # the day
        now[0] += 86400
        await spend(budget, 1000, Usage())

    asyncio.run(run())


def test_replicas_share_a_budget(store_url: str) -> None:
    """What one set aside the other cannot; a store that goes away leaves each its part of the budget."""
    settings = WebSettings(store_url=store_url, secret="s", llm_tokens_per_hour=1000, replicas=2)

    async def run() -> None:
        one, two = (Budget(settings, Store(settings), lambda: 3600.0 * 24 * 99) for _ in range(2))
        async with one.reserved(700):
            with pytest.raises(NotAdmitted):
                await spend(two, 400, Usage())
        await spend(two, 400, Usage())
        gone = replace(settings, store_url=closed_port())
        alone = Budget(gone, Store(gone), lambda: 0.0)
        await spend(alone, 500, Usage(1, 1, 100))
        with pytest.raises(NotAdmitted):
            await spend(alone, 401, Usage())

    asyncio.run(run())


def test_many_at_once_spend_no_more_than_the_budget() -> None:
    """Two hundred questions at once, each of which may take 100 tokens: never more than 1,000 set aside or used."""

    async def run() -> None:
        settings = WebSettings(llm_tokens_per_hour=1000)
        budget = Budget(settings, Store(settings))
        used: list[int] = []
        highest = 0

        async def one(number: int) -> None:
            nonlocal highest
            try:
                async with budget.reserved(100) as usage:
                    highest = max(highest, budget.used["hour"])
                    await asyncio.sleep(0)
                    usage.calls, usage.told, usage.tokens = 1, 1, number % 100
                    used.append(usage.tokens)
            except NotAdmitted:
                return

        await asyncio.gather(*(one(number) for number in range(200)))
        assert sum(used) <= highest <= 1000

    asyncio.run(run())
