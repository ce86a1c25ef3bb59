"""What the language model may use: tokens in an hour and in a day, set aside before it is asked."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from assistant.admission import NotAdmitted, Usage
from assistant.web.limits import Store
from assistant.web_settings import WebSettings
from assistant.write import MAX_CALLS

SECONDS: Mapping[str, int] = {"hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class _Reserved:
    """Tokens set aside, in which windows, and whether in the shared store."""

    tokens: int
    keys: tuple[str, str]
    shared: bool


class Budget:
    """Tokens the language model may use: the most a question can take is set aside before, the rest given back.

    So what is used never exceeds the budget. Counted in windows of the clock (UTC).
    """

    def __init__(self, settings: WebSettings, store: Store, clock: Callable[[], float] = time.time) -> None:
        self.most: dict[str, int] = {"hour": settings.llm_tokens_per_hour, "day": settings.llm_tokens_per_day}
        self._replicas = settings.replicas
        self._store = store
        self._clock = clock
        self._alone: Counter[str] = Counter()

    @property
    def used(self) -> dict[str, int]:
        """Tokens used or set aside in the running windows, as far as this process knows."""
        hour, day = self._keys()
        return {"hour": self._alone[hour], "day": self._alone[day]}

    @property
    def spent(self) -> bool:
        """Whether the running hour or day has nothing left, as far as this process knows."""
        return any(self.used[window] >= self.most[window] for window in SECONDS)

    @asynccontextmanager
    async def reserved(self, most_tokens: int) -> AsyncIterator[Usage]:
        """Set tokens aside for one question.

        Raises:
            NotAdmitted: ``llm_budget``, there are not as many left.
        """
        keys = self._keys()
        taken = await self._store.try_(
            lambda: self._take_shared(keys, most_tokens), lambda: self._take_alone(keys, most_tokens)
        )
        if taken is None:
            raise NotAdmitted("llm_budget")
        usage = Usage()
        try:
            yield usage
        finally:
            # Shielded, for a reader who leaves cancels this too; a call whose tokens nobody told keeps its share.
            await asyncio.shield(self._settle(taken, _used(usage, most_tokens)))

    def _keys(self) -> tuple[str, str]:
        now = int(self._clock())
        return f"moc:tokens:hour:{now // SECONDS['hour']}", f"moc:tokens:day:{now // SECONDS['day']}"

    async def _take_alone(self, keys: tuple[str, str], tokens: int) -> _Reserved | None:
        share = 1 if self._store.url is None else self._replicas
        if any(self._alone[key] + tokens > most // share for key, most in zip(keys, self.most.values(), strict=True)):
            return None
        self._remember(keys, tokens)
        return _Reserved(tokens, keys, shared=False)

    async def _take_shared(self, keys: tuple[str, str], tokens: int) -> _Reserved | None:
        async with self._store.client.pipeline(transaction=True) as pipe:
            for key, seconds in zip(keys, SECONDS.values(), strict=True):
                pipe.incrby(key, tokens)
                pipe.expire(key, seconds)
            hour, _, day, _ = await pipe.execute()
        if hour > self.most["hour"] or day > self.most["day"]:
            await self._return_shared(keys, tokens)
            return None
        self._remember(keys, tokens)
        return _Reserved(tokens, keys, shared=True)

    async def _settle(self, taken: _Reserved, used: int) -> None:
        unused = taken.tokens - used
        self._remember(taken.keys, -unused)
        if taken.shared and unused:

            async def keep() -> None:
                """The store went away: what was set aside stays set aside, which is the strict side."""

            await self._store.try_(lambda: self._return_shared(taken.keys, unused), keep)

    async def _return_shared(self, keys: tuple[str, str], tokens: int) -> None:
        async with self._store.client.pipeline(transaction=True) as pipe:
            for key in keys:
                pipe.decrby(key, tokens)
            await pipe.execute()

    def _remember(self, keys: tuple[str, str], tokens: int) -> None:
        for key in [known for known in self._alone if known not in self._keys()]:
            del self._alone[key]
        for key in keys:
            self._alone[key] += tokens


def _used(usage: Usage, most_tokens: int) -> int:
    """What to charge: told tokens, and for calls without a word about them their share of the most."""
    untold = usage.calls - usage.told
    return usage.tokens + untold * (most_tokens // MAX_CALLS)
