"""Which addresses have been here before. Whoever attacks from ever new addresses has none that has.

An address is known when it comes back a while after it was first seen, whatever it got then: a reader opens the page
and reads before asking, a program asks again, and one that was sent away comes back when it was told to.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

PROBATION = 2.0  # seconds; a refusal at the door asks for more (``Busy``)
REMEMBERED = 3600.0  # seconds without a request
MOST = 20_000  # of each kind, some 200 bytes each


class Standing:
    """Addresses by pseudonym, in memory. New ones push out new ones only: a flood of them costs nobody who is known."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._first: OrderedDict[str, float] = OrderedDict()  # when first seen, oldest first
        self._known: OrderedDict[str, float] = OrderedDict()  # when last seen, longest ago first

    def __len__(self) -> int:
        return len(self._first) + len(self._known)

    def seen(self, who: str) -> bool:
        """Note a request of an address; whether it is known."""
        now = self._clock()
        if now - self._known.get(who, -REMEMBERED) < REMEMBERED:
            self._known[who] = now
            self._known.move_to_end(who)
            return True
        self._known.pop(who, None)
        first = self._first.get(who)
        if first is not None and PROBATION <= now - first < REMEMBERED:
            del self._first[who]
            self._keep(self._known, who, now)
            return True
        if first is None or now - first >= REMEMBERED:
            self._first.pop(who, None)
            self._keep(self._first, who, now)
        return False

    def _keep(self, kept: "OrderedDict[str, float]", who: str, now: float) -> None:
        kept[who] = now
        while kept and (len(kept) > self._most or now - next(iter(kept.values())) >= REMEMBERED):
            kept.popitem(last=False)
