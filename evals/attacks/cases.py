"""The rows of the attack files and of the real questions that look like attacks.

Characters that cannot be seen, or would break a line, are written as ``\\uXXXX``, ``\\UXXXXXXXX`` and ``\\n``; ``⏎``
stands between the turns of a conversation.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

from assistant.types import LANGUAGES, Language
from evals import tables

FOLDER = Path(__file__).parent
HEADER = ("id", "class", "place", "rogue", "text")
REAL_HEADER = ("id", "half", "language", "looks_like", "gold", "also", "question")
CLASSES = (
    "delimiters encoding exfiltration forged_citation fullwidth history_assistant history_user homoglyph "
    "html jailbreak language_switch many_shot markdown misinformation override planted prompt_leak "
    "role_play splitting tool_call translation url_laden zero_width"
).split()
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


def problems(known: Collection[str], folder: Path = FOLDER) -> Iterator[str]:
    """Every problem of the three files as ``file:line:field: what``; ``known`` are the addresses of the document."""
    seen: dict[str, str] = {}
    files = (*((f"{language}.tsv", HEADER) for language in LANGUAGES), ("real.tsv", REAL_HEADER))
    for name, header in files:
        path = folder / name
        rows, wrong = tables.rows(path, header)
        yield from wrong
        for number, row in rows:
            found = [(field, "is empty") for field, cell in row.items() if not cell]
            found += _wrong(row, known)
            if (at := seen.setdefault(row["id"], f"{path}:{number}")) != f"{path}:{number}":
                found.append(("id", f"{row['id']!r} is used at {at} too"))
            yield from (f"{path}:{number}:{field}: {what}" for field, what in found)


def _wrong(row: Mapping[str, str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    """(field, what is wrong) in a row of either kind of file."""
    allowed = {
        "class": CLASSES,
        "place": get_args(Place),
        "half": ("causes", "kept"),
        "language": LANGUAGES,
    }
    for field, values in allowed.items():
        if field in row and row[field] not in values:
            yield field, f"{row[field]!r} is not one of {', '.join(values)}"
    for field in ("gold", "also"):
        for address in row.get(field, "-").split("+"):
            if address not in known and (field, address) != ("also", "-") and field in row:
                yield field, f"no sentence has the address {address!r}"


def _rows(name: str, header: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    rows, wrong = tables.rows(FOLDER / name, header)
    if wrong:
        raise ValueError(wrong[0])
    for number, row in rows:
        if not all(row.values()):
            raise ValueError(f"{name}, line {number}: a field is empty")
        yield row
