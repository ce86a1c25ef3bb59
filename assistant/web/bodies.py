"""What a request brings: its body, read whole, bounded in size and time; after it nothing but its end."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from assistant.web.errors import Stop

BODY_SECONDS = 10.0  # a client that takes longer to send its body is not waited for


async def read(headers: Headers, receive: Receive, limit: int) -> bytes:
    """The whole body; stops as soon as it is known to be larger than ``limit`` bytes, or too slow."""
    too_large = Stop(413, "too_large", f"the body is larger than {limit} bytes", ((b"connection", b"close"),))
    stated = headers.get("content-length", "")
    if stated.isdigit() and int(stated) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                body += message.get("body", b"")  # a client that leaves sends no body and no more
                if len(body) > limit:
                    raise too_large
                if not message.get("more_body"):
                    return bytes(body)
    except TimeoutError:
        slow = f"the body did not come within {BODY_SECONDS:g} seconds"
        raise Stop(408, "too_slow", slow, ((b"connection", b"close"),)) from None


def replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read to the application; after it, what the connection brings (its end)."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def until(stopping: asyncio.Event, receive: Receive) -> Receive:
    """What the connection brings; when the service is to end, that the client has gone."""

    async def received() -> Message:
        waits = [asyncio.ensure_future(receive()), asyncio.ensure_future(stopping.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if stopping.is_set():
                return {"type": "http.disconnect"}
            return waits[0].result()  # type: ignore[return-value]
        finally:
            for wait in waits:
                wait.cancel()

    return received
