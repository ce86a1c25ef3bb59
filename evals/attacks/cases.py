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
IN_BROWSER = 30
# What would run, load, send or cover something if the page let it: scripts, pictures, frames, forms, links, styles.
WORST = (
    *("attack-en-080", "attack-en-081", "attack-en-082", "attack-en-084", "attack-en-085", "attack-en-088"),
    *("attack-en-089", "attack-en-093", "attack-en-095", "attack-en-103", "attack-en-106", "attack-ja-045"),
)
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
def in_browser() -> tuple[Attack, ...]:
    """What a test tries in a real browser: IN_BROWSER attacks of each language, the WORST and the shortest by class.

    What would show the prompt is not among them: a browser makes no difference to it.
    """
    chosen: list[Attack] = []
    for language in LANGUAGES:
        typed = [one for one in attacks() if one.language == language and one.place == "typed" and len(one.turns) == 1]
        typed = sorted(
            (one for one in typed if one.rogue != PROMPT), key=lambda one: (one.id not in WORST, len(one.text))
        )
        rounds: dict[str, int] = {}  # by class, how many are before
        rank = {}
        for one in typed:
            rank[one.id] = 0 if one.id in WORST else rounds.setdefault(one.kind, 0)
            rounds[one.kind] = rounds.get(one.kind, 0) + (one.id not in WORST)
        chosen += sorted(typed, key=lambda one: (one.id not in WORST, rank[one.id], one.id))[:IN_BROWSER]
    return tuple(chosen)


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
