"""The gate's word on one claim: may it be shown beside the sentences it names, and if not, why not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.gate import checks, foreign
from assistant.gate.record import Cited, Record, shipped
from assistant.gate.words import plain
from assistant.types import Language

_LONGEST_CLAIM = 1_500  # characters; nothing that long is one statement
_LONGEST_EVIDENCE = 40_000  # characters of all quotes together


@dataclass(frozen=True, slots=True)
class Finding:
    """What the gate says of one claim: reason codes (none: it stands) and a support score 0..1 or None.

    ``whole``: no word of it lacks support.
    """

    reasons: tuple[str, ...]
    score: float | None
    whole: bool = False

    @property
    def supported(self) -> bool:
        """Whether the claim may be shown."""
        return not self.reasons


def check(claim: str, evidence: Sequence[str], language: Language) -> Finding:
    """Compare a written claim with the sentences it cites, by their text alone.

    ``evidence`` are verbatim quotes; those found in the document that ships with the assistant are compared in their
    Japanese rendering too, any other only as they stand.
    """
    record = shipped()
    quotes = tuple(_cut(evidence))
    return compare(claim, Cited.of(quotes) if record is None else record.cited(quotes), language, record)


def compare(claim: str, cited: Cited, language: Language, record: Record | None) -> Finding:
    """Compare a claim with what it cites; ``record`` is the document it belongs to, where that is known."""
    if not claim.strip() or not cited.everything:
        return Finding(("wrong_citation",), None)
    if len(claim) > _LONGEST_CLAIM:
        return Finding(("low_score",), 0.0)
    if any(plain(piece) not in cited.everything for piece in foreign.carried(claim)):
        return Finding(("added_content",), 0.0)
    if plain(claim) == (cited.japanese if language == "ja" else cited.english):
        return Finding((), 1.0, whole=True)  # word for word what it cites
    if foreign.talks(claim) or _announces(claim, cited):
        return Finding(("added_content",), 0.0)
    found = checks.check(claim, cited, language, record)
    return Finding(found.reasons, found.score, whole=not found.support.missing)


def _announces(claim: str, cited: Cited) -> bool:
    """Whether a claim ends where something would have to follow, and is no copy that does."""
    said = plain(claim)
    return said.endswith((":", "：")) and said not in cited.everything


def _cut(evidence: Sequence[str]) -> Iterable[str]:
    """Quotes up to a length that no document's sentences reach, so that nobody can keep the gate busy."""
    left = _LONGEST_EVIDENCE
    for quote in evidence:
        yield quote[:left]
        left -= len(quote[:left])
