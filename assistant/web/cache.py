"""Written answers kept for a while, in memory only: the same question costs the language model once.

A key is an HMAC, so that no question stands in it; an entry is the verified answer itself, never a text to trust again.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable

from assistant.types import Answer, ModelUsed, Request
from assistant.web.visitor import Pseudonyms

MOST = 1000  # answers


class AnswerCache:
    """The last written answers, least recently asked ones first to go."""

    def __init__(
        self, seconds: float, pseudonyms: Pseudonyms, clock: Callable[[], float] = time.monotonic, most: int = MOST
    ) -> None:
        self._seconds = seconds
        self._pseudonyms = pseudonyms
        self._clock = clock
        self._most = most
        self._kept: OrderedDict[str, tuple[float, Answer]] = OrderedDict()

    def key(self, request: Request, fingerprint: str, model: ModelUsed) -> str:
        """Everything an answer depends on, as one HMAC."""
        history = [[turn.role, turn.content] for turn in request.history]
        parts = [request.text, history, request.language, request.mode, fingerprint, model.name, model.prompt_sha256]
        return self._pseudonyms.of("answer", json.dumps(parts))

    def get(self, key: str) -> Answer | None:
        """The kept answer, if it is still fresh."""
        until, answer = self._kept.get(key, (0.0, None))
        if answer is None:
            return None
        if self._clock() >= until:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return answer

    def put(self, key: str, answer: Answer) -> None:
        """Keep an answer a model wrote; quotes cost nothing and are made anew."""
        if answer.mode != "llm" or self._seconds <= 0:
            return
        self._kept[key] = (self._clock() + self._seconds, answer)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
