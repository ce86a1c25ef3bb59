"""Is it in the document at all? A calibrated probability against a threshold, and a typed reason when it is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from assistant.retrieve import Evidence
from assistant.types import REASONS, Status

# Reasons the classifier may route by itself: it has to be this sure, since a wrong short reply hides an answer.
ROUTE_FROM = 0.4
# A wish for an opinion is declined even where a sentence fits, and sooner where none does: there no answer is lost.
OPINION_FROM, OPINION_UNANSWERED_FROM = 0.5, 0.4
# A question that the linear classifier files among the absent ones needs a surer answer.
SURELY_ABSENT, SURELY_ANSWERED = 0.8, 0.8
# When one part of a question counts as answered and another as absent; in between, the question is taken as a whole.
PART_ANSWERED, PART_CHOSEN = 0.85, 0.9
PART_ABSENT, PART_ABSENT_REASON = 0.2, 0.5
# A part that finds no sentence at all needs less of a reason to count as absent.
NOTHING_FOUND, NOTHING_FOUND_REASON = 0.35, 0.25
# What only a rule may say: "your question contains personal data" must be true of the very question.
_RULES_ONLY = frozenset({"personal_data", "other_language", "empty", "too_long"})
_JUDGED_APART = "opinion"
_ROUTED: dict[str, Status] = {
    reason: status
    for status in ("small_talk", "declined")
    for reason in REASONS[status]
    if reason not in {*_RULES_ONLY, _JUDGED_APART}
}
_ABSENT = REASONS["not_in_document"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the document answers, how likely (0..1), and if not, why."""

    status: Status
    reason: str | None
    confidence: float


def judge(evidence: Evidence, parts: Sequence[Evidence] = ()) -> Verdict:
    """Answered, partly or not at all in the document, or a short reply that no rule recognised.

    ``parts`` is the evidence for each part of a question that asks several things.
    """
    confidence = evidence.answerable
    threshold = evidence.scoring.answer_from
    if evidence.opinion >= OPINION_FROM:
        return Verdict("declined", "opinion", confidence)
    if any(covers(part) for part in parts) and any(_lacks(part) for part in parts):
        mean = fmean(part.answerable for part in parts)
        return Verdict("partial", "partly_absent", max(confidence, threshold, mean))
    doubted = confidence < SURELY_ANSWERED and _absence(evidence) >= SURELY_ABSENT
    if confidence >= threshold and not doubted:
        return Verdict("answered", None, confidence)
    if evidence.opinion >= OPINION_UNANSWERED_FROM:
        return Verdict("declined", "opinion", confidence)
    routed = {reason: share for reason, share in evidence.reasons.items() if reason in _ROUTED}
    if routed:
        reason = max(sorted(routed), key=routed.__getitem__)
        if sum(routed.values()) >= ROUTE_FROM and routed[reason] >= ROUTE_FROM / 2:
            return Verdict(_ROUTED[reason], reason, confidence)
    reason = max(_ABSENT, key=lambda reason: evidence.reasons.get(reason, 0.0))
    return Verdict("not_in_document", reason, confidence)


def covers(part: Evidence) -> bool:
    """Whether this part of a question is surely answered."""
    return part.answerable >= PART_ANSWERED and part.best.score >= PART_CHOSEN


def _absence(evidence: Evidence) -> float:
    """How likely the linear classifier finds it that the question asks for what is not in the document."""
    return sum(evidence.reasons.get(reason, 0.0) for reason in _ABSENT)


def _lacks(part: Evidence) -> bool:
    """Whether this part surely asks what is not in the document (and is no fragment that only lacks its context)."""
    needed = NOTHING_FOUND_REASON if part.best.score < NOTHING_FOUND else PART_ABSENT_REASON
    return part.answerable <= PART_ABSENT and _absence(part) >= needed
