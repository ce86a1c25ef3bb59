"""Turns: a few searches at once, those who wait served address by address, nothing lost when somebody leaves."""

import asyncio
import gc

import pytest

from assistant.web.turns import MOST_WAITING, Turn, Turns


class Question:
    """Something that can be held weakly."""


def crowded(turns: Turns) -> bool:
    return turns.crowded


def waiting(turns: Turns) -> int:
    return len(turns._waiting)


async def queued(turns: Turns, order: list[str], *who: str) -> list["asyncio.Task[Turn]"]:
    """Tasks that wait for a turn in this order, and note when they get it."""

    async def wait(name: str) -> Turn:
        turn = await turns.take(name.partition(" ")[0])
        order.append(name)
        return turn

    tasks = []
    for name in who:
        tasks.append(asyncio.create_task(wait(name)))
        await asyncio.sleep(0)
    return tasks


@pytest.mark.parametrize("at_once", [1, 2])
def test_addresses_take_turns(at_once: int) -> None:
    """Of three questions of one and one each of two others, the others are not behind all three."""

    async def run() -> None:
        turns, order = Turns(at_once), list[str]()
        held = [await turns.take("anyone") for _ in range(at_once)]
        tasks = await queued(turns, order, "a 1", "a 2", "a 3", "b 1", "c 1")
        assert (turns.busy, waiting(turns)) == (at_once, 5)
        held[0].end()
        held[0].end()  # a second time changes nothing
        for _ in range(5):
            await asyncio.sleep(0)
            done = [task for task in tasks if task.done()]
            done[-1].result().end()
            tasks = [task for task in tasks if not task.done()]
            await asyncio.sleep(0)
        assert order == ["a 1", "b 1", "c 1", "a 2", "a 3"]
        assert (turns.busy, waiting(turns)) == (at_once - 1, 0)

    asyncio.run(run())


def test_who_leaves_takes_no_turn_along() -> None:
    """Whether they wait or have just been given one."""

    async def run() -> None:
        turns, order = Turns(1), list[str]()
        held = await turns.take("x")
        gone, late, last = await queued(turns, order, "a", "b", "c")
        gone.cancel()
        await asyncio.sleep(0)
        held.end()  # b has it now, but does not know yet
        late.cancel()
        turn = await last
        assert order == ["c"]
        turn.end()
        assert (turns.busy, waiting(turns)) == (0, 0)

    asyncio.run(run())


def test_questions_count_from_the_moment_they_are_let_in() -> None:
    """Those in search and as many as may wait; one whose search is over makes room, and so does one nobody holds."""
    turns = Turns(2)
    coming = [Question() for _ in range(2 + MOST_WAITING)]
    for question in coming[1:]:
        turns.come(question)
    assert not crowded(turns)
    turns.come(coming[0])
    assert crowded(turns)
    turns.gone(coming[0])
    turns.gone(coming[0])
    assert not crowded(turns)
    turns.come(coming[0])
    assert crowded(turns)
    del coming[1], question
    gc.collect()
    assert not crowded(turns)
