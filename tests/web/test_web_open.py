"""Requests and connections held open: whoever holds them keeps nobody else out, and what ends is not counted on."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from assistant.web import bodies
from assistant.web.limits import Crowd, Limited
from assistant.web.visitor import Visitor
from assistant.web_settings import WebSettings
from tests.web.live import WAIT, guarded, told, until
from tests.web.scripted import Scripted


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where an address may have three requests open."""
    with guarded(open_per_address=3) as opened:
        yield opened


def test_streams_held_open_keep_nobody_else_out(port: int) -> None:
    """An address has so many requests open at once, then 429 that says when; when one ends, the next may come."""
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, timeout=WAIT) as client, ExitStack() as held:
        for number in range(3):
            opened = held.enter_context(client.stream("GET", f"/gradio_api/heartbeat/held{number}"))
            assert opened.status_code == 200
        refused = client.get("/document")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_open")
        assert int(refused.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200
    with httpx.Client(base_url=address, timeout=WAIT) as client:
        until(lambda: client.get("/site/chat.js").status_code == 200)


def test_a_body_that_does_not_come_is_open_too(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that are still being sent count like those that are being answered, also where none is counted."""
    monkeypatch.setattr(bodies, "BODY_SECONDS", 60.0)  # they are open until they are closed here
    heads = [
        b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{" % path
        for path in (b"/api/ask", b"/gradio_api/cancel", b"/gradio_api/queue/join")
    ]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT) as client, ExitStack() as held:
        for head in heads:
            held.enter_context(socket.create_connection(("127.0.0.1", port), WAIT)).sendall(head)
        until(lambda: client.get("/site/chat.js").status_code == 429)
        assert client.get("/site/chat.js").json()["error"]["code"] == "too_many_open"
        assert client.get("/healthz").status_code == 200
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT) as client:
        until(lambda: client.get("/site/chat.js").status_code == 200)


def test_too_many_connections_are_told_when_to_come_back() -> None:
    """503 as JSON with Retry-After for whoever asks; health is still told, or a crowd would look like a fault."""
    # The silent ones stay for as long as this takes.
    with guarded(most=6, head_seconds=60) as port, ExitStack() as held:
        for _ in range(7):
            held.enter_context(socket.create_connection(("127.0.0.1", port), WAIT))
        request = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        refused = told(port, request % b"/document")
        healthy = told(port, request % b"/healthz")
    head, _, body = refused.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in head.lower()
    assert json.loads(body)["error"]["code"] == "busy"
    assert healthy.startswith(b"HTTP/1.1 200 ")


def test_an_address_is_counted_while_its_requests_last() -> None:
    """Others are not; a raised address has a multiple; an IPv6 network is one."""
    crowd = Crowd(replace(WebSettings(), open_per_address=2))
    one, same = Visitor(address="2001:db8::1"), Visitor(address="2001:db8::2")
    with crowd.one(one), crowd.one(same):
        with pytest.raises(Limited, match="open"), crowd.one(one):
            pass
        with crowd.one(Visitor(address="203.0.113.7")), ExitStack() as held:
            for _ in range(20):
                held.enter_context(crowd.one(Visitor(address="127.0.0.1")))
    assert not crowd._open
    with crowd.one(one):
        assert sum(crowd._open.values()) == 1


def test_a_slow_stream_of_one_reader_ends_with_them(client: TestClient, scripted: Scripted) -> None:
    """A reader of a stream who is cancelled leaves nothing counted as open."""
    application: Any = client.app
    gate = application._service.gate

    async def run() -> None:
        scripted.delay = 30
        begun = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if begun.is_set():
                await asyncio.sleep(30)
            begun.set()
            return {"type": "http.request", "body": b'{"question": "Q", "stream": true}'}

        async def send(message: Any) -> None:
            return None

        scope = {"type": "http", "method": "POST", "path": "/api/ask", "query_string": b"", "scheme": "http"}
        head = {"client": ("203.0.113.7", 1), "headers": [(b"content-type", b"application/json"), (b"host", b"x")]}
        task: asyncio.Task[None]
        task = asyncio.create_task(application({**scope, **head, "http_version": "1.1"}, receive, send))
        await begun.wait()
        async with asyncio.timeout(WAIT):
            while not gate.crowd._open:  # noqa: ASYNC110 -- a number, which nobody announces
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
    assert not gate.crowd._open
