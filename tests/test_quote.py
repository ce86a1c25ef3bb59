"""Quote mode's draft: the sentences a question needs in document order, the notes they need, or proof of absence."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import render
from assistant.answerable import Verdict
from assistant.quote import MOST_SHOWN, choose, draft
from assistant.retrieve import Evidence
from assistant.scoring import Logistic, Scoring
from assistant.types import Draft, IndexIdentity, Language, Passage, Question
from assistant.verify import Verifier
from index import parse, reading_aid

DOCUMENT = parse.load()
ADDRESSES = tuple(DOCUMENT.by_address)
VERIFIER = Verifier(DOCUMENT, reading_aid.load(DOCUMENT), IndexIdentity("f", "e"))
SHOW_FROM = 0.4
SCORING = Scoring("classifier", Logistic(0.0, {}), Logistic(0.0, {}), SHOW_FROM, 0.6)
ANSWERED = Verdict("answered", None, 0.9)
PARTIAL = Verdict("partial", "partly_absent", 0.7)
AI_ITEMS = tuple(f"ii.ai.b{number}.s1" for number in range(1, 9))
LEAD_IN = "ii.ai.p1.s3"
NOT_BINDING = "iii.p1.s1"


def asked(text: str = "Q?", language: Language = "en") -> Question:
    return Question(text, text, text, language)


def found(scores: Mapping[str, float], answerable: float = 0.9, question: Question | None = None) -> Evidence:
    """Evidence with these probabilities; every other sentence of the document has 0.01."""
    values = np.array([scores.get(address, 0.01) for address in ADDRESSES])
    ranked = tuple(
        Passage(ADDRESSES[place], DOCUMENT.by_address[ADDRESSES[place]].text, float(values[place]), ())
        for place in np.argsort(-values, kind="stable")
    )
    return Evidence(question or asked(), ADDRESSES, values, answerable, 0.0, {}, SCORING, ranked)


def drafted(question: Question, *addresses: str) -> Draft:
    return draft(question, found(dict.fromkeys(addresses, 0.95)), (), ANSWERED, DOCUMENT)


def quotes(made: Draft) -> list[str]:
    return [address for claim in made.claims if claim.kind == "quote" for address in claim.addresses]


def notes(made: Draft) -> list[str]:
    return [address for claim in made.claims if claim.kind == "note" for address in claim.addresses]


def test_the_word_asked_for_is_the_one_named() -> None:
    """Whoever asks where a word stands is told of that word, whichever others the text lacks."""
    absent = Verdict("not_in_document", "absent_detail", 0.0)
    made = draft(asked("Does it use the word treaty, as tariffs do?"), found({}), (), absent, DOCUMENT, (), "treaty")
    assert made.missing_words == ("treaty",)


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        pytest.param({"iv.p1.s3": 0.9}, ["iv.p1.s3"], id="one fact, one sentence"),
        pytest.param({"iv.p1.s4": 0.9, "iv.p1.s3": 0.5}, ["iv.p1.s3", "iv.p1.s4"], id="in document order"),
        pytest.param({"iv.p1.s3": SHOW_FROM, "iv.p1.s4": SHOW_FROM - 0.001}, ["iv.p1.s3"], id="the threshold counts"),
        pytest.param({"iv.p1.s3": 0.2, "iii.p1.s2": 0.1}, ["iv.p1.s3"], id="the best one always"),
    ],
)
def test_what_is_likely_enough_is_shown(scores: Mapping[str, float], shown: Sequence[str]) -> None:
    """As many sentences as the question needs and no more."""
    assert list(choose(found(scores), (), ANSWERED, DOCUMENT)) == shown


@given(st.dictionaries(st.sampled_from(ADDRESSES), st.floats(0, 1)))
@settings(deadline=None)
def test_the_choice_holds_for_any_scores(scores: Mapping[str, float]) -> None:
    """Never empty, at most MOST_SHOWN, in document order, the best among them; none below a hidden one.

    Only what completes a list may be.
    """
    evidence = found(scores)
    shown = choose(evidence, (), ANSWERED, DOCUMENT)
    assert 1 <= len(shown) <= MOST_SHOWN
    assert list(shown) == sorted(set(shown), key=DOCUMENT.order.__getitem__)
    assert evidence.best.address in shown
    by_address = dict(zip(evidence.addresses, evidence.probabilities, strict=True))
    hidden = [by_address[address] for address in ADDRESSES if address not in shown]
    lists = [{item.address for item in part.items} for part in DOCUMENT.walk()]
    whole = {address for items in lists if items <= set(shown) for address in items}
    assert min((by_address[address] for address in shown if address not in whole), default=1) >= max(hidden, default=0)


def test_partly_there_shows_only_what_answers() -> None:
    """What answers the parts that are there; not what lies near the absent one, nor near the question as a whole."""
    there = found({"closing.p2.s1": 0.95}, 0.95)
    absent = found({"iv.p1.s2": 0.5}, 0.1)
    whole = found({"iv.p1.s1": 0.95, "closing.p2.s1": 0.5})
    assert choose(whole, (there, absent), PARTIAL, DOCUMENT) == ("closing.p2.s1",)


def test_every_answered_part_has_its_sentence() -> None:
    """The best sentence of each part joins those of the whole, when all parts are surely answered."""
    whole = found({"iv.p1.s3": 0.95})
    leaving, taking = found({"iv.p1.s3": 0.95}, 0.95), found({"iv.p1.s4": 0.95, "date": 0.5}, 0.95)
    unsure = found({"date": 0.95}, 0.5)
    assert choose(whole, (leaving, taking), ANSWERED, DOCUMENT) == ("iv.p1.s3", "iv.p1.s4")
    assert choose(whole, (leaving, unsure), ANSWERED, DOCUMENT) == ("iv.p1.s3",)


@pytest.mark.parametrize("verdict", [ANSWERED, PARTIAL])
def test_several_parts_do_not_show_more(verdict: Verdict) -> None:
    """MOST_SHOWN is the most for a question as a whole, however many parts it has."""
    first = found(dict.fromkeys(ADDRESSES[:MOST_SHOWN], 0.95), 0.95)
    second = found(dict.fromkeys(ADDRESSES[20 : 20 + MOST_SHOWN], 0.95), 0.95)
    assert len(choose(first, (first, second), verdict, DOCUMENT)) <= MOST_SHOWN


def test_a_list_item_brings_its_lead_in() -> None:
    """As a note, once for several items, in the words of the text; how firmly a list is meant stands before it."""
    made = drafted(asked(), *AI_ITEMS[1:3])
    assert quotes(made) == list(AI_ITEMS[1:3])
    assert notes(made) == [LEAD_IN]
    assert DOCUMENT.by_address[LEAD_IN].text in made.claims[-1].text


def test_every_list_item_has_a_lead_in() -> None:
    """All eight; a sentence of a paragraph has none."""
    for address in ADDRESSES:
        expected = [LEAD_IN] if address in AI_ITEMS else []
        assert [note for note in notes(drafted(asked(), address)) if note != NOT_BINDING] == expected, address


def test_a_lead_in_that_is_shown_is_not_repeated() -> None:
    """It stands there as a quote already."""
    made = drafted(asked(), LEAD_IN, AI_ITEMS[0])
    assert quotes(made) == [LEAD_IN, AI_ITEMS[0]]
    assert notes(made) == []


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Must Japan strengthen its AI safety?", "en"),
        ("Is Japan obliged to share fusion data?", "en"),
        ("What penalties are there for a breach?", "en"),
        ("How much money is there for quantum?", "en"),
        ("Who pays for the testbeds?", "en"),
        ("What is the deadline for harmonised practices?", "en"),
        ("Is Japan required to buy American AI?", "en"),
        ("DID JAPAN PROMISE BILLIONS?", "en"),
        ("Who has to enforce export controls?", "en"),
        ("日本にはどのような義務がありますか", "ja"),
        ("違反した場合の罰則は何ですか", "ja"),
        ("日本はいくら投資しますか", "ja"),
        ("量子研究の予算はいくらですか", "ja"),
        ("いつまでに標準を作りますか", "ja"),
        ("必ず協力しなければなりませんか", "ja"),
    ],
)
def test_duty_money_and_deadlines_get_the_note(question: str, language: Language) -> None:
    """That nothing here is binding, with the sentence that says so, in the reader's language and after the quotes."""
    made = drafted(asked(question, language), "ii.trusted.fusion.p1.s3")
    assert notes(made) == [NOT_BINDING]
    assert made.claims[-1].text == render.wording("note.not_binding", language)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Where was it signed?", "en"),
        ("What is the fundamental aim of the fusion part?", "en"),
        ("Which payloads fly to the Moon?", "en"),
        ("Does it set up a joint committee?", "en"),
        ("What is the section on the Promise of Fusion Energy about?", "en"),
        ("Who investigates threats to research?", "en"),
        ("核融合の試験施設はどこですか", "ja"),
        ("記憶媒体について書かれていますか", "ja"),
    ],
)
def test_other_questions_get_no_note(question: str, language: Language) -> None:
    """Words that only look like duty or money (fundamental, payload, committee) call for nothing."""
    assert notes(drafted(asked(question, language), "ii.trusted.fusion.p1.s3")) == []


@pytest.mark.parametrize("address", ["iii.p1.s4", "iv.p1.s3", "iv.p1.s4"])
def test_sentences_on_money_notice_and_deadline_bring_the_note(address: str) -> None:
    """Whatever the question was."""
    assert notes(drafted(asked("What about it?"), address)) == [NOT_BINDING]


def test_what_is_quoted_is_not_noted() -> None:
    """The sentence itself says it better."""
    assert notes(drafted(asked("Is it legally binding?"), NOT_BINDING)) == []


def test_another_document_gets_no_note_of_this_one() -> None:
    """Where the sentence does not exist, nothing is said to rest on it."""
    other = parse.parse("T\n\nD\n\nI. Money\n\nJapan pays 5 yen.\n")
    (address,) = [a for a in other.by_address if a not in ("title", "date")]
    passage = Passage(address, other.by_address[address].text, 0.9, ())
    evidence = Evidence(asked(), (address,), np.array([0.9]), 0.9, 0.0, {}, SCORING, (passage,))
    assert notes(draft(asked("How much must Japan pay?"), evidence, (), ANSWERED, other)) == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_notes_are_no_evidence(language: Language) -> None:
    """In the finished answer they are of kind "note", stand after all quotes, and every quote is the record's text."""
    question = asked("Must Japan harmonise AI practices? 義務", language)
    answer = VERIFIER.answer(drafted(question, AI_ITEMS[5], "iv.p1.s1"), {})
    assert [claim.kind for claim in answer.claims] == ["quote", "quote", "note", "note"]
    for claim in answer.claims[:2]:
        cited = answer.citation(claim.citations[0])
        assert claim.text == cited.quote == DOCUMENT.source[cited.start : cited.end]
    assert [answer.citation(claim.citations[0]).address for claim in answer.claims[2:]] == [LEAD_IN, NOT_BINDING]


@pytest.mark.parametrize("reason", ["absent_topic", "absent_detail", "after_document"])
def test_absence_shows_what_is_nearest_and_claims_nothing(reason: str) -> None:
    """Three nearest passages, best first, the words that do not occur, and neither claim nor note."""
    evidence = found({"iii.p1.s4": 0.3, "iv.p1.s1": 0.2, "i.p1.s1": 0.1}, 0.1)
    question = asked("What must be paid in tariffs?")
    made = draft(question, evidence, (), Verdict("not_in_document", reason, 0.1), DOCUMENT)
    assert made.related == ("iii.p1.s4", "iv.p1.s1", "i.p1.s1")
    assert made.missing_words == ("tariffs",)
    assert (made.claims, made.status, made.reason, made.confidence) == ((), "not_in_document", reason, 0.1)
