"""One admitted question: its events, from the cache or the assistant, and what is counted and logged of it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from assistant.types import Answer, Request
from assistant.web import logs
from assistant.web.states import SEARCHLESS
from assistant.web.turns import Turn
from assistant.web.visitor import Visitor
from index.errors import EmbeddingUnavailable

if TYPE_CHECKING:
    from assistant.ask import Assistant, Event
    from assistant.web.gatekeeper import Gatekeeper


class NotReady(Exception):
    """The Assistant could not be opened, or not within the time someone was willing to wait."""


class CannotSearch(NotReady):
    """The embedding server does not answer, so that questions cannot be searched for (state SEARCHLESS)."""


class Asking:
    """One admitted question."""

    def __init__(self, gate: "Gatekeeper", request: Request, visitor: Visitor) -> None:
        self._gate, self._request, self._visitor = gate, request, visitor
        self.pending_key: str | None = None
        self.leave_door: Callable[[], object] = lambda: None  # of one who had to come in through it

    async def answer(self) -> Answer:
        """The whole answer.

        Raises:
            NotReady: the Assistant could not be opened, or cannot search (``CannotSearch``).
        """
        async with aclosing(self.events()) as events:
            async for event in events:
                if isinstance(event, Answer):
                    return event
        raise RuntimeError("the stream ended without an answer")

    async def events(self) -> "AsyncGenerator[Event, None]":
        """What happens while it is answered; the last event is the Answer. Whatever came of it is counted and logged.

        Raises:
            NotReady: the Assistant could not be opened, or cannot search (``CannotSearch``).
        """
        begun = time.perf_counter()
        outcome, answer, cached = "left", None, False
        error: Exception | None = None
        first: float | None = None
        try:
            assistant = await self._gate.assistant()
            async with aclosing(_ahead(self._answering(assistant))) as events:
                async for event in events:
                    if isinstance(event, Answer):
                        answer, outcome = event, event.status
                        cached = answer.mode == "llm" and self._cached
                        self._gate.note(event, searched=not self._cached)
                    elif first is None and type(event).__name__ == "ClaimShown":
                        first = time.perf_counter() - begun
                    yield event
        except NotReady:
            outcome = "not_ready"
            raise
        except EmbeddingUnavailable as unavailable:
            outcome, error = SEARCHLESS, unavailable
            self._gate.recent.saw(SEARCHLESS)
            raise CannotSearch from unavailable
        except Exception as raised:
            outcome, error = "failed", raised
            raise
        finally:
            self._gate.done(self)
            seconds = time.perf_counter() - begun
            if answer and first is not None:
                self._gate.telemetry.first_claim(answer.mode, first)
            self._gate.telemetry.question(self._visitor.surface, outcome, seconds, answer, cached)
            self._log(outcome, seconds, first, answer, error)

    _cached = False

    async def _answering(self, assistant: "Assistant") -> "AsyncGenerator[Event, None]":
        from assistant.ask import ClaimShown

        key = self._gate.answer_key(self._request, assistant)
        if key is not None:
            kept = self._gate.cache.get(key) or await self._gate.shared.get(key, assistant.verifier)
            self._gate.telemetry.cache(kept is not None)
            if kept is not None:
                self._cached = True
                self._gate.searched(self)
                for claim in kept.claims:
                    yield ClaimShown(claim, tuple(kept.citation(number) for number in claim.citations))
                yield kept
                return
        turn: Turn | None = None
        try:
            admission = partial(self._gate.admission, visitor=self._visitor)
            async with aclosing(assistant.stream(self._request, admission)) as events:
                async for event in events:
                    if turn is not None:
                        # What comes after the search waits for the language model, not for the processor.
                        turn.end()
                        self._gate.searched(self)
                    if isinstance(event, Answer) and key is not None:
                        self._gate.cache.put(key, event)
                        await self._gate.shared.put(key, event)
                    yield event
                    if turn is None:
                        turn = await self._gate.turn(self._visitor)
        finally:
            if turn is not None:
                turn.end()

    def _log(
        self, outcome: str, seconds: float, first: float | None, answer: Answer | None, error: Exception | None
    ) -> None:
        visitor = self._visitor
        facts: dict[str, object] = {}
        if answer is not None:
            facts = {
                "reason": answer.reason,
                "mode": answer.mode,
                "mode_note": answer.mode_note,
                "sections": [citation.address for citation in answer.citations],
                "dropped": len(answer.dropped),
                "index": answer.index.fingerprint[:12],
                "model": answer.model.name if answer.model else None,
                "prompt": answer.model.prompt_sha256[:12] if answer.model else None,
            }
        if error is not None:
            facts |= {"error": type(error).__name__, "at": logs.place(error)}
        logs.logger().info(
            "question",
            outcome=outcome,
            surface=visitor.surface,
            request=visitor.request_id,
            session=self._gate.pseudonyms.for_logs(visitor),
            ms=round(seconds * 1000),
            first_ms=None if first is None else round(first * 1000),
            cached=self._cached or None,
            **facts,
        )


async def _ahead(events: "AsyncGenerator[Event, None]") -> "AsyncGenerator[Event, None]":
    """The same events, made without waiting for whoever reads them: a slow reader holds no slot of the model.

    An answer has a handful of events, so nothing piles up. Closing it early ends the work.
    """
    made: asyncio.Queue[Event | None] = asyncio.Queue()

    async def work() -> None:
        try:
            async with aclosing(events):
                async for event in events:
                    made.put_nowait(event)
        finally:
            made.put_nowait(None)

    task = asyncio.create_task(work())
    try:
        while (event := await made.get()) is not None:
            yield event
        await task
    finally:
        task.cancel()
        await asyncio.wait([task])
