"""A scripted OpenAI-compatible server on loopback: it answers, lies or fails as the script says, and keeps count.

A *personality* (``evals.personalities``) decides what is written, a *script* (``evals.llm_scripts``, whose names stand
here too) how it reaches the wire, so each fault can carry each personality.
"""

import asyncio
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

from evals.llm_scripts import (
    LONGEST,
    OPTIONAL,
    Call,
    Exchange,
    Script,
    breaks,
    chunk,
    events,
    fails,
    faults,
    lines,
    raw,
    raw_text,
    reset,
    says,
    silent,
    stalls,
    web_page,
    without_parameters,
    written,
)

__all__ = [
    "LONGEST",
    "OPTIONAL",
    "Call",
    "Exchange",
    "FakeLlm",
    "Script",
    "breaks",
    "chunk",
    "events",
    "fails",
    "faults",
    "lines",
    "raw",
    "raw_text",
    "reset",
    "says",
    "silent",
    "stalls",
    "web_page",
    "without_parameters",
    "written",
]


@dataclass
class FakeLlm:
    """A context manager: the server runs in a thread of its own, on a free loopback port, until it is left.

    Each call is answered by the next queued script; when none is queued, by ``default``.
    """

    default: Script = field(default_factory=says)
    refuses: bool = False
    calls: list[Call] = field(default_factory=list)
    connections: int = 0
    disconnects: int = 0

    def __post_init__(self) -> None:
        self._queue: deque[Script] = deque()
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fakellm", daemon=True)
        # Bound but not listening, a port refuses connections and no other process can take it.
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._open: set[asyncio.Task[None]] = set()

    @property
    def base_url(self) -> str:
        """What goes into OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def enqueue(self, *scripts: Script) -> None:
        """Answer the next calls with these, one each."""
        with self._changed:
            self._queue.extend(scripts)

    def play(self, scripts: Iterable[Script]) -> None:
        """Answer the next calls with these, and all after them with the last."""
        *first, last = scripts
        with self._changed:
            self._queue = deque(first)
            self.default = last

    def wait(self, condition: Callable[["FakeLlm"], bool], seconds: float) -> bool:
        """Wait until the server's counts fulfil a condition; False when they do not in time."""
        with self._changed:
            return self._changed.wait_for(partial(condition, self), seconds)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self.refuses:
            asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, sock=self._socket), self._loop).result(5)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        self._socket.close()

    async def _stop(self) -> None:
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._changed:
            self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                ),
                0,
            )
            body = json.loads(await reader.readexactly(length) or b"{}")
            await self._answer(body, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass  # a client that leaves before its request is whole, or sends none, was no call
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, body: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = Call(body, time.monotonic())
        with self._changed:
            self.calls.append(call)
            script = self._queue.popleft() if self._queue else self.default
            self._changed.notify_all()
        playing = asyncio.ensure_future(script(Exchange(call, len(self.calls), writer)))
        # Nothing more is sent by a client that waits for its reply: the next thing to read is its leaving.
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            call.left = not playing.done()
            if playing.done():
                call.left = isinstance(playing.exception(), ConnectionError)
        finally:
            for task in (playing, leaving):
                task.cancel()
            await asyncio.gather(playing, leaving, return_exceptions=True)
            with self._changed:
                call.ended = time.monotonic()
                self.disconnects += call.left
                self._changed.notify_all()
