"""What was written for a sentence that has changed: every question, rendering and term to look at again, by name."""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from assistant import glossary
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
    for term in glossary.load().terms:
        for address in term.addresses:
            if address in changed:
                yield f"{glossary.GLOSSARY}:{term.en}: {address} has changed"
    yield from _claims(frozenset(changed))


def _claims(changed: frozenset[str], folder: Path = CLAIMS) -> Iterator[str]:
    for path in sorted(folder.glob("*.tsv")):
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        columns = header.split("\t")
        for number, line in enumerate(lines, 2):
            row = dict(zip(columns, line.split("\t"), strict=False))
            for address in sorted(changed.intersection(re.split(r"[\s,+]+", row.get("addresses", "")))):
                yield f"{path}:{number}: {address} has changed: {row.get('claim', '')}"


def _bank(changed: Collection[str], path: Path = bank.BANK) -> Iterator[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[1:], 2):
        label, *_, text = line.split("\t")
        for address in () if label.startswith("none/") else label.split("+"):
            if address in changed:
                yield f"{path}:{number}: {address} has changed: {text}"


def _renderings(changed: Collection[str], path: Path = reading_aid.READING_AID) -> Iterator[str]:
    sentences = tomllib.loads(path.read_text(encoding="utf-8"))["sentences"]
    for address in changed:
        if address in sentences:
            yield f"{path}:{address}: renders a sentence that has changed"
