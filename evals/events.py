"""Everything an assistant says on the way to an answer."""

from contextlib import aclosing

from assistant.ask import Assistant, Event
from assistant.types import Request


async def events_of(assistant: Assistant, request: Request) -> list[Event]:
    """The events of one question in order; the answer is the last."""
    async with aclosing(assistant.stream(request)) as stream:
        return [event async for event in stream]
