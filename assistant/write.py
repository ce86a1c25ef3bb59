"""A draft by a language model: it may only name addresses, and every line it completes is handed on at once.

One deadline, one retry: at most two upstream calls a question, under any fault.
"""

import asyncio
import hashlib
import json
import re
import ssl
import unicodedata
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.admission import Usage
from assistant.config import LlmSettings
from assistant.follow_up import recent
from assistant.glossary import Glossary
from assistant.prompts import fill, without_delimiters
from assistant.types import Claim, Dropped, ModelUsed, Question, Turn
from index.document import Document

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MAX_OUTPUT_TOKENS = 600
MAX_OUTPUT_CHARACTERS = 20_000  # for servers that do not know or keep a limit of tokens
MAX_CLAIMS = 16
MAX_CALLS = 2  # upstream, for one question
_FRAMING_TOKENS = 64  # what a server's chat format adds around the messages
_LONGEST_WAIT = 5.0  # seconds; a server that asks for more is not waited for
_PAUSE = 0.25  # seconds before the second try where the server names no time
_LANGUAGE_NAMES = {"en": "English", "ja": "Japanese"}


class WriterFailure(Exception):
    """The model gave no whole answer; ``mode_note`` is the code that says why."""

    def __init__(self, mode_note: str, detail: str) -> None:
        super().__init__(detail)
        self.mode_note = mode_note


class _Transient(Exception):
    """A fault before the first word that one more try, ``wait`` seconds later, may mend."""

    def __init__(self, failure: WriterFailure, wait: float = _PAUSE) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait = wait


class _Patience:
    """What one question may still use: upstream calls, and time until the first word, the next piece and the end.

    Deadlines are moments, not waits of one step, so that neither a second try nor a dripping server adds to them; and
    no timeout is open while the caller holds a claim, or it would cancel the caller.
    """

    def __init__(self, settings: LlmSettings) -> None:
        self._loop = asyncio.get_running_loop()
        begin = self._loop.time()
        self._gap = settings.gap_seconds
        self._first = begin + settings.first_token_seconds
        self._end = begin + settings.total_seconds
        self.calls = MAX_CALLS

    def until(self, started: bool) -> float:
        """When the next piece has to be there, on the clock of the loop."""
        return min(self._end, self._loop.time() + self._gap if started else self._first)

    def allows(self, wait: float) -> bool:
        """Whether another try after ``wait`` seconds can still be in time."""
        return self.calls > 0 and self._loop.time() + wait < self.until(started=False)


class Writer:
    """Asks an OpenAI-compatible server for claims about one document."""

    def __init__(self, settings: LlmSettings, document: Document, glossary: Glossary) -> None:
        # Importing the package takes most of a second: now, and not at the first question.
        import openai  # noqa: F401

        self._settings = settings
        self._optional: dict[str, Any] = {
            "temperature": 0,
            "max_tokens": MAX_OUTPUT_TOKENS,
            "stream_options": {"include_usage": True},
        }
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

    def most_tokens(self, question: Question, history: Sequence[Turn], likely: Sequence[str]) -> int:
        """The most tokens all calls for a question can take: no token is shorter than a byte of the prompt."""
        prompt = sum(len(message["content"].encode()) for message in self._messages(question, history, likely))
        return MAX_CALLS * (prompt + _FRAMING_TOKENS + MAX_OUTPUT_TOKENS)

    async def claims(
        self, question: Question, history: Sequence[Turn], likely: Sequence[str], usage: Usage | None = None
    ) -> AsyncGenerator[Claim, None]:
        """The model's claims, each as soon as its line is complete; ``usage`` is kept up to date meanwhile.

        Raises:
            WriterFailure: the server cannot be reached, is too slow, or its answer is cut or malformed; claims that
                came before are not a whole answer.
        """
        usage = usage or Usage()
        patience = _Patience(self._settings)
        messages = self._messages(question, history, likely)
        while True:
            try:
                async with aclosing(self._attempt(messages, patience, usage)) as claims:
                    async for claim in claims:
                        yield claim
                return
            except _Transient as fault:
                if not patience.allows(fault.wait):
                    raise fault.failure from None
                await asyncio.sleep(fault.wait)

    async def _attempt(
        self, messages: list[dict[str, str]], patience: _Patience, usage: Usage
    ) -> AsyncGenerator[Claim, None]:
        characters = 0
        finish: str | None = None
        lines = _Lines()
        async with await asyncio.to_thread(self._client) as client:
            stream = await self._open(client, messages, patience, usage)
            told = 0
            try:
                chunks = stream.__aiter__()
                while (piece := await self._next(chunks, patience, started=characters > 0)) is not None:
                    finish = piece.finish or finish
                    told = piece.tokens or told
                    characters += len(piece.text)
                    if characters > MAX_OUTPUT_CHARACTERS:
                        raise WriterFailure(
                            "llm_invalid", f"the answer is longer than {MAX_OUTPUT_CHARACTERS} characters"
                        )
                    for claim in lines.feed(piece.text):
                        yield claim
            finally:
                if told:
                    usage.told += 1
                    usage.tokens += told
                await stream.close()
        if finish is None and not characters:
            raise WriterFailure("llm_invalid", "the reply holds no answer")
        if finish != "stop":
            raise WriterFailure("llm_cut", f"the answer ended with finish_reason {finish!r}")
        for claim in lines.rest():
            yield claim
        if lines.malformed:
            raise WriterFailure("llm_invalid", "the answer is not lines of claims")

    async def _next(self, chunks: Any, patience: _Patience, *, started: bool) -> "_Piece | None":
        """The next piece, or None at the end of the stream; every fault of server and transport becomes a failure."""
        import openai

        try:
            async with asyncio.timeout_at(patience.until(started)):
                return _Piece.of(await anext(chunks))
        except StopAsyncIteration:
            return None
        except TimeoutError:
            raise WriterFailure("llm_timeout", "the next piece did not come in time") from None
        except openai.APIError as error:
            failure = WriterFailure("llm_cut" if started else "llm_unavailable", type(error).__name__)
            if started:
                raise failure from None
            raise _Transient(failure) from None
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
            # Not JSON, not UTF-8, or JSON of another shape: the package checks neither.
            raise WriterFailure("llm_invalid", f"a chunk is malformed: {type(error).__name__}") from None

    async def _open(
        self, client: "AsyncOpenAI", messages: list[dict[str, str]], patience: _Patience, usage: Usage
    ) -> Any:
        """Start the stream; optional parameters that a 400 names are left out from then on."""
        import openai

        while True:
            patience.calls -= 1
            usage.calls += 1
            sent = dict(self._optional)
            try:
                async with asyncio.timeout_at(patience.until(started=False)):
                    return await client.chat.completions.create(
                        model=self._settings.model,
                        messages=messages,  # type: ignore[arg-type]
                        stream=True,
                        **sent,
                    )
            except TimeoutError:
                raise WriterFailure("llm_timeout", "no reply to the request") from None
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                named = _named(error.param, str(error), sent)
                for name in named:
                    self._optional.pop(name, None)
                if not named or not patience.calls:
                    raise WriterFailure("llm_invalid", "the server refuses the request") from None
            except openai.RateLimitError as error:
                failure = WriterFailure("llm_busy", error.code or type(error).__name__)
                wait = _retry_after(error.response.headers)
                if error.code == "insufficient_quota" or wait is None or wait > _LONGEST_WAIT:
                    raise failure from None
                raise _Transient(failure, wait) from None
            except openai.InternalServerError as error:
                failure = WriterFailure("llm_unavailable", type(error).__name__)
                wait = _retry_after(error.response.headers)
                if wait is not None and wait > _LONGEST_WAIT:
                    raise failure from None
                raise _Transient(failure, _PAUSE if wait is None else wait) from None
            except openai.APIConnectionError as error:
                raise _Transient(WriterFailure("llm_unavailable", type(error).__name__)) from None
            except openai.OpenAIError as error:
                raise WriterFailure("llm_unavailable", type(error).__name__) from None

    def _client(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        settings = self._settings
        # Reading the certificates to trust takes a tenth of a second; a plain address needs none, so none is trusted.
        plain = (settings.base_url or "").startswith("http://")
        return AsyncOpenAI(
            api_key=settings.api_key or "none",
            base_url=settings.base_url,
            max_retries=0,
            timeout=Timeout(settings.total_seconds, connect=settings.connect_seconds),
            # No redirects: a question goes to the address that was configured and to no other.
            http_client=DefaultAsyncHttpxClient(
                verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True, follow_redirects=False
            ),
        )

    def _messages(self, question: Question, history: Sequence[Turn], likely: Sequence[str]) -> list[dict[str, str]]:
        earlier = "\n".join(f"{turn.role}: {without_delimiters(turn.content)}" for turn in recent(history))
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


def _named(param: str | None, message: str, sent: Mapping[str, Any]) -> list[str]:
    """Which of the optional parameters that were sent a refusal names: in its ``param`` field or, without, in words."""
    if param:
        return [param] if param in sent else []
    return [name for name in sent if re.search(rf"\b{name}\b", message)]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for; None when there is none, or it is a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    return float(value) if value.isascii() and value.isdigit() else None


def _shown(text: str) -> str:
    """One line without control, invisible and unpaired characters: what the gate reads is what a reader would see."""
    return "".join(c for c in " ".join(text.split()) if not unicodedata.category(c).startswith("C"))


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one chunk adds: text, and the reason when it says that the answer is over."""

    text: str
    finish: str | None
    tokens: int | None = None  # used by the whole call, where the server says so

    @classmethod
    def of(cls, chunk: Any) -> "_Piece":
        """Read a chunk; one without choices (usage, content filters) adds no text.

        Raises:
            TypeError, AttributeError, LookupError: it has another shape.
        """
        total = getattr(getattr(chunk, "usage", None), "total_tokens", None)
        tokens = total if isinstance(total, int) and total > 0 else None
        choices = getattr(chunk, "choices", None)
        if not choices:
            return cls("", None, tokens)
        if not isinstance(choices, list):
            raise TypeError(f"choices is {type(choices).__name__}")
        text = choices[0].delta.content if choices[0].delta else None
        finish = choices[0].finish_reason
        if not isinstance(text, str | None) or not isinstance(finish, str | None):
            raise TypeError("content or finish_reason is no text")
        return cls(text or "", finish, tokens)


class _Lines:
    """Collects streamed text and gives a claim for every completed line; a line that came before is no new claim."""

    def __init__(self) -> None:
        self._buffer = ""
        self._seen: set[Claim] = set()
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
        if not line or len(self._seen) >= MAX_CLAIMS:
            return None
        try:
            row = json.loads(line)
            text, addresses = row["text"], row["addresses"]
        except (ValueError, KeyError, TypeError, RecursionError):
            self.malformed = True
            return None
        if (
            not isinstance(text, str)
            or not isinstance(addresses, list)
            or not all(isinstance(a, str) for a in addresses)
        ):
            self.malformed = True
            return None
        claim = Claim(_shown(text), "statement", tuple(dict.fromkeys(_shown(address) for address in addresses)))
        if claim in self._seen:
            return None
        self._seen.add(claim)
        return claim
