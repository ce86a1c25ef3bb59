"""The spread report: a bank of templates breaks it, a varied one doesn't."""

from dataclasses import replace

import numpy as np
import pytest

from evals import spread
from index.bank import BankQuestion
from tests.evals.made import DOCUMENT


def question(text: str, label: str = "iii.p1.s1", language: str = "en") -> BankQuestion:
    return BankQuestion(label, "plain", language, "someone", text)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("What does the MOC say about fusion reactors?", "en", "what does the * say about * ?"),
        ("fusion reactors JT-60SA", "en", ""),
        ("Why quantum?", "en", "why * ?"),
        ("量子技術について教えてください。", "ja", "*について*えてください。"),
        ("量子技術 協力", "ja", ""),
    ],
)
def test_the_frame_is_what_is_left_without_content(text: str, language: str, expected: str) -> None:
    """Function words stay, content is masked, neighbours run together."""
    assert spread.pattern(text, language) == expected


def test_openings() -> None:
    """Four words of English, eight characters of Japanese."""
    assert spread.opening("What does the MOC say?", "en") == "what does the moc"
    assert spread.opening("量子技術について教えてください。", "ja") == "量子技術について"


def test_nearest_median_is_of_the_same_address() -> None:
    """Of a: cosines 1, 1, 0 → median 1; the near copy under another address does not count for b."""
    bank = [question("1", "a"), question("2", "a"), question("3", "a"), question("4", "b"), question("5", "b+c")]
    vectors = np.array([[1, 0], [1, 0], [0, 1], [1, 0], [0, 1]], dtype=np.float32)
    assert spread.nearest_medians(bank, vectors) == {"a": 1.0, "b": 0.0}


def test_a_bank_of_templates_is_broken() -> None:
    """One frame over all topics, too few questions and near copies are each named."""
    bank = [question(f"What does the MOC say about topic{n}?") for n in range(200)]
    found = spread.spread(DOCUMENT, bank, np.ones((200, 1), dtype=np.float32))
    text = "\n".join(found.broken)
    assert "the pattern 'what does the * say about * ?' covers 200 of 200" in text
    assert "200 of 200 questions in 'en' open with 'what does the moc'" in text
    assert "iii.p1.s1: the median nearest question has cosine 1.000" in text
    assert "iii.p1.s2: 0 questions in 'en'" in text
    assert "0 unanswerable questions" in text
    assert f"{len(found.broken)} limits are broken" in spread.render(found)


def test_a_varied_bank_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """With limits that fit its size, a small varied bank breaks nothing."""
    monkeypatch.setattr(spread, "ENOUGH", {"en": 1, "ja": 0})
    monkeypatch.setattr(spread, "UNANSWERABLE", 1)
    monkeypatch.setattr(spread, "PATTERN_SHARE", 0.5)
    monkeypatch.setattr(spread, "OPENING_SHARE", 0.5)
    everything = "+".join(sentence.address for sentence in DOCUMENT.sentences)
    bank = [
        question("Which one is it?", everything),
        question("Who pays for this, then?", "iii.p1.s4"),
        question("Any tariffs?", "none/absent_topic"),
    ]
    found = spread.spread(DOCUMENT, bank, np.eye(3, dtype=np.float32))
    assert found.broken == ()
    assert "Every limit holds." in spread.render(replace(found))
