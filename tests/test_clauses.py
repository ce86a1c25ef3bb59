"""Questions that ask two things fall into their parts; a question that asks one stays whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.clauses import MOST, clauses


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How can a country leave the MOC and how long does it take?",
            ("How can a country leave the MOC", "how long does it take"),
        ),
        ("When was it signed, and who signed it?", ("When was it signed", "who signed it")),
        ("Is it binding? And does it cost money?", ("Is it binding", "does it cost money")),
        ("Is it binding; does it cost anything?", ("Is it binding", "does it cost anything")),
        ("Can it be modified or can it be discontinued?", ("Can it be modified", "can it be discontinued")),
        ("IS IT BINDING AND DOES IT COST MONEY", ("IS IT BINDING", "DOES IT COST MONEY")),
        (
            "法的拘束力はありますか。また、費用の負担はありますか",
            ("法的拘束力はありますか", "費用の負担はありますか"),
        ),
        ("いつ署名されましたか？誰が署名しましたか？", ("いつ署名されましたか", "誰が署名しましたか")),
        ("署名された場所はどこで、署名した大臣は誰ですか", ("署名された場所はどこ", "署名した大臣は誰ですか")),
    ],
)
def test_each_part_is_a_question_of_its_own(question: str, parts: tuple[str, ...]) -> None:
    """Cut at sentence ends and where "and" or a Japanese connective begins another question, in the order asked."""
    assert clauses(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Can Japan leave the MOC?",
        "What are the roles of the United States and Japan?",
        'What does "research and development" mean here?',
        "When and where was it signed?",
        "What is the aim of the U.S. and Japan in A.I. and quantum?",
        "It is binding, right?",
        "Is it binding? Right?",
        "この覚書に法的拘束力はありますか",
        "日本とアメリカの役割は何ですか",
        "法的拘束力はありますか。教えて。",
    ],
)
def test_one_question_has_no_parts(question: str) -> None:
    """Lists, names with "and", full stops of abbreviations and tags such as "right?" do not cut a question."""
    assert clauses(question) == ()


def test_a_heap_of_questions_is_cut_short() -> None:
    """At most MOST parts, the first ones: each costs an embedding, and no reader asks more in one line."""
    found = clauses("What is it? Who wrote it all down? When does it start? How does it end? Where is it kept?")
    assert len(found) == MOST
    assert found[0] == "What is it"


@given(st.text(max_size=500))
def test_parts_come_from_the_question(question: str) -> None:
    """Whatever is typed: none or several parts, each a stretch of the question, in its order and not overlapping."""
    parts = clauses(question)
    assert len(parts) != 1
    assert len(parts) <= MOST
    place = 0
    for part in parts:
        place = question.index(part, place) + len(part)
