"""A shared store of our own on loopback, and the address of one that is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.web import limits
from evals.faults.redis_server import RedisServer
from evals.processes import free_port


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis or Valkey server that keeps nothing on disk; its address. Skips where neither is installed.

    It is waited for longer than in service: on a busy machine half a second is no sign that it is down.
    """
    if RedisServer.found() is None:
        pytest.skip("needs redis-server")
    with RedisServer(folder) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "STORE_SECONDS", 20.0)
        yield server.url


def closed_port(scheme: str = "redis") -> str:
    """The address of a store, or another server, that is not there."""
    return f"{scheme}://127.0.0.1:{free_port()}/0"
