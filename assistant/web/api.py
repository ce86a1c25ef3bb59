"""The JSON surface: ask, the document as a tree, one passage, and whether the service is alive and ready."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Literal, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AliasChoices, BaseModel, Field, StrictBool, ValidationError, field_validator

from assistant import render, types
from assistant.types import Answer, Language
from assistant.web.asking import Asking, CannotSearch, NotReady
from assistant.web.limits import Refused
from assistant.web.pages import page_language
from assistant.web.schema import AnswerShape, SectionShape, TreeShape, described
from assistant.web.service import Service
from assistant.web.states import SEARCHLESS
from assistant.web.telemetry import CONTENT_TYPE
from assistant.web.visitor import visitor_of
from index.document import Document, Part, Sentence
from index.reading_aid import ReadingAid

Body = TypeVar("Body", bound=BaseModel)


class TurnBody(BaseModel):
    """One earlier message."""

    role: Literal["user", "assistant"]
    content: str


class AskBody(BaseModel):
    """The body of ``POST /api/ask``."""

    question: str
    history: tuple[TurnBody, ...] = ()
    language: Literal["auto", "en", "ja"] | None = Field(None, validation_alias=AliasChoices("language", "lang"))
    mode: Literal["auto", "quote", "llm"] | None = None
    stream: StrictBool = False

    @field_validator("question")
    @classmethod
    def _encodable(cls, question: str) -> str:
        question.encode("utf-8")  # a lone surrogate is valid JSON but no text; UnicodeEncodeError is a ValueError
        return question

    def request(self) -> types.Request:
        """The same as the core takes it; "auto" is None there."""
        language = None if self.language == "auto" else self.language
        mode = None if self.mode == "auto" else self.mode
        # A turn that is no text is dropped rather than refused: history only helps to understand the question.
        turns = tuple(types.Turn(turn.role, turn.content) for turn in self.history if _is_text(turn.content))
        return types.Request(self.question, language, mode, turns)


class ApiError(Exception):
    """A refusal with its HTTP status, a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.headers = status, code, headers

    @property
    def body(self) -> dict[str, Any]:
        """The error as every surface states it."""
        return error_body(self.code, str(self))


def error_body(code: str, message: str) -> dict[str, Any]:
    """``{"error": {"code", "message"}}``."""
    return {"error": {"code": code, "message": message}}


def refused_response(request: Request, error: Exception) -> Response:
    """The exception handler for what the gatekeeper refuses."""
    assert isinstance(error, Refused)
    headers = {"Retry-After": str(error.retry_after_seconds), "Cache-Control": "no-store"}
    return JSONResponse(error_body(error.code, str(error)), error.status, headers=headers)


def error_response(request: Request, error: Exception) -> Response:
    """The exception handler for ApiError."""
    assert isinstance(error, ApiError)
    return JSONResponse(error.body, error.status, headers=dict(error.headers or {}))


def router(service: Service) -> APIRouter:
    """The JSON routes."""
    routes = APIRouter()
    base_url = service.config.public_url

    asked = described(AnswerShape, 400, 413, 415, 503, body=AskBody, stream=True)

    @routes.post("/api/ask", summary="Ask a question", openapi_extra=asked)
    async def ask(request: Request) -> Response:
        body = await json_body(request, AskBody)
        asking = await service.ask(body.request(), visitor_of(request.scope).at("api"))
        if body.stream:
            headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
            return StreamingResponse(_events(asking, base_url), media_type="text/event-stream", headers=headers)
        answer = await answered(asking, request)
        return JSONResponse(render.answer_object(answer, base_url), headers={"Cache-Control": "no-store"})

    @routes.get("/api/document", summary="The document as a tree", openapi_extra=described(TreeShape))
    def document() -> dict[str, Any]:
        return document_tree(service.document, service.reading_aid)

    @routes.get(
        "/api/sections/{address}",
        summary="A sentence, topic or section by its address",
        openapi_extra=described(SectionShape, 404),
    )
    def passage(address: str, request: Request) -> dict[str, Any]:
        try:
            return section_object(service.document, service.reading_aid, address, page_language(request))
        except KeyError:
            known = "GET /api/document lists the addresses"
            raise ApiError(404, "unknown_address", f"nothing has the address {address!r}; {known}") from None

    @routes.get("/healthz", include_in_schema=False)
    def alive() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz", include_in_schema=False)
    def ready(request: Request) -> Response:
        body: dict[str, Any] = {"status": "ready" if service.ready else "not_ready"}
        if _is_operator(request, service.config.metrics_token):
            if states := service.gate.states:
                body["states"] = states
            if not service.ready:
                body["reason"] = service.problem or "the index is being opened"
        return JSONResponse(body) if service.ready else JSONResponse(body, 503, headers={"Retry-After": "5"})

    @routes.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        if not _is_operator(request, service.config.metrics_token):
            raise ApiError(404, "not_found", "there is nothing at '/metrics'")
        return Response(service.gate.telemetry.exposition(), media_type=CONTENT_TYPE)

    return routes


def document_tree(document: Document, aid: ReadingAid | None) -> dict[str, Any]:
    """The document as nested parts with every sentence, its offsets (code points) and reading aid."""

    def part(node: Part) -> dict[str, Any]:
        return {
            "address": node.address,
            "kind": node.kind,
            "title": node.title,
            "reading_aid": aid.headings.get(node.address) if aid else None,
            "sentences": [_sentence(document, aid, s, "en") for block in node.blocks for s in block.sentences],
            "parts": [part(below) for below in node.parts],
        }

    return {
        "title": document.title.text,
        "date": document.date.isoformat() if document.date else document.date_line.text,
        "language": "en",
        "sha256": document.sha256,
        "parts": [part(node) for node in document.parts],
    }


def section_object(document: Document, aid: ReadingAid | None, address: str, language: Language) -> dict[str, Any]:
    """A sentence, block or part with all sentences it stands for.

    Raises:
        KeyError: nothing has this address.
    """
    sentences = document.under(address)
    return {
        "address": address,
        "section": render.section_title(document, sentences[0].address),
        "sentences": [_sentence(document, aid, sentence, language) for sentence in sentences],
        "document": {"sha256": document.sha256},
    }


def _sentence(document: Document, aid: ReadingAid | None, sentence: Sentence, language: Language) -> dict[str, Any]:
    return {
        "address": sentence.address,
        "label": render.label(document, sentence.address, language),
        "text": sentence.text,
        "start": sentence.start,
        "end": sentence.end,
        "reading_aid": aid.sentences[sentence.address] if aid else None,
    }


async def json_body(request: Request, kind: type[Body]) -> Body:
    """The body as a checked object.

    Raises:
        ApiError: 415 or 400, naming what is wrong and never repeating what was sent.
    """
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise ApiError(415, "unsupported_media_type", "send the body as application/json")
    try:
        data = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "bad_json", f"the body is not JSON: {type(error).__name__}") from None
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"] if isinstance(step, int) or step in kind.model_fields)
        raise ApiError(400, "bad_request", f"{place or 'the body'}: {first['msg']}") from None


async def answered(asking: Asking, request: Request | None = None) -> Answer:
    """The whole answer; what goes wrong becomes an ApiError without the server's own words.

    With the ``request`` whose body was read, a client that leaves ends the work: a stream's leaving shows by itself.
    """
    try:
        return await (asking.answer() if request is None else _while_there(asking, request))
    except NotReady as error:
        raise _not_ready(error) from None
    except ApiError:
        raise
    except Exception:  # noqa: BLE001 -- counted and logged by the gatekeeper; the client gets the one shape of errors
        raise ApiError(
            500, "internal", "the question could not be answered because of an error on the server"
        ) from None


async def _while_there(asking: Asking, request: Request) -> Answer:
    answering = asyncio.ensure_future(asking.answer())
    leaving = asyncio.ensure_future(request.receive())  # the body is read, so what comes next is the connection's end
    try:
        await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            raise ApiError(499, "left", "the client left before the answer")
        return answering.result()
    finally:
        answering.cancel()
        leaving.cancel()
        await asyncio.wait({answering, leaving})


async def _events(asking: Asking, base_url: str) -> AsyncIterator[bytes]:
    """Server-sent events: ``status``, ``claim``, ``answer`` or ``error``."""
    # The first event goes out before the index is open, so that a waiting reader sees that something happens.
    yield _event("status", {"stage": "searching"})
    try:
        async with aclosing(asking.events()) as events:
            async for event in events:
                # Here and not above: LlamaIndex and Chroma come with it, and the pages are there before them.
                from assistant.ask import ClaimShown, Stage

                if isinstance(event, Answer):
                    yield _event("answer", render.answer_object(event, base_url))
                elif isinstance(event, ClaimShown):
                    citations = [asdict(citation) for citation in event.citations]
                    yield _event("claim", {"text": event.claim.text, "kind": event.claim.kind, "citations": citations})
                elif isinstance(event, Stage) and event.name != "searching":
                    yield _event("status", {"stage": event.name})
    except NotReady as error:
        yield _event("error", _not_ready(error).body)
    except Exception:  # noqa: BLE001 -- the stream has begun; only an event can say that it failed
        yield _event("error", error_body("internal", "the question could not be answered because of a server error"))


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _not_ready(error: NotReady) -> ApiError:
    if isinstance(error, CannotSearch):
        message = "questions cannot be searched for now; the document is at /document"
        return ApiError(503, SEARCHLESS, message, {"Retry-After": "30"})
    message = "the assistant cannot answer now; the document is at /document"
    return ApiError(503, "not_ready", message, {"Retry-After": "30"})


def _is_text(content: str) -> bool:
    try:
        content.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_operator(request: Request, token: str | None) -> bool:
    """With a token only its bearer; without one only whoever sits on this machine and came through no proxy."""
    if token:
        given = request.headers.get("authorization", "")
        return secrets.compare_digest(given.encode(), f"Bearer {token}".encode())
    return visitor_of(request.scope).on_this_machine
