"""Is it in the document at all? A calibrated probability against a threshold, and a typed reason when it is not."""

from dataclasses import dataclass

from assistant.retrieve import Evidence
from assistant.types import REASONS, Status

# Reasons the classifier may route by itself: it has to be this sure, since a wrong short reply hides an answer.
ROUTE_FROM = 0.6
_ROUTED: dict[str, Status] = {
    reason: status for status in ("small_talk", "declined") for reason in REASONS[status]
}
_ABSENT = REASONS["not_in_document"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the document answers, how likely (0..1), and if not, why."""

    status: Status
    reason: str | None
    confidence: float


def judge(evidence: Evidence) -> Verdict:
    """Answered, not in the document, or small talk and declined questions that no rule recognised."""
    confidence = evidence.answerable
    if confidence >= evidence.scoring.answer_from:
        return Verdict("answered", None, confidence)
    routed = {reason: share for reason, share in evidence.reasons.items() if reason in _ROUTED}
    if routed:
        reason = max(sorted(routed), key=routed.__getitem__)
        if sum(routed.values()) >= ROUTE_FROM and routed[reason] >= ROUTE_FROM / 2:
            return Verdict(_ROUTED[reason], reason, confidence)
    absent = {reason: evidence.reasons.get(reason, 0.0) for reason in _ABSENT}
    return Verdict("not_in_document", max(_ABSENT, key=absent.__getitem__), confidence)
