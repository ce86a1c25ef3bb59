"""A shared store of our own on loopback, and the address of one that is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evals.faults.redis_server import RedisServer
from evals.processes import free_port


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis or Valkey server that keeps nothing on disk; its address. Skips where neither is installed."""
    if RedisServer.found() is None:
        pytest.skip("needs redis-server")
    with RedisServer(folder) as server:
        yield server.url


def closed_port() -> str:
    """The address of a store that is not there."""
    return f"redis://127.0.0.1:{free_port()}/0"
