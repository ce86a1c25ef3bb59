"""What is embedded: the document's sentences, their Japanese reading aid and the question bank, by address."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from index.bank import BankQuestion
from index.document import Document
from index.reading_aid import ReadingAid

Role = Literal["passage", "reading_aid", "question"]

# The prefix each role is embedded with: a reader's question is compared with bank questions as like with like,
# and with passages the way the model was trained. Written into the manifest.
EMBEDDED_AS_QUERY: dict[Role, bool] = {"passage": False, "reading_aid": False, "question": True}


@dataclass(frozen=True, slots=True)
class Entry:
    """One embedded text. ``label`` is the addresses it stands for joined by ``+``, or ``none`` / ``none/REASON``."""

    id: str
    role: Role
    language: str
    label: str
    text: str

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses it stands for; empty for a question the document does not answer."""
        return () if self.label.startswith("none") else tuple(self.label.split("+"))

    @property
    def key(self) -> str:
        """Digest of what the embedding model is given: the role's prefix and the text."""
        return text_key(self.text, query=EMBEDDED_AS_QUERY[self.role])


def text_key(text: str, *, query: bool) -> str:
    """The first 20 hex digits of the sha256 of prefix kind and text: names a shipped vector."""
    return hashlib.sha256(f"{'query' if query else 'passage'}\n{text}".encode()).hexdigest()[:20]


def entries_of(
    document: Document, aid: ReadingAid | None = None, bank: Iterable[BankQuestion] = ()
) -> tuple[Entry, ...]:
    """Every text to embed, in a fixed order: passages, reading aid, questions; equal ids never occur."""
    passages = [Entry(f"passage:{s.address}", "passage", "en", s.address, s.text) for s in document.passages]
    aids = (
        [Entry(f"aid:{address}", "reading_aid", "ja", address, text) for address, text in aid.sentences.items()]
        if aid
        else []
    )
    questions = [
        Entry(f"question:{question.id}", "question", question.language, question.label, question.text)
        for question in bank
    ]
    return (*passages, *aids, *questions)


def digest(entries: Iterable[Entry]) -> str:
    """sha256 over ids, labels and texts in order."""
    rows = [[entry.id, entry.label, entry.text] for entry in entries]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode("utf-8")).hexdigest()
