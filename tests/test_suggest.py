"""Next questions: chosen ahead of time, never about what was just shown, and each one really answered."""

import json
from dataclasses import replace

import pytest

from assistant import suggest
from assistant.ask import Assistant
from assistant.suggest import MOST, follow_ups
from assistant.types import LANGUAGES, Claim, Draft, Language, Question, Request, Status
from index import parse

DOCUMENT = parse.load()
ADDRESSES = tuple(sentence.address for sentence in DOCUMENT.passages)
COMMITTED = json.loads(suggest.FOLLOW_UPS.read_text(encoding="utf-8"))
QUESTIONS: dict[str, dict[str, list[str]]] = COMMITTED["questions"]
ABOUT = {text: address for address, rows in QUESTIONS.items() for texts in rows.values() for text in texts}
OTHER = parse.parse("T\n\nD\n\nI. Money\n\nJapan pays. Japan stays.\n")


def draft(*shown: str, language: Language = "en", related: tuple[str, ...] = (), text: str = "Q?") -> Draft:
    status: Status = "answered" if shown else "not_in_document"
    claims = tuple(Claim("", "quote", (address,)) for address in shown)
    return Draft(Question(text, text, text, language), status, 0.9, claims=claims, related=related)


def test_the_committed_questions_fit_the_text() -> None:
    """Made for this text; known addresses, both languages, no question twice; every sentence has some."""
    assert COMMITTED["document_sha256"] == DOCUMENT.sha256
    assert set(QUESTIONS) == set(ADDRESSES), "made again by 'python -m evals.suggest'"
    texts = [text for rows in QUESTIONS.values() for language in LANGUAGES for text in rows[language]]
    assert len(texts) == len(set(texts))
    assert all(rows[language] for rows in QUESTIONS.values() for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_suggested_question_is_really_answered(language: Language, assistant: Assistant) -> None:
    """By the whole assistant, in its language, with the sentence it is about and hardly more."""
    wrong = {}
    for address, rows in QUESTIONS.items():
        for text in rows[language]:
            answer = assistant.answer(Request(text, mode="quote"))
            shown = [
                answer.citation(number).address
                for claim in answer.claims
                if claim.kind == "quote"
                for number in claim.citations
            ]
            if answer.status != "answered" or answer.language != language or address not in shown or len(shown) > 2:
                wrong[text] = (address, answer.status, answer.language, shown)
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_shown_is_not_suggested(language: Language) -> None:
    """For every sentence alone, and for the sentences of every part together: others, at most MOST, none twice."""
    together = [tuple(s.address for s in part.sentences) for part in DOCUMENT.walk() if part.sentences]
    for shown in [*((address,) for address in ADDRESSES), *together]:
        found = follow_ups(draft(*shown, language=language), DOCUMENT)
        assert 0 < len(found) <= MOST, shown
        assert len(set(found)) == len(found)
        assert not {ABOUT[text] for text in found} & set(shown), shown
        assert all(text in QUESTIONS[ABOUT[text]][language] for text in found)


def test_what_a_note_says_is_not_suggested() -> None:
    """Whoever has just read that nothing is binding is not offered the question whether anything is."""
    shown = draft("iii.p1.s5")
    assert "iii.p1.s1" in {ABOUT[text] for text in follow_ups(shown, DOCUMENT)}
    noted = replace(shown, claims=(*shown.claims, Claim("Not binding.", "note", ("iii.p1.s1",))))
    assert "iii.p1.s1" not in {ABOUT[text] for text in follow_ups(noted, DOCUMENT)}


def test_the_next_question_stands_near() -> None:
    """Something shown: the sentence after it, then those asked about in like words. Nothing found: what is nearest."""
    assert [ABOUT[text] for text in follow_ups(draft("iv.p1.s3"), DOCUMENT)] == ["iv.p1.s4", "iii.p1.s1", "iv.p1.s2"]
    assert ABOUT[follow_ups(draft("ii.trusted.pharma.p1.s2"), DOCUMENT)[1]] == "ii.trusted.security.p1.s2"
    nearest = ("iii.p1.s4", "i.p1.s1", "iv.p1.s1")
    assert [ABOUT[text] for text in follow_ups(draft(related=nearest), DOCUMENT)] == list(nearest)


def test_the_question_just_asked_is_not_suggested() -> None:
    """A suggestion taken up does not come back."""
    for related in ADDRESSES:
        first, *_ = follow_ups(draft(related=(related,)), DOCUMENT)
        assert first not in follow_ups(draft(related=(related,), text=first), DOCUMENT)


def test_nothing_shown_and_nothing_near_suggests_nothing() -> None:
    """Small talk brings no questions."""
    assert follow_ups(draft(), DOCUMENT) == ()


def test_another_document_gets_none_of_these() -> None:
    """Questions about one text would be wrong about another."""
    addresses = tuple(OTHER.by_address)
    assert follow_ups(draft(*addresses[:1]), OTHER) == ()
