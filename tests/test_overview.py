"""Overviews of a part: asked for, and complete."""

import pytest

from assistant.ask import Assistant
from assistant.overview import Overviews
from assistant.types import Request, Turn
from index import parse, reading_aid

DOCUMENT = parse.load()
OVERVIEWS = Overviews(DOCUMENT, reading_aid.load(DOCUMENT))


def of(part: str) -> tuple[str, ...]:
    """Every address of a part."""
    return tuple(sentence.address for sentence in DOCUMENT.under(part))


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Sum up the fusion part for me.", "ii.trusted.fusion"),
        ("核融合のところをまとめて", "ii.trusted.fusion"),
        ("Tell me everything in the AI part", "ii.ai"),
        ("Section IV, all of it please", "iv"),
        ("第IV節の内容を箇条書きで", "iv"),
        ("What does the preamble say?", "preamble"),
        ("前文を要約してください", "preamble"),
        ("an outline of research security", "ii.trusted.security"),
        ("「法的性格」の節の要点は？", "iii"),
        ("sec 4 pls", "iv"),
        ("What comes before Section I?", "preamble"),
        ("第1節の前には何が書いてある？", "preamble"),
        ("And the last lines, after Section IV? What do they say?", "closing"),
    ],
)
def test_a_short_part_is_shown_whole(question: str, part: str) -> None:
    """Every sentence of it, in order."""
    assert OVERVIEWS.asked(question) == of(part)


@pytest.mark.parametrize(
    "question",
    [
        "List the AI focus areas.",
        "AIの重点分野をすべて教えてください",
        "AI分野の「協力の重点分野」を列挙せよ",
        "how many bullets are there under AI?",
    ],
)
def test_of_a_list_its_items_are_shown(question: str) -> None:
    """Without the sentences around it."""
    assert OVERVIEWS.asked(question) == tuple(f"ii.ai.b{number}.s1" for number in range(1, 9))


@pytest.mark.parametrize(
    "question", ["Which fields are covered?", "What is in Section II?", "協力分野を全部教えて", "第2節をざっとまとめて"]
)
def test_of_a_long_part_each_part_below_it_has_a_sentence(question: str) -> None:
    """What the section says first, and of each area and topic the first sentence that says what is intended."""
    shown = OVERVIEWS.asked(question)
    assert shown[:2] == ("ii.p1.s1", "ii.ai.p1.s2")
    topics = ("security", "telecom", "pharma", "quantum", "fusion", "space")
    assert shown[2:] == ("ii.trusted.p1.s1", *(f"ii.trusted.{topic}.p1.s1" for topic in topics))


@pytest.mark.parametrize(
    "question",
    [
        "summary please",
        "要約して",
        "tl;dr",
        "この文書の概要を教えてください",
        "What should I know about this deal?",
        "覚書について知っておくべきことは？",
    ],
)
def test_the_document_in_short(question: str) -> None:
    """One sentence of each part."""
    shown = OVERVIEWS.asked(question)
    assert {"preamble.p1.s1", "i.p1.s1", "ii.p1.s1", "ii.trusted.quantum.p1.s1", "iii.p1.s1", "iv.p1.s1"} <= set(shown)
    assert len(shown) == len({DOCUMENT.part_of[address].address for address in shown})


@pytest.mark.parametrize(
    "question",
    [
        "Which sectors does the text say AI could supercharge?",
        "What does Section III say about domestic laws?",
        "List every organisation named in the quantum part",
        "文書に出てくる組織名を全部",
        "Is the AI part any good, in short?",
        "What is the budget of the fusion part?",
        "量子と宇宙の違いをまとめて",
        "予算の概要を教えて",
        "Summarise the tariff deal",
        "中国については何が書かれていますか",
        "お金について何が書かれていますか",
        "費用の概要を教えて",
        "NSFについて何が書かれていますか",
        "こどもについて何が書いてありますか",
        "通知の内容は？",
        "核融合の予算の概要を教えて",
        "AIの罰則を一覧で",
        "対象外の分野を全部教えて",
        "覚書の一部を要約して",
        "第十一条を要約して",
        "What does the US have to do under this deal?",
        "What's in it for the EU?",
        "What does it say on oil?",
        "Which law is it under?",
        "everything ok?",
        "Briefly, who pays for fusion?",
        "List all quantum companies",
        "Summarise the space race",
        "Overview of space law",
        "Is there space for everything in the agreement?",
        "Which fields does the deal not cover?",
        "What is not in Section II?",
        "Summarise Section III and the space part",
        "What do I need to know about buying shares after this deal?",
    ],
)
def test_who_wants_one_thing_gets_no_overview(question: str) -> None:
    """Another word that counts, two parts, a judgement, or what lies outside a section."""
    assert OVERVIEWS.asked(question) == ()


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("What does Section II say on fusion?", "ii.trusted.fusion"),
        ("第2節のAIについて要約して", "ii.ai"),
        ("覚書の前文を要約して", "preamble"),
    ],
)
def test_the_narrower_name_counts(question: str, part: str) -> None:
    """A field named inside a section, and the preamble of the document."""
    assert OVERVIEWS.asked(question) == of(part)


def test_a_wish_after_a_question_is_about_that_question(assistant: Assistant) -> None:
    """It means the document only when nothing was asked before, or when it says so."""
    history = (Turn("user", "What does it say about fusion?"), Turn("assistant", "…"))
    answer = assistant.answer(Request("In short?", history=history))
    assert {cited.address.rpartition(".p")[0] for cited in answer.citations} == {"ii.trusted.fusion"}
    assert OVERVIEWS.asked("要約して", begins=False) == ()
    assert len(OVERVIEWS.asked("覚書を要約して", begins=False)) > 10


@pytest.mark.parametrize(
    ("question", "part"), [("Sum up the space part", "ii.trusted.space"), ("前文の要点は？", "preamble")]
)
def test_the_assistant_answers_with_the_overview(assistant: Assistant, question: str, part: str) -> None:
    """As an answer, with every sentence quoted."""
    answer = assistant.answer(Request(question))
    assert answer.status == "answered"
    quoted = [answer.citation(n).address for claim in answer.claims if claim.kind == "quote" for n in claim.citations]
    assert tuple(quoted) == of(part)
