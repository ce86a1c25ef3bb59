"""What people read: labels as the contract spells them, citations that lead to their sentence, nothing active."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import render
from assistant.types import REASONS, Answer, Claim, Draft, IndexIdentity, Language, Question, ShortReply, Status
from assistant.verify import Verifier
from index import parse, reading_aid

DOCUMENT = parse.load()
VERIFIER = Verifier(DOCUMENT, reading_aid.load(DOCUMENT), IndexIdentity("f", "e"))
FIELDS = """schema id question standalone language mode mode_note status reason confidence text claims citations related
follow_ups missing_words dropped document index model timings_ms""".split()


def answer(*claims: Claim, status: Status = "answered", language: Language = "en", **changes: object) -> Answer:
    question = Question("Q?", "Q?", "Q?", language)
    return VERIFIER.answer(Draft(question, status, 0.5, claims=claims, **changes), {"total": 1.0})  # type: ignore[arg-type]


def quotes(*addresses: str) -> list[Claim]:
    return [Claim("", "quote", (address,)) for address in addresses]


@pytest.mark.parametrize(
    ("address", "english", "japanese"),
    [
        ("iii.p1.s2", "Section III, sentence 2", "第III節 第2文"),
        ("ii.trusted.space.p1.s2", "Section II, Space, sentence 2", "第II節 宇宙 第2文"),
        ("ii.ai.b3.s1", "Section II, AI, item 3", "第II節 AI 第3項"),
        ("preamble.p2.s1", "Preamble, paragraph 2", "前文 第2段落"),
        ("closing.p1.s1", "Closing, paragraph 1", "結語 第1段落"),
        ("ii.ai.p1.s1", "Section II, AI, sentence 1", "第II節 AI 第1文"),
        ("i.p1.s1", "Section I, sentence 1", "第I節 第1文"),
        ("title", "Title", "表題"),
    ],
)
def test_labels_are_those_of_the_contract(address: str, english: str, japanese: str) -> None:
    """In the answer's language."""
    assert render.label(DOCUMENT, address, "en") == english
    assert render.label(DOCUMENT, address, "ja") == japanese


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_sentence_has_a_label_of_its_own(language: Language) -> None:
    """No two sentences are cited alike."""
    labels = [render.label(DOCUMENT, address, language) for address in DOCUMENT.by_address]
    assert len(set(labels)) == len(labels) == 51


def test_labels_of_another_document_use_its_headings() -> None:
    """Several paragraphs are told apart; a part without a short name is called by its heading."""
    other = parse.parse("T\n\nD\n\nI. Aim\n\nOne. Two.\n\nThree.\n\nDeep Sea\n\nFour.\n")
    assert [render.label(other, address, "en") for address in other.by_address][2:] == [
        "Section I, paragraph 1, sentence 1",
        "Section I, paragraph 1, sentence 2",
        "Section I, paragraph 2",
        "Section I, Deep Sea, sentence 1",
    ]


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("iv.p1.s3", "IV. Modification and Discontinuation"),
        ("ii.trusted.space.p1.s1", "II. Areas of Cooperation"),
        ("preamble.p1.s1", "Preamble"),
        ("date", "Date line"),
    ],
)
def test_section_titles(address: str, title: str) -> None:
    """The outermost heading, numeral included."""
    assert render.section_title(DOCUMENT, address) == title


@pytest.mark.parametrize("base", ["", "https://moc.example"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_citations_are_links_to_their_sentence(base: str, language: Language) -> None:
    """[label](BASE/document#address) after each quote, and in Japanese the reading aid, called unofficial."""
    made = answer(*quotes("iii.p1.s1", "iii.p1.s4"), language=language)
    text = render.markdown(made, base)
    assert re.findall(r"\[([^\]]+)\]\(([^)]+)\)", text) == [
        (cited.label, f"{base}/document#{cited.address}") for cited in made.citations
    ]
    for cited in made.citations:
        assert render.escape(cited.quote) in text
        assert (f"参考訳（非公式）: {cited.reading_aid}" in text) == (language == "ja")


def test_many_quotes_stand_under_the_headings_of_their_parts() -> None:
    """Four or more from several parts: each part is named once, in order."""
    text = render.markdown(
        answer(*quotes("ii.trusted.fusion.p1.s1", "ii.trusted.fusion.p1.s2", "iii.p1.s1", "iii.p1.s2"))
    )
    assert re.findall(r"^\*\*(.+)\*\*$", text, re.MULTILINE) == ["Section II, Fusion", "Section III"]


def test_the_object_has_the_fields_of_the_contract() -> None:
    """All of them, in this order, as plain JSON; its text is the Markdown."""
    made = answer(*quotes("iii.p1.s1"))
    body = render.answer_object(made)
    assert list(body) == FIELDS
    assert json.loads(json.dumps(body)) == body
    assert body["text"] == render.markdown(made)
    assert list(body["citations"][0]) == "number address section label quote start end reading_aid".split()
    assert body["claims"] == [{"text": body["citations"][0]["quote"], "kind": "quote", "citations": [1]}]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(
    ("status", "reason"),
    [(s, r) for s in ("small_talk", "declined") for r in REASONS[s]],
)
def test_every_short_reply_has_words(status: Status, reason: str, language: Language) -> None:
    """In both languages; none is empty, cites anything or holds a variable that was not filled."""
    reply = ShortReply("x", language, status, reason)  # type: ignore[arg-type]
    text = render.markdown(VERIFIER.short_reply(reply, 0.0, {}))
    assert len(text) > 10
    assert "$" not in text
    assert "](" not in text


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("reason", REASONS["not_in_document"])
def test_absence_says_what_was_compared_and_what_is_near(reason: str, language: Language) -> None:
    """The number of sentences, the word that is missing, the nearest passage as a link, the date where it matters."""
    made = answer(
        status="not_in_document",
        reason=reason,
        language=language,
        related=("iii.p1.s4", "iii.p1.s5"),
        missing_words=("tariffs",),
    )
    text = render.markdown(made)
    assert "49" in text
    assert "tariffs" in text
    assert "](/document#iii.p1.s4)" in text
    assert "s5" not in text
    assert (("October 28, 2025" in text) or ("2025年10月28日" in text)) == (reason == "after_document")


HOSTILE = [
    "<script>alert(1)</script>",
    "![x](http://evil)",
    "[a](javascript:x)",
    "`code`",
    "# head",
    "a|b",
    "**b**",
    "&lt;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_written_text_is_harmless(text: str) -> None:
    """A missing word that came from the reader is shown as letters: no tag, link or image of its own."""
    made = answer(status="not_in_document", reason="absent_topic", missing_words=(text,))
    shown = render.markdown(made)
    assert not re.search(r"<\w", shown)
    assert not re.search(r"(?<!\\)\]\((?!/document#)", shown)
    assert text in render.plain(made)


@given(st.text(alphabet="<>&[]()!*_`#|~$\\ab 語:/.@w", max_size=30))
def test_escaping_loses_nothing(text: str) -> None:
    """Every escaped character is one that Markdown turns back, and no bare tag or mark is left."""
    escaped = render.escape(text)
    assert not re.search(r"[<>]", escaped)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]!#|~$]", escaped)
    unescaped = re.sub(r"\\([\\`*_\[\]!#|~$:.@])", r"\1", escaped)
    assert unescaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text


@pytest.mark.parametrize("text", ["see https://a.example/x", "www.a.example", "a.b@c.example", "MAILTO:a@b", "ftp://x"])
def test_bare_addresses_are_no_links(text: str) -> None:
    """What GitHub's Markdown and others would turn into a link has a mark in it that stops them, and reads the same."""
    escaped = render.escape(text)
    assert not re.search(r"[a-z]://|www\.|mailto:|(?<!\\)@", escaped, re.IGNORECASE)
    assert escaped.replace("\\", "") == text


def test_a_terminal_gets_no_links() -> None:
    """Labels in brackets, quotes as they stand."""
    text = render.plain(answer(*quotes("iii.p1.s4")))
    assert "[Section III, sentence 4]" in text
    assert "/document" not in text
    assert DOCUMENT.by_address["iii.p1.s4"].text in text


def test_wording_names_what_is_missing() -> None:
    """An unknown key and an unfilled variable are errors, not empty text."""
    with pytest.raises(KeyError):
        render.wording("frame.nothing", "en")
    with pytest.raises(KeyError):
        render.wording("frame.missing_word", "en")
