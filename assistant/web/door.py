"""Whoever is not known waits at the door while many such come; whoever is known goes past it.

In quiet times the door stands open. Once somebody has to wait, one newcomer at a time is let in to be searched for,
with a rest after each of twice the time its search took, so that they get a third of one core (more where searches are
slow). The network that was served least comes first, and whoever would wait long is told to come back.
"""

import asyncio
import time
import weakref
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from assistant.web.limits import Busy
from assistant.web.turns import AT_ONCE
from assistant.web.waiting import Waiting

_REST = 2.0  # times what a search took
_MOST_REST = 0.2  # seconds: where searches are slow themselves, newcomers would all wait too long
_MOST_NETWORKS = 1000  # of which is remembered how often they were served


class Door:
    """Lets newcomers in.

    ``waiting`` may wait at most, each for ``seconds``; ``at_once`` are inside while nobody waits.
    """

    def __init__(
        self, waiting: int, seconds: float, at_once: int = AT_ONCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._at_once = waiting, seconds, at_once
        self._clock = clock
        self._waiting: Waiting[object] = Waiting()  # by network
        self._served: Counter[str] = Counter()  # how often each was let in since nobody waited
        self._inside: set[object] = set()
        self._rest_until = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    def full(self, network: str) -> bool:
        """Whether someone of this network would be sent away at once: no place is free, and no network has more."""
        return self.waiting > 0 and self.waiting >= self._most and not self._has_less(network)

    async def enter(self, network: str, holder: object) -> Callable[[], object]:
        """Come in, at once or after a wait; call what comes back when the search is over. Its holder's end does it too.

        Raises:
            Busy: too many wait, or the wait is over.
        """
        if not self._waiting and len(self._inside) < self._at_once:
            place = object()
            self._inside.add(place)
        else:
            place = await self._wait(network)
        left = weakref.finalize(holder, self._left, place, self._clock(), asyncio.get_running_loop())
        left.atexit = False
        return left

    async def _wait(self, network: str) -> object:
        # Where all places are taken, the network that has most of them gives one up: a flood pushes out itself.
        if self.waiting >= self._most:
            if not self._has_less(network):
                raise Busy("newcomers")
            self._waiting.push_out(self._waiting.fullest, Busy("newcomers"))
        try:
            return await self._waiting.place(network, self._give_back, self._seconds)
        except TimeoutError:
            raise Busy("newcomers") from None

    def _has_less(self, network: str) -> bool:
        """Whether another network has more places than this one would have with one more."""
        return self._waiting.of(self._waiting.fullest) > self._waiting.of(network) + 1

    def _give_back(self, place: object) -> None:
        self._inside.discard(place)
        self._next(asyncio.get_running_loop())

    def _left(self, place: object, since: float, loop: asyncio.AbstractEventLoop) -> None:
        """A search is over. Called by whoever held it last, which may be the garbage collector in any thread."""
        self._inside.discard(place)
        if self._waiting:
            now = self._clock()
            self._rest_until = now + min(_MOST_REST, _REST * (now - since))
            with suppress(RuntimeError):  # the loop has ended, and with it who waited
                loop.call_soon_threadsafe(self._next, loop)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the next one in, if nobody is inside and the rest is over; else look again then."""
        if not self._waiting or self._inside or self._timer is not None:
            return
        if (rest := self._rest_until - self._clock()) > 0:
            self._timer = loop.call_later(rest, self._rested, loop)
        elif found := self._waiting.next(self._served.__getitem__):
            network, turn = found
            place = object()
            self._inside.add(place)
            self._count(network)
            turn.set_result(place)

    def _count(self, network: str) -> None:
        if not self._waiting or len(self._served) > _MOST_NETWORKS:
            self._served.clear()
        self._served[network] += 1

    def _rested(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        self._next(loop)
