"""What the suite stands on beside its questions, file by file: bank, reading aid, glossary, claims, attacks, gates,
and what earlier runs left.

Each problem is ``file:line:field: what``; a file that cannot be read at all is one problem, and the next is looked at.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import glossary
from evals import baseline, claims, gates, ratchets, recording, recordings, records, tables
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
    gates: Path = gates.GATES
    history: Path = ratchets.HISTORY
    baseline: Path = baseline.BASELINE
    recordings: Path = recordings.RECORDINGS


def problems(document: Document, places: Places, ids: Collection[str] = ()) -> Iterator[str]:
    """Every problem of every file; ``ids`` are those of the eval questions, where recordings are to be held to them."""
    yield from bank_problems(document, places.bank)
    yield from aid_problems(document, places.aid)
    yield from glossary_problems(document, places.glossary)
    yield from claim_problems(places.claims)
    yield from attacks.problems(document.by_address, places.attacks)
    yield from gate_problems(places.gates, places.history)
    yield from records.baseline_problems(places.baseline)
    yield from records.recording_problems(places.recordings, ids)


def bank_problems(document: Document, path: Path) -> Iterator[str]:
    """Of the question bank."""
    rows, wrong = tables.rows(path, bank.HEADER)
    yield from wrong
    questions = [bank.BankQuestion(*row.values()) for _, row in rows]
    for place, problem in bank.problems(document, questions):
        yield f"{path}:{rows[place][0]}:{problem}"


_UNREADABLE = (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError)


def _toml(path: Path) -> tuple[str, Mapping[str, Any]]:
    text = path.read_text(encoding="utf-8")
    return text, tomllib.loads(text)


def aid_problems(document: Document, path: Path) -> Iterator[str]:
    """Of the Japanese reading aid: each rendering and heading with its line, a missing one with its table's."""
    try:
        text, found = _toml(path)
    except _UNREADABLE as error:
        yield f"{path}:1:file: cannot be read: {error}"
        return
    wrong = False
    for table, wanted in (
        ("sentences", document.by_address),
        ("headings", {part.address: part for part in document.walk() if part.heading}),
    ):
        (block,) = tables.blocks(path, text, table, 1)
        rows = found.get(table, {})
        for address in sorted(wanted.keys() - rows.keys()):
            wrong = True
            yield f"{block.at(address)}: is not rendered"
        for address, row in rows.items():
            sentence = document.by_address[address].text if table == "sentences" and address in wanted else None
            for what in _wrong_rendering(row, address in wanted, sentence):
                wrong = True
                yield f"{block.at(address)}: {what}"
    if not wrong:
        yield from _unloadable(document, path)


def _wrong_rendering(row: Any, known: bool, sentence: str | None) -> Iterator[str]:
    """What is wrong with a rendering of ``sentence``, or with a heading where that is None."""
    if not known:
        yield "the document has no such address"
    elif sentence is None:
        if not isinstance(row, str) or not row.strip():
            yield f"is {row!r}, must be text"
    elif not isinstance(row, Mapping) or set(row) != {"of", "ja"} or not all(isinstance(v, str) for v in row.values()):
        yield f"is {row!r}, must be {{ of = …, ja = … }}"
    elif not row["ja"].strip():
        yield "ja is empty"
    elif row["of"] != reading_aid.of_sentence(sentence):
        yield "was rendered from another English sentence; render it again"


def _unloadable(document: Document, path: Path) -> Iterator[str]:
    """Whatever the program itself would still refuse."""
    try:
        reading_aid.load(document, path)
    except DocumentError as error:
        yield f"{path}:1:file: {error}"


def glossary_problems(document: Document, path: Path) -> Iterator[str]:
    """Of the glossary: keys, types, kinds, sides, addresses, terms that stand there twice, and readings."""
    try:
        text, found = _toml(path)
    except _UNREADABLE as error:
        yield f"{path}:1:file: cannot be read: {error}"
        return
    terms = found.get("terms")
    if not isinstance(terms, list) or not {"terms"} <= set(found) <= {"terms", "readings"}:
        yield f"{path}:1:terms: must hold [[terms]], may hold [readings], and nothing else"
        return
    if "readings" in found:
        lines = text.split("\n")
        for kana, what in glossary.wrong_readings(found["readings"]):
            line = next((number for number, line in enumerate(lines, 1) if kana and line.startswith(f'"{kana}" =')), 1)
            yield f"{path}:{line}:{what}"
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


def gate_problems(path: Path, history: Path) -> Iterator[str]:
    """Of the gates and of the history; ratchets are held to the latter where both can be read."""
    wrong = [*gates.read(path)[1], *records.history_problems(history)]
    yield from wrong or ratchets.loosened(path, history)
