"""Newcomers wait at the door, known addresses go past it; a flood from ever new addresses costs those nothing."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from assistant.config import Config
from assistant.types import Request
from assistant.web.door import Door
from assistant.web.limits import Busy, Limited
from assistant.web.standing import PROBATION, Standing
from assistant.web.turns import AT_ONCE
from assistant.web.visitor import Visitor
from assistant.web_settings import WebSettings
from tests.web.asking import ask, metric
from tests.web.scripted import Scripted, client_of, service_with


class Someone:
    """Holds a place inside."""


async def settled() -> None:
    """Let everything that is ready to run do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def waiters(door: Door, order: list[str]) -> Callable[..., Awaitable["list[asyncio.Task[Callable[[], object]]]"]]:
    """Tasks that come to the door in this order, named by network and number, and note when they get in."""

    async def come(*names: str) -> "list[asyncio.Task[Callable[[], object]]]":
        async def one(name: str) -> Callable[[], object]:
            left = await door.enter(name.partition(" ")[0], door)
            order.append(name)
            return left

        tasks = []
        for name in names:
            tasks.append(asyncio.create_task(one(name)))
            await asyncio.sleep(0)
        return tasks

    return come


def test_the_door_stands_open_in_quiet_times() -> None:
    """As many as are searched at once come in without a wait, again and again."""

    async def run() -> None:
        door = Door(0, 0)
        for _ in range(3):
            left = [await door.enter(str(number), door) for number in range(AT_ONCE)]
            with pytest.raises(Busy) as refused:
                await door.enter("one more", door)
            assert (refused.value.scope, refused.value.state) == ("newcomers", "newcomers_wait")
            for leave in left:
                leave()
                leave()  # a second time changes nothing

    asyncio.run(run())


def test_networks_take_turns_and_one_is_inside() -> None:
    """Of three questions of one network and one of another, the other is not behind all three."""

    async def run() -> None:
        door, order = Door(9, 60, at_once=2, clock=lambda: 0.0), list[str]()
        held = [await door.enter("x", door) for _ in range(2)]
        tasks = await waiters(door, order)("a 1", "a 2", "a 3", "b 1")
        held[0]()
        await settled()
        assert order == []  # while anyone waits the next comes in when nobody is inside
        held[1]()
        for so_far in (1, 2, 3, 4):
            await settled()
            assert len(order) == so_far
            inside = next(task for task in tasks if task.done())
            tasks.remove(inside)
            inside.result()()
        assert order == ["a 1", "b 1", "a 2", "a 3"]
        assert door.waiting == 0

    asyncio.run(run())


def test_who_was_served_least_comes_first() -> None:
    """A network that comes for the first time is not behind one that was served again and again."""

    async def run() -> None:
        door, order = Door(9, 60, at_once=1, clock=lambda: 0.0), list[str]()
        leave = await door.enter("x", door)
        tasks = await waiters(door, order)("a 1", "a 2", "a 3", "a 4", "b 1", "b 2")
        for so_far in (1, 2, 3):
            leave()
            await settled()
            assert len(order) == so_far
            inside = next(task for task in tasks if task.done())
            tasks.remove(inside)
            leave = inside.result()
        assert order == ["a 1", "b 1", "a 2"]
        tasks += await waiters(door, order)("c 1")
        leave()
        await settled()
        assert order[3:] == ["c 1"]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(run())


def test_a_rest_follows_each_search() -> None:
    """It lasts twice as long as the search did, and nobody comes in before it is over."""
    now = [0.0]

    async def run() -> None:
        door, order = Door(9, 60, at_once=1, clock=lambda: now[0]), list[str]()
        leave = await door.enter("x", door)
        tasks = await waiters(door, order)("a", "b")
        now[0] = 0.02
        leave()
        await settled()
        assert order == []
        now[0] = 0.06
        await tasks[0]
        assert order == ["a"]
        tasks[0].result()()
        await tasks[1]

    asyncio.run(run())


def test_a_flood_pushes_out_itself() -> None:
    """Where all places are taken a network with fewer gets one of those of the network that has most."""

    async def run() -> None:
        door, order = Door(3, 60, at_once=1), list[str]()
        await door.enter("x", door)
        come = waiters(door, order)
        tasks = await come("a 1", "a 2", "a 3", "a 4", "b 1", "b 2")
        await settled()
        busy = [task.get_name() for task in tasks if task.done() and isinstance(task.exception(), Busy)]
        assert busy == [tasks[place].get_name() for place in (2, 3, 5)]  # a 3 gave its place to b 1
        assert [door.full(name) for name in ("a", "b", "c")] == [True, True, False]
        assert door.waiting == 3
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert door.waiting == 0

    asyncio.run(run())


def test_who_leaves_or_waits_too_long_takes_no_place_along() -> None:
    """Whether the wait was over, they went away, or nobody held on to the question any more."""

    async def run() -> None:
        door = Door(9, 0, at_once=1)
        holder = Someone()
        leave = await door.enter("x", holder)
        with pytest.raises(Busy):
            await door.enter("y", door)
        assert door.waiting == 0
        del holder
        gc.collect()
        again = await door.enter("y", door)  # the place of who was not held any more
        leave()
        again()
        door, order = Door(9, 60, at_once=1, clock=lambda: 0.0), list[str]()
        leave = await door.enter("x", door)
        late, last = await waiters(door, order)("a", "b")
        leave()
        await asyncio.sleep(0)  # a has it now, but does not know yet
        late.cancel()
        (await last)()
        assert order == ["b"]
        assert not door._inside

    asyncio.run(run())


def test_readers_are_answered_in_a_flood_of_new_addresses(scripted: Scripted) -> None:
    """Searches take their time and many newcomers press: a known reader is answered, most of them are sent away."""
    web = replace(WebSettings(), raised=(), newcomers_waiting=4, newcomer_wait_seconds=0)
    service = service_with(scripted, replace(Config(), web=web))
    scripted.delay = 0.05

    async def run() -> None:
        async def newcomer(number: int) -> str:
            try:
                await ask(service, visitor=Visitor(address=f"198.18.{number}.7"))
            except Busy as refused:
                return str(refused.scope)
            return "answered"

        flood = [asyncio.create_task(newcomer(number)) for number in range(50)]
        await asyncio.sleep(0)
        reader = Visitor(address="192.0.2.1", known=True)
        for _ in range(3):
            assert (await ask(service, visitor=reader)).status == "answered"
        outcomes = await asyncio.gather(*flood)
        assert (outcomes.count("answered"), outcomes.count("newcomers")) == (AT_ONCE, 50 - AT_ONCE)
        # The flood is over: whoever comes first is let in at once.
        assert (await ask(service, visitor=Visitor(address="198.51.100.1"))).status == "answered"

    asyncio.run(run())
    assert metric(service, 'moc_limited_total{scope="newcomers"}') == 50 - AT_ONCE
    assert "newcomers_wait" in service.gate.states


def test_who_comes_back_is_known_on_every_surface(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sent away at the door, the API and the chat take the same address a while later, when it comes back."""
    now = [0.0]
    web = replace(WebSettings(), raised=(), newcomers_waiting=1, newcomer_wait_seconds=30)
    service = service_with(scripted, replace(Config(), web=web))
    service.gate.standing = Standing(lambda: now[0])
    questions = (
        ("/api/ask", {"question": "Is it binding?"}),
        ("/gradio_api/call/ask", {"data": ["Is it binding?", [], "quote"]}),
    )
    with client_of(service) as client:
        monkeypatch.setattr(Door, "waiting", 1)  # as the chat's queue sees it
        monkeypatch.setattr(service.gate.door, "_most", 0)
        monkeypatch.setattr(service.gate.door, "_inside", {object() for _ in range(AT_ONCE)})
        for path, body in questions:
            reply = client.post(path, json=body)
            assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
            assert reply.json()["error"]["code"] == "busy"
        now[0] = PROBATION
        for path, body in questions:
            assert client.post(path, json=body).status_code == 200


def test_other_work_comes_through_the_same_door(scripted: Scripted) -> None:
    """Checking what a model wrote costs as much as a question: newcomers wait for it like for an answer."""
    web = replace(WebSettings(), raised=(), newcomers_waiting=0, address_per_minute=1)
    service = service_with(scripted, replace(Config(), web=web))
    gate = service.gate

    async def run() -> None:
        async with gate.working(Visitor(address="198.18.0.1")):
            assert len(gate.door._inside) == 1
        assert not gate.door._inside
        with pytest.raises(Limited):
            async with gate.working(Visitor(address="198.18.0.1")):
                raise AssertionError("it is one too many")
        assert not gate.door._inside
        others = [await gate.door.enter("others", service) for _ in range(AT_ONCE)]
        with pytest.raises(Busy):
            async with gate.working(Visitor(address="198.18.0.2")):
                raise AssertionError("there is no room")
        async with gate.working(Visitor(address="198.18.0.2", known=True)):
            assert len(others) == AT_ONCE

    asyncio.run(run())
    assert metric(service, 'moc_limited_total{scope="newcomers"}') == 1


def test_a_question_let_in_is_searched_before_its_place_is_free(scripted: Scripted) -> None:
    """The place inside is given back when the search is over, not when the reader has read the answer."""
    service = service_with(scripted, replace(Config(), web=replace(WebSettings(), raised=())))

    async def run() -> None:
        asking = await service.ask(Request("Q"), Visitor(address="198.18.0.1"))
        assert len(service.gate.door._inside) == 1
        async for event in asking.events():
            held = len(service.gate.door._inside)
            del event
        assert held == 0
        dropped = await service.ask(Request("Q"), Visitor(address="198.18.0.2"))
        assert len(service.gate.door._inside) == 1
        del dropped
        gc.collect()
        assert not service.gate.door._inside

    asyncio.run(run())
