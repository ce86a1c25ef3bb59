"""The door for readers' feedback: open only where the operator named a place to keep it."""

import asyncio
import logging
import sqlite3
import threading
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.feedback import MAX_COMMENT, Feedback, FeedbackStore, Full, Reason
from assistant.understand import MAX_CHARACTERS
from assistant.web.api import ApiError, json_body
from assistant.web.schema import KeptShape, described
from assistant.web.service import Service
from assistant.web.states import Recent
from assistant.web.visitor import visitor_of

_HOUR = 3600.0

_log = logging.getLogger(__name__)


def _encodable(text: str) -> str:
    text.encode("utf-8")  # a lone surrogate is valid JSON but no text; UnicodeEncodeError is a ValueError
    return text.strip()


Words = Annotated[str, AfterValidator(_encodable)]


class FeedbackBody(BaseModel):
    """The body of ``POST /api/feedback``; the question only if the reader ticked that it may become a public test."""

    model_config = ConfigDict(extra="forbid")

    answer_id: str = Field(pattern=r"^a_[0-9a-f]{64}$")
    verdict: Literal["helpful", "not_helpful"]
    reason: Reason | None = None
    comment: Words | None = Field(None, max_length=MAX_COMMENT)
    question: Words | None = Field(None, max_length=MAX_CHARACTERS)


def router(service: Service) -> APIRouter:
    """``POST /api/feedback``.

    Raises:
        ConfigError: the directory of the settings cannot be written to.
    """
    routes = APIRouter()
    config = service.config
    store = FeedbackStore(config.feedback_directory, config.feedback_days) if config.feedback_directory else None
    if store:
        _look(store, service.gate.recent)
        threading.Thread(target=_purging, args=(store, service.gate.recent), name="purge-feedback", daemon=True).start()

    described_here = described(KeptShape, 400, 404, 413, 415, 503, body=FeedbackBody, status=201)

    @routes.post("/api/feedback", status_code=201, summary="Leave feedback", openapi_extra=described_here)
    async def feedback(request: Request) -> JSONResponse:
        body = await json_body(request, FeedbackBody)
        if store is None:
            raise ApiError(404, "feedback_off", "feedback is not taken here (MOC_FEEDBACK_DIR is not set)")
        await service.gate.count(visitor_of(request.scope).at("api"))  # one address must not fill the store in minutes
        given = Feedback(body.answer_id, body.verdict, body.reason, body.comment, body.question)
        try:
            await asyncio.to_thread(store.add, given)
            service.gate.recent.over("feedback_full", "feedback_failed")
        except Full:
            service.gate.recent.saw("feedback_full", lasting=True)
            raise ApiError(503, "feedback_full", "no more feedback can be kept now", {"Retry-After": "86400"}) from None
        except sqlite3.Error:
            service.gate.recent.saw("feedback_failed", lasting=True)
            _log.exception("feedback could not be written")
            raise ApiError(503, "feedback_failed", "the feedback was not kept", {"Retry-After": "60"}) from None
        return JSONResponse({"kept": True, "days": config.feedback_days, "question": bool(body.question)}, 201)

    return routes


def _purging(store: FeedbackStore, recent: Recent) -> None:
    """Delete what is due every hour, also while nobody leaves anything."""
    hour = threading.Event()
    while not hour.wait(_HOUR):
        _look(store, recent)


def _look(store: FeedbackStore, recent: Recent) -> None:
    """Delete what is due, and note how the store does: a state lasts until it is seen to be over."""
    try:
        store.purge()
        full = store.full
    except sqlite3.Error:
        recent.saw("feedback_failed", lasting=True)
        _log.exception("feedback could not be purged")
        return
    recent.over("feedback_failed")
    if full:
        recent.saw("feedback_full", lasting=True)
    else:
        recent.over("feedback_full")
