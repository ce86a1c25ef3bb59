"""What a language model once wrote, kept by the digest of the request: LLM mode without a model, a key or a network.

A request that changed in one byte (another prompt, another ranking) finds no recording, and its case counts as not run;
an old answer is never passed off as one to the new request.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from evals.fakellm import Exchange, chunk
from index.errors import UserError

RECORDINGS = Path(__file__).parent / "recordings" / "smollm2.jsonl"
MODEL = "SmolLM2-135M-Instruct"  # what requests name; part of every digest
STALE_AT_MOST = 0.10  # of a suite
# How an answer travels, not what is asked.
_TRANSPORT = ("stream", "stream_options")
_SECONDS = 600.0  # a busy machine may take long over one answer
LEFT = "length"  # why a text ends that was still being written when the assistant had read enough
# A well-formed line that cites nothing: the gate drops it, and no breaker counts it as a fault of the server.
_NO_RECORDING = json.dumps({"addresses": [], "text": "no recording"})


class RecordingsError(UserError):
    """The file of recordings cannot be used (exit 4)."""

    exit_code = 4


@dataclass(frozen=True, slots=True)
class Recording:
    """One completion: the digest of its request, the case that asked, the text and why it ended."""

    request: str
    case: str
    text: str
    finish: str


def digest(body: Mapping[str, Any]) -> str:
    """The digest of a Chat Completions request, less how the answer travels."""
    return hashlib.sha256(json.dumps(_content(body), sort_keys=True, ensure_ascii=True).encode("ascii")).hexdigest()


def load(path: Path = RECORDINGS) -> tuple[Recording, ...]:
    """Read the recordings; raises RecordingsError when they are missing or malformed."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return tuple(Recording(**json.loads(line)) for line in lines if line)
    except (OSError, ValueError, TypeError) as error:
        raise RecordingsError(
            f"the recordings {str(path)!r} cannot be read ({error}); 'python -m evals record' makes them"
        ) from None


def save(recordings: Iterable[Recording], path: Path = RECORDINGS) -> None:
    """Write the recordings, a line each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(asdict(recording), ensure_ascii=False, sort_keys=True) + "\n" for recording in recordings)
    path.write_text("".join(lines), encoding="utf-8")


@dataclass
class Player:
    """Answers requests from recordings; counts the questions that had one and those that had none."""

    by_request: Mapping[str, Recording]
    missed: int = 0
    played: int = 0

    @classmethod
    def of(cls, recordings: Iterable[Recording]) -> "Player":
        """A player of these."""
        return cls({recording.request: recording for recording in recordings})

    async def script(self, exchange: Exchange) -> None:
        """Answer one request."""
        found = self.by_request.get(digest(exchange.call.body))
        asks = bool(exchange.call.prompt.question)  # a request that only warms a server asks nothing
        self.missed += asks and found is None
        self.played += asks and found is not None
        await write(exchange, found.text if found else _NO_RECORDING, found.finish if found else "stop")


@dataclass
class Recorder:
    """Passes requests on to a real server and keeps what it writes, under the case that is being asked.

    ``known`` are recordings of before: a request that has not changed is not asked again.
    """

    base_url: str
    known: Mapping[str, Recording] = field(default_factory=dict)
    case: str = ""
    kept: dict[str, Recording] = field(default_factory=dict)

    async def script(self, exchange: Exchange) -> None:
        """Answer one request, from what was kept or from the server."""
        key = digest(exchange.call.body)
        if found := self.kept.get(key) or self.known.get(key):
            self.kept[key] = found
            await write(exchange, found.text, found.finish)
        elif exchange.streaming:
            await self._relay(exchange, key)
        else:
            found = await self._ask(key, exchange.call.body)
            self._keep(exchange, found)
            await write(exchange, found.text, found.finish)

    @property
    def cases(self) -> int:
        """How many cases have a recording."""
        return len({recording.case for recording in self.kept.values()})

    def _keep(self, exchange: Exchange, recording: Recording) -> None:
        if exchange.call.prompt.question:  # a request that only warms the server is no answer
            self.kept[recording.request] = recording

    async def _relay(self, exchange: Exchange, key: str) -> None:
        """Pass a stream on as it comes; when the assistant has read enough and leaves, the model need not write on."""
        case, text, finish = self.case, "", LEFT
        asked = {**_content(exchange.call.body), "stream": True}
        try:
            async with (
                httpx.AsyncClient(timeout=_SECONDS) as client,
                client.stream("POST", f"{self.base_url}/chat/completions", json=asked) as reply,
            ):
                reply.raise_for_status()
                await exchange.start()
                async for line in reply.aiter_lines():
                    for choice in _choices(line):
                        text += choice.get("delta", {}).get("content") or ""
                        finish = choice.get("finish_reason") or finish
                    if line.startswith("data:"):
                        await exchange.event(line.removeprefix("data:").strip())
        except (asyncio.CancelledError, ConnectionError):
            if text:  # what the assistant had read before it left
                self._keep(exchange, Recording(key, case, text, finish))
            raise
        self._keep(exchange, Recording(key, case, text, finish))

    async def _ask(self, key: str, body: Mapping[str, Any]) -> Recording:
        asked = {**_content(body), "stream": False}
        reply = await asyncio.to_thread(httpx.post, f"{self.base_url}/chat/completions", json=asked, timeout=_SECONDS)
        choice = reply.raise_for_status().json()["choices"][0]
        return Recording(key, self.case, choice["message"].get("content") or "", choice.get("finish_reason") or "stop")


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request less how its answer travels."""
    return {name: value for name, value in body.items() if name not in _TRANSPORT}


def _choices(line: str) -> Sequence[Mapping[str, Any]]:
    """The choices in a line of a stream of server-sent events; none in its other lines."""
    if not line.startswith("data:") or line.removeprefix("data:").strip() == "[DONE]":
        return ()
    found: Sequence[Mapping[str, Any]] = json.loads(line.removeprefix("data:"))["choices"]
    return found


async def write(exchange: Exchange, text: str, finish: str) -> None:
    """A whole completion on the wire, as a stream when a stream was asked for."""
    if not exchange.streaming:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
        await exchange.reply(200, json.dumps({"id": "tape", "object": "chat.completion", "choices": [choice]}))
        return
    await exchange.start()
    for start in range(0, len(text), 200):
        await exchange.event(chunk({"content": text[start : start + 200]}))
    await exchange.event(chunk({}, finish))
    await exchange.event("[DONE]")
