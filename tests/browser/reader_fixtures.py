"""A served application with the scripted Assistant, for the tests of the plain pages."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from assistant.web.server import create
from tests.web.scripted import Scripted, service_with


@contextmanager
def served() -> Iterator[str]:
    """The address of the whole application on a free port of this machine, with the scripted Assistant."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create(service_with(Scripted())), log_level="warning", access_log=False))
    running = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    running.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"  # bound already: a request waits until it is answered
    finally:
        server.should_exit = True
        running.join(10)
        listening.close()
