"""Refusals that are nobody's doing: a library's bare words, what breaks off, floods; one answer each, few lines."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
import structlog.testing
from starlette.routing import Router
from starlette.testclient import TestClient

from assistant.strings import strings
from assistant.web.limits import Busy, Limited
from assistant.web.shell import Shell
from assistant.web.visitor import Visitor
from tests.web.scripted import Scripted, service_with


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_no_refusal_from_inside_is_bare(status: int, accept: str, scripted: Scripted) -> None:
    """What a library refuses in words of its own says when to come back, as ours do."""

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"Queue is full.", "more_body": True})
        await send({"type": "http.response.body", "body": b" secret"})

    client = TestClient(Shell(bare, service_with(scripted)))
    reply = client.get("/api/document", headers={"accept": accept})
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    assert "secret" not in reply.text
    if accept == "application/json":
        assert reply.json()["error"]["code"] == "busy"
    else:
        assert strings("en")["error_text_busy"] in reply.text
        assert "switched" not in reply.text


async def said(shell: Shell, **more: Any) -> list[tuple[int, bytes]]:
    """The answers to one request that is made without a server: status and body."""
    scope = {"type": "http", "method": "GET", "path": "/document", "query_string": b"", "scheme": "http"}
    head: dict[str, Any] = {"client": ("203.0.113.7", 1), "headers": [(b"host", b"x")], "http_version": "1.1"}
    begun: list[tuple[int, bytes]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            begun.append((message["status"], b""))
        else:
            begun[-1] = (begun[-1][0], begun[-1][1] + message.get("body", b""))

    with suppress(asyncio.CancelledError, RuntimeError):
        await shell({**scope, **head, **more}, receive, send)
    return begun


@pytest.mark.parametrize(
    ("raised", "answer"),
    [(RuntimeError("secret"), (500, "internal")), (asyncio.CancelledError(), (503, "unavailable"))],
    ids=("fails", "is stopped"),
)
def test_a_bare_refusal_that_breaks_off_is_answered(
    raised: BaseException, answer: tuple[int, str], scripted: Scripted
) -> None:
    """The inside begins to refuse and comes to no end: one whole answer of ours, and nothing of its words."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b"secret", "more_body": True})
        raise raised

    [(status, body)] = asyncio.run(said(Shell(broken, service_with(scripted))))
    assert (status, json.loads(body)["error"]["code"]) == answer
    assert b"secret" not in body


def test_what_is_raised_after_an_answer_began_begins_no_second(scripted: Scripted) -> None:
    """A refusal of the inside's questions, too, is no refusal of the request."""

    async def late(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise Limited(5)

    service = service_with(scripted)
    assert asyncio.run(said(Shell(late, service))) == [(200, b"half")]
    assert "moc_limited_total{" not in service.gate.telemetry.exposition().decode()


def test_a_flood_of_refused_connections_writes_no_flood_of_lines(scripted: Scripted) -> None:
    """Each is answered and counted; one line says that it happens."""
    service = service_with(scripted)
    shell = Shell(Router(), service)

    async def run() -> None:
        for _ in range(30):
            [(status, body)] = await said(shell, state={"crowded": True})
            assert (status, json.loads(body)["error"]["code"]) == (503, "busy")

    with structlog.testing.capture_logs() as lines:
        asyncio.run(run())
    assert [(line["outcome"], line["scope"]) for line in lines] == [("busy", "connections")]
    exposed = service.gate.telemetry.exposition().decode()
    assert 'moc_limited_total{scope="connections"} 30.0' in exposed
    assert 'moc_http_requests_total{route="document",status="503"} 30.0' in exposed


def test_a_full_queue_of_the_chat_says_when_to_come_back(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through Gradio itself."""
    from gradio.queueing import Queue

    async def full(*_: Any, **__: Any) -> tuple[bool, str, str]:
        return False, "Queue is full. Max size is 64 and size is 64.", "queue_full"

    monkeypatch.setattr(Queue, "push", full)
    body = {"data": ["Why?", [], "quote", None], "session_hash": "abc", "fn_index": 0}
    reply = client.post("/gradio_api/queue/join", json=body)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    assert reply.json()["error"]["code"] == "busy"


def test_a_flood_is_counted_and_not_written_down(scripted: Scripted) -> None:
    """Of each kind the first in a minute is logged; a visitor who asks too much is logged each time."""
    gate = service_with(scripted).gate
    with structlog.testing.capture_logs() as lines:
        for _ in range(50):
            for refused in (Busy(), Busy("connections"), Busy("queue"), Limited(5, "open"), Limited(5, "requests")):
                gate.refused(refused, Visitor(address="203.0.113.7", session="one"))
        gate.refused(Limited(5, "session"), Visitor(address="203.0.113.7", session="one"))
        gate.refused(Limited(5, "session"), Visitor(address="203.0.113.7", session="one"))
    assert [(line["event"], line["outcome"], line["scope"]) for line in lines] == [
        ("question", "busy", "crowd"),
        ("request", "busy", "connections"),
        ("request", "busy", "queue"),
        ("request", "limited", "open"),
        ("request", "limited", "requests"),
        ("question", "limited", "session"),
        ("question", "limited", "session"),
    ]
    exposed = gate.telemetry.exposition().decode()
    for scope in ("crowd", "connections", "queue", "open", "requests"):
        assert f'moc_limited_total{{scope="{scope}"}} 50.0' in exposed
