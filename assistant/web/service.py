"""The one Assistant of a process, opened in the background so that the pages are there before it is."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assistant.config import Config
from assistant.types import Request
from assistant.web.asking import Asking, NotReady
from assistant.web.gatekeeper import Gatekeeper
from assistant.web.visitor import NOBODY, Visitor
from index import parse, reading_aid
from index.document import Document
from index.errors import UserError
from index.reading_aid import ReadingAid
from index.terminal import say

if TYPE_CHECKING:
    from assistant.ask import Assistant


__all__ = ["WAIT", "NotReady", "Service"]

WAIT = 120.0  # seconds a question waits for the index; building one takes a few
STOP_SECONDS = 15.0
_STEP = 0.05


def _open(config: Config) -> "Assistant":
    # LlamaIndex and Chroma come with this import and take seconds; the pages are served before it.
    from assistant.ask import Assistant

    assistant = Assistant.open(config)
    # Beside the first questions: they are answered with quotes until the language model is warm.
    threading.Thread(target=assistant.warm_up, name="warm-up", daemon=True).start()
    return assistant


class Service:
    """Opens the Assistant once in a thread; questions asked meanwhile wait for it.

    Raises (on construction):
        UserError: the text of record or its reading aid does not hold together.
    """

    def __init__(self, config: Config, opener: "Callable[[Config], Assistant]" = _open) -> None:
        self.config = config
        self._opener = opener
        self._opened: Future[Assistant] = Future()
        self._opened.set_running_or_notify_cancel()
        self._shipped = parse.load()
        self._shipped_aid = reading_aid.load(self._shipped)
        self.gate = Gatekeeper(config, self.opened, lambda: self.wait(0) if self.ready else None, self._is_opening)
        self._idle: set[asyncio.Event] = set()

    def start(self, when_done: "Callable[[Service], None] | None" = None) -> None:
        """Begin to open the Assistant in a background thread; ``when_done`` is called there, whatever came of it."""

        def run() -> None:
            try:
                self._opened.set_result(self._opener(self.config))
            except Exception as error:  # noqa: BLE001 -- whatever it is, the pages go on and say that it failed
                self._opened.set_exception(error)
                say(f"app: the assistant cannot answer: {self.problem}", sys.stderr)
            if when_done:
                when_done(self)

        threading.Thread(target=run, name="open-assistant", daemon=True).start()

    def stop(self) -> None:
        """The service is to end: connections that only wait are let go, and the language model has STOP_SECONDS more.

        Questions under way are still answered, with quotes where the model is not done by then.
        """
        for idle in self._idle:
            idle.set()
        self.gate.hurry(STOP_SECONDS)

    @contextmanager
    def idle(self) -> Iterator[asyncio.Event]:
        """For a connection that is open without a question: an event that is set when the service is to end."""
        event = asyncio.Event()
        self._idle.add(event)
        try:
            yield event
        finally:
            self._idle.discard(event)

    async def ask(self, request: Request, visitor: Visitor = NOBODY) -> Asking:
        """Let a question in; every surface asks through this and iterates ``events`` of what comes back.

        Raises:
            Refused: not now (``assistant.web.limits``).
        """
        return await self.gate.admit(request, visitor)

    def _is_opening(self) -> bool:
        return not self._opened.done()

    @property
    def ready(self) -> bool:
        """Whether questions are answered without waiting."""
        return self._opened.done() and self.error is None

    @property
    def error(self) -> BaseException | None:
        """What opening failed with; None while it runs and when it is good."""
        return self._opened.exception() if self._opened.done() else None

    @property
    def problem(self) -> str | None:
        """The failure in one line, for whoever runs the service."""
        if self.error is None:
            return None
        text = str(self.error) if isinstance(self.error, UserError) else repr(self.error)
        return " ".join(text.split())

    def wait(self, timeout: float | None = None) -> "Assistant":
        """The opened Assistant; blocks up to ``timeout`` seconds.

        Raises:
            NotReady: opening failed, or is not finished in time.
        """
        try:
            return self._opened.result(timeout)
        except Exception as error:
            raise NotReady(self.problem or "the assistant is still starting") from error

    async def opened(self) -> "Assistant":
        """Like ``wait``, without blocking the event loop, up to WAIT seconds."""
        # Asking at intervals rather than awaiting the future: a visitor who leaves cancels only their own wait.
        for _ in range(round(WAIT / _STEP)):
            if self._opened.done():
                break
            await asyncio.sleep(_STEP)
        return self.wait(0)

    @property
    def document(self) -> Document:
        """The document answers come from; until the Assistant is open, the text of record in the checkout."""
        return self.wait(0).document if self.ready else self._shipped

    @property
    def reading_aid(self) -> ReadingAid | None:
        """The reading aid of ``document``, when it has one."""
        return self.wait(0).reading_aid if self.ready else self._shipped_aid
