"""How often someone may ask, in memory, with a shared store, and with one that is down."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from assistant.web.counts import Counts
from assistant.web.limits import Limited, Rates, Store
from assistant.web.visitor import Pseudonyms, Visitor
from assistant.web_settings import WebSettings
from tests.web.stores import closed_port

SETTINGS = WebSettings(secret="s", session_per_minute=3, session_per_day=50, address_per_minute=5)
OUTSIDE = Visitor(address="203.0.113.7", session="one")


def rates(settings: WebSettings = SETTINGS) -> Rates:
    return Rates(settings, Store(settings), Pseudonyms(settings.secret))


async def allowed(counting: Callable[[Visitor], Awaitable[None]], visitor: Visitor, tries: int) -> tuple[int, Limited]:
    """How many went through before the first refusal, and that refusal."""
    for number in range(tries):
        try:
            await counting(visitor)
        except Limited as limited:
            return number, limited
    raise AssertionError("never refused")


def test_a_session_and_an_address_have_their_share() -> None:
    """The session's limit comes first; without one, or with ever new ones, the address's does."""

    async def run() -> None:
        counting = rates()
        count, limited = await allowed(counting.question, OUTSIDE, 10)
        assert (count, limited.scope, limited.status, limited.code) == (3, "session", 429, "rate_limited")
        assert 1 <= limited.retry_after_seconds <= 60
        fresh = rates()
        for number in range(5):
            await fresh.question(replace(OUTSIDE, session=f"new {number}"))
        with pytest.raises(Limited) as refused:
            await fresh.question(replace(OUTSIDE, session="another"))
        assert refused.value.scope == "address"
        await fresh.question(replace(OUTSIDE, address="203.0.113.8"))  # a neighbour is not touched

    asyncio.run(run())


def test_the_counts_of_days_push_out_no_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many sessions an attacker invents, whose counts of the day fill the memory: the minute's limits hold."""
    monkeypatch.setattr("assistant.web.limits.Counts", lambda: Counts(most=50))

    async def run() -> int:
        counting = rates(replace(SETTINGS, address_per_minute=3, network_per_minute=1000))
        for number in range(200):
            await counting.question(Visitor(f"10.0.{number}.1", f"s{number}"))
        count, _ = await allowed(counting.question, Visitor("10.1.1.1", "one"), 20)
        return count

    assert asyncio.run(run()) == 3


def test_a_signed_in_person_counts_wherever_they_are() -> None:
    """Their name is the session, whatever address and session they come with."""

    async def run() -> None:
        counting = rates()
        for number in range(3):
            await counting.question(Visitor(address=f"203.0.113.{number}", session=str(number), user="ann"))
        with pytest.raises(Limited):
            await counting.question(Visitor(address="203.0.113.99", user="ann"))
        await counting.question(Visitor(address="203.0.113.99", user="bob"))

    asyncio.run(run())


def test_a_raised_address_has_a_multiple() -> None:
    """This machine itself has a hundred times the share."""

    async def run() -> None:
        count, _ = await allowed(rates().question, Visitor(address="127.0.0.1"), 600)
        assert count == 500

    asyncio.run(run())


def test_replicas_share_what_a_store_counts(store_url: str) -> None:
    """Two replicas with one store allow together what one would; a restart forgets nothing."""
    settings = replace(SETTINGS, store_url=store_url, address_per_minute=5)
    visitor = Visitor(address="198.51.100.77")

    async def run() -> None:
        one, two = rates(settings), rates(settings)
        for counting in (one, two, one, two, one):
            await counting.question(visitor)
        for counting in (one, two, rates(settings)):
            with pytest.raises(Limited):
                await counting.question(visitor)

    asyncio.run(run())


def test_without_its_store_a_replica_is_stricter_and_not_slow() -> None:
    """It allows its part, says that the store is down, and asks it again only after a pause."""
    now = [0.0]
    settings = replace(SETTINGS, store_url=closed_port(), replicas=2, address_per_minute=6)

    async def run() -> None:
        store = Store(settings, lambda: now[0])
        counting = Rates(settings, store, Pseudonyms("s"))
        count, _ = await allowed(counting.question, Visitor(address="203.0.113.7"), 10)
        assert count == 3
        assert store.down
        tried = 0

        async def shared() -> int:
            nonlocal tried
            tried += 1
            return 1

        async def alone() -> int:
            return 2

        assert await store.try_(shared, alone) == 2
        now[0] += 10
        assert await store.try_(shared, alone) == 1
        assert (tried, store.down) == (1, False)

    asyncio.run(run())


def test_a_network_has_a_share_of_its_own() -> None:
    """Many addresses of one network have it together; one that asks too much uses up nothing of it; none is raised."""
    settings = WebSettings(address_per_minute=3, network_per_minute=5, raised=())

    async def run() -> None:
        counting = rates(settings)
        for _ in range(3):
            await counting.question(Visitor(address="203.0.113.1"))
        for _ in range(9):
            with pytest.raises(Limited):
                await counting.question(Visitor(address="203.0.113.1"))
        for last in (2, 3):
            await counting.question(Visitor(address=f"203.0.113.{last}"))
        with pytest.raises(Limited) as refused:
            await counting.question(Visitor(address="203.0.113.4"))
        assert refused.value.scope == "network"
        await counting.question(Visitor(address="203.0.114.4"))

    asyncio.run(run())
