"""The door for feedback: closed unless the operator opened it, strict about what comes in, plain about what is kept."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant import feedback as module
from assistant.config import Config
from assistant.feedback import REASONS, FeedbackStore
from assistant.web import api, feedback
from assistant.web.limits import Refused
from assistant.web.service import Service
from assistant.web_settings import WebSettings

ANSWER = "a_" + "0" * 64
GOOD: dict[str, Any] = {"answer_id": ANSWER, "verdict": "not_helpful"}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where feedback is kept in this test."""
    return tmp_path / "kept"


@pytest.fixture
def open_door(directory: Path) -> Iterator[TestClient]:
    """A client of the one route, with feedback switched on."""
    app = FastAPI()
    app.add_exception_handler(api.ApiError, api.error_response)
    app.include_router(feedback.router(Service(Config(feedback_directory=directory, feedback_days=7))))
    with TestClient(app) as client:
        yield client


def test_closed_unless_opened(client: TestClient) -> None:
    """Without a directory nothing is taken, and the reply says so."""
    refused = client.post("/api/feedback", json=GOOD)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "feedback_off")


@pytest.mark.parametrize("reason", REASONS)
def test_what_is_given_is_kept(open_door: TestClient, directory: Path, reason: str) -> None:
    """Verdict, reason and comment are kept and the reply says for how long; no question unless it was given."""
    reply = open_door.post("/api/feedback", json={**GOOD, "reason": reason, "comment": " Why? "})
    assert (reply.status_code, reply.json()) == (201, {"kept": True, "days": 7, "question": False})
    [kept] = FeedbackStore(directory, 7).all()
    assert (kept.feedback.reason, kept.feedback.comment, kept.feedback.question) == (reason, "Why?", None)


def test_the_question_only_when_it_was_given(open_door: TestClient, directory: Path) -> None:
    """It comes redacted like the comment."""
    reply = open_door.post("/api/feedback", json={**GOOD, "question": "I am at a@example.com: binding?"})
    assert reply.json()["question"]
    [kept] = FeedbackStore(directory, 7).all()
    assert kept.feedback.question == "I am at [email]: binding?"


@pytest.mark.parametrize(
    "change",
    [
        {"answer_id": "a_1"},
        {"answer_id": None},
        {"verdict": "perfect"},
        {"reason": "my own words"},
        {"comment": "x" * 301},
        {"question": "x" * 501},
        {"comment": "\ud800"},
        {"address": "somebody"},
    ],
)
def test_anything_else_is_refused(open_door: TestClient, directory: Path, change: dict[str, Any]) -> None:
    """Closed lists, capped lengths, no further fields; nothing of it is kept, and the error repeats no value."""
    body = {**GOOD, **change}
    content = json.dumps(body).encode()
    refused = open_door.post("/api/feedback", content=content, headers={"content-type": "application/json"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_request")
    assert "somebody" not in refused.text
    assert FeedbackStore(directory, 7).all() == ()


def test_nobody_fills_it_in_minutes(directory: Path) -> None:
    """Feedback counts like a question of its address, and a refusal says when to come back."""
    web = replace(WebSettings(), address_per_minute=2, raised=())
    app = FastAPI()
    app.add_exception_handler(Refused, api.refused_response)
    app.include_router(feedback.router(Service(Config(feedback_directory=directory, web=web))))
    with TestClient(app) as client:
        assert [client.post("/api/feedback", json=GOOD).status_code for _ in range(3)] == [201, 201, 429]
        assert client.post("/api/feedback", json=GOOD).headers["retry-after"]
    assert len(FeedbackStore(directory, 30).all()) == 2


def test_when_it_is_full(open_door: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader learns that it was not kept, and when to try again."""
    monkeypatch.setattr(module, "MAX_ENTRIES", 0)
    refused = open_door.post("/api/feedback", json=GOOD)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "feedback_full")
    assert refused.headers["retry-after"] == "86400"


def test_when_the_file_is_broken(open_door: TestClient, directory: Path) -> None:
    """Not kept is said, without the inside."""
    (directory / "feedback.sqlite3").write_bytes(b"damaged" * 200)
    refused = open_door.post("/api/feedback", json=GOOD)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "feedback_failed")
