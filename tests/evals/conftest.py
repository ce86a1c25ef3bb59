"""Fixtures of the tests of the evals."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from assistant.ask import Assistant
    from assistant.config import Config
    from index.embed import Embedder
    from index.store import Store


@pytest.fixture
def opened_once(
    opened_index: "tuple[Store, Embedder]", index_directory: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every assistant that a test's commands open reads the session's index, already opened: seconds less for each."""
    from evals.runner import Watched

    original = Watched.open.__func__  # type: ignore[attr-defined]

    def opened(cls: "type[Watched]", config: "Config", given: "tuple[Store, Embedder] | None" = None) -> "Assistant":
        found: Assistant = original(cls, config, given or opened_index)
        return found

    monkeypatch.setenv("MOC_INDEX_DIR", str(index_directory))
    monkeypatch.setattr(Watched, "open", classmethod(opened))
