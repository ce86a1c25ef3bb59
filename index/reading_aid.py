"""The unofficial Japanese reading aid: one rendering for each sentence, tied to the English sentence it renders."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from index.document import Document
from index.errors import DocumentError
from index.parse import TEXTS

READING_AID = TEXTS / "moc.ja.toml"


@dataclass(frozen=True, slots=True)
class ReadingAid:
    """Address → Japanese rendering, in document order, and part address → Japanese heading. Never authoritative."""

    sentences: Mapping[str, str]
    headings: Mapping[str, str]


def load(document: Document, path: Path = READING_AID) -> ReadingAid:
    """Read and check the reading aid.

    Raises:
        DocumentError: a sentence is missing, unknown, or its English sentence has changed since it was rendered.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = {address: (row["of"], row["ja"]) for address, row in data["sentences"].items()}
        headings = dict(data["headings"])
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise DocumentError(f"reading aid {str(path)!r} cannot be read: {error!r}") from None
    for address, sentence in document.by_address.items():
        if address not in rows:
            raise DocumentError(f"{path}: no rendering of {address}")
        if rows[address][0] != of_sentence(sentence.text):
            raise DocumentError(f"{path}: {address} was rendered from another English sentence; render it again")
    if unknown := sorted(set(rows) - set(document.by_address)):
        raise DocumentError(f"{path}: no sentence has the address {unknown[0]!r}")
    parts = {part.address for part in document.walk() if part.heading}
    if parts != set(headings):
        raise DocumentError(f"{path}: headings differ from the document's: {sorted(parts ^ set(headings))}")
    return ReadingAid({address: rows[address][1] for address in document.by_address}, headings)


def of_sentence(english: str) -> str:
    """The digest by which a rendering names the English sentence it was made from."""
    return hashlib.sha256(english.encode("utf-8")).hexdigest()[:12]
