"""The counters of the limits in memory, bounded: what has run out is taken away as time goes, and there is a most.

The storage that comes with ``limits`` looks at every counter it has at each question. With a counter for each session
of the last two days that is what a question costs most; here only those that have run out are looked at.
"""

import heapq
import time
from collections.abc import Callable

from limits.aio.storage import MemoryStorage

MOST = 50_000  # counters, some 500 bytes each


class Counts(MemoryStorage):
    """Counters with an end each, for windows of one length: above ``most`` the one whose end is next is given up.

    Nothing here waits for anything, so no counter needs a lock.
    """

    STORAGE_SCHEME: list[str] = ["async+bounded"]  # noqa: RUF012 -- declared like this by the package

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._most = most
        self._clock = clock
        self._counted: dict[str, tuple[int, float]] = {}  # count, end
        self._ends: list[tuple[float, str]] = []  # a heap; each counter stands in it once

    def __len__(self) -> int:
        return len(self._counted)

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count; a new counter ends ``expiry`` seconds from now."""
        self._purge()
        count, end = self._counted.get(key, (0, 0.0))
        if not end:
            end = self._clock() + expiry
            heapq.heappush(self._ends, (end, key))
        self._counted[key] = (count + amount, end)
        while len(self._counted) > self._most:
            self._counted.pop(heapq.heappop(self._ends)[1], None)
        return count + amount

    async def decr(self, key: str, amount: int = 1) -> int:
        """Take back; not below 0."""
        self._purge()
        count, end = self._counted.get(key, (0, 0.0))
        count = max(0, count - amount)
        if end:
            self._counted[key] = (count, end)
        return count

    async def get(self, key: str) -> int:
        """The count; 0 where there is none, or none any more."""
        count, end = self._counted.get(key, (0, 0.0))
        return count if self._clock() < end else 0

    async def get_expiry(self, key: str) -> float:
        """When a counter ends; now where there is none."""
        return self._counted.get(key, (0, self._clock()))[1]

    async def clear(self, key: str) -> None:
        """Forget a count; its place goes when its time has come."""
        if key in self._counted:
            self._counted[key] = (0, self._counted[key][1])

    async def reset(self) -> int:
        """Forget all; how many there were."""
        held = len(self._counted)
        self._counted.clear()
        self._ends.clear()
        return held

    def _purge(self) -> None:
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            self._counted.pop(heapq.heappop(self._ends)[1], None)
