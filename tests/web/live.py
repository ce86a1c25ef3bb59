"""The application on a real port of loopback, in this process: for clients that bring their own connection."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp

from assistant.config import Config
from assistant.web import connection
from assistant.web.connection import Connection
from assistant.web_settings import WebSettings
from tests.web.scripted import Scripted, service_with

WAIT = 30.0  # seconds, on a busy machine too; longer than the service waits for a head


@contextmanager
def serving(application: ASGIApp, **options: Any) -> Iterator[str]:
    """The address of the application while it is served."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    settings = uvicorn.Config(application, log_config=None, proxy_headers=False, timeout_graceful_shutdown=2, **options)
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive(), "the application did not start"
            assert time.monotonic() < end
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(15)
        listening.close()
        assert not thread.is_alive()


@contextmanager
def guarded(*, most: int = 600, head_seconds: float = 10.0, open_per_address: int = 200) -> Iterator[int]:
    """The port of the whole application, as app.py serves it, with these bounds; this machine is like any other."""
    from assistant.web.server import application as whole  # its import is slow, and not everyone needs it

    web = replace(WebSettings(), open_per_address=open_per_address, raised=())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "MOST", most)
        patch.setattr(connection, "HEAD_SECONDS", head_seconds)
        with serving(whole(service_with(Scripted(), Config(web=web))), http=Connection, ws="none") as address:
            yield int(address.rsplit(":", 1)[1])


def told(port: int, sent: bytes) -> bytes:
    """Everything the service says to these bytes until it closes, which it does at the latest when a head is due."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), WAIT) as raw:
        raw.sendall(sent)
        with suppress(ConnectionResetError):
            while piece := raw.recv(65536):
                found += piece
    return found


def until(condition: Callable[[], bool], seconds: float = WAIT) -> None:
    """Wait until something is so, which nobody announces.

    Raises:
        AssertionError: it is not so in time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not become so in time"
        time.sleep(0.02)
