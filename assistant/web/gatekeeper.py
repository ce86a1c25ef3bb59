"""Between every surface and the assistant: who may ask now, who gets the language model, and what is counted."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from weakref import WeakValueDictionary

from assistant.admission import NotAdmitted, Usage
from assistant.config import Config
from assistant.types import Answer, Request
from assistant.web import logs
from assistant.web.allow_list import Route
from assistant.web.asking import Asking
from assistant.web.cache import AnswerCache
from assistant.web.door import Door
from assistant.web.limits import Busy, Crowd, Limited, Rates, Refused, Store, SwitchedOff
from assistant.web.llm_budget import Budget
from assistant.web.llm_slots import Slots
from assistant.web.shared_answers import SharedAnswers
from assistant.web.standing import Standing
from assistant.web.states import SEARCHLESS, STATES, Recent
from assistant.web.telemetry import Snapshot, Telemetry
from assistant.web.turns import Turn, Turns
from assistant.web.visitor import NOBODY, Pseudonyms, Visitor, block_of, factor_of, network_of

if TYPE_CHECKING:
    from assistant.ask import Assistant

_FAILURES = ("llm_timeout", "llm_unavailable", "llm_busy", "llm_budget", "llm_cut", "llm_invalid")
_PENDING_RETRY = 5  # seconds
# Refusals that come in floods: counted each, logged once in so many seconds.
_FLOODS = ("requests", "open", "network", "crowd", "connections", "queue", "newcomers")
_FLOOD_SECONDS = 60.0
_NO_QUESTION = ("requests", "open", "connections", "queue")


class Gatekeeper:
    """One for the process. ``opened`` waits for the Assistant, ``peek`` gives it if it is there."""

    def __init__(
        self,
        config: Config,
        opened: "Callable[[], Awaitable[Assistant]]",
        peek: "Callable[[], Assistant | None]",
        opening: Callable[[], bool],
    ) -> None:
        settings = config.web
        self._config = config
        self._opened, self._peek, self._opening = opened, peek, opening
        self.pseudonyms = Pseudonyms(settings.secret)
        self.store = Store(settings)
        self.rates = Rates(settings, self.store, self.pseudonyms)
        self.crowd = Crowd(settings)
        self.turns = Turns()
        self.standing = Standing()
        self.door = Door(settings.newcomers_waiting, settings.newcomer_wait_seconds)
        self.slots = Slots(settings.llm_at_once, settings.llm_waiting, settings.llm_wait_seconds)
        self.budget = Budget(settings, self.store)
        self.cache = AnswerCache(settings.cache_seconds, self.pseudonyms)
        self.shared = SharedAnswers(self.store, settings.secret, settings.cache_seconds)
        self.recent = Recent()
        self.telemetry = Telemetry(self._snapshot)
        self._pending: WeakValueDictionary[str, Asking] = WeakValueDictionary()
        self._writing: set[asyncio.Timeout] = set()
        self._writing_ends: float | None = None
        self._told: dict[str, float] = {}  # when a flood was last logged

    async def admit(self, request: Request, visitor: Visitor = NOBODY) -> Asking:
        """Let a question in; iterate ``events`` of what comes back.

        Raises:
            Refused: not now (``Limited``, ``SwitchedOff``, ``Busy``).
        """
        asking = Asking(self, request, visitor)
        try:
            if self.switch == "off":
                raise SwitchedOff
            # Before the visitor's own share: a crowd is not their doing. What is kept already needs no turn.
            if self.turns.crowded and not self._is_kept(request):
                raise Busy
            # While the index is opened all wait alike, known or not.
            if not (visitor.known or self._peek() is None or self._is_kept(request)):
                asking.leave_door = await self.door.enter(network_of(visitor.address), asking)
            self.turns.come(asking)
            await self.rates.question(visitor)
            if visitor.who:
                key = self.pseudonyms.of("pending", visitor.address if not visitor.user else "", visitor.who)
                if key in self._pending:
                    raise Limited(_PENDING_RETRY, "pending")
                # Weakly held: a question nobody goes on with ends with its last reference.
                self._pending[key] = asking
                asking.pending_key = key
        except Refused as refused:
            self.searched(asking)
            self.refused(refused, visitor)
            raise
        return asking

    def recognised(self, visitor: Visitor) -> Visitor:
        """The visitor with whether they are known; this request is noted for the next."""
        named = bool(visitor.user) or factor_of(visitor.address, self._config.web) > 1
        # Of IPv6 the whole network: nobody becomes known many times over, and pushes out others, with what is theirs.
        who = network_of(visitor.address) if ":" in visitor.address else block_of(visitor.address)
        seen = named or self.standing.seen(self.pseudonyms.of("standing", who))
        return replace(visitor, known=seen)

    def keeps_out(self, route: Route, visitor: Visitor) -> bool:
        """Whether a newcomer is sent away before anything of their request is read: a flood costs as little as it can.

        A place in the chat's queue is not for waiting at the door; who opened the page a moment ago is known.
        """
        if route.name in ("gradio_join", "gradio_call"):
            return self.door.waiting > 0
        return route.kind == "ask" and self.door.full(network_of(visitor.address))

    def _is_kept(self, request: Request) -> bool:
        assistant = self._peek()
        key = self.answer_key(request, assistant) if assistant is not None else None
        return key is not None and self.cache.get(key) is not None

    def answer_key(self, request: Request, assistant: "Assistant") -> str | None:
        """Under which its written answer is kept; None where no language model is asked."""
        if assistant.writer is None or request.mode == "quote":
            return None
        return self.cache.key(request, assistant.index.fingerprint, assistant.writer.model_used)

    async def count(self, visitor: Visitor) -> None:
        """Count what costs as much as a question and is none.

        Raises:
            Limited: it is one too many.
        """
        try:
            await self.rates.question(visitor)
        except Refused as refused:
            self.refused(refused, visitor)
            raise

    @asynccontextmanager
    async def working(self, visitor: Visitor) -> AsyncIterator[None]:
        """Room for work that costs as much as a question and is none; it is counted as one.

        Raises (on entry):
            Refused: not now.
        """
        with ExitStack() as inside:
            try:
                if not visitor.known:
                    inside.callback(await self.door.enter(network_of(visitor.address), asyncio.current_task()))
                await self.rates.question(visitor)
            except Refused as refused:
                self.refused(refused, visitor)
                raise
            yield

    def refused(self, refused: Refused, visitor: Visitor) -> None:
        """Count and log a refusal, of a flood the first; one that a degraded state makes likelier names that state."""
        outcome = {SwitchedOff: "switched_off", Busy: "busy"}.get(type(refused), "limited")
        scope = refused.scope
        if scope:
            self.telemetry.limited(scope)
        if scope == "newcomers":
            self.recent.saw("newcomers_wait")
        if isinstance(refused, Limited):
            for code in ("store_down", "proxy_not_listed"):
                refused.state = code if code in self.states else refused.state
        asked = scope not in _NO_QUESTION
        if asked:
            self.telemetry.question(visitor.surface, outcome, 0.0, None)
        if scope in _FLOODS:
            now = time.monotonic()
            if now - self._told.get(scope, float("-inf")) < _FLOOD_SECONDS:
                return
            self._told[scope] = now
        session = self.pseudonyms.for_logs(visitor)
        logs.logger().info(
            "question" if asked else "request",
            outcome=outcome,
            scope=scope,
            surface=visitor.surface,
            request=visitor.request_id,
            session=session,
        )

    def searched(self, asking: Asking) -> None:
        """Its search is over, or will not be: the next may come in. A second time changes nothing."""
        self.turns.gone(asking)
        asking.leave_door()

    def done(self, asking: Asking) -> None:
        """The question is over; the session may ask the next."""
        self.searched(asking)
        if asking.pending_key and self._pending.get(asking.pending_key) is asking:
            del self._pending[asking.pending_key]

    async def turn(self, visitor: Visitor) -> Turn:
        """Wait for this visitor's turn to have a question searched."""
        return await self.turns.take(self._one_of_all(visitor))

    def _one_of_all(self, visitor: Visitor) -> str:
        """Who has a turn of their own: a signed-in person, else an address."""
        # Behind a raised address are many people, and it is trusted to name them.
        several = factor_of(visitor.address, self._config.web) > 1
        return visitor.user or f"{block_of(visitor.address)} {visitor.who if several else ''}"

    async def assistant(self) -> "Assistant":
        """The opened Assistant."""
        return await self._opened()

    @property
    def switch(self) -> Literal["on", "llm", "off"]:
        """What the file of the off switch says now: everything off, the language model off, or all on."""
        path = self._config.web.off_file
        if not path:
            return "on"
        try:
            return "llm" if Path(path).read_text(encoding="utf-8").strip().lower() == "llm" else "off"
        except FileNotFoundError:
            return "on"
        except (OSError, UnicodeDecodeError):
            return "off"  # it is there; that it cannot be read does not make the service go on

    @property
    def states(self) -> list[str]:
        """The codes of the degraded states that hold now, in the order of the table."""
        holding = set(self.recent.codes)
        if self._peek() is None:
            holding.add("opening" if self._opening() else "not_ready")
        switch = self.switch
        if switch == "off":
            holding.add("switched_off")
        if switch == "llm" and self._config.llm_on:
            holding.add("llm_off")
        if self.store.down:
            holding.add("store_down")
        if self._config.llm_on and self.budget.spent:
            holding.add("llm_budget")
        return [code for code in STATES if code in holding]

    @asynccontextmanager
    async def admission(self, most_tokens: int, visitor: Visitor) -> AsyncIterator[Usage]:
        """The way to the language model: the switch, a slot (address by address, who is known first), the budget."""
        if self.switch != "on":
            raise NotAdmitted("llm_off")
        # Opened and closed in the one task of ``asking._ahead``, so that its end cancels nothing of the caller's.
        limit = asyncio.timeout_at(self._writing_ends)
        try:
            async with limit:
                self._writing.add(limit)
                slot = self.slots.one(self._one_of_all(visitor), visitor.known)
                async with slot, self.budget.reserved(most_tokens) as usage:
                    try:
                        yield usage
                    finally:
                        self.telemetry.used(usage.calls, usage.tokens)
        except TimeoutError:
            if not limit.expired():
                raise
            raise NotAdmitted("llm_timeout") from None
        finally:
            self._writing.discard(limit)

    def hurry(self, seconds: float) -> None:
        """Whoever is with the language model, or waits for it, has so many seconds left; then quotes answer."""
        if self._writing_ends is None:
            self._writing_ends = asyncio.get_running_loop().time() + seconds
            for limit in self._writing:
                limit.reschedule(self._writing_ends)

    def note(self, answer: Answer, searched: bool = True) -> None:
        """Learn from an answer how the language model does, and, if it was searched for, that searching works."""
        if searched and answer.status not in ("small_talk", "declined"):
            self.recent.over(SEARCHLESS)
        if answer.mode_note in _FAILURES:
            self.recent.saw(answer.mode_note)
        elif answer.mode == "llm" or answer.mode_note == "gate_dropped_all":
            self.recent.over(*_FAILURES)

    def _snapshot(self) -> Snapshot:
        assistant = self._peek()
        identity: dict[str, str] = {}
        if assistant is not None:
            identity = {"index": assistant.index.fingerprint[:12], "embedding": assistant.index.embedding}
            if assistant.writer is not None:
                model = assistant.writer.model_used
                identity |= {"model": model.name, "prompt": model.prompt_sha256[:12]}
        holding = self.states
        return Snapshot(
            ready=assistant is not None,
            states={code: code in holding for code in STATES},
            newcomers_waiting=self.door.waiting,
            llm_busy=self.slots.busy,
            llm_waiting=self.slots.waiting,
            budget_used=self.budget.used if self._config.llm_on else {},
            budget_most=self.budget.most if self._config.llm_on else {},
            identity=identity,
        )
