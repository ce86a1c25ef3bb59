"""How often someone may ask: rates per session and per address, kept by the ``limits`` package.

Replicas share a Redis or Valkey. While that is down each counts alone and allows its part: stricter, never open.
"""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from assistant.web.counts import Counts
from assistant.web.visitor import Pseudonyms, Visitor, block_of, factor_of, network_of
from assistant.web_settings import WebSettings

if TYPE_CHECKING:
    from redis.asyncio import Redis

STORE_SECONDS = 0.5  # a store that takes longer counts as down
STORE_PAUSE = 5.0  # seconds it is then left alone
_OPEN_RETRY = 5  # seconds
Scope = Literal["session", "address", "network", "pending", "requests", "open"]  # whose share was used up
Place = Literal["crowd", "connections", "queue", "newcomers"]  # where too many are: whoever comes, nobody in particular

Result = TypeVar("Result")


class Refused(Exception):
    """A question that is not answered now. Surfaces say why and when to come back; it is never shown as an answer."""

    status = 503
    code = "unavailable"
    scope: str | None = None  # which limit it was, for the operator
    state: str | None = None  # a degraded state that makes the refusal likelier (``states``)

    def __init__(self, retry_after_seconds: int, message: str) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Limited(Refused):
    """Someone asks more than they may; ``scope`` says which limit it was."""

    status = 429
    code = "rate_limited"

    def __init__(self, retry_after_seconds: int, scope: Scope = "address") -> None:
        words = {
            "session": "this session has asked its share of questions",
            "address": "this address has asked its share of questions",
            "network": "this address and its neighbours have asked their share of questions",
            "pending": "the question before this one is still being answered",
            "requests": "this address has made its share of requests",
            "open": "this address has its share of requests open",
        }[scope]
        super().__init__(retry_after_seconds, f"{words}; try again in {retry_after_seconds} seconds")
        self.scope = scope
        if scope == "open":
            self.code = "too_many_open"


class SwitchedOff(Refused):
    """Whoever runs the service has switched answering off."""

    code = "switched_off"

    def __init__(self) -> None:
        super().__init__(300, "answering is switched off for now; the document is at /document")


class Busy(Refused):
    """More is under way at this process than it takes; ``scope`` says where.

    Questions of all together (``crowd``) or of addresses that were never here before, connections, the chat's queue.
    """

    code = "busy"

    def __init__(self, scope: Place = "crowd") -> None:
        super().__init__(5, "too much is under way at this server; try again in 5 seconds")
        self.scope = scope
        if scope == "newcomers":
            self.state = "newcomers_wait"


class Stopping(Refused):
    """This process is being stopped."""

    def __init__(self) -> None:
        super().__init__(2, "this server is being stopped; ask again in 2 seconds")


class Store:
    """The shared store's address and whether it answers; without an address there is only this process."""

    def __init__(self, settings: WebSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.url = (settings.store_url or "").replace("valkey", "redis", 1) or None  # one protocol, one client
        self._clock = clock
        self._down_until = float("-inf")
        self.down = False  # as last seen
        self._client: Redis | None = None

    @property
    def client(self) -> "Redis":
        """A client of the store, for ``shared`` in ``try_``; made at its first use."""
        if self._client is None:
            from redis.asyncio import Redis

            assert self.url is not None
            self._client = Redis.from_url(self.url, socket_timeout=STORE_SECONDS, socket_connect_timeout=STORE_SECONDS)
        return self._client

    async def try_(self, shared: Callable[[], Awaitable[Result]], alone: Callable[[], Awaitable[Result]]) -> Result:
        """What the shared store says; while it is down, or there is none, what this process says alone."""
        if self.url is None or self._clock() < self._down_until:
            return await alone()
        # Here and not above: without a store the client is never needed, and its import costs the first page a while.
        from redis.exceptions import RedisError

        try:
            result = await shared()
        except (RedisError, OSError, TimeoutError):
            self.down = True
            self._down_until = self._clock() + STORE_PAUSE
            return await alone()
        self.down = False
        return result


@dataclass(frozen=True, slots=True)
class _Rate:
    scope: Scope
    item: RateLimitItem
    alone: RateLimitItem  # the part of one replica
    key: str


class Rates:
    """Counts questions and requests; an address listed as raised has a multiple of everything."""

    def __init__(self, settings: WebSettings, store: Store, pseudonyms: Pseudonyms) -> None:
        self._settings = settings
        self._store = store
        self._pseudonyms = pseudonyms
        # Minutes and days apart: where the memory is full what ends first goes, and days would push out every minute.
        windows = (RateLimitItemPerMinute, RateLimitItemPerDay)
        self._alone = {window: SlidingWindowCounterRateLimiter(Counts()) for window in windows}
        self._shared = SlidingWindowCounterRateLimiter(_redis(store.url)) if store.url else None

    async def question(self, visitor: Visitor) -> None:
        """Count a question.

        Raises:
            Limited: it is one too many.
        """
        settings = self._settings
        # The address before its network: what an address asks too much is not its neighbours' share.
        rates = [self._rate("address", RateLimitItemPerMinute, settings.address_per_minute, visitor)]
        if not visitor.user and factor_of(visitor.address, settings) == 1:
            rates.append(self._rate("network", RateLimitItemPerMinute, settings.network_per_minute, visitor))
        if visitor.who:
            rates += [
                self._rate("session", RateLimitItemPerMinute, settings.session_per_minute, visitor),
                self._rate("session", RateLimitItemPerDay, settings.session_per_day, visitor),
            ]
        await self._count(rates)

    async def request(self, visitor: Visitor) -> None:
        """Count any other request.

        Raises:
            Limited: it is one too many.
        """
        amount = self._settings.requests_per_minute
        await self._count([self._rate("requests", RateLimitItemPerMinute, amount, visitor)])

    def _rate(self, scope: Scope, window: type[RateLimitItem], amount: int, visitor: Visitor) -> _Rate:
        most = amount * factor_of(visitor.address, self._settings)
        # A session's name is the client's own invention: counted per address, it cannot use up another's share.
        block = network_of(visitor.address) if scope == "network" else block_of(visitor.address)
        values = (visitor.user or f"{block} {visitor.session}",) if scope == "session" else (block,)
        key = self._pseudonyms.of("limit", scope, *values)
        share = most if self._store.url is None else max(1, most // self._settings.replicas)
        return _Rate(scope, window(most), window(share), key)

    async def _count(self, rates: Sequence[_Rate]) -> None:
        for rate in rates:
            # Asked only with a store: without one the first of the two is never called.
            wait = await self._store.try_(
                lambda rate=rate: _hit(self._shared, rate.item, rate.key),  # type: ignore[misc]
                lambda rate=rate: _hit(self._alone[type(rate.alone)], rate.alone, rate.key),  # type: ignore[misc]
            )
            if wait:
                raise Limited(wait, rate.scope)


class Crowd:
    """Requests under way by address: whoever holds open what waits keeps nobody else out.

    Under way is a request from its head on: while its body comes, while it is answered, while a stream is held.
    """

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, visitor: Visitor) -> Iterator[None]:
        """For as long as a request is under way.

        Raises:
            Limited: its address has too many already.
        """
        block = block_of(visitor.address)
        if self._open[block] >= self._settings.open_per_address * factor_of(visitor.address, self._settings):
            raise Limited(_OPEN_RETRY, "open")
        self._open[block] += 1
        try:
            yield
        finally:
            self._open[block] -= 1
            if not self._open[block]:
                del self._open[block]


async def _hit(limiter: SlidingWindowCounterRateLimiter | None, item: RateLimitItem, key: str) -> int:
    """0 when it was counted, else the seconds after which it can be."""
    assert limiter is not None
    if await limiter.hit(item, key):
        return 0
    reset = (await limiter.get_window_stats(item, key)).reset_time
    return max(1, min(item.get_expiry(), round(reset - time.time() + 0.5)))


def _redis(url: str) -> Storage:
    return RedisStorage(
        f"async+{url}",
        implementation="redispy",
        key_prefix="moc",
        socket_timeout=STORE_SECONDS,
        socket_connect_timeout=STORE_SECONDS,
    )
