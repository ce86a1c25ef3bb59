"""A draft by a language model: it may only name addresses, and every line it completes is handed on at once.

One deadline, one retry: at most two upstream calls a question, under any fault.
"""

import asyncio
import ipaddress
import re
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.admission import Usage
from assistant.breaker import Breaker
from assistant.briefing import Brief, Briefing
from assistant.claim_stream import ClaimStream
from assistant.config import LlmSettings
from assistant.patience import Patience
from assistant.types import Claim, Dropped, ModelUsed

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MAX_OUTPUT_TOKENS = 600
MAX_OUTPUT_CHARACTERS = 20_000  # for servers that do not know or keep a limit of tokens
MAX_CALLS = 2  # upstream, for one question
WARM_UP_SECONDS = 120.0  # a small machine computes some thirty tokens of the document a second
_FRAMING_TOKENS = 64  # what a server's chat format adds around the messages
_LONGEST_WAIT = 5.0  # seconds; a server that asks for more is not waited for
_PAUSE = 0.25  # seconds before the second try where the server names no time
# Words by which a refusal may name an optional parameter instead of its name.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "response_format": ("json_schema", "guided_json", "grammar"),
    "stream_options": ("include_usage",),
}


class WriterFailure(Exception):
    """The model gave no whole answer; ``mode_note`` is the code that says why.

    ``by_server``: the fault lies with the server or the way to it, and the breaker counts it; a model that writes
    nonsense is no reason to leave its server alone.
    """

    def __init__(self, mode_note: str, detail: str, *, by_server: bool = True) -> None:
        super().__init__(detail)
        self.mode_note = mode_note
        self.by_server = by_server


class _Transient(Exception):
    """A fault before the first word that one more try, ``wait`` seconds later, may mend."""

    def __init__(self, failure: WriterFailure, wait: float = _PAUSE) -> None:
        super().__init__(str(failure))
        self.failure = failure
        self.wait = wait


class Writer:
    """Asks an OpenAI-compatible server for claims about one document; serves all threads and event loops."""

    def __init__(self, settings: LlmSettings, briefing: Briefing) -> None:
        # Importing the package takes most of a second: now, and not at the first question.
        import openai.resources.chat.completions  # noqa: F401

        self._settings = settings
        self._optional: dict[str, Any] = {
            "temperature": 0,
            "max_tokens": MAX_OUTPUT_TOKENS,
            "stream_options": {"include_usage": True},
        }
        if (form := briefing.response_format()) is not None:
            self._optional["response_format"] = form
        self.briefing = briefing
        self.breaker = Breaker(
            settings.breaker_failures, settings.breaker_window_seconds, settings.breaker_pause_seconds
        )
        self.model_used = ModelUsed(settings.model, briefing.sha256)
        self._warming = False

    @property
    def local(self) -> bool:
        """Whether the server is on this machine, so that warming it costs nobody anything."""
        host = urlsplit(self._settings.base_url or "").hostname or ""
        with suppress(ValueError):
            return ipaddress.ip_address(host).is_loopback
        return host == "localhost"

    @staticmethod
    def drop(claim: Claim, reasons: Sequence[str]) -> Dropped:
        """A withheld claim, for the answer's list of them."""
        return Dropped(claim.text, claim.addresses, tuple(reasons))

    async def warm_up(self) -> bool:
        """Let the server compute the shared beginning of all prompts; also learns which parameters it refuses.

        Returns whether it did. Questions meanwhile are not sent: they would wait behind this in a small server's queue.
        """
        patience = Patience(WARM_UP_SECONDS, WARM_UP_SECONDS, WARM_UP_SECONDS, calls=len(self._optional) + 1)
        self._warming = True
        try:
            async with await asyncio.to_thread(self._client) as client:
                stream = await self._open(client, self.briefing.blank(), patience, Usage(), max_tokens=1)
                try:
                    return await self._next(stream.__aiter__(), patience, started=False) is not None
                finally:
                    await stream.close()
        except (WriterFailure, _Transient):
            return False  # the first question will meet the same fault and say so
        finally:
            self._warming = False

    @staticmethod
    def most_tokens(brief: Brief) -> int:
        """The most tokens all calls for a question can take: no token is shorter than a byte of the prompt."""
        return MAX_CALLS * (brief.size + _FRAMING_TOKENS + MAX_OUTPUT_TOKENS)

    async def claims(self, brief: Brief, usage: Usage | None = None) -> AsyncGenerator[Claim, None]:
        """The model's claims, each as soon as it is complete; ``usage`` is kept up to date meanwhile.

        Raises:
            WriterFailure: the server cannot be reached, is too slow, or its answer is cut or malformed; claims that
                came before are not a whole answer.
        """
        if self._warming:
            raise WriterFailure("llm_unavailable", "the server is being warmed up")
        if not self.breaker.allows():
            raise WriterFailure("llm_unavailable", "the server has failed too often and is left alone for now")
        try:
            async with aclosing(self._tries(brief, usage or Usage())) as claims:
                async for claim in claims:
                    yield claim
        except WriterFailure as failure:
            if failure.by_server:
                self.breaker.failed()
            raise
        self.breaker.succeeded()

    async def _tries(self, brief: Brief, usage: Usage) -> AsyncGenerator[Claim, None]:
        settings = self._settings
        patience = Patience(settings.first_token_seconds, settings.gap_seconds, settings.total_seconds, MAX_CALLS)
        while True:
            try:
                async with aclosing(self._attempt(brief, patience, usage)) as claims:
                    async for claim in claims:
                        yield claim
                return
            except _Transient as fault:
                if not patience.allows(fault.wait):
                    raise fault.failure from None
                await asyncio.sleep(fault.wait)

    async def _attempt(self, brief: Brief, patience: Patience, usage: Usage) -> AsyncGenerator[Claim, None]:
        characters = 0
        finish: str | None = None
        written = ClaimStream(brief.most_claims, brief.opening)
        async with await asyncio.to_thread(self._client) as client:
            stream = await self._open(client, brief, patience, usage)
            told = 0
            try:
                chunks = stream.__aiter__()
                while (piece := await self._next(chunks, patience, started=characters > 0)) is not None:
                    finish = piece.finish or finish
                    told = piece.tokens or told
                    characters += len(piece.text)
                    if characters > MAX_OUTPUT_CHARACTERS:
                        raise WriterFailure(
                            "llm_invalid",
                            f"the answer is longer than {MAX_OUTPUT_CHARACTERS} characters",
                            by_server=False,
                        )
                    for claim in written.feed(piece.text):
                        yield claim
                    if written.enough and written.malformed:
                        raise WriterFailure("llm_invalid", "the answer goes round in circles", by_server=False)
                    if written.enough:
                        return  # closing the stream ends the server's work too
            finally:
                if told:
                    usage.told += 1
                    usage.tokens += told
                await stream.close()
        if finish is None and not characters:
            raise WriterFailure("llm_invalid", "the reply holds no answer")
        if finish != "stop":
            raise WriterFailure("llm_cut", f"the answer ended with finish_reason {finish!r}", by_server=finish is None)
        for claim in written.rest():
            yield claim
        if written.malformed:
            raise WriterFailure("llm_invalid", "the answer is not claims", by_server=False)

    async def _next(self, chunks: Any, patience: Patience, *, started: bool) -> "_Piece | None":
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

    async def _open(self, client: "AsyncOpenAI", brief: Brief, patience: Patience, usage: Usage, **instead: Any) -> Any:
        """Start the stream; optional parameters that a 400 names are left out from then on."""
        import openai

        while True:
            patience.calls -= 1
            usage.calls += 1
            sent = dict(self._optional)
            # A parameter that was refused stays away, whatever value it would have here.
            sent |= {name: value for name, value in instead.items() if name in sent}
            try:
                async with asyncio.timeout_at(patience.until(started=False)):
                    return await client.chat.completions.create(
                        model=self._settings.model,
                        messages=brief.messages("response_format" in sent),  # type: ignore[arg-type]
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
                    detail = "the server refuses the request"
                    raise WriterFailure("llm_invalid", detail, by_server=not named) from None
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


def _named(param: str | None, message: str, sent: Mapping[str, Any]) -> list[str]:
    """Which of the optional parameters that were sent a refusal names: in its ``param`` field or, without, in words."""
    if param:
        return [name for name in sent if re.match(rf"{name}\b", param)]
    return [name for name in sent if re.search(rf"\b(?:{'|'.join((name, *_ALIASES.get(name, ())))})\b", message)]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that Retry-After asks for; None when there is none, or it is a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    return float(value) if value.isascii() and value.isdigit() else None


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one chunk adds: text, the reason when it says that the answer is over, and what it cost."""

    text: str
    finish: str | None
    tokens: int | None = None

    @classmethod
    def of(cls, chunk: Any) -> "_Piece":
        """Read a chunk; one without choices (usage, content filters) adds no text.

        Raises:
            TypeError, AttributeError, LookupError: it has another shape.
        """
        choices = getattr(chunk, "choices", None)
        total = getattr(getattr(chunk, "usage", None), "total_tokens", None)
        tokens = total if type(total) is int and total > 0 else None
        if not choices:
            return cls("", None, tokens)
        if not isinstance(choices, list):
            raise TypeError(f"choices is {type(choices).__name__}")
        text = choices[0].delta.content if choices[0].delta else None
        finish = choices[0].finish_reason
        if not isinstance(text, str | None) or not isinstance(finish, str | None):
            raise TypeError("content or finish_reason is no text")
        return cls(text or "", finish, tokens)
