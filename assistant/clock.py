"""How long each step of an answer took."""

import time


class Clock:
    """Milliseconds between laps, 3 decimals, and the total."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Add the time since the last lap to the step ``name``."""
        now = time.perf_counter()
        self._laps[name] = round(self._laps.get(name, 0.0) + (now - self._last) * 1000, 3)
        self._last = now

    def laps(self, name: str) -> dict[str, float]:
        """Close the last lap as ``name``; every part of the contract is there, 0.0 where a step was not needed."""
        self.lap(name)
        parts = {part: self._laps.get(part, 0.0) for part in ("understand", "retrieve", "draft", "verify")}
        return parts | {"total": round((self._last - self._start) * 1000, 3)}
