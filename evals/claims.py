"""Labelled claims about the document: what a written sentence says, what it cites, and whether that bears it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from assistant.types import GATE_REASONS, LANGUAGES, Language
from index import parse
from index.document import Document
from index.errors import UserError

CLAIMS = Path(__file__).parent / "claims"
HEADER = ("id", "group", "language", "label", "kind", "addresses", "claim")
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
    path = folder / f"{name}.tsv"
    known = parse.load().by_address
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimsError(f"claims {str(path)!r} cannot be read: {error}") from None
    if not lines or tuple(lines[0].split("\t")) != HEADER:
        raise ClaimsError(f"{path}:1: the first line must name the columns {', '.join(HEADER)}")
    claims: list[LabelledClaim] = []
    seen: set[tuple[str, ...]] = set()
    for number, line in enumerate(lines[1:], 2):
        claim = _row(line.split("\t"), f"{path}:{number}")
        if unknown := [address for address in claim.addresses if address not in known]:
            raise ClaimsError(f"{path}:{number}: no sentence has the address {unknown[0]!r}")
        for key in ((claim.id,), (claim.text, *claim.addresses)):
            if key in seen:
                raise ClaimsError(f"{path}:{number}: {key[0]!r} stands there twice")
            seen.add(key)
        claims.append(claim)
    return tuple(claims)


def _row(fields: Sequence[str], place: str) -> LabelledClaim:
    if len(fields) != len(HEADER):
        raise ClaimsError(f"{place}: {len(fields)} columns, need {len(HEADER)}")
    identity, group, language, label, kind, addresses, text = fields
    if language not in LANGUAGES or label not in ("supported", "unsupported") or not text.strip():
        raise ClaimsError(f"{place}: language {language!r}, label {label!r} or an empty claim")
    if (label == "unsupported") != (kind in LIES):
        raise ClaimsError(f"{place}: kind {kind!r} does not go with label {label!r}")
    return LabelledClaim(
        identity,
        group,
        language,
        cast(Literal["supported", "unsupported"], label),
        kind,
        tuple(addresses.split("+")),
        text,
    )


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
    path = folder / f"{name}.tsv"
    try:
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ClaimsError(f"claims {str(path)!r} cannot be read: {error}") from None
    header = ("kind", "language", "addresses", "claim")
    start = 1 if rows and tuple(rows[0]) == header[1:] else 0
    if not rows or tuple(rows[0]) != header[start:]:
        raise ClaimsError(f"{path}:1: the first line must name the columns {', '.join(header)}")
    lines = []
    for number, row in enumerate(rows[1:], 2):
        kind, *rest = ["honest", *row] if start else row
        if len(rest) != 3 or rest[0] not in LANGUAGES or not rest[2].strip():
            raise ClaimsError(f"{path}:{number}: a malformed row")
        lines.append(Line(kind, rest[0], tuple(part for part in rest[1].split("+") if part), rest[2]))
    return tuple(lines)
