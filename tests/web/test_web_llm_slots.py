"""Slots: so many answers are written at once, addresses wait in turn, and nobody takes what is left to others."""

import asyncio

import pytest

from assistant.admission import NotAdmitted
from assistant.web.llm_slots import Slots


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
