"""Labelled claims about the document: what a written sentence says, what it cites, and whether that bears it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from assistant.types import GATE_REASONS, LANGUAGES, Language
from evals import tables
from index import parse
from index.document import Document
from index.errors import UserError

CLAIMS = Path(__file__).parent / "claims"
HEADER = ("id", "group", "language", "label", "kind", "addresses", "claim")
LINE_HEADER = ("kind", "language", "addresses", "claim")
HONEST = "honest"  # the file of true lines, and their kind
LABELLED, LINES = ("dev", "test"), ("liars", HONEST)  # the files of either kind
LABELS = ("supported", "unsupported")
# What a claim can get wrong by what it says; the other reasons are about its form, and "mixed" is several at once.
_OF_FORM = frozenset({"unknown_address", "not_offered", "wrong_language", "low_score"})
LIES = (*(reason for reason in GATE_REASONS if reason not in _OF_FORM), "mixed")


class ClaimsError(UserError):
    """A file of claims is not as it should be (exit 2)."""


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """One claim; claims of a ``group`` are versions of one sentence, mostly a true and a false one (minimal pair)."""

    id: str
    group: str
    language: Language
    label: Literal["supported", "unsupported"]
    kind: str
    addresses: tuple[str, ...]
    text: str

    @property
    def is_supported(self) -> bool:
        """Whether its sentences bear it, by its label."""
        return self.label == "supported"

    def evidence(self, document: Document) -> list[str]:
        """The cited sentences as they stand in the document."""
        return [document.by_address[address].text for address in self.addresses]


def load(name: str, folder: Path = CLAIMS) -> tuple[LabelledClaim, ...]:
    """Read and check ``dev``, ``test`` or another file of claims.

    Raises:
        ClaimsError: naming file and line, when a row is malformed, repeats another or names an unknown address.
    """
    claims, problems = read(folder / f"{name}.tsv")
    if problems:
        raise ClaimsError(problems[0])
    return claims


def read(path: Path) -> tuple[tuple[LabelledClaim, ...], tuple[str, ...]]:
    """The well-formed claims of a file and every problem as ``file:line:field: what``."""
    known = parse.load().by_address
    rows, problems = tables.rows(path, HEADER)
    claims: list[LabelledClaim] = []
    seen: set[tuple[str, ...]] = set()
    for number, row in rows:
        found = [f"{path}:{number}:{field}: {what}" for field, what in _wrong(row, known)]
        for field, key in (("id", (row["id"],)), ("claim", (row["claim"], row["addresses"]))):
            if key in seen:
                found.append(f"{path}:{number}:{field}: {key[0]!r} stands there twice")
            seen.add(key)
        problems += found
        if not found:
            claims.append(
                LabelledClaim(
                    row["id"],
                    row["group"],
                    cast(Language, row["language"]),
                    cast(Literal["supported", "unsupported"], row["label"]),
                    row["kind"],
                    tuple(row["addresses"].split("+")),
                    row["claim"],
                )
            )
    return tuple(claims), tuple(problems)


def _wrong(row: Mapping[str, str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    """(field, what is wrong) of a labelled claim."""
    for field in ("id", "group"):
        if not row[field].strip():
            yield field, "is empty"
    if row["label"] not in LABELS:
        yield "label", f"{row['label']!r} is not one of {', '.join(LABELS)}"
    elif (row["label"] == "unsupported") != (row["kind"] in LIES) or not row["kind"]:
        yield "kind", f"{row['kind']!r} does not go with label {row['label']!r}"
    yield from wrong_line(row, known)


def wrong_line(row: Mapping[str, str], known: Collection[str] | None) -> Iterator[tuple[str, str]]:
    """(field, what is wrong) of language, addresses and text; without ``known`` any address may be named."""
    if row["language"] not in LANGUAGES:
        yield "language", f"{row['language']!r} is not one of {', '.join(LANGUAGES)}"
    if not row["claim"].strip():
        yield "claim", "is empty"
    if known is not None:
        for address in row["addresses"].split("+"):
            if address not in known:
                yield "addresses", f"no sentence has the address {address!r}"


@dataclass(frozen=True, slots=True)
class Line:
    """What a scripted language model writes: a lie of one kind, or (kind ``honest``) the truth."""

    kind: str
    language: Language
    addresses: tuple[str, ...]
    text: str


def load_lines(name: str, folder: Path = CLAIMS) -> tuple[Line, ...]:
    """Read ``liars`` or ``honest``: lines for the scripted models, never used for fitting.

    Raises:
        ClaimsError: naming file and line, when a row is malformed.
    """
    lines, problems = read_lines(folder / f"{name}.tsv")
    if problems:
        raise ClaimsError(problems[0])
    return lines


def read_lines(path: Path) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """The well-formed lines of a file and every problem; honest lines have no column ``kind``."""
    known = parse.load().by_address
    honest = path.stem == HONEST
    rows, problems = tables.rows(path, LINE_HEADER[1:] if honest else LINE_HEADER)
    lines: list[Line] = []
    for number, row in rows:
        kind = row.get("kind", HONEST)
        wrong = list(wrong_line(row, None if kind == "unknown_address" else known))
        if not honest and kind not in (*GATE_REASONS, "mixed"):
            wrong.append(("kind", f"{kind!r} is no reason of the gate"))
        problems += [f"{path}:{number}:{field}: {what}" for field, what in wrong]
        if not wrong:
            addresses = tuple(part for part in row["addresses"].split("+") if part)
            lines.append(Line(kind, cast(Language, row["language"]), addresses, row["claim"]))
    return tuple(lines), tuple(problems)
