"""What written statements keep, against sentences of the document."""

import pytest

from evals import statements
from evals.outcomes import result
from evals.scorers import Score
from evals.words import steps
from tests.evals.made import DOCUMENT, MEASURE, answer, case, failed, stated

NOTICE = "iv.p1.s3"  # "Either Participant may discontinue …"
DAYS = next(s.address for s in DOCUMENT.sentences if "180 days" in s.text)
DENIED = next(s.address for s in DOCUMENT.sentences if s.text.startswith("Nothing in this MOC commits"))


def test_the_sentences_are_as_these_tests_need_them() -> None:
    """One with "may", one with the only number of days."""
    assert steps(DOCUMENT.by_address[NOTICE].text) == {"may", "should"}
    assert "18 " not in DOCUMENT.by_address[DAYS].text


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("Either side may end it after 180 days.", Score(0, 1)),
        ("Either side may end it after 18 days.", Score(1, 1)),
        ("どちらの参加者も１８０日で終了できる。", Score(0, 1)),
        ("Either side may end it.", None),
    ],
)
def test_numbers(text: str, score: Score | None) -> None:
    """A number in digits that the cited sentence lacks is changed; without a number nothing is judged."""
    assert statements.numbers_changed(result(case(), stated(DAYS, text)), MEASURE) == score


def test_numbers_in_words() -> None:
    """October is the tenth month and a duplicate is two; the eleventh month is another date."""
    signed = "closing.p2.s1"
    right = result(case(), stated(signed, "2025年10月28日に2通に署名された。"))
    assert statements.numbers_changed(right, MEASURE) == Score(0, 1)
    assert statements.numbers_changed(result(case(), stated(signed, "2025年11月28日。")), MEASURE) == Score(1, 1)


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("It commits nobody to spend money, that is to say nothing is promised.", 0),
        ("It commits the Participants to spend money.", 1),
        ("資金の支出を約束するものではない。", 0),
        ("資金の支出を約束する。", 1),
    ],
)
def test_negations(text: str, dropped: int) -> None:
    """A statement about a denial has to deny something, in either language."""
    assert statements.negations_dropped(result(case(), stated(DENIED, text)), MEASURE) == Score(dropped, 1)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Either may end it.", 1),
        ("どちらも終了することができる。", 1),
        ("Either intends to end it.", 0),
        ("It ends.", 0),
    ],
)
def test_modality(text: str, kept: int) -> None:
    """ "may" stays on its step of the ladder; stronger, and none at all, is not kept."""
    assert statements.modality_kept(result(case(), stated(NOTICE, text)), MEASURE) == Score(kept, 1)


def test_quotes_and_errors_are_not_judged() -> None:
    """A quote cannot say otherwise, and an error says nothing."""
    for score in (statements.numbers_changed, statements.negations_dropped, statements.modality_kept):
        assert score(result(case(), answer(NOTICE)), MEASURE) is None
        assert score(failed(case()), MEASURE) is None
