"""A circuit breaker: a server that keeps failing is left alone, and asked again by one question from time to time."""

import threading
import time
from collections import deque
from collections.abc import Callable


class Breaker:
    """Opens at ``failures`` failures within ``window`` seconds; then one question every ``pause`` seconds may try.

    The first success closes it. Safe to share between threads and event loops.
    """

    def __init__(self, failures: int, window: float, pause: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._window = window
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._recent: deque[float] = deque(maxlen=failures)
        self._next_try: float | None = None  # None while it is closed

    @property
    def open(self) -> bool:
        """Whether questions are kept from the server."""
        return self._next_try is not None

    def allows(self) -> bool:
        """Whether this question may be sent; while open, True is leave for one try and starts the next pause."""
        with self._lock:
            if self._next_try is None:
                return True
            now = self._clock()
            if now < self._next_try:
                return False
            self._next_try = now + self._pause
            return True

    def failed(self) -> None:
        """Count a question that the server failed."""
        with self._lock:
            now = self._clock()
            self._recent.append(now)
            if self._next_try is not None or (
                len(self._recent) == self._failures and now - self._recent[0] <= self._window
            ):
                self._next_try = now + self._pause

    def succeeded(self) -> None:
        """The server answered: everything is as at the start."""
        with self._lock:
            self._recent.clear()
            self._next_try = None
