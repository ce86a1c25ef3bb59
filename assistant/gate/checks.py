"""All checks over one claim: the rules first, then whether it belongs where it says, then what is left to weigh."""

from collections.abc import Mapping
from dataclasses import dataclass

from assistant import modality
from assistant.gate import (
    actors,
    causes,
    contrast,
    copies,
    facts,
    institutions,
    legal,
    negation,
    numbers,
    roles,
    scope,
    sides,
    weigh,
)
from assistant.gate.places import Place, best_elsewhere, off_topic
from assistant.gate.record import Cited, Record
from assistant.gate.support import Support, support
from assistant.gate.words import is_japanese, plain
from assistant.repetition import loops
from assistant.types import Language


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks found: the rules a claim breaks, its measures, and the reasons to withhold it."""

    rules: tuple[str, ...]
    measures: Mapping[str, float]
    support: Support
    place: Place | None
    cause: bool

    @property
    def score(self) -> float:
        """How likely the claim is supported, 0..1."""
        return weigh.probability(self.measures)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the claim is withheld; empty when it is shown."""
        if self.rules:
            return self.rules
        return () if self.score >= weigh.weights().show_from else (self._named(),)

    def _named(self) -> str:
        """The most precise name for a claim that breaks no rule and still has too little support."""
        if self.cause:
            return "causal_invention"
        if self.support.names:
            return "entity_mismatch"
        return "added_content" if self.support.weight >= 1 else "low_score"


def check(claim: str, cited: Cited, language: Language, record: Record | None) -> Checked:
    """Everything there is to say of a claim and the sentences it cites."""
    found = support(contrast.affirmed(claim, cited), cited)
    place = best_elsewhere(claim, cited, record) if record and cited.addresses else None
    broken = _rules(claim, cited, language)
    if place is not None and place.is_nearer and 2 * place.support.weight <= found.weight > 0:
        # What is said of another sentence breaks rules of this one by accident; the citation is what is wrong.
        broken = ["wrong_citation", *(reason for reason in broken if reason == "wrong_language")]
    if off_topic(claim, cited) and not broken:
        broken = ["wrong_citation"]
    if (
        _no_statement(claim)
        or copies.broken_off(claim, cited)
        or copies.slipped(claim, cited, missing=bool(found.missing))
    ):
        broken = broken or ["low_score"]
    if not found.anchored:
        # Nothing of it stands there, however little its words weigh.
        added = "entity_mismatch" if found.names else "added_content"
        broken = broken or [added if found.missing else "low_score"]
    cause = causes.names_cause(claim, cited)
    measures = weigh.measures(found, broken, cause)
    return Checked(tuple(broken), measures, found, place, cause)


def _no_statement(claim: str) -> bool:
    """A question, the prompt's own words, or a text that goes round in circles."""
    said = plain(claim).rstrip("。.」\"' ")
    asks = said.endswith(("?", "か", "answer in japanese", "answer in english"))
    return asks or loops(said) or copies.stammers(claim)


def _rules(claim: str, cited: Cited, language: Language) -> list[str]:
    """Reason codes of everything a rule can decide."""
    reasons = numbers.mismatches(claim, cited)
    for reason, found in (
        ("wrong_language", is_japanese(claim) != (language == "ja")),
        ("entity_mismatch", institutions.wrong(claim, cited) or sides.wrong_place(claim, cited)),
        ("party_swap", sides.swaps(claim, cited) or roles.turned(claim, cited) or actors.turned(claim, cited)),
        (
            "modality_upgrade",
            modality.upgrades(plain(claim), cited.english or cited.japanese) or facts.told(claim, cited),
        ),
        ("legal_upgrade", legal.upgrades(claim, cited)),
        ("negation_flip", negation.flips(claim, cited)),
        ("scope_change", scope.changes(claim, cited)),
        ("causal_invention", causes.invents_cause(claim, cited)),
    ):
        if found:
            reasons.append(reason)
    return reasons
