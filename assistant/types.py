"""The shapes that flow from a question to an answer: ``Question → Passage → Draft of Claims → Answer``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ja"]
Mode = Literal["quote", "llm"]
Status = Literal["answered", "partial", "not_in_document", "small_talk", "declined"]
ClaimKind = Literal["quote", "statement", "note"]
FoundBy = Literal["vector", "keyword", "reading_aid", "question_bank", "classifier"]

LANGUAGES: tuple[Language, ...] = ("en", "ja")
REASONS: Mapping[Status, tuple[str, ...]] = {
    "answered": (),
    "partial": ("partly_absent",),
    "not_in_document": ("absent_topic", "absent_detail", "after_document"),
    "small_talk": ("greeting", "thanks", "about_assistant"),
    "declined": (
        "opinion",
        "injection",
        "personal_data",
        "abuse",
        "empty",
        "too_long",
        "unclear",
        "other_language",
    ),
}
# Why an answer is quote mode's, and whether a language model had been asked by then: only what one wrote is withheld.
MODE_NOTES: Mapping[str, bool] = {
    "llm_off": False,
    "llm_timeout": True,
    "llm_unavailable": True,
    "llm_busy": False,
    "llm_budget": False,
    "llm_cut": True,
    "llm_invalid": True,
    "gate_dropped_all": True,
    "refused_before_llm": False,
}
GATE_REASONS = (
    "unknown_address",
    "not_offered",
    "number_mismatch",
    "date_mismatch",
    "entity_mismatch",
    "party_swap",
    "modality_upgrade",
    "negation_flip",
    "scope_change",
    "added_content",
    "causal_invention",
    "legal_upgrade",
    "wrong_citation",
    "wrong_language",
    "low_score",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation, as the client sent it: data, never trusted as the assistant's words."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a surface was asked: raw text, wishes, history. ``language`` and ``mode`` are None for "auto"."""

    text: str
    language: Language | None = None
    mode: Mode | None = None
    history: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question as understood: ``text`` as asked (cleaned), ``standalone`` with what the history adds.

    ``corrected`` is ``standalone`` with slips of spelling repaired: what retrieval searches for, never shown.
    ``in_context``: the reader's last question and this one, where no rule could tell what this one leaves out.
    """

    text: str
    standalone: str
    corrected: str
    language: Language
    in_context: str | None = None


@dataclass(frozen=True, slots=True)
class ShortReply:
    """What understanding alone can answer: small talk, or why the question is declined.

    ``readings`` are, for ``unclear``, questions it may have meant.
    """

    text: str
    language: Language
    status: Literal["small_talk", "declined"]
    reason: str
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of the document with its relevance to one question (0..1) and which evidence found it."""

    address: str
    text: str
    score: float
    found_by: tuple[FoundBy, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a draft with the addresses it rests on. A quote's text is filled in by ``verify``."""

    text: str
    kind: ClaimKind
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A claim the gate withheld, with reason codes."""

    text: str
    addresses: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """Which language model wrote, and the digest of the prompt it was given (less question and history)."""

    name: str
    prompt_sha256: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before verification: claims name addresses and hold no quoted bytes."""

    question: Question
    status: Status
    confidence: float
    mode: Mode = "quote"
    reason: str | None = None
    mode_note: str | None = None
    claims: tuple[Claim, ...] = ()
    related: tuple[str, ...] = ()
    follow_ups: tuple[str, ...] = ()
    missing_words: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    model: ModelUsed | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim sentence of the record: ``source[start:end] == quote`` (code points)."""

    number: int
    address: str
    section: str
    label: str
    quote: str
    start: int
    end: int
    reading_aid: str | None


@dataclass(frozen=True, slots=True)
class VerifiedClaim:
    """A claim that passed; ``citations`` are numbers of the answer's citations."""

    text: str
    kind: ClaimKind
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """A passage near to a question that nothing answers."""

    address: str
    label: str
    section: str
    snippet: str


@dataclass(frozen=True, slots=True)
class DocumentIdentity:
    """Which document an answer rests on."""

    title: str
    date: str
    sha256: str


@dataclass(frozen=True, slots=True)
class IndexIdentity:
    """Which index found the passages."""

    fingerprint: str
    embedding: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified answer. Only ``assistant.verify`` makes one; renderers and surfaces accept nothing else."""

    id: str
    question: str
    standalone: str
    language: Language
    mode: Mode
    mode_note: str | None
    status: Status
    reason: str | None
    confidence: float
    claims: tuple[VerifiedClaim, ...]
    citations: tuple[Citation, ...]
    related: tuple[Related, ...]
    follow_ups: tuple[str, ...]
    missing_words: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    compared: int  # how many sentences the question was compared with
    document: DocumentIdentity
    index: IndexIdentity
    model: ModelUsed | None
    timings_ms: Mapping[str, float]

    def citation(self, number: int) -> Citation:
        """The citation with this number (numbers start at 1)."""
        return self.citations[number - 1]
