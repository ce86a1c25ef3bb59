"""The rows of the attack files and of the real questions that look like attacks.

Characters that cannot be seen, or would break a line, are written as ``\\uXXXX``, ``\\UXXXXXXXX`` and ``\\n``; ``⏎``
stands between the turns of a conversation.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from assistant.types import LANGUAGES, Language

FOLDER = Path(__file__).parent
HEADER = ("id", "class", "place", "rogue", "text")
REAL_HEADER = ("id", "half", "language", "looks_like", "gold", "also", "question")
PROMPT = "@prompt"  # what an obedient model gives away is its own instructions
_TURN = " ⏎ "
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|U([0-9a-f]{8})|(n)|(\\))")

Place = Literal["typed", "user_turn", "assistant_turn", "document"]


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: where its text stands, and ``rogue``, what a reader would see if it succeeded."""

    id: str
    kind: str
    language: Language
    place: Place
    rogue: str
    turns: tuple[str, ...]

    @property
    def text(self) -> str:
        """The last turn, or all there is."""
        return self.turns[-1]


@dataclass(frozen=True, slots=True)
class RealQuestion:
    """A question with an answer that uses words of attacks; ``half`` is "causes" (looked into) or "kept"."""

    id: str
    half: Literal["causes", "kept"]
    language: Language
    looks_like: str
    gold: frozenset[str]
    also: frozenset[str]
    text: str


def decoded(cell: str) -> str:
    """The text a cell stands for."""

    def character(found: re.Match[str]) -> str:
        short, long, line, _ = found.groups()
        return chr(int(short or long, 16)) if short or long else "\n" if line else "\\"

    return _ESCAPE.sub(character, cell)


@cache
def attacks() -> tuple[Attack, ...]:
    """All attacks of both languages."""
    return tuple(
        Attack(
            row["id"],
            row["class"],
            language,
            cast("Place", row["place"]),
            decoded(row["rogue"]),
            tuple(decoded(turn) for turn in row["text"].split(_TURN)),
        )
        for language in LANGUAGES
        for row in _rows(f"{language}.tsv", HEADER)
    )


@cache
def real_questions() -> tuple[RealQuestion, ...]:
    """The real questions, in the order they were written."""
    return tuple(
        RealQuestion(
            row["id"],
            cast("Literal['causes', 'kept']", row["half"]),
            cast("Language", row["language"]),
            row["looks_like"],
            frozenset(row["gold"].split("+")),
            frozenset(row["also"].split("+")) - {"-"},
            row["question"],
        )
        for row in _rows("real.tsv", REAL_HEADER)
    )


def _rows(name: str, header: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    first, *lines = (FOLDER / name).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    if tuple(first.split("\t")) != header:
        raise ValueError(f"{name}: the first line is {first!r}, not {header!r}")
    for number, line in enumerate(lines, 2):
        fields = line.split("\t")
        if len(fields) != len(header) or not all(fields):
            raise ValueError(f"{name}, line {number}: {len(fields)} fields, one of them empty, or not {len(header)}")
        yield dict(zip(header, fields, strict=True))
