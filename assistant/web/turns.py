"""Whose question is searched next: a few at once, and those who wait are served address by address in turn.

Searching is what takes the processor. In the order of arrival somebody who asks fifty questions at once would let
everyone behind them wait for all fifty; in turns one question waits for at most one of theirs.
"""

import os
from weakref import WeakSet

from assistant.web.waiting import Waiting

# One more than cores: while one answer is put into words, others are embedded.
AT_ONCE = (os.cpu_count() or 1) + 1
# Beyond this many, all of them would wait longer than who comes back later: some seconds' work for two cores.
MOST_WAITING = 300


class Turns:
    """Lets ``at_once`` questions be searched at a time."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting: Waiting[None] = Waiting()
        # Weakly held: a question nobody goes on with ends with its last reference.
        self._coming: WeakSet[object] = WeakSet()
        self.busy = 0

    @property
    def crowded(self) -> bool:
        """Whether as many questions as may wait are on their way to their search, or in it."""
        return len(self._coming) >= self._at_once + MOST_WAITING

    def come(self, asking: object) -> None:
        """A question was let in: it counts from now, whatever comes before its turn (the start, the cache)."""
        self._coming.add(asking)

    def gone(self, asking: object) -> None:
        """Its search is over, or will not be; a second time changes nothing."""
        self._coming.discard(asking)

    async def take(self, who: str) -> "Turn":
        """Wait for a turn of ``who``; end it when the search is over."""
        if self.busy < self._at_once:
            self.busy += 1
        else:
            await self._waiting.place(who, lambda _: self.give())
        return Turn(self)

    def give(self) -> None:
        """Pass a turn on to whoever's is next; it is not free in between."""
        if found := self._waiting.next():
            _, turn = found
            turn.set_result(None)
        else:
            self.busy -= 1


class Turn:
    """One turn that was taken."""

    def __init__(self, turns: Turns) -> None:
        self._turns: Turns | None = turns

    def end(self) -> None:
        """The search is over; a second time changes nothing."""
        if self._turns is not None:
            turns, self._turns = self._turns, None
            turns.give()
