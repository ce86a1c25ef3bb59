"""What was written has to be about what was asked."""

import pytest

from assistant import relevance
from assistant.types import Claim, Question
from index import parse

DAYS = "How many days after the notice does it end?"
ENDS = ("iv.p1.s4", "iv.p1.s3")


@pytest.mark.parametrize(
    ("question", "text", "missing"),
    [
        (DAYS, "It is expected to end 180 days after the notice.", False),
        (DAYS, "Either Participant may discontinue it.", True),
        ("Can a country leave?", "Either Participant may discontinue it.", False),
        ("終了は通知の何日後ですか", "終了は百八十日後と見込まれる。", False),
        ("終了は通知の何日後ですか", "終了が見込まれる。", True),
    ],
)
def test_a_figure_that_is_asked_for_is_named(question: str, text: str, missing: bool) -> None:
    """Where the likely sentences hold one, an answer without it does not meet the need."""
    asked = Question(question, question, question, "en")
    written = [Claim(text, "statement", ("iv.p1.s4",))]
    assert relevance.figure_missing(asked, written, ENDS, parse.load()) is missing


def test_no_figure_is_needed_where_the_text_has_none() -> None:
    """ "How long" about a sentence without a number is met by words."""
    asked = Question("How long?", "How long does it last?", "How long does it last?", "en")
    written = [Claim("It becomes operative when both have signed.", "statement", ("iv.p1.s1",))]
    assert not relevance.figure_missing(asked, written, ("iv.p1.s1",), parse.load())


def test_near_are_the_chosen_and_the_best_ranked() -> None:
    """Quote mode's choice always, and the first of all others."""
    ranked = tuple(parse.load().by_address)
    assert relevance.near(ENDS, ranked) == {*ENDS, *ranked[:10]}
