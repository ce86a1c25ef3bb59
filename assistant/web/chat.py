"""A question in the chat, from the moment it is sent: what is shown while it is answered, and how it ends.

Messages come back from the browser with the next question, so nothing in them is trusted: history is only words.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from assistant.types import Answer, Citation, Language, Mode, Request, Turn, VerifiedClaim
from assistant.web.asking import CannotSearch
from assistant.web.limits import Refused
from assistant.web.messages import (
    LIMIT,
    Message,
    asked,
    failure,
    finished,
    growing,
    plain,
    refusal,
    withheld,
)
from assistant.web.pages import language_of
from assistant.web.service import NotReady, Service
from assistant.web.states import SEARCHLESS, STATES
from assistant.web.visitor import NOBODY, Visitor

_HISTORY = 8  # turns
_MOST = 16 * 1024  # characters of a question that are read at all, as many as the API takes; it is too long by then
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """The conversation's last two messages at one moment of an answer.

    ``mend`` says that the question should go back into its box: to be shortened, freed of personal data, or sent again.
    """

    question: Message
    reply: Message
    mend: bool = False


async def reply(
    service: Service,
    question: str,
    language: Language,
    mode: Mode | None,
    history: Sequence[Message],
    visitor: Visitor = NOBODY,
) -> AsyncIterator[Step]:
    """The answer as it grows: first what is being done, then verified claims, last the whole answer.

    Whatever fails ends in a message that says so in plain words, in ``language``, the page's.
    """
    typed = asked(question, language)
    written_in = language_of(question)
    aids = service.reading_aid.sentences if service.reading_aid else {}
    shown: list[tuple[VerifiedClaim, tuple[Citation, ...]]] = []
    yield Step(typed, growing(shown, "searching", written_in))
    try:
        asking = await service.ask(Request(question[:_MOST], None, mode, turns(history)), visitor.at("chat"))
        stage = "searching"
        async with aclosing(asking.events()) as events:
            async for event in events:
                from assistant.ask import ClaimShown, Stage

                if isinstance(event, Answer):
                    private = event.reason == "personal_data"
                    mend = private or event.reason == "too_long"
                    yield Step(withheld(language) if private else typed, finished(event, language, aids), mend)
                elif isinstance(event, ClaimShown):
                    # A model writes claim by claim; quote mode has them all at once, and the whole answer follows.
                    if service.config.llm_on and mode != "quote":
                        shown.append((event.claim, event.citations))
                        yield Step(typed, growing(shown, stage, written_in))
                elif isinstance(event, Stage) and event.name != "searching":
                    stage = event.name
                    yield Step(typed, growing(shown, stage, written_in))
    except CannotSearch:
        yield Step(typed, failure(STATES[SEARCHLESS].words, language), mend=True)
    except NotReady:
        key = "error_opening" if service.error is None else "error_not_ready"
        yield Step(typed, failure(key, language), mend=True)
    except Refused as refused:
        yield Step(typed, refusal(refused, language), mend=True)
    except Exception:  # noqa: BLE001 -- Gradio would cover the whole conversation with its own error
        yield Step(typed, failure("error_failed", language), mend=True)


async def while_there(steps: AsyncIterator[Step], left: Callable[[], bool]) -> AsyncIterator[Step]:
    """The same steps until the reader has left; then the work ends at once, where Gradio waits for the next step."""
    making: asyncio.Future[Step | None] | None = None
    try:
        while True:
            making = asyncio.ensure_future(anext(steps, None))
            while not (await asyncio.wait({making}, timeout=_LOOK_SECONDS))[0]:
                if left():
                    return
            if (step := making.result()) is None:
                return
            yield step
    finally:
        if making is not None:
            making.cancel()
            await asyncio.wait({making})


def turns(history: Sequence[Message]) -> tuple[Turn, ...]:
    """The conversation for the core: the last messages as plain words."""
    return tuple(
        Turn(message["role"], plain(message))
        for message in history[-_HISTORY:]
        if message.get("role") in ("user", "assistant")
    )


def last_question(history: Sequence[Message]) -> tuple[str, list[Message]]:
    """The last question that was asked, and the conversation before it; empty when there was none."""
    for place in range(len(history) - 1, -1, -1):
        if history[place].get("role") == "user":
            return plain(history[place]), list(history[:place])
    return "", list(history)


__all__ = ["LIMIT", "Message", "Step", "last_question", "reply", "turns", "while_there"]
