"""Sides, and the institutions and programmes of a side, where they stand in a text; by the glossary."""

import re
from dataclasses import dataclass
from functools import cache

from assistant import glossary
from assistant.gate.words import plain

US = (
    r"(?:\bunitedstates\b|\bthe united states(?: of america)?\b|\bunited states\b|"
    r"(?<!north )(?<!south )(?<!latin )\bamerica(?:n|ns)?\b|"
    r"\bwashington\b(?!,? d\.?c)|\bwhite house\b(?! (?:ostp|office|science))|\bstateside\b|"
    r"ホワイトハウス(?!科学)|米国|アメリカ合衆国|(?<![北南ン])アメリカ|合衆国|(?<![南北中日全欧])米(?=側|"
    r"政府|国|の|が|は))"
)
JP = r"(?:\bjapan(?:ese)?\b|\btokyo\b|日本国|日本|東京(?=側|は|が|の)|我が国)"
SIDE = re.compile(f"(?P<us>{US})|(?P<jp>{JP})")
WITH = re.compile(  # what only puts two beside each other, and hands nothing from one to the other
    r"\b(?:with|alongside|besides|apart from|in addition to|as well as|partner\w*|between|joint\w*|links?|and)\b|"
    r"との?(?:間|協力|連携|パートナー|提携)|と協力|"
    r"と連携|と共|及び|並びに|のほか|に加え|と、"
)
_TOGETHER = re.compile(
    r"(?:,? (?:and|with|alongside) (?:the |its )?(?:government of )?(?:the )?|&|/|-|・|と|及び|並びに|や|および|"
    r"だけでなく、?|のみならず、?|"
    r"、| and | & |・)(?:政府)?"
)
# Parts of names that nothing else in the document is called by.
_PARTS_US = (
    "telecommunications and information administration",
    "science foundation",
    "center for ai standards",
    "ai standards center",
    "standards and innovation",
    "科学財団",
    "通信情報庁",
    "標準・イノベーションセンター",
)
_PARTS_JP = (
    "ai safety institute",
    "science and technology agency",
    "cabinet office",
    "ministry of internal affairs",
    "internal affairs ministry",
    "internal affairs and communications ministry",
    "society for the promotion of science",
    "institute of information and communications technology",
    "学術振興会",
    "技術振興機構",
    "通信研究機構",
    "セーフティ・インスティテュート",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A side, or an institution (or programme) of a side, where it stands in a plain text."""

    start: int
    end: int
    side: str
    institution: bool = False


def side_of(text: str) -> str:
    """``us`` or ``jp``, the first side a plain text names; empty where it names none."""
    match = SIDE.search(text)
    return str(match.lastgroup) if match else ""


@cache
def _institutions() -> tuple[re.Pattern[str], dict[str, str]]:
    """Every name of an institution or programme of a side, with and without the side in it."""
    sides: dict[str, str] = {}
    for term in glossary.load().terms:
        if term.side not in ("us", "jp") or term.en.startswith("Government"):
            continue
        if term.kind not in ("organisation", "programme"):
            continue
        for form in term.forms:
            bare = re.sub(rf"^(?:the )?(?:{US}|{JP})(?:'s|の)? ?", "", plain(form))
            for name in (plain(form), bare):
                if (len(name) > 2 and name.isascii()) or (not name.isascii() and len(name) > 1):
                    sides[name] = term.side
    sides |= dict.fromkeys(_PARTS_US, "us") | dict.fromkeys(_PARTS_JP, "jp")
    names = sorted(sides, key=len, reverse=True)
    pattern = "|".join(rf"(?<![a-z0-9]){re.escape(n)}(?![a-z0-9])" if n.isascii() else re.escape(n) for n in names)
    return re.compile(pattern), sides


def marks(said: str) -> list[Mark]:
    """Institutions and sides of a plain text, in order; a side inside an institution's name is no mark of its own."""
    pattern, sides = _institutions()
    found: list[Mark] = []
    for match in pattern.finditer(said):
        side = sides[match.group()]
        if found and found[-1].institution and re.fullmatch(r" ?[(（]", said[found[-1].end : match.start()]):
            continue  # a second name in brackets
        found.append(Mark(match.start(), match.end(), side, True))
    taken = [(mark.start, mark.end) for mark in found]
    for match in SIDE.finditer(said):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            found.append(Mark(match.start(), match.end(), str(match.lastgroup)))
    return sorted(found, key=lambda mark: mark.start)


def is_together(between: str) -> bool:
    """Whether what stands between two sides only joins them (and, with, ・)."""
    return _TOGETHER.fullmatch(between) is not None
