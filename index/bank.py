"""The question bank: what real people would ask, filed under the sentences that settle it, or under "none".

Indexing questions beside the passages is document expansion by questions: doc2query (Nogueira et al. 2019,
arXiv:1904.08375) appends predicted queries to a document, HyPE (Vake et al. 2025) embeds hypothetical questions and
compares a reader's question with questions. Here both happen, with questions written ahead of time and checked.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from index.document import Document
from index.errors import DocumentError
from index.parse import TEXTS

BANK = TEXTS / "bank.tsv"
HEADER = ("label", "style", "language", "writer", "question")
NONE_REASONS = frozenset(
    "absent_topic absent_detail after_document opinion greeting thanks about_assistant injection abuse unclear "
    "personal_data other_language".split()
)
MAX_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class BankQuestion:
    """One question of the bank.

    ``label`` is the addresses that settle it joined by ``+``, or ``none/REASON`` with a reason code of
    ``NONE_REASONS``; ``style`` how it is asked (for unanswerable ones: the topic); ``writer`` which brief it came from.
    """

    label: str
    style: str
    language: str
    writer: str
    text: str

    @property
    def id(self) -> str:
        """Digest of label and normalised text; equal questions under equal labels are one question."""
        return hashlib.sha256(f"{self.label}\n{normalised(self.text)}".encode()).hexdigest()[:16]

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that settle it; empty when none does."""
        return () if self.label.startswith("none/") else tuple(self.label.split("+"))

    @property
    def reason(self) -> str | None:
        """The reason code of an unanswerable question, else None."""
        return self.label.removeprefix("none/") if self.label.startswith("none/") else None


def normalised(question: str) -> str:
    """Letters and digits only, lower case, NFKC: for telling near-copies."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", question).casefold())


def load(document: Document, path: Path = BANK) -> tuple[BankQuestion, ...]:
    """Read and check the bank.

    Raises:
        DocumentError: naming file and line, when a row is malformed, repeats another, or names an unknown address.
    """
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"question bank {str(path)!r} cannot be read: {error}") from None
    if not lines or tuple(lines[0].split("\t")) != HEADER:
        raise DocumentError(f"{path}:1: the first line must name the columns {', '.join(HEADER)}")
    questions = []
    for number, line in enumerate(lines[1:], 2):
        fields = line.split("\t")
        if len(fields) != len(HEADER):
            raise DocumentError(f"{path}:{number}: {len(fields)} columns, need {len(HEADER)}")
        questions.append(BankQuestion(*fields))
    for number, problem in problems(document, questions):
        raise DocumentError(f"{path}:{number + 2}: {problem}")
    return tuple(questions)


def problems(document: Document, questions: Iterable[BankQuestion]) -> Iterable[tuple[int, str]]:
    """(place in the list, what is wrong) for every question that may not stand in a bank of this document."""
    seen: dict[tuple[str, str], int] = {}
    for place, question in enumerate(questions):
        if question.reason is not None:
            if question.reason not in NONE_REASONS:
                yield place, f"label: unknown reason {question.reason!r}; known: {', '.join(sorted(NONE_REASONS))}"
        else:
            for address in question.addresses:
                if address not in document.by_address:
                    yield place, f"label: no sentence has the address {address!r}"
        if question.language not in ("en", "ja"):
            yield place, f"language: {question.language!r} is not 'en' or 'ja'"
        if not question.text.strip() or len(question.text) > MAX_CHARACTERS:
            yield place, f"question: must have 1 to {MAX_CHARACTERS} characters, has {len(question.text)}"
        key = (question.label, normalised(question.text))
        if key in seen:
            yield place, f"question: the same as number {seen[key] + 1} under the same label"
        seen[key] = place
