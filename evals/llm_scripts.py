"""What a scripted server does with a request: answer as a personality, or fail; every fault is a script.

Bytes are written by hand, because half of the faults are replies that no server library would let through.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evals.personalities import Personality, Prompt, honest

LONGEST = 60.0  # seconds a script may hold a connection; whoever is tested has to leave before
OPTIONAL = ("max_tokens", "temperature", "response_format", "stream_options")  # what a server may refuse
BYTES = ("not UTF-8", "UTF-8 broken across pieces", "data without JSON", "comment lines", "CRLF", "a line of 10 MB")
_LINGER_NONE = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Call:
    """One request: its body, when it came and when it was over (``time.monotonic``), whether the client left early."""

    body: dict[str, Any]
    began: float
    ended: float | None = None
    left: bool = False

    @property
    def prompt(self) -> Prompt:
        """What the request asks, taken apart."""
        return Prompt.of(self.body)


@dataclass(slots=True)
class Exchange:
    """A request being answered, for the script that answers it."""

    call: Call
    number: int
    writer: asyncio.StreamWriter

    @property
    def streaming(self) -> bool:
        """Whether the reply is asked for as server-sent events."""
        return bool(self.call.body.get("stream"))

    async def send(self, data: bytes) -> None:
        """Put bytes on the wire now."""
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, status: int, body: str, kind: str = "application/json", *headers: str) -> None:
        """A whole reply with its length stated."""
        data = body.encode("utf-8", "surrogatepass")
        lines = (f"HTTP/1.1 {status} Scripted", f"Content-Type: {kind}", f"Content-Length: {len(data)}", *headers)
        await self.send("\r\n".join((*lines, "Connection: close", "", "")).encode() + data)

    async def start(self) -> None:
        """The head of a stream; it ends when the connection does."""
        await self.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")

    async def event(self, data: str | Mapping[str, Any]) -> None:
        """One server-sent event."""
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        await self.send(f"data: {text}\n\n".encode("utf-8", "surrogatepass"))

    async def piece(self, content: str) -> None:
        """One chunk of the answer's text."""
        await self.event(chunk({"content": content}))

    def reset(self) -> None:
        """Drop the connection with a TCP reset."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NONE)
        self.writer.transport.abort()


Script = Callable[[Exchange], Awaitable[None]]


def chunk(delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    """A ``chat.completion.chunk`` object."""
    choice = {"index": 0, "delta": dict(delta), "finish_reason": finish}
    return {"id": "fake", "object": "chat.completion.chunk", "created": 0, "model": "fake", "choices": [choice]}


def written(personality: Personality, call: Call) -> list[str]:
    """What the personality writes, a claim a piece: elements of one object where that is asked for, else lines."""
    rows = list(personality(call.prompt))
    if "response_format" not in call.body or not all(row.startswith("{") for row in rows):
        return [f"{row}\n" for row in rows]
    elements = [f"{', ' if place else ''}{row}" for place, row in enumerate(rows)]
    return [f'{{"claims": [{elements[0]}', *elements[1:], "]}"] if elements else ['{"claims": []}']


def says(
    personality: Personality = honest,
    finish: str | None = "stop",
    *,
    before: float = 0.0,
    between: float = 0.0,
    size: int = 24,
) -> Script:
    """The personality's lines, ``size`` characters a chunk, with pauses (seconds); then ``finish``, or just the end."""

    async def script(exchange: Exchange) -> None:
        text = "".join(written(personality, exchange.call))
        if not exchange.streaming:
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": finish}
            await asyncio.sleep(before)
            await exchange.reply(200, json.dumps({"id": "fake", "object": "chat.completion", "choices": [choice]}))
            return
        await exchange.start()
        await exchange.event(chunk({"role": "assistant", "content": ""}))
        await asyncio.sleep(before)
        for start in range(0, len(text), size):
            await exchange.piece(text[start : start + size])
            await asyncio.sleep(between)
        if finish is not None:
            await exchange.event(chunk({}, finish))
            await exchange.event("[DONE]")

    return script


def raw_text(text: str, finish: str | None = "stop") -> Script:
    """This text in one chunk, whatever form was asked for."""
    end: list[str | Mapping[str, Any]] = [] if finish is None else [chunk({}, finish), "[DONE]"]
    return events(chunk({"content": text}), *end)


def lines(*given: str) -> Personality:
    """A personality that writes these lines whatever it is asked."""
    return lambda _: given


async def silent(exchange: Exchange) -> None:
    """Takes the request and never answers."""
    await asyncio.sleep(LONGEST)


async def reset(exchange: Exchange) -> None:
    """Drops the connection before any reply."""
    exchange.reset()


def stalls(personality: Personality = honest, complete: int = 1) -> Script:
    """Writes ``complete`` lines, then nothing more, with the connection left open."""

    async def script(exchange: Exchange) -> None:
        await exchange.start()
        for piece in written(personality, exchange.call)[:complete]:
            await exchange.piece(piece)
        await asyncio.sleep(LONGEST)

    return script


def breaks(personality: Personality = honest) -> Script:
    """Writes the first line, then drops the connection with a reset."""

    async def script(exchange: Exchange) -> None:
        await exchange.start()
        for piece in written(personality, exchange.call)[:1]:
            await exchange.piece(piece)
        await asyncio.sleep(0.05)  # a reset overtakes bytes that were not yet read
        exchange.reset()

    return script


def fails(
    status: int, code: str = "error", message: str = "scripted", *headers: str, param: str | None = None
) -> Script:
    """An error reply in OpenAI's form."""
    body = json.dumps({"error": {"message": message, "type": code, "code": code, "param": param}})

    async def script(exchange: Exchange) -> None:
        await exchange.reply(status, body, "application/json", *headers)

    return script


def without_parameters(*names: str, then: Script, named_by_param: bool = True) -> Script:
    """Refuses each of these optional parameters with a 400 that names it; a request without them is answered."""

    async def script(exchange: Exchange) -> None:
        for name in names:
            if name in exchange.call.body:
                param = name if named_by_param else None
                refusal = fails(400, "unsupported_parameter", f"Unsupported parameter: '{name}'", param=param)
                await refusal(exchange)
                return
        await then(exchange)

    return script


def events(*data: str | Mapping[str, Any]) -> Script:
    """These server-sent events, well formed or not, then a clean end."""

    async def script(exchange: Exchange) -> None:
        await exchange.start()
        for event in data:
            await exchange.event(event)

    return script


def raw(data: bytes) -> Script:
    """A stream whose bytes are these, then a clean end."""

    async def script(exchange: Exchange) -> None:
        await exchange.start()
        await exchange.send(data)

    return script


def sent_as(change: Callable[[list[bytes]], bytes], size: int = 7) -> Script:
    """The honest answer's events, changed on their way, in pieces of ``size`` bytes as a network may cut them."""

    async def script(exchange: Exchange) -> None:
        pieces = [chunk({"content": piece}) for piece in written(honest, exchange.call)]
        data = [json.dumps(piece, ensure_ascii=False) for piece in (*pieces, chunk({}, "stop"))]
        await exchange.start()
        sent = change([f"data: {text}\n\n".encode() for text in (*data, "[DONE]")])
        for begin in range(0, len(sent), max(size, len(sent) // 1000)):
            await exchange.send(sent[begin : begin + max(size, len(sent) // 1000)])

    return script


async def web_page(exchange: Exchange) -> None:
    """What a captive portal or a wrong base address answers: HTML with status 200."""
    await exchange.reply(200, "<!doctype html><title>Sign in</title><p>Welcome", "text/html; charset=utf-8")


def faults(wait: float, pause: float, personality: Personality = honest) -> dict[str, tuple[Script, ...]]:
    """Name → scripts of the calls, the last one for every later call.

    ``wait`` (seconds) must be longer than the tested client's patience for a first token and for a gap, ``pause``
    shorter than its patience for a gap. ``refused`` has no script: it is ``FakeLlm(refuses=True)``.
    """
    good = says(personality)
    bad_chunk: Mapping[str, Any] = {"object": "chat.completion.chunk", "choices": "none today"}
    return {
        "reset": (reset,),
        "silent": (silent,),
        "slow first token": (says(personality, before=wait),),
        "drip": (says(personality, between=pause, size=1),),
        "stalls after a claim": (stalls(personality),),
        "429": (fails(429, "rate_limit_exceeded"),),
        "429, Retry-After 1": (fails(429, "rate_limit_exceeded", "busy", "Retry-After: 1"), good),
        "429, Retry-After 3600": (fails(429, "rate_limit_exceeded", "busy", "Retry-After: 3600"), good),
        "quota": (fails(429, "insufficient_quota", "You exceeded your current quota", "Retry-After: 1"), good),
        "401": (fails(401, "invalid_api_key"),),
        "404": (fails(404, "model_not_found"),),
        "500 once": (fails(500), good),
        "503 long": (fails(503, "overloaded", "busy", "Retry-After: 1"),),
        "flapping": (fails(500), good, fails(502), good, reset, good),
        "HTML 200": (web_page,),
        "bad JSON chunk": (events('{"choices": [{"delta": {"content": "'),),
        "empty choices": (events({"object": "chat.completion.chunk", "choices": []}, "[DONE]"),),
        "wrong schema": (events(bad_chunk, "[1, 2]", '{"choices": [null]}', "7", "[DONE]"),),
        "not UTF-8": (raw(b'data: {"choices": "\xff\xfe"}\n\n'),),
        "UTF-8 broken across pieces": (sent_as(lambda sent: b"".join(sent).replace(b'": "', b'": "\xe3\x81', 1), 1),),
        "data without JSON": (sent_as(lambda sent: b"data: one moment please\n\n" + b"".join(sent)),),
        "comment lines": (sent_as(lambda sent: b"".join(b": ping\n\n" + event for event in sent)),),
        "CRLF": (sent_as(lambda sent: b"".join(sent).replace(b"\n", b"\r\n")),),
        "a line of 10 MB": (sent_as(lambda sent: b"data: " + b"x" * 10_000_000 + b"\n\n" + b"".join(sent)),),
        "error in the stream": (events({"error": {"message": "out of memory"}}),),
        "reset in the middle": (breaks(personality),),
        "clean end without finish_reason": (says(personality, None),),
        "length": (says(personality, "length"),),
        "content_filter": (says(personality, "content_filter"),),
        "prose": (says(lines("I am sorry, but I would rather talk about something else.")),),
        "nothing written": (says(lines()),),
        "endless": (says(lines("x" * 200_000), size=2000),),
        **{f"400 for {name}": (without_parameters(name, then=good),) for name in OPTIONAL},
        "400 for both, one at a time": (
            without_parameters("max_tokens", "temperature", then=good, named_by_param=False),
        ),
        "400 for another reason": (fails(400, "context_length_exceeded", "reduce the length", param="messages"),),
    }
