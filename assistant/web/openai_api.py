"""The OpenAI-compatible surface: existing clients ask as they would ask a model, and get a verified answer."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from assistant import render, types
from assistant.types import Answer, Mode
from assistant.web.api import ApiError, answered, error_body, json_body
from assistant.web.asking import Asking
from assistant.web.schema import CompletionShape, ModelsShape, described
from assistant.web.service import Service
from assistant.web.visitor import visitor_of

# Names a client may choose, and what they ask for: as the service is set up, or never the language model.
MODELS: Mapping[str, Mode | None] = {"moc": None, "moc-quote": "quote"}


class _Part(BaseModel):
    type: str
    text: str = ""


class MessageBody(BaseModel):
    """One message. Instructions ("system", "developer") are accepted and have no effect: the rules here are fixed."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[_Part] | None = None

    @property
    def words(self) -> str:
        """Its text; parts that are no text (images, audio) are left out."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or () if part.type == "text")


class StreamOptions(BaseModel):
    """What a stream carries besides."""

    include_usage: StrictBool = False


class CompletionBody(BaseModel):
    """The part of a chat completion request that means something here; everything else is ignored."""

    model_config = ConfigDict(extra="ignore")
    model: str
    messages: list[MessageBody] = Field(min_length=1)
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None  # a second one would say the same
    user: str | None = None


def router(service: Service) -> APIRouter:
    """``/v1/models`` and ``/v1/chat/completions``."""
    routes = APIRouter()
    base_url = service.config.public_url

    @routes.get("/v1/models", summary="The models a client may name", openapi_extra=described(ModelsShape))
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [_model(name) for name in MODELS]}

    @routes.get(
        "/v1/models/{name}", summary="One model", openapi_extra=described(ModelsShape, 404), include_in_schema=False
    )
    def model(name: str) -> dict[str, Any]:
        return _model(_known(name))

    taken = described(CompletionShape, 400, 404, 413, 415, 503, body=CompletionBody, stream=True)

    @routes.post("/v1/chat/completions", summary="Ask as one asks a chat model", openapi_extra=taken)
    async def completions(request: Request) -> Response:
        body = await json_body(request, CompletionBody)
        mode = MODELS[_known(body.model)]
        asking = await service.ask(_request(body, mode), visitor_of(request.scope).at("openai", body.user))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        if body.stream:
            usage = body.stream_options is not None and body.stream_options.include_usage
            chunks = _chunks(asking, body.model, base_url, usage)
            return StreamingResponse(chunks, media_type="text/event-stream", headers=headers)
        answer = await answered(asking, request)
        return JSONResponse(_completion(answer, body.model, base_url), headers=headers)

    return routes


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "moc-assistant"}


def _known(name: str) -> str:
    if name not in MODELS:
        raise ApiError(404, "model_not_found", f"choose one of the models {', '.join(MODELS)}")
    return name


def _request(body: CompletionBody, mode: Mode | None) -> types.Request:
    """The last message of the user is the question; what came before is history, as the client tells it."""
    spoken = [message for message in body.messages if message.role in ("user", "assistant")]
    asked = max((place for place, message in enumerate(spoken) if message.role == "user"), default=None)
    if asked is None:
        raise ApiError(400, "bad_request", "messages: one with the role 'user' has to hold the question")
    words = [_text(message.words) for message in spoken]
    turns = [
        types.Turn("user" if message.role == "user" else "assistant", said)
        for message, said in zip(spoken[:asked], words[:asked], strict=True)
    ]
    return types.Request(words[asked], None, mode, tuple(turns))


def _text(words: str) -> str:
    return words.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is valid JSON but no text


def _completion(answer: Answer, model: str, base_url: str) -> dict[str, Any]:
    body = render.answer_object(answer, base_url)
    message = {"role": "assistant", "content": body["text"]}
    return {
        "id": f"chatcmpl-{answer.id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(),
        "moc_answer": body,
    }


def _usage() -> dict[str, int]:
    """Clients expect the field; what a language model behind this used is the operator's and stands in the metrics."""
    return {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


async def _chunks(asking: Asking, model: str, base_url: str, include_usage: bool) -> AsyncIterator[bytes]:
    """A role at once, the text when it is verified as a whole (nothing is ever taken back), then the answer object."""
    head = {"object": "chat.completion.chunk", "created": int(time.time()), "model": model}
    identity = f"chatcmpl-{int(time.time() * 1000)}"

    def chunk(delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _data({"id": identity, **head, "choices": [choice], **more})

    yield chunk({"role": "assistant", "content": ""})
    try:
        answer = await answered(asking)
    except ApiError as error:
        yield _data(error_body(error.code, str(error)))
        return
    body = render.answer_object(answer, base_url)
    *lines, last = body["text"].split("\n\n")
    for line in lines:
        yield chunk({"content": line + "\n\n"})
    yield chunk({"content": last})
    if include_usage:
        yield chunk({}, "stop")
        yield _data({"id": identity, **head, "choices": [], "usage": _usage(), "moc_answer": body})
    else:
        yield chunk({}, "stop", moc_answer=body)
    yield b"data: [DONE]\n\n"


def _data(body: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()
