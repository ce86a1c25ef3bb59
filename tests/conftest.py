"""What holds for every test: where MOC_REQUIRE_ALL is 1, as in CI, a test that would be skipped fails instead."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

    from assistant.ask import Assistant
    from evals.fakellm import FakeLlm
    from index.embed import Embedder
    from index.store import Store

from tests.remembering import embedded_anew, install

__all__ = ["embedded_anew"]

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the report of a test."""
    return _without_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge the report of a module, which may skip itself as a whole."""
    return _without_skip((yield))


def _without_skip(report: Report) -> Report:
    expected_failure = hasattr(report, "wasxfail")
    if report.outcome == "skipped" and not expected_failure and os.environ.get("MOC_REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"MOC_REQUIRE_ALL=1 allows no skips, and this was one: {report.longrepr}"
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--faults=full``: as many faults as before a release, instead of a sample of them."""
    parser.addoption("--faults", choices=("some", "full"), default="some", help="how often to break things")


# Rooms whose tests take longest, and each of which starts things its files share; begun first, they leave no long end.
_ROOMS = ("tests/browser/", "tests/faults/", "tests/deploy/")


def _scope(nodeid: str) -> str:
    """What one worker runs on its own: a file, or all of the browser's, so that one browser and its programs do."""
    return _ROOMS[0] if nodeid.startswith(_ROOMS[0]) else nodeid.split("::", 1)[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The rooms that take longest first, else as collected."""
    items.sort(key=lambda item: next((n for n, room in enumerate(_ROOMS) if item.nodeid.startswith(room)), len(_ROOMS)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "LoadFileScheduling":
    """Files to workers, in the order of collection."""
    from xdist.scheduler import LoadFileScheduling

    class Rooms(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _scope(nodeid)

    config.option.loadscopereorder = False
    return Rooms(config, log)


@pytest.fixture(scope="session")
def index_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the one index of all workers lies, built by ``opened_index``. Copy it before changing anything in it."""
    own = tmp_path_factory.getbasetemp()
    return (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "index"


@pytest.fixture(scope="session")
def opened_index(index_directory: Path) -> "tuple[Store, Embedder]":
    """One index of the shipped text for the whole session, built where there was none, and the model that reads it."""
    from index.library import open_index
    from index.settings import IndexSettings

    install()
    return open_index(IndexSettings(directory=index_directory))


@pytest.fixture(scope="session")
def quoting(opened_index: "tuple[Store, Embedder]", index_directory: Path) -> "Assistant":
    """The assistant without a language model, on the session's index. Tests ask it and change nothing in it."""
    from assistant.ask import Assistant
    from assistant.config import Config
    from index.settings import IndexSettings

    return Assistant.open(Config(index=IndexSettings(directory=index_directory)), opened_index)


@pytest.fixture(scope="session")
def assistant(quoting: "Assistant") -> "Assistant":
    """The same, where no other one stands beside it."""
    return quoting


@pytest.fixture
def server() -> "Iterator[FakeLlm]":
    """A scripted language model on a port of loopback."""
    from evals.fakellm import FakeLlm

    with FakeLlm() as running:
        yield running


@pytest.fixture
def writing(quoting: "Assistant", server: "FakeLlm") -> "Assistant":
    """The same assistant with the scripted model switched on."""
    from evals import fault_table

    return fault_table.writing(quoting, server.base_url)
