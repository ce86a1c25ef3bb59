"""Which section a question names."""

import pytest

from assistant.ask import Assistant
from assistant.named_part import named_part
from assistant.types import Request
from index import parse

DOCUMENT = parse.load()


@pytest.mark.parametrize(
    ("question", "address"),
    [
        ("Give me an overview of Section III", "iii"),
        ("what's in section 4?", "iv"),
        ("Summarise the second section.", "ii"),
        ("Part two in short", "ii"),
        ("§ 1?", "i"),
        ("第IV節の内容を箇条書きで", "iv"),
        ("第Ⅲ節には何が書いてありますか", "iii"),
        ("第３節の要点", "iii"),
        ("二節を要約して", "ii"),
        ("What does the preamble say?", "preamble"),
        ("前文には何が書いてありますか", "preamble"),
        ("覚書の前文を要約して", "preamble"),
        ("How does the closing paragraph put it?", "closing"),
        ("What comes before Section I?", "preamble"),
        ("第四節の後には何がありますか", "closing"),
    ],
)
def test_a_section_is_named(question: str, address: str) -> None:
    """By number in digits, letters or words, or by its place; full-width and half-width."""
    found = named_part(question, DOCUMENT)
    assert found is not None
    assert found.address == address


@pytest.mark.parametrize(
    "question",
    [
        "What is it about?",
        "What comes before Section II?",
        "Does Section III affect Section IV?",
        "What stands outside Section II?",
        "What does Section V say?",
        "the part I like best",
        "通商拡大法232条の税率",
        "第III節以外で法律に触れているところは",
        "日米安全保障条約",
        "第二部門の担当者",
        "協力は一部の企業に限られますか",
        "AI条項の内容を教えて",
        "第十一条を要約して",
        "唯一条件は何ですか",
        "Summarise the first part of the AI section",
        "Does Article 3 of the constitution apply?",
        "Which section I should read for AI?",
        "What is not in Section II?",
    ],
)
def test_no_one_section_is_named(question: str) -> None:
    """None, several, one that does not exist, or one to be left out."""
    assert named_part(question, DOCUMENT) is None


@pytest.mark.parametrize(
    ("question", "address"), [("Give me an overview of Section III", "iii"), ("第IV節の内容を箇条書きで", "iv")]
)
def test_an_overview_of_a_section_shows_it_whole_and_nothing_else(
    assistant: Assistant, question: str, address: str
) -> None:
    """Every sentence of it, quoted, in order."""
    answer = assistant.answer(Request(question))
    shown = [answer.citation(n).address for claim in answer.claims if claim.kind == "quote" for n in claim.citations]
    assert shown == [s.address for part in DOCUMENT.parts if part.address == address for s in part.sentences]


def test_one_thing_of_a_section_is_not_the_whole(assistant: Assistant) -> None:
    """Who asks for one rule of a section gets that one."""
    answer = assistant.answer(Request("What does Section IV say about changing the memorandum?"))
    assert [cited.address for cited in answer.citations] == ["iv.p1.s2"]
