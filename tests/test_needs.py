"""What was written has to be about what was asked."""

import pytest

from assistant import needs
from assistant.types import Claim, Question
from index import parse

DAYS = "How many days after the notice does it end?"
ENDS = ("iv.p1.s4", "iv.p1.s3")


@pytest.mark.parametrize(
    ("question", "text", "address", "expected"),
    [
        (DAYS, "It is expected to end 180 days after the notice.", "iv.p1.s4", True),
        (DAYS, "Either Participant may discontinue it.", "iv.p1.s3", False),
        (DAYS, "Nothing commits them to spend 180 yen.", "iii.p1.s4", False),
        ("Can a country leave?", "Either Participant may discontinue it.", "iv.p1.s3", True),
        ("終了は通知の何日後ですか", "終了は百八十日後と見込まれる。", "iv.p1.s4", True),
        ("終了は通知の何日後ですか", "終了が見込まれる。", "iv.p1.s4", False),
    ],
)
def test_the_need_is_met(question: str, text: str, address: str, expected: bool) -> None:
    """A near sentence is cited, and a figure that is asked for and known is named."""
    asked = Question(question, question, question, "en")
    written = [Claim(text, "statement", (address,))]
    assert needs.met(asked, written, ENDS, (*ENDS, "iv.p1.s2"), parse.load()) is expected


def test_no_figure_is_needed_where_the_text_has_none() -> None:
    """ "How long" about a sentence without a number is met by words."""
    asked = Question("How long?", "How long does it last?", "How long does it last?", "en")
    written = [Claim("It becomes operative when both have signed.", "statement", ("iv.p1.s1",))]
    assert needs.met(asked, written, ("iv.p1.s1",), ("iv.p1.s1",), parse.load())
