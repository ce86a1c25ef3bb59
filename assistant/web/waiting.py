"""Those who wait, each behind others of their own name (an address, a network): a flood waits behind itself."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Place = TypeVar("Place")


class Waiting(Generic[Place]):
    """A queue for each name; who comes next is asked name by name. No name is kept longer than somebody waits."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[asyncio.Future[Place]]] = {}  # the first is served next

    def __len__(self) -> int:
        """How many wait now."""
        return sum(map(len, self._queues.values()))

    def __bool__(self) -> bool:
        """Whether anybody waits; unlike their number, any thread may ask."""
        return bool(self._queues)

    def of(self, name: str) -> int:
        """How many of this name wait now."""
        return len(self._queues.get(name, ()))

    @property
    def fullest(self) -> str:
        """The name of which most wait, of those alike the first; empty where nobody waits."""
        return max(self._queues, key=self.of, default="")

    async def place(self, name: str, give_back: Callable[[Place], object], seconds: float | None = None) -> Place:
        """Wait for a place. ``give_back`` is called with one that came in the moment of leaving.

        Raises:
            TimeoutError: so many seconds were not enough.
            Exception: what ``push_out`` was given for whoever waits here.
        """
        turn: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(name, deque()).append(turn)
        try:
            async with asyncio.timeout(seconds):
                return await turn
        except BaseException:
            if not self._forget(name, turn) and turn.done() and not turn.cancelled() and turn.exception() is None:
                give_back(turn.result())
            raise

    def next(self, held: Callable[[str], int] = lambda _: 0) -> tuple[str, "asyncio.Future[Place]"] | None:
        """Take out who comes next, to be given a place: of the name that ``held`` least, and of those alike in turn."""
        while self._queues:
            name = min(self._queues, key=held)
            queue = self._queues.pop(name)
            turn = queue.popleft()
            if queue:
                self._queues[name] = queue  # at the end: of those alike everyone else comes before their next
            if not turn.done():
                return name, turn
        return None

    def push_out(self, name: str, error: Exception) -> None:
        """The last who came of a name waits no longer."""
        turn = self._queues[name][-1]
        self._forget(name, turn)
        if not turn.done():
            turn.set_exception(error)

    def _forget(self, name: str, turn: "asyncio.Future[Place]") -> bool:
        queue = self._queues.get(name, deque())
        if turn not in queue:
            return False
        queue.remove(turn)
        if not queue:
            del self._queues[name]
        return True
