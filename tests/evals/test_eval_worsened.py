"""The real assistant made worse on purpose: the suite says that, and where."""

from pathlib import Path

import pytest

from evals import cases, worsened
from index.embed import Embedder
from index.store import Store


def test_what_is_made_worse_is_noticed_for_the_right_reason(
    index_directory: Path, opened_index: tuple[Store, Embedder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retrieval and threshold are regressions (10), gate and prompt failures (1); the assistant as it is passes."""
    monkeypatch.setenv("MOC_INDEX_DIR", str(index_directory))
    found = worsened.trials(opened_index, cases.load("dev")[::24])
    assert [trial.line for trial in found if not trial.noticed] == []
    assert [trial.conclusion.exit_code for trial in found] == [0, 10, 10, 0, 1, 1]
    assert found[4].conclusion.line.startswith("FAIL liars: ")
    assert found[5].conclusion.line.startswith("FAIL honest model: it could write nothing")
