"""Whether the document answers: a probability against a threshold, typed reasons, and parts of a question."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answerable import (
    OPINION_FROM,
    OPINION_UNANSWERED_FROM,
    PART_ABSENT,
    PART_ANSWERED,
    PART_CHOSEN,
    ROUTE_FROM,
    SURELY_ABSENT,
    SURELY_ANSWERED,
    covers,
    judge,
)
from assistant.retrieve import Evidence
from assistant.scoring import Logistic, Scoring
from assistant.types import REASONS, Passage, Question
from index.bank import NONE_REASONS

ANSWER_FROM = 0.6
SCORING = Scoring("classifier", Logistic(0.0, {}), Logistic(0.0, {}), 0.4, ANSWER_FROM)
QUESTION = Question("Q?", "Q?", "Q?", "en")
ABSENT = {"absent_topic": 0.7, "absent_detail": 0.2}


def found(
    answerable: float, reasons: Mapping[str, float] | None = None, best: float = 0.95, opinion: float = 0.0
) -> Evidence:
    """The evidence for a question whose best sentence has the probability ``best``."""
    passage = Passage("iv.p1.s3", "Either Participant …", best, ("vector",))
    return Evidence(QUESTION, ("iv.p1.s3",), np.array([best]), answerable, opinion, reasons or {}, SCORING, (passage,))


@pytest.mark.parametrize(
    ("answerable", "status"),
    [(1.0, "answered"), (0.6, "answered"), (0.599, "not_in_document"), (0.0, "not_in_document")],
)
def test_the_threshold_decides(answerable: float, status: str) -> None:
    """From the threshold on answered, below it not; the confidence is the probability itself."""
    verdict = judge(found(answerable, {"absent_topic": 0.4, "absent_detail": 0.2}))
    assert (verdict.status, verdict.confidence) == (status, answerable)


@pytest.mark.parametrize(
    ("reasons", "reason"),
    [
        ({"absent_topic": 0.2, "absent_detail": 0.7, "after_document": 0.1}, "absent_detail"),
        ({"absent_topic": 0.2, "absent_detail": 0.1, "after_document": 0.7}, "after_document"),
        ({"absent_topic": 0.3, "absent_detail": 0.3, "opinion": 0.35}, "absent_topic"),
        ({}, "absent_topic"),
    ],
)
def test_absence_has_the_likeliest_reason(reasons: Mapping[str, float], reason: str) -> None:
    """Among the reasons of absence alone; with nothing to go by, the first of the contract's list."""
    assert judge(found(0.1, reasons)).reason == reason


@pytest.mark.parametrize(
    ("reasons", "status", "reason"),
    [
        ({"opinion": 0.9, "absent_topic": 0.05}, "not_in_document", "absent_topic"),
        ({"greeting": 0.65, "absent_topic": 0.3}, "small_talk", "greeting"),
        ({"abuse": ROUTE_FROM, "absent_topic": 0.3}, "declined", "abuse"),
        ({"abuse": 0.39, "absent_detail": 0.4}, "not_in_document", "absent_detail"),
        ({"injection": 0.35, "abuse": 0.3}, "declined", "injection"),
        ({"injection": 0.19, "abuse": 0.15, "unclear": 0.15, "absent_topic": 0.1}, "not_in_document", "absent_topic"),
    ],
)
def test_what_no_rule_recognised_can_be_routed(reasons: Mapping[str, float], status: str, reason: str) -> None:
    """Only when the classifier is sure enough, as a whole and of that reason: a wrong short reply hides an answer.

    Opinions have a judgement of their own.
    """
    verdict = judge(found(0.1, reasons))
    assert (verdict.status, verdict.reason) == (status, reason)


def test_a_short_reply_never_hides_an_answer() -> None:
    """What the document answers is answered, however much it sounds like an attack or a greeting."""
    assert judge(found(ANSWER_FROM, {"injection": 0.99})).status == "answered"
    assert judge(found(ANSWER_FROM, {"greeting": 0.99})).status == "answered"


def test_a_wish_for_an_opinion_is_declined_even_where_a_sentence_fits() -> None:
    """When it is likely; where no sentence fits, sooner."""
    almost = OPINION_FROM - 0.01
    assert judge(found(0.99, opinion=OPINION_FROM)).reason == "opinion"
    assert judge(found(ANSWER_FROM, opinion=almost)).status == "answered"
    assert judge(found(ANSWER_FROM - 0.01, opinion=OPINION_UNANSWERED_FROM)).reason == "opinion"
    assert judge(found(ANSWER_FROM - 0.01, opinion=OPINION_UNANSWERED_FROM - 0.01)).status == "not_in_document"


@pytest.mark.parametrize(
    ("answerable", "best", "covered"),
    [
        (PART_ANSWERED, PART_CHOSEN, True),
        (PART_ANSWERED - 0.01, PART_CHOSEN, False),
        (PART_ANSWERED, PART_CHOSEN - 0.01, False),
    ],
)
def test_a_part_is_covered_only_for_sure(answerable: float, best: float, covered: bool) -> None:
    """Both the question and its best sentence have to be likely."""
    assert covers(found(answerable, best=best)) == covered


@pytest.mark.parametrize("answerable", [0.05, 0.3, 0.7, 0.99])
def test_one_part_there_and_one_not_is_partial(answerable: float) -> None:
    """Whatever the question as a whole looks like; the confidence is one of an answer."""
    verdict = judge(found(answerable, ABSENT), [found(0.95), found(0.1, ABSENT)])
    assert (verdict.status, verdict.reason) == ("partial", "partly_absent")
    assert max(answerable, ANSWER_FROM) <= verdict.confidence <= 1


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([found(0.95), found(0.95)], id="both there"),
        pytest.param([found(0.1, ABSENT), found(0.1, ABSENT)], id="neither there"),
        pytest.param([found(0.95), found(PART_ABSENT + 0.01, ABSENT)], id="the other may be there"),
        pytest.param([found(0.95), found(0.1, {"unclear": 0.8, "absent_topic": 0.1})], id="the other is a fragment"),
        pytest.param([found(0.8), found(0.1, ABSENT)], id="the one is not sure"),
        pytest.param([], id="no parts"),
    ],
)
@pytest.mark.parametrize(("answerable", "status"), [(0.9, "answered"), (0.2, "not_in_document")])
def test_otherwise_the_question_is_taken_as_a_whole(parts: list[Evidence], answerable: float, status: str) -> None:
    """Partial needs one part that is surely there and one that surely isn't."""
    assert judge(found(answerable, ABSENT), parts).status == status


@given(
    st.floats(0, 1),
    st.dictionaries(st.sampled_from(sorted(NONE_REASONS)), st.floats(0, 1)),
    st.lists(st.builds(found, st.floats(0, 1), st.just(ABSENT), st.floats(0, 1)), max_size=3),
)
def test_every_verdict_is_one_of_the_contract(
    answerable: float, reasons: Mapping[str, float], parts: list[Evidence]
) -> None:
    """A status, with a reason that belongs to it (none for answered), and a probability, whatever was measured."""
    verdict = judge(found(answerable, reasons), parts)
    assert verdict.reason in (REASONS[verdict.status] or (None,))
    assert 0 <= verdict.confidence <= 1


def test_every_reason_of_the_bank_can_be_told() -> None:
    """A class of the classifier that belongs to no status could never be shown."""
    assert {reason for reasons in REASONS.values() for reason in reasons} >= NONE_REASONS


def test_a_question_filed_as_absent_needs_a_surer_answer() -> None:
    """Between the threshold and SURELY_ANSWERED it is refused; above, and where the classifier is unsure, answered."""
    filed = {"absent_detail": SURELY_ABSENT}
    assert judge(found(SURELY_ANSWERED - 0.01, filed)).status == "not_in_document"
    assert judge(found(SURELY_ANSWERED, filed)).status == "answered"
    assert judge(found(SURELY_ANSWERED - 0.01, {"absent_detail": SURELY_ABSENT - 0.01})).status == "answered"
