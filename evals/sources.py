"""What the suite stands on beside its questions, file by file: bank, reading aid, glossary, claims, attacks, gates.

Each problem is ``file:line:field: what``; a file that cannot be read at all is one problem, and the next is looked at.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import glossary
from evals import claims, ratchets, recording, tables
from evals.attacks import cases as attacks
from index import bank, reading_aid
from index.document import Document
from index.errors import DocumentError

_LISTS = ("forms_en", "forms_ja", "asks_en", "asks_ja", "addresses")
_TEXTS = ("en", "ja", "kind", "side", "reason")
_NEEDED = ("en", "ja")  # may not be empty
RECORDED_LABELS = ("supported", "unsupported", "elsewhere")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files lie."""

    bank: Path = bank.BANK
    aid: Path = reading_aid.READING_AID
    glossary: Path = glossary.GLOSSARY
    claims: Path = claims.CLAIMS
    attacks: Path = attacks.FOLDER
    gates: Path = ratchets.GATES


def problems(document: Document, places: Places) -> Iterator[str]:
    """Every problem of every file."""
    yield from bank_problems(document, places.bank)
    yield from aid_problems(document, places.aid)
    yield from glossary_problems(document, places.glossary)
    yield from claim_problems(places.claims)
    yield from attacks.problems(document.by_address, places.attacks)
    yield from gate_problems(places.gates)


def bank_problems(document: Document, path: Path) -> Iterator[str]:
    """Of the question bank."""
    rows, wrong = tables.rows(path, bank.HEADER)
    yield from wrong
    questions = [bank.BankQuestion(*row.values()) for _, row in rows]
    for place, problem in bank.problems(document, questions):
        yield f"{path}:{rows[place][0]}:{problem}"


def aid_problems(document: Document, path: Path) -> Iterator[str]:
    """Of the Japanese reading aid: the first, for its rows are tied to one another."""
    try:
        reading_aid.load(document, path)
    except (DocumentError, UnicodeDecodeError, AttributeError, TypeError) as error:
        what = str(error).removeprefix(f"{path}: ")
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        named = re.search(r"(?:rendering of|address|^)\s*'?([a-z0-9.]+\.s\d+|title|date)\b", what)
        lines = [
            number for number, line in enumerate(text.split("\n"), 1) if named and line.startswith(f'"{named[1]}"')
        ]
        yield f"{path}:{lines[0] if lines else 1}:{named[1] if named else 'file'}: {what}"


def glossary_problems(document: Document, path: Path) -> Iterator[str]:
    """Of the glossary: keys, types, kinds, sides, addresses, and terms that stand there twice."""
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        yield f"{path}:1:file: cannot be read: {error}"
        return
    terms = found.get("terms")
    if not isinstance(terms, list) or set(found) != {"terms"}:
        yield f"{path}:1:terms: must hold [[terms]] and nothing else"
        return
    first: dict[str, int] = {}
    for term, block in zip(terms, tables.blocks(path, text, "terms", len(terms)), strict=True):
        yield from (f"{block.at(field)}: {what}" for field, what in _wrong_term(term, document))
        if first.setdefault(str(term.get("en")), block.line) != block.line:
            yield f"{block.at('en')}: {term['en']!r} is the term of line {first[str(term['en'])]} too"


def _wrong_term(term: Mapping[str, Any], document: Document) -> Iterator[tuple[str, str]]:
    for field in sorted(set(term) - {*_LISTS, *_TEXTS}):
        yield field, f"unknown key; a term has {', '.join((*_TEXTS, *_LISTS))}"
    for field in _TEXTS:
        if not isinstance(term.get(field), str):
            yield field, f"is {term[field]!r}, must be text" if field in term else "is missing"
        elif field in _NEEDED and not term[field].strip():
            yield field, "is empty"
    for field, values in (("kind", glossary.KINDS), ("side", glossary.SIDES)):
        if isinstance(term.get(field), str) and term[field] not in values:
            yield field, f"{term[field]!r} is not one of {', '.join(map(repr, values))}"
    for field in _LISTS:
        words = term.get(field, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            yield field, f"is {words!r}, must be a list of texts"
        elif field == "addresses":
            for address in words:
                if address not in document.by_address:
                    yield field, f"no sentence has the address {address!r}"


def claim_problems(folder: Path) -> Iterator[str]:
    """Of the labelled claims, the lines of the scripted models, and the labels of what the small model wrote."""
    for name in claims.LABELLED:
        yield from claims.read(folder / f"{name}.tsv")[1]
    for name in claims.LINES:
        yield from claims.read_lines(folder / f"{name}.tsv")[1]
    path = folder / recording.CLAIMS.name
    rows, wrong = tables.rows(path, recording.HEADER)
    yield from wrong
    for number, row in rows:
        found = list(claims.wrong_line(row, None))  # the model may name a sentence that is none
        if row["label"] not in RECORDED_LABELS:
            found.append(("label", f"{row['label']!r} is not one of {', '.join(RECORDED_LABELS)}"))
        found += [(field, "is empty") for field in ("id", "labelled_by", "addresses") if not row[field].strip()]
        yield from (f"{path}:{number}:{field}: {what}" for field, what in found)


def gate_problems(path: Path) -> Iterator[str]:
    """Of the gates; ratchets are looked at where every gate can be read."""
    from evals import gates  # with scipy, which takes a second

    wrong = gates.read(path)[1]
    yield from wrong or ratchets.loosened(path)
