"""The counters of the limits in memory: they end, they are bounded, and a question does not look at all of them."""

import asyncio
import time

from limits import RateLimitItemPerDay, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from assistant.web.counts import Counts


def test_they_count_like_the_packages_own() -> None:
    """The same allowed and refused, hit after hit, as with the storage that comes with the package."""

    async def run() -> None:
        limiters = [SlidingWindowCounterRateLimiter(storage) for storage in (Counts(), MemoryStorage())]
        item = RateLimitItemPerMinute(5)
        for key in ("a", "b", "a", "a", "a", "b", "a", "a", "a", "b"):
            ours, theirs = [await limiter.hit(item, key) for limiter in limiters]
            assert ours == theirs
        stats = [await limiter.get_window_stats(item, "a") for limiter in limiters]
        assert stats[0].remaining == stats[1].remaining
        assert round(stats[0].reset_time) == round(stats[1].reset_time)
        await limiters[0].clear(item, "a")
        assert await limiters[0].hit(item, "a")

    asyncio.run(run())


def test_what_has_run_out_is_gone() -> None:
    """A counter of a minute lives for two windows, one of a day longer; then nothing of it is held."""
    now = [time.time()]

    async def run() -> None:
        counts = Counts(clock=lambda: now[0])
        limiter = SlidingWindowCounterRateLimiter(counts)
        for visitor in range(1000):
            await limiter.hit(RateLimitItemPerMinute(9), str(visitor))
        await limiter.hit(RateLimitItemPerDay(9), "someone")
        assert len(counts) == 1001
        now[0] += 121
        await counts.incr("last", 60)
        assert len(counts) == 2
        now[0] += 2 * 86400
        await counts.incr("last", 60)
        assert (len(counts), len(counts._ends)) == (1, 1)
        assert await counts.reset() == 1

    asyncio.run(run())


def test_there_is_a_most() -> None:
    """Above it those that end next are given up."""

    async def run() -> None:
        counts = Counts(most=100)
        for _ in range(3):
            await counts.incr("day", 86400)
        for number in range(5000):
            await counts.incr(f"minute {number}", 60)
        assert (len(counts), len(counts._ends)) == (100, 100)
        assert await counts.get("day") == 3
        assert await counts.decr("day", 5) == 0
        assert await counts.decr("nobody") == 0

    asyncio.run(run())
