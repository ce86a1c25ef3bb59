"""The real assistant made worse on purpose: the suite says that, and where."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.retrieve import Evidence, Retriever
from assistant.types import Question
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


@pytest.mark.parametrize(
    ("language", "context", "searched"),
    [
        ("en", "How long is it valid? And who pays for it?", ["And who", "How long"]),
        ("ja", "いつまで有効ですか 費用は誰が負担しますか", ["費用は誰が", "いつまで有"]),
        ("en", None, ["And who"]),
    ],
)
def test_nothing_whole_is_searched_for_when_questions_are_cut_short(
    language: Any, context: str | None, searched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the question alone nor in context; what is answered is the question as it was."""

    class Searching(Retriever):
        def __init__(self) -> None:
            pass

        def _alone(self, question: Question, words: Mapping[str, float]) -> Evidence:
            del words
            asked.append(question.corrected)
            return Evidence(question, (), np.array([0.1]), 0.5, 0.0, {}, None, ())  # type: ignore[arg-type]

        def _between(self, alone: Evidence, within: Evidence) -> Evidence:
            return alone

    asked: list[str] = []
    text = "費用は誰が負担しますか" if language == "ja" else "And who pays for it?"
    short = worsened.CutShort.__new__(worsened.CutShort)
    short._retriever = Searching()
    question = Question(text, text, text, language, context)
    assert short._evidence(question).question == question
    assert asked == searched
