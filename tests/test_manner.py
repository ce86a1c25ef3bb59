"""How a reader wishes to be told is no part of what is asked."""

import pytest

from assistant.manner import without_manner
from assistant.overview import Overviews
from index import parse, reading_aid

DOCUMENT = parse.load()
OVERVIEWS = Overviews(DOCUMENT, reading_aid.load(DOCUMENT))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("whats this agreement for in plain english", "whats this agreement for"),
        ("In simple words, who pays for it?", "who pays for it?"),
        ("Explain like I’m five: can Japan leave?", "Explain : can Japan leave?"),
        ("小学生にもわかるように量子の部分を教えて", "量子の部分を教えて"),
        ("わかりやすく、やめ方を教えて", "やめ方を教えて"),
        ("Is it written in English?", "Is it written in English?"),
        ("What does it do for children?", "What does it do for children?"),
        ("in plain english", "in plain english"),
        ("簡単に言うと", "簡単に言うと"),
        (" What’s Japan’s part? ", " What’s Japan’s part? "),
        ("In layman’s terms, what’s Japan’s part?", "what’s Japan’s part?"),
    ],
)
def test_the_manner_is_taken_out(text: str, asked: str) -> None:
    """In both languages; what is asked of languages and children stays, and so does a wish that is all there is."""
    assert without_manner(text) == asked


@pytest.mark.parametrize(
    ("question", "of"),
    [
        ("Explain it like I'm five", "i.p1.s1"),
        ("summarise for a 10 year old", "i.p1.s1"),
        ("give me the short version", "i.p1.s1"),
        ("Explain the quantum part in simple words", "ii.trusted.quantum.p1.s2"),
        ("わかりやすく説明して", "i.p1.s1"),
        ("核融合のところをかみ砕いて説明して", "ii.trusted.fusion.p1.s2"),
    ],
)
def test_who_names_nothing_but_a_manner_wants_an_overview(question: str, of: str) -> None:
    """Of the part named, or of the document."""
    assert of in OVERVIEWS.asked(question)
