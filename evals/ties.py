"""What was written for a sentence that has changed: every question, rendering and term to look at again, by name."""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from assistant import glossary
from evals import tables
from evals.cases import Case, path_of
from evals.claims import CLAIMS
from index import bank, reading_aid


def broken(changed: Collection[str], cases: Iterable[Case]) -> Iterator[str]:
    """A line for each eval case, bank question, rendering, glossary term and claim that rests on a changed sentence.

    The files are read without their own checks, which stop at the first sentence they cannot find.
    """
    for case in cases:
        for field, addresses in (("gold", case.gold), ("also", case.also)):
            for address in addresses:
                if address in changed:
                    yield f"{path_of(case.suite)}:{case.line}:{field}: {address} has changed: {case.question}"
    yield from _bank(changed)
    yield from _renderings(changed)
    yield from _terms(changed)
    yield from _claims(frozenset(changed))


def _claims(changed: frozenset[str], folder: Path = CLAIMS) -> Iterator[str]:
    for path in sorted(folder.glob("*.tsv")):
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        columns = header.split("\t")
        for number, line in enumerate(lines, 2):
            row = dict(zip(columns, line.split("\t"), strict=False))
            for address in sorted(changed.intersection(re.split(r"[\s,+]+", row.get("addresses", "")))):
                yield f"{path}:{number}:addresses: {address} has changed: {row.get('claim', '')}"


def _bank(changed: Collection[str], path: Path = bank.BANK) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[1:], 2):
        label, *_, text = line.split("\t")
        for address in () if label.startswith("none/") else label.split("+"):
            if address in changed:
                yield f"{path}:{number}:label: {address} has changed: {text}"


def _terms(changed: Collection[str], path: Path = glossary.GLOSSARY) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    terms = tomllib.loads(text)["terms"]
    for term, block in zip(terms, tables.blocks(path, text, "terms", len(terms)), strict=True):
        for address in term.get("addresses", ()):
            if address in changed:
                yield f"{block.at('addresses')}: {address} of {term['en']!r} has changed"


def _renderings(changed: Collection[str], path: Path = reading_aid.READING_AID) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    sentences = tomllib.loads(text)["sentences"]
    (block,) = tables.blocks(path, text, "sentences", 1)
    for address in changed:
        if address in sentences:
            yield f"{block.at(address)}: renders a sentence that has changed"
