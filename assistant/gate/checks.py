"""All rules over one claim: which reasons speak against it, before anything is weighed."""

from dataclasses import dataclass

from assistant import modality
from assistant.gate import causes, legal, negation, numbers, scope, sides
from assistant.gate.record import Cited, Record
from assistant.gate.support import Support, support
from assistant.gate.words import is_japanese, plain
from assistant.types import Language


@dataclass(frozen=True, slots=True)
class Checked:
    """The reasons of the rules, and how far the words of the claim stand in the cited sentences."""

    reasons: tuple[str, ...]
    support: Support


def rules(claim: str, cited: Cited, language: Language) -> list[str]:
    """Reason codes of everything a rule can decide."""
    reasons = numbers.mismatches(claim, cited)
    for reason, found in (
        ("wrong_language", is_japanese(claim) != (language == "ja")),
        ("party_swap", sides.swaps(claim, cited)),
        ("modality_upgrade", modality.upgrades(plain(claim), cited.english or cited.japanese)),
        ("legal_upgrade", legal.upgrades(claim, cited)),
        ("negation_flip", negation.flips(claim, cited)),
        ("scope_change", scope.changes(claim, cited)),
    ):
        if found:
            reasons.append(reason)
    return reasons
