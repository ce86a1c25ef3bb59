"""Waiting: name by name in turn, whoever leaves takes nothing along, and a flood can be pushed out from its end."""

import asyncio
from collections import Counter

import pytest

from assistant.web.waiting import Waiting


class PushedOut(Exception):
    """What somebody who may not go on waiting is told."""


async def queued(waiting: Waiting[str], *names: str, back: list[str] | None = None) -> list["asyncio.Task[str]"]:
    """Tasks that wait for a place, in this order; what came in the moment of leaving goes ``back``."""
    given_back = [] if back is None else back
    tasks = []
    for name in names:
        tasks.append(asyncio.create_task(waiting.place(name, given_back.append)))
        await asyncio.sleep(0)
    return tasks


def served(waiting: Waiting[str], place: str, held: Counter[str] | None = None) -> str | None:
    """The name that gets this place next."""
    found = waiting.next(held.__getitem__) if held is not None else waiting.next()
    if found is None:
        return None
    name, turn = found
    turn.set_result(place)
    return name


def test_names_come_in_turn() -> None:
    """Of three of one name and one each of two others, the others are not behind all three; each gets its own place."""

    async def run() -> None:
        waiting: Waiting[str] = Waiting()
        tasks = await queued(waiting, "a", "a", "a", "b", "c")
        assert (len(waiting), waiting.of("a"), waiting.of("nobody"), waiting.fullest) == (5, 3, 0, "a")
        assert [served(waiting, f"place {number}") for number in range(6)] == ["a", "b", "c", "a", "a", None]
        places = await asyncio.gather(*tasks)
        assert places == ["place 0", "place 3", "place 4", "place 1", "place 2"]
        assert (len(waiting), bool(waiting), waiting.fullest) == (0, False, "")

    asyncio.run(run())


def test_who_holds_least_comes_first() -> None:
    """Whatever the order of arrival; of those alike, in turn."""

    async def run() -> None:
        waiting: Waiting[str] = Waiting()
        tasks = await queued(waiting, "a", "b", "c", "c")
        held = Counter({"a": 2, "b": 1, "c": 1})
        assert [served(waiting, "", held) for _ in tasks] == ["b", "c", "c", "a"]
        await asyncio.gather(*tasks)

    asyncio.run(run())


def test_who_leaves_keeps_no_place() -> None:
    """While waiting they are struck off; a place that came in the moment of leaving is given back."""

    async def run() -> None:
        waiting, back = Waiting[str](), list[str]()
        first, second, third = await queued(waiting, "a", "a", "b", back=back)
        first.cancel()
        await asyncio.wait([first])
        assert (len(waiting), back) == (2, [])
        assert served(waiting, "the place") == "a"
        second.cancel()
        await asyncio.wait([second])
        assert (second.cancelled(), back) == (True, ["the place"])
        third.cancel()  # it still stands in the queue, for its task has not run yet
        assert served(waiting, "nobody's") is None
        await asyncio.wait([third])
        assert (back, bool(waiting)) == (["the place"], False)

    asyncio.run(run())


def test_a_wait_may_be_over() -> None:
    """After its seconds, with nothing left behind."""

    async def run() -> None:
        waiting, back = Waiting[str](), list[str]()
        with pytest.raises(TimeoutError):
            await waiting.place("a", back.append, 0)
        assert (bool(waiting), back) == (False, [])

    asyncio.run(run())


def test_the_last_of_a_name_is_pushed_out() -> None:
    """They are told why, and have no place to give back."""

    async def run() -> None:
        waiting, back = Waiting[str](), list[str]()
        first, last, other = await queued(waiting, "a", "a", "b", back=back)
        waiting.push_out("a", PushedOut())
        with pytest.raises(PushedOut):
            await last
        assert (len(waiting), back) == (2, [])
        assert [served(waiting, ""), served(waiting, "")] == ["a", "b"]
        await asyncio.gather(first, other)

    asyncio.run(run())
