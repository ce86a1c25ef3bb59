"""How many answers the language model writes at once; the others wait, and addresses are served in turn."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from assistant.admission import NotAdmitted
from assistant.web.waiting import Waiting


class Slots:
    """Lets a number of answers be written at once; the others wait for a while, and addresses are served in turn.

    A slot that comes free goes to whoever holds fewest, of those alike to whose turn it is. Where all places are taken,
    whoever has most of them gives one up to somebody with fewer. Addresses never seen before wait behind all others,
    and only half of the places are for them. An address is kept no longer than it waits or holds a slot.
    """

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self._at_once, self._most_waiting, self._seconds = at_once, waiting, seconds
        self._known: Waiting[None] = Waiting()  # by address
        self._new: Waiting[None] = Waiting()
        self._held: Counter[str] = Counter()

    @property
    def busy(self) -> int:
        """How many slots are held now."""
        return self._held.total()

    @property
    def waiting(self) -> int:
        """How many wait now."""
        return len(self._known) + len(self._new)

    @asynccontextmanager
    async def one(self, who: str = "", known: bool = True) -> AsyncIterator[None]:
        """Hold one slot for an address.

        Raises:
            NotAdmitted: ``llm_busy``, the queue is full or the wait is over.
        """
        await self._take(who, known)
        try:
            yield
        finally:
            self._give(who)

    async def _take(self, who: str, known: bool) -> None:
        if self.busy < self._at_once:
            self._held[who] += 1
            return
        self._make_room(who, known)
        waiting = self._known if known else self._new
        try:
            await waiting.place(who, lambda _: self._give(who), self._seconds)
        except TimeoutError:
            raise NotAdmitted("llm_busy") from None

    def _make_room(self, who: str, known: bool) -> None:
        """Where no place is free, whoever has most gives up the last of theirs: a flood pushes out itself."""
        full = self.waiting >= self._most_waiting
        if not full and (known or len(self._new) < self._most_waiting // 2):
            return
        # Who is new takes no place from who is known.
        waiting = max((self._new, self._known) if known else (self._new,), key=lambda one: one.of(one.fullest))
        mine = (self._known if known else self._new).of(who)
        if waiting.fullest == who or waiting.of(waiting.fullest) <= mine + 1:
            raise NotAdmitted("llm_busy")
        waiting.push_out(waiting.fullest, NotAdmitted("llm_busy"))

    def _give(self, who: str) -> None:
        # The slot passes to whoever is next, without being free in between.
        self._held[who] -= 1
        if not self._held[who]:
            del self._held[who]
        if found := self._known.next(self._held.__getitem__) or self._new.next(self._held.__getitem__):
            name, turn = found
            self._held[name] += 1
            turn.set_result(None)
