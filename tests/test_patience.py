"""Patience: deadlines are moments, which neither a second try nor a dripping server puts off."""

import asyncio

import pytest

from assistant.patience import Patience


def test_deadlines_are_moments() -> None:
    """The first word has its own, each further piece a gap from now, and nothing comes after the end."""

    async def run() -> None:
        begun = asyncio.get_running_loop().time()
        patience = Patience(first=60, gap=5, total=600, calls=2)
        assert patience.until(started=False) == pytest.approx(begun + 60, abs=5)
        first = patience.until(started=False)
        await asyncio.sleep(0.01)
        assert patience.until(started=False) == first
        now = asyncio.get_running_loop().time()
        assert now + 5 <= patience.until(started=True) < now + 60
        ending = Patience(first=60, gap=600, total=60, calls=2)
        assert ending.until(started=True) == ending.until(started=False)

    asyncio.run(run())


def test_another_try_needs_a_call_and_time() -> None:
    """None is left after so many, nor where the wait would outlast the first word's deadline."""

    async def run() -> None:
        patience = Patience(first=60, gap=5, total=600, calls=1)
        assert patience.allows(1)
        assert not patience.allows(61)
        patience.calls -= 1
        assert not patience.allows(0)

    asyncio.run(run())
