"""Connections that do not come to the point are let go: slow, endless or unread, and a trailer is no header."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from assistant.web import connection
from assistant.web.connection import Connection
from tests.web.live import serving

SECONDS = 0.3
OVER = threading.Event()  # nobody works on the large answer any more


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, then says which fields the request has; a large answer at /large."""
    if scope["type"] != "http":
        return
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False) and message["type"] == "http.request"
    fields = b" ".join(name for name, _ in scope["headers"])
    body = fields if scope["path"] != "/large" else b"x" * 20_000_000
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": b""})  # waits until the reader takes what came before
    if scope["path"] == "/large":
        OVER.set()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "HEAD_SECONDS", SECONDS)
        patch.setattr(connection, "READER_SECONDS", SECONDS)
        with serving(echo, http=Connection) as address:
            yield int(address.rsplit(":", 1)[1])


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 30)


def told(raw: socket.socket) -> bytes:
    """Everything until the other side closes."""
    found = b""
    with suppress(ConnectionResetError):
        while piece := raw.recv(65536):
            found += piece
    return found


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n\r\n", b"GET / HTTP"])
def test_a_head_that_does_not_end_is_not_waited_for(port: int, start: bytes) -> None:
    """Nothing, half a head, blank lines: closed without a word."""
    began = time.monotonic()
    with connected(port) as raw:
        raw.sendall(start)
        assert told(raw) == b""
    assert time.monotonic() - began > SECONDS / 2


def test_blank_lines_after_an_answer_buy_no_time(port: int) -> None:
    """They end the wait of an idle connection, and begin that for a head."""
    with connected(port) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in raw.recv(65536)
        raw.sendall(b"\r\n")
        assert told(raw) == b""


def test_a_second_request_has_its_own_time(port: int) -> None:
    """The time for a head does not run while an answer is on its way, nor on from the request before."""
    with connected(port) as raw:
        for _ in range(3):
            raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in raw.recv(65536)
            time.sleep(SECONDS / 2)


def test_an_endless_head_is_refused(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """431 long before it is all there, whatever it is made of, and not because the time is up."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 60)
    for start in (b"GET / HTTP/1.1\r\nX: ", b"GET /"):
        with connected(port) as raw:
            sent = 0
            with suppress(OSError):
                for _ in range(20_000):
                    raw.sendall((b"" if sent else start) + b"x" * 10_000)
                    sent += 1
            answer = told(raw)
        # A reset may overtake the words; what counts is that not all of it was taken.
        assert sent < 20_000
        assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")


def test_a_trailer_is_no_header(port: int) -> None:
    """What comes after the body names no proxy and no session."""
    with connected(port) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        raw.sendall(b"2\r\nab\r\n0\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n")
        fields = told(raw).split(b"\r\n\r\n")[1]
    assert fields == b"host connection transfer-encoding"


def test_a_reader_who_does_not_read_is_let_go(port: int) -> None:
    """A large answer that nobody takes is dropped, not kept."""
    with connected(port) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert OVER.wait(30)
