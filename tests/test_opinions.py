"""Words of judgement: found where a verdict is asked for, not where the text is."""

import pytest

from assistant.opinions import asks_about_text, sounds_like_opinion


@pytest.mark.parametrize(
    "text",
    [
        "What is your honest take on the fusion part?",
        "How likely is it that they keep their word?",
        "Should investors care about this?",
        "Write a persuasive speech against the space section",
        "どちらが得をしますか",
        "この覚書を評価してください",
        "成功すると思いますか",
    ],
)
def test_judgement_is_heard(text: str) -> None:
    """Verdicts, odds, advice, advocacy and taste, in both languages."""
    assert sounds_like_opinion(text)


@pytest.mark.parametrize(
    "text",
    [
        "Should a Participant give notice in writing?",
        "Which agencies work on 6G research?",
        "What is the goal of the work on JT-60SA?",
        "英語と日本語で内容が違ったらどちらが優先されますか",
        "終了の通知は書面でするのですか",
        "どの機関が参加しますか",
    ],
)
def test_questions_about_the_text_have_none(text: str) -> None:
    """Which prevails (優先) is no question of who is better (優れる)."""
    assert not sounds_like_opinion(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Does the MOC mention China anywhere?", True),
        ("What about rare earths", True),
        ("Is anything said in it about visas?", True),
        ("中国についての言及はありますか", True),
        ("半導体のことは書いてありますか", True),
        ("Is this a good deal for Japan?", False),
        ("この覚書は日本にとって得ですか", False),
    ],
)
def test_who_asks_what_the_text_says_is_told_from_who_asks_what_to_think(text: str, expected: bool) -> None:
    """Whether a subject is named is a fact, also of a subject that others hold opinions on."""
    assert asks_about_text(text) is expected
