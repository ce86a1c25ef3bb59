"""What is left of a question asks for nothing more only when every word of it is plain."""

import pytest

from assistant.nothing_more import NothingMore, folded

REST = NothingMore(["quickly"], "ざっと")


@pytest.mark.parametrize(
    ("rest", "nothing"),
    [
        ("", True),
        ("Please tell me, QUICKLY.", True),
        ("ざっと教えてください。", True),
        ("please tell me why", False),
        ("費用も教えてください", False),
    ],
)
def test_only_plain_words_may_be_left(rest: str, nothing: bool) -> None:
    """Those of every rule and the rule's own, in either language, with marks and capitals as they come."""
    assert REST.holds(folded(rest)) is nothing


def test_one_form() -> None:
    """Full width, capitals, curly apostrophes and long spaces are folded."""
    assert folded("Ｗhat’s  “It”\u3000?") == "what's “it” ?"
