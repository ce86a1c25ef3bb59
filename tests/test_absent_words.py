"""Words that occur nowhere: named only when they really don't."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import glossary, keywords
from assistant.absent_words import MOST_NAMED, absent_words, occurs
from index import bank, parse, reading_aid

DOCUMENT = parse.load()
AID = reading_aid.load(DOCUMENT)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What does it say about tariffs?", ("tariffs",)),
        ("Does it cover Greenland and whales of Norway?", ("Greenland", "whales")),
        ("Does it cover Greenland and fjords of Norway?", ("Greenland", "Norway")),
        ("tariffs tariffs visas rice", ("tariffs", "visas")),
        ("What does it say about quantum computing?", ()),
        ("Does it commit funding?", ()),
        ("ワクチンについて書かれていますか", ("ワクチン",)),
        ("スペースデブリはどうなりますか", ()),
        ("", ()),
    ],
)
def test_only_what_occurs_nowhere_is_named(question: str, words: tuple[str, ...]) -> None:
    """In the order asked, at most two, and never a word the text, its rendering or the glossary has in some form."""
    assert absent_words(question, DOCUMENT) == words


@pytest.mark.parametrize("question", ["quantm computng", "discontinuing", "Notices?", "harmonised practices"])
def test_a_slip_or_another_ending_is_no_absence(question: str) -> None:
    """What may be a form of a word that is there is not mentioned."""
    assert absent_words(question, DOCUMENT) == ()


def test_no_word_of_the_document_is_ever_named() -> None:
    """Each sentence, rendering and glossary form, taken as a question, names nothing."""
    texts = [sentence.text for sentence in DOCUMENT.passages]
    texts += AID.sentences.values()
    texts += [form for term in glossary.load().terms for form in term.forms]
    assert {text: found for text in texts if (found := absent_words(text, DOCUMENT))} == {}


def test_nothing_named_stands_in_the_text() -> None:
    """For every question of the bank: what is said not to occur is no part of a word of the text or its rendering."""
    whole = (DOCUMENT.source + "\n".join(AID.sentences.values())).casefold()
    for question in bank.load(DOCUMENT):
        for word in absent_words(question.text, DOCUMENT):
            assert word.casefold() not in whole, question.text


def test_the_text_is_stemmed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though two questions are put to it: what it says, and what people ask for it by."""
    stemmed: list[str] = []

    def counted(text: str) -> list[str]:
        stemmed.append(text)
        return keywords.stems(text)

    monkeypatch.setattr("assistant.absent_words.stems", counted)
    other = parse.parse("T\n\nD\n\nI. Tariffs\n\nTariffs on fisheries end.\n")
    assert occurs("fishery", other)
    assert absent_words("Who may Terminate it? Fisheries of Greenland?", other) == ("Greenland",)
    assert len([text for text in stemmed if "tariffs on fisheries" in text]) == 1


def test_another_document_has_its_own_words() -> None:
    """Without a reading aid the document's own words count."""
    other = parse.parse("T\n\nD\n\nI. Tariffs\n\nTariffs on fisheries end.\n")
    assert absent_words("tariffs fisheries", other) == ()


@given(st.text(max_size=80))
def test_named_words_come_from_the_question(question: str) -> None:
    """At most MOST_NAMED, each in the question once normalised, whatever is typed."""
    found = absent_words(question, DOCUMENT)
    assert len(found) <= MOST_NAMED
    assert all(re.search(r"\w", word) for word in found)
