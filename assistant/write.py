"""A draft by a language model: it may only name addresses, and every line it completes is handed on at once.

One deadline, one retry: at most two upstream calls a question, under any fault.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from assistant.config import LlmSettings
from assistant.glossary import Glossary
from assistant.prompts import fill, without_delimiters
from assistant.types import Claim, Dropped, ModelUsed, Question, Turn
from index.document import Document

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MAX_OUTPUT_TOKENS = 600
MAX_CLAIMS = 16
_LANGUAGE_NAMES = {"en": "English", "ja": "Japanese"}
_OPTIONAL = ("temperature", "max_tokens")


class WriterFailure(Exception):
    """The model gave no whole answer; ``mode_note`` is the code that says why."""

    def __init__(self, mode_note: str, detail: str) -> None:
        super().__init__(detail)
        self.mode_note = mode_note


class _Transient(Exception):
    """A fault before the first claim that one more try may mend."""

    def __init__(self, failure: WriterFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Writer:
    """Asks an OpenAI-compatible server for claims about one document."""

    def __init__(self, settings: LlmSettings, document: Document, glossary: Glossary) -> None:
        self._settings = settings
        self._optional: dict[str, Any] = {"temperature": 0, "max_tokens": MAX_OUTPUT_TOKENS}
        terms = "\n".join(f"{term.en} = {term.ja}" for term in glossary.terms)
        sentences = "\n".join(f"[{sentence.address}] {sentence.text}" for sentence in document.passages)
        # The same bytes for every question, so that a server can reuse what it computed for this prefix.
        self._system = fill("answer.md", {"terms": terms, "sentences": sentences})
        self.offered = frozenset(document.by_address)
        digest = hashlib.sha256((self._system + fill("question.md", _BLANK)).encode("utf-8")).hexdigest()
        self.model_used = ModelUsed(settings.model, digest)

    @staticmethod
    def drop(claim: Claim, reasons: Sequence[str]) -> Dropped:
        """A withheld claim, for the answer's list of them."""
        return Dropped(claim.text, claim.addresses, tuple(reasons))

    async def claims(
        self, question: Question, history: Sequence[Turn], likely: Sequence[str]
    ) -> AsyncIterator[Claim]:
        """The model's claims, each as soon as its line is complete.

        Raises:
            WriterFailure: the server cannot be reached, is too slow, or its answer is cut or malformed; claims that
                came before are not a whole answer.
        """
        try:
            async with asyncio.timeout(self._settings.total_seconds):
                for attempt in (1, 2):
                    try:
                        async with aclosing(self._attempt(question, history, likely)) as claims:
                            async for claim in claims:
                                yield claim
                        return
                    except _Transient as fault:
                        if attempt == 2:
                            raise fault.failure from None
        except TimeoutError:
            raise WriterFailure("llm_timeout", "the whole answer took too long") from None

    async def _attempt(
        self, question: Question, history: Sequence[Turn], likely: Sequence[str]
    ) -> AsyncIterator[Claim]:
        started = False
        finish: str | None = None
        lines = _Lines()
        async with self._client() as client:
            stream = await self._open(client, self._messages(question, history, likely))
            try:
                chunks = stream.__aiter__()
                while True:
                    limit = self._settings.gap_seconds if started else self._settings.first_token_seconds
                    chunk = await self._next(chunks, limit, started)
                    if chunk is None:
                        break
                    if not getattr(chunk, "choices", None):
                        continue
                    choice = chunk.choices[0]
                    finish = choice.finish_reason or finish
                    text = choice.delta.content if choice.delta else None
                    if text:
                        started = True
                        for claim in lines.feed(text):
                            yield claim
            finally:
                await stream.close()
        if finish != "stop":
            raise WriterFailure("llm_cut", f"the answer ended with finish_reason {finish!r}")
        for claim in lines.rest():
            yield claim
        if lines.malformed:
            raise WriterFailure("llm_invalid", "the answer is not lines of claims")

    async def _next(self, chunks: Any, limit: float, started: bool) -> Any:
        """The next chunk, or None at the end of the stream; every fault of server and transport becomes a failure."""
        import openai

        try:
            async with asyncio.timeout(limit):
                return await anext(chunks)
        except StopAsyncIteration:
            return None
        except TimeoutError:
            raise WriterFailure("llm_timeout", f"nothing came for {limit} s") from None
        except (openai.APIError, json.JSONDecodeError, UnicodeDecodeError) as error:
            failure = WriterFailure("llm_cut" if started else "llm_unavailable", type(error).__name__)
            if started:
                raise failure from None
            raise _Transient(failure) from None

    async def _open(self, client: "AsyncOpenAI", messages: list[dict[str, str]]) -> Any:
        """Start the stream; an optional parameter that a 400 names is left out from then on."""
        import openai

        while True:
            try:
                async with asyncio.timeout(self._settings.first_token_seconds):
                    return await client.chat.completions.create(
                        model=self._settings.model,
                        messages=messages,  # type: ignore[arg-type]
                        stream=True,
                        **self._optional,
                    )
            except TimeoutError:
                raise WriterFailure("llm_timeout", "no reply to the request") from None
            except openai.BadRequestError as error:
                named = next((name for name in self._optional if name in str(error)), None)
                if named is None:
                    raise WriterFailure("llm_invalid", "the server refuses the request") from None
                del self._optional[named]
            except openai.RateLimitError as error:
                raise WriterFailure("llm_busy", type(error).__name__) from None
            except (openai.APITimeoutError, openai.APIConnectionError, openai.InternalServerError) as error:
                raise _Transient(WriterFailure("llm_unavailable", type(error).__name__)) from None
            except openai.APIError as error:
                raise WriterFailure("llm_unavailable", type(error).__name__) from None

    def _client(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI, Timeout

        settings = self._settings
        return AsyncOpenAI(
            api_key=settings.api_key or "none",
            base_url=settings.base_url,
            max_retries=0,
            timeout=Timeout(settings.total_seconds, connect=settings.connect_seconds),
        )

    def _messages(
        self, question: Question, history: Sequence[Turn], likely: Sequence[str]
    ) -> list[dict[str, str]]:
        earlier = "\n".join(f"{turn.role}: {without_delimiters(turn.content)}" for turn in history)
        asked = fill(
            "question.md",
            {
                "history": earlier,
                "question": without_delimiters(question.standalone),
                "likely": ", ".join(likely),
                "language": _LANGUAGE_NAMES[question.language],
            },
        )
        return [{"role": "system", "content": self._system}, {"role": "user", "content": asked}]


_BLANK = {"history": "", "question": "", "likely": "", "language": ""}


class _Lines:
    """Collects streamed text and gives a claim for every completed line."""

    def __init__(self) -> None:
        self._buffer = ""
        self._count = 0
        self.malformed = False

    def feed(self, text: str) -> list[Claim]:
        self._buffer += text
        *complete, self._buffer = self._buffer.split("\n")
        return [claim for line in complete if (claim := self._claim(line))]

    def rest(self) -> list[Claim]:
        line, self._buffer = self._buffer, ""
        return [claim] if (claim := self._claim(line)) else []

    def _claim(self, line: str) -> Claim | None:
        line = re.sub(r"^(```\w*|[-*\d.)\s]+(?=\{))", "", line.strip()).rstrip(",")
        if not line or self._count >= MAX_CLAIMS:
            return None
        try:
            row = json.loads(line)
            text, addresses = row["text"], row["addresses"]
        except (ValueError, KeyError, TypeError):
            self.malformed = True
            return None
        if not isinstance(text, str) or not isinstance(addresses, list) or not all(isinstance(a, str) for a in addresses):
            self.malformed = True
            return None
        self._count += 1
        return Claim(" ".join(text.split()), "statement", tuple(dict.fromkeys(addresses)))
