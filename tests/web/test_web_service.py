"""Opening in the background: who waits, who is told, and what is there meanwhile."""

import asyncio
import threading

import pytest

from assistant.config import Config
from assistant.web.service import NotReady, Service
from index import parse
from index.errors import IndexUnusable
from tests.web.scripted import Scripted


def test_questions_wait_until_it_is_open(scripted: Scripted) -> None:
    """Not ready, the document there, waiting; then opened once and given to everyone."""
    go = threading.Event()
    opened: list[Config] = []

    def slow(config: Config) -> Scripted:
        go.wait(10)
        opened.append(config)
        return scripted

    service = Service(Config(), slow)  # type: ignore[arg-type]
    service.start()
    assert (service.ready, service.problem) == (False, None)
    assert service.document.sha256 == parse.load().sha256
    with pytest.raises(NotReady, match="starting"):
        service.wait(0.01)

    async def ask() -> object:
        waiting = asyncio.create_task(service.opened())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        go.set()
        return await waiting

    assert asyncio.run(ask()) is scripted
    assert (service.ready, service.problem, len(opened)) == (True, None, 1)


def test_a_failure_is_kept_and_told() -> None:
    """The problem is one line; whoever waits gets NotReady; the one who started it is called."""

    def broken(_: Config) -> Scripted:
        raise IndexUnusable("no index at '/x';\nrun 'python -m index build'")

    told: list[Service] = []
    done = threading.Event()
    service = Service(Config(), broken)  # type: ignore[arg-type]
    service.start(lambda failed: (told.append(failed), done.set()))  # type: ignore[func-returns-value, arg-type]
    assert done.wait(10)
    assert told == [service]
    assert service.problem == "no index at '/x'; run 'python -m index build'"
    with pytest.raises(NotReady, match="no index"):
        asyncio.run(service.opened())


def test_a_visitor_who_leaves_stops_only_their_own_wait(scripted: Scripted) -> None:
    """Cancelling one waiting question leaves the opening and the others alone."""
    go = threading.Event()
    service = Service(Config(), lambda _: (go.wait(10), scripted)[1])  # type: ignore[arg-type, return-value]
    service.start()

    async def leave_and_stay() -> object:
        leaving, staying = (asyncio.create_task(service.opened()) for _ in range(2))
        await asyncio.sleep(0.01)
        leaving.cancel()
        go.set()
        return await staying

    assert asyncio.run(leave_and_stay()) is scripted
