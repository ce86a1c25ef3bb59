"""The scripted Assistant and a client of the whole application around it."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from web.scripted import Scripted, client_of, service_with


@pytest.fixture
def scripted() -> Scripted:
    """The scripted Assistant behind the client."""
    return Scripted()


@pytest.fixture
def client(scripted: Scripted) -> Iterator[TestClient]:
    """A client of the whole application with the scripted Assistant."""
    with client_of(service_with(scripted)) as opened:
        yield opened
