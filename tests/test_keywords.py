"""Keyword search: stems and compounds of English, character pairs of Japanese, never a score from nothing."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.keywords import Keywords, tokens

TEXTS = (
    "Nothing in this MOC commits the Participants to funds.",
    "核融合の研究開発において協力する。",
    "Beyond 5G/6G networks",
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Participants collaborating", ["particip", "collabor"]),
        ("the and of what", []),
        ("Beyond 5G/6G", ["beyond", "5g/6g", "5g", "6g"]),
        ("Japan's networks", ["japan", "japan", "network"]),
        ("Japan’s", ["japan", "japan"]),
        ("ＡＩ技術", ["ai", "技術"]),
        ("核融合", ["核融", "融合"]),
        ("量", ["量"]),
        ("これは何ですか", ["これ", "れは", "は何", "何で", "すか"]),
        ("", []),
    ],
)
def test_tokens(text: str, found: list[str]) -> None:
    """Stemmed words with the parts of compounds, overlapping pairs of Japanese, without words that only ask."""
    kept = [token for token in tokens(text) if len(token) > 1 or not token.isascii()]
    if text == "これは何ですか":
        assert set(kept) <= set(found)
    else:
        assert kept == found


def test_each_language_finds_its_text() -> None:
    """An English word, a Japanese one and a mixed question rank the text that holds them first."""
    search = Keywords(TEXTS)
    for question, place in [("Does it commit funding or funds?", 0), ("核融合について", 1), ("6Gは？", 2)]:
        scores = search.scores(question)
        assert scores.shape == (3,)
        assert int(np.argmax(scores)) == place
        assert scores[place] > 0


@pytest.mark.parametrize("question", ["", "tariffs", "関税", "what is it about?", "🙂", "\x00"])
def test_no_shared_word_scores_nothing(question: str) -> None:
    """All zero, so that nothing is ranked by chance."""
    assert not Keywords(TEXTS).scores(question).any()


@given(st.text(max_size=60))
def test_any_text_has_tokens_without_blanks(text: str) -> None:
    """No input breaks it, and no index term is empty or holds a blank."""
    assert all(token and not any(character.isspace() for character in token) for token in tokens(text))


def test_no_log_is_told_of_it(caplog: pytest.LogCaptureFixture) -> None:
    """The library under it speaks up only where something is wrong."""
    with caplog.at_level(logging.DEBUG):
        Keywords(TEXTS).scores("funds")
    assert not [record for record in caplog.records if record.levelno < logging.WARNING]
