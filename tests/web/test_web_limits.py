"""How often someone may ask, in memory, with a shared store, and with one that is down."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from assistant.admission import NotAdmitted, Usage
from assistant.web.counts import Counts
from assistant.web.limits import Limited, Rates, Store
from assistant.web.llm_limits import Budget, Slots
from assistant.web.visitor import Pseudonyms, Visitor
from assistant.web_settings import WebSettings
from tests.web.stores import closed_port, redis_server

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


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of our own on loopback; its address."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


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


def test_replicas_share_what_a_store_counts(redis: str) -> None:
    """Two replicas with one store allow together what one would; a restart forgets nothing."""
    settings = replace(SETTINGS, store_url=redis, address_per_minute=5)
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


def test_slots_go_in_order_and_only_so_many_wait() -> None:
    """First come, first served; a full queue and a long wait end in llm_busy; whoever leaves frees their place."""

    async def run() -> None:
        slots = Slots(1, 2, 5.0)
        order: list[str] = []

        async def work(name: str) -> None:
            async with slots.one():
                order.append(name)
                await asyncio.sleep(0)

        async with slots.one():
            waiting = [asyncio.create_task(work(name)) for name in "ab"]
            await asyncio.sleep(0)
            assert (slots.busy, slots.waiting) == (1, 2)
            with pytest.raises(NotAdmitted, match="llm_busy"):
                await work("c")
            waiting[0].cancel()
            await asyncio.sleep(0)
            waiting.append(asyncio.create_task(work("d")))
            await asyncio.sleep(0)
        await asyncio.wait(waiting)
        assert order == ["b", "d"]
        assert (slots.busy, slots.waiting) == (0, 0)
        impatient = Slots(1, 2, 0.01)
        async with impatient.one():
            with pytest.raises(NotAdmitted, match="llm_busy"):
                async with impatient.one():
                    raise AssertionError("there is only one")
        assert (impatient.busy, impatient.waiting) == (0, 0)

    asyncio.run(run())


def test_who_is_known_is_written_for_first() -> None:
    """Addresses never seen before wait behind the others, in half of the places."""

    async def run() -> None:
        slots = Slots(1, 4, 60.0)
        order: list[str] = []

        async def work(name: str, known: bool) -> None:
            async with slots.one(name, known):
                order.append(name)

        async with slots.one(known=False):
            names = ("new 1", "new 2", "known 1", "known 2")
            waiting = [asyncio.create_task(work(name, name[0] == "k")) for name in names[:3]]
            await asyncio.sleep(0)
            with pytest.raises(NotAdmitted, match="llm_busy"):
                await work("new 3", known=False)
            waiting.append(asyncio.create_task(work(names[3], known=True)))
            await asyncio.sleep(0)
            assert slots.waiting == 4
        await asyncio.wait(waiting)
        assert order == ["known 1", "known 2", "new 1", "new 2"]

    asyncio.run(run())


def test_one_address_takes_no_slot_and_no_place_from_others() -> None:
    """Who holds all slots and all places gives up the last places, and the next slot goes to whoever has none."""

    async def run() -> None:
        slots = Slots(2, 4, 60.0)
        order: list[str] = []
        done = asyncio.Event()

        async def work(name: str, who: str, known: bool = True) -> None:
            async with slots.one(who, known):
                order.append(name)
                await done.wait()

        flood = [asyncio.create_task(work(f"flood {number}", "flood")) for number in range(6)]
        await asyncio.sleep(0)
        assert (slots.busy, slots.waiting) == (2, 4)
        with pytest.raises(NotAdmitted, match="llm_busy"):
            await work("flood 6", "flood")
        with pytest.raises(NotAdmitted, match="llm_busy"):
            await work("new", "somebody new", known=False)  # takes no place from who is known
        others = [asyncio.create_task(work(who, who)) for who in ("ann", "bob")]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert slots.waiting == 4
        pushed_out = [task.get_name() for task in flood if task.done()]
        assert pushed_out == [flood[5].get_name(), flood[4].get_name()][::-1]
        assert all(isinstance(flood[number].exception(), NotAdmitted) for number in (4, 5))
        done.set()
        await asyncio.wait([*flood, *others])
        assert order == ["flood 0", "flood 1", "ann", "flood 2", "bob", "flood 3"]
        assert (slots.busy, slots.waiting) == (0, 0)
        assert not slots._known
        assert not slots._held

    asyncio.run(run())


def test_an_address_with_fewer_slots_is_written_for_first() -> None:
    """Not only in turn: while one of an address's questions is written, one of somebody who has none comes first."""

    async def run() -> None:
        slots = Slots(2, 8, 60.0)
        order: list[str] = []
        leave = {name: asyncio.Event() for name in ("flood 0", "flood 1", "flood 2", "ann 0", "ann 1")}

        async def work(name: str) -> None:
            async with slots.one(name[:-2]):
                order.append(name)
                await leave[name].wait()

        tasks = [asyncio.create_task(work(name)) for name in leave]
        await asyncio.sleep(0)
        for name in list(leave):
            leave[name].set()
            for _ in range(4):
                await asyncio.sleep(0)
        await asyncio.wait(tasks)
        assert order == ["flood 0", "flood 1", "ann 0", "flood 2", "ann 1"]

    asyncio.run(run())


def test_a_slot_handed_to_someone_who_leaves_is_handed_on() -> None:
    """Cancelled in the very moment of its turn, a question gives the slot back."""

    async def run() -> None:
        slots = Slots(1, 5, 5.0)
        first = slots.one()
        await first.__aenter__()

        async def work() -> None:
            async with slots.one():
                await asyncio.sleep(0)

        leaving = asyncio.create_task(work())
        await asyncio.sleep(0)
        await first.__aexit__(None, None, None)  # the turn of "leaving" is set, but it has not run yet
        leaving.cancel()
        await asyncio.wait([leaving])
        assert (slots.busy, slots.waiting) == (0, 0)
        async with slots.one():
            assert slots.busy == 1

    asyncio.run(run())


async def spend(budget: Budget, most: int, usage: Usage) -> None:
    async with budget.reserved(most) as made:
        made.calls, made.told, made.tokens = usage.calls, usage.told, usage.tokens


@pytest.mark.parametrize("shared", [False, True])
def test_a_budget_is_never_exceeded(shared: bool, request: pytest.FixtureRequest) -> None:
    """What is set aside counts, what was not used comes back, and a call nobody told about keeps its share."""
    url = request.getfixturevalue("redis") if shared else None
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


def test_replicas_share_a_budget(redis: str) -> None:
    """What one set aside the other cannot; a store that goes away leaves each its part of the budget."""
    settings = WebSettings(store_url=redis, secret="s", llm_tokens_per_hour=1000, replicas=2)

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
