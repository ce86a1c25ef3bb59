"""How long one question waits for a language model, and how often it is asked, whatever the server does."""

import asyncio


class Patience:
    """What one question may still use: upstream calls, and time until the first word, the next piece and the end.

    Deadlines are moments, not waits of one step, so that neither a second try nor a dripping server adds to them; and
    no timeout is open while the caller holds a claim, or it would cancel the caller.
    """

    def __init__(self, first: float, gap: float, total: float, calls: int) -> None:
        self._loop = asyncio.get_running_loop()
        begin = self._loop.time()
        self._gap = gap
        self._first = begin + first
        self._end = begin + total
        self.calls = calls

    def until(self, started: bool) -> float:
        """When the next piece has to be there, on the clock of the loop."""
        return min(self._end, self._loop.time() + self._gap if started else self._first)

    def allows(self, wait: float) -> bool:
        """Whether another try after ``wait`` seconds can still be in time."""
        return self.calls > 0 and self._loop.time() + wait < self.until(started=False)
