"""Visitors: they ask over JSON (whole or streamed), as OpenAI's clients do or in the chat, and note what came when."""

import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from assistant.types import Mode, Turn

Surface = Literal["api", "json", "openai", "chat"]  # "api" is the JSON interface streamed
Outcome = Literal["answered", "turned away", "error"]
SURFACES: tuple[Surface, ...] = ("api", "chat", "json", "openai")
PATIENCE = 120.0  # seconds
# Marks in the chat's messages: words of an answer, and an answer that is none.
_WORDS = ('class=\\"quote', 'class=\\"statement', 'class=\\"lead')
_FAILURE = 'class=\\"answer failure'
# What is said with a refusal that was planned: limits (429), busy or switched off (503).
_PLANNED = (429, 503)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a visitor saw. Seconds from sending to the first sign that something happens (``sign``), to the first words
    of the answer (``words``) and to its end (``total``); None where it did not come to that."""

    surface: Surface
    outcome: Outcome
    total: float
    sign: float | None = None
    words: float | None = None
    mode: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Sent:
    """One question on its way."""

    client: httpx.AsyncClient
    question: str
    mode: Mode | None
    history: Sequence[Turn]
    headers: Mapping[str, str]
    started: float

    @property
    def turns(self) -> list[dict[str, str]]:
        """The history as JSON bodies hold it."""
        return [{"role": turn.role, "content": turn.content} for turn in self.history]

    def elapsed(self) -> float:
        """Seconds since it was sent."""
        return time.perf_counter() - self.started


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client for any number of visitors at once."""
    # The server closes idle connections after five seconds; one that is about to be closed must not be used again.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=3)
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE, limits=limits, trust_env=False) as client:
        yield client


async def ask(
    client: httpx.AsyncClient,
    surface: Surface,
    question: str,
    mode: Mode | None,
    history: Sequence[Turn] = (),
    headers: Mapping[str, str] | None = None,
) -> Asked:
    """One question on one surface; never raises for what the server does."""
    sent = _Sent(client, question, mode, history, headers or {}, time.perf_counter())
    try:
        match surface:
            case "api":
                return await _over_api(sent)
            case "chat":
                return await _in_chat(sent)
            case _:
                return await _whole(sent, surface)
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return Asked(surface, "error", sent.elapsed(), detail=f"{type(error).__name__}: {error}"[:200])


async def _over_api(sent: _Sent) -> Asked:
    body: dict[str, Any] = {"question": sent.question, "mode": sent.mode, "stream": True}
    if sent.history:
        body["history"] = sent.turns
    sign = words = None
    event = ""
    async with sent.client.stream("POST", "/api/ask", json=body, headers=sent.headers) as reply:
        if reply.status_code != 200:
            return await _not_answered("api", reply, sent)
        async for line in reply.aiter_lines():
            now = sent.elapsed()
            if line.startswith("event: "):
                event = line[7:]
                sign = now if sign is None else sign
                if event in ("claim", "answer") and words is None:
                    words = now
            elif line.startswith("data: ") and event == "answer":
                written_by = json.loads(line[6:])["mode"]
                return Asked("api", "answered", now, sign, words, written_by)
            elif line.startswith("data: ") and event == "error":
                return Asked("api", "error", now, sign, detail=line[6:206])
    return Asked("api", "error", sent.elapsed(), sign, detail="the stream ended without an answer")


async def _in_chat(sent: _Sent) -> Asked:
    messages = [{"role": turn.role, "content": [{"type": "text", "text": turn.content}]} for turn in sent.history]
    body = {"data": [sent.question, messages, sent.mode or "llm"], "session_hash": secrets.token_hex(6)}
    reply = await sent.client.post("/gradio_api/call/ask", json=body, headers=sent.headers)
    if reply.status_code != 200:
        return await _not_answered("chat", reply, sent)
    address = f"/gradio_api/call/ask/{reply.json()['event_id']}"
    sign = words = None
    event = ""
    async with sent.client.stream("GET", address, headers=sent.headers) as stream:
        async for line in stream.aiter_lines():
            now = sent.elapsed()
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: ") and event in ("generating", "complete"):
                sign = now if sign is None else sign
                if words is None and any(mark in line for mark in _WORDS):
                    words = now
                if event == "complete":
                    if _FAILURE in line:
                        return Asked("chat", "error", now, sign, detail="the chat said that it failed")
                    return Asked("chat", "answered", now, sign, words, "llm" if "badge-llm" in line else "quote")
            elif line.startswith("data: ") and event == "error":
                return Asked("chat", "error", now, sign, detail=line[:200])
    return Asked("chat", "error", sent.elapsed(), sign, detail="the stream ended without an answer")


async def _whole(sent: _Sent, surface: Surface) -> Asked:
    """An answer in one piece: first sign, first words and end are one moment."""
    if surface == "json":
        path, body = "/api/ask", {"question": sent.question, "mode": sent.mode, "history": sent.turns}
    else:
        model = "moc-quote" if sent.mode == "quote" else "moc"
        path = "/v1/chat/completions"
        body = {"model": model, "messages": [*sent.turns, {"role": "user", "content": sent.question}]}
    reply = await sent.client.post(path, json=body, headers=sent.headers)
    if reply.status_code != 200:
        return await _not_answered(surface, reply, sent)
    answer = reply.json() if surface == "json" else reply.json()["moc_answer"]
    now = sent.elapsed()
    return Asked(surface, "answered", now, now, now, answer["mode"])


async def _not_answered(surface: Surface, reply: httpx.Response, sent: _Sent) -> Asked:
    text = (await reply.aread()).decode(errors="replace")[:200]
    outcome: Outcome = "turned away" if reply.status_code in _PLANNED else "error"
    return Asked(surface, outcome, sent.elapsed(), detail=f"{reply.status_code} {text}")
