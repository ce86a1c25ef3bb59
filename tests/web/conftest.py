"""The scripted Assistant and a client of the whole application around it, built once and reset for every test."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from evals.fakellm import FakeLlm
from tests.web.scripted import Scripted, client_of, service_with
from tests.web.stores import redis_server


@pytest.fixture(scope="session")
def application() -> Iterator[tuple[Scripted, TestClient]]:
    """The one application that tests share; building its pages takes a second."""
    assistant = Scripted()
    with client_of(service_with(assistant)) as opened:
        yield assistant, opened


@pytest.fixture
def scripted(application: tuple[Scripted, TestClient]) -> Scripted:
    """The scripted Assistant behind the client, as new."""
    assistant, _ = application
    assistant.reset()
    return assistant


@pytest.fixture
def client(application: tuple[Scripted, TestClient], scripted: Scripted) -> TestClient:
    """A client of the whole application with the scripted Assistant."""
    assert application[0] is scripted
    return application[1]


@pytest.fixture
def llm() -> Iterator[FakeLlm]:
    """A server that plays a language model, as each test scripts it."""
    with FakeLlm() as running:
        yield running


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of our own on loopback; its address."""
    with redis_server(tmp_path_factory.mktemp("store")) as url:
        yield url
