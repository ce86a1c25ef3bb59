"""Words of a claim, comparable across spellings: stems of Latin words, runs of kanji and katakana, clauses."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import Stemmer

LEXICON = Path(__file__).parent / "lexicon.toml"

_LATIN = re.compile(r"[a-z0-9]+(?:['/&+-][a-z0-9]+)*")
_JAPANESE_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff々〆]+|[\u30a1-\u30fa\u30fc\u30fd]+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_BRITISH = (
    (re.compile(r"is(?=(?:e|es|ed|ing|ation|ations|er|ers)$)"), "iz"),
    (re.compile(r"our(?=$|s$|ed$|ing$)"), "or"),
)
_SPELLINGS = {"programme": "program", "programmes": "programs", "centre": "center", "centres": "centers"}
_CLAUSE = re.compile(
    r"(?<=[;:—,])\s+|(?<=[.!?])\s+|\s+–\s+|\b(?:while|whereas|but|although|though|however|yet|because|since)\b|"
    r"(?<=[。！？!?;:、])|(?<=が、)|(?<=一方)"
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """NFKC, lower case, straight quotes, one kind of dash and space; country initials as one word."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = re.sub(r"[’‘`´]", "'", folded)
    folded = re.sub(r"[“”]", '"', folded)
    folded = re.sub(r"[‐‑‒−]", "-", folded)
    folded = re.sub(r"\bu\.\s?s\.\s?a\.|\bu\.\s?s\.(?!\w)|\busa\b", "u.s.", folded)
    folded = re.sub(
        r"\bu\.s\.(?=\W|$)|(?<=\bthe )us\b|\bus(?=[- ](?:and|japan|government|side|agenc|nation|center))",
        "unitedstates",
        folded,
    )
    return re.sub(r"\s+", " ", folded).strip()


def is_japanese(text: str) -> bool:
    """Whether a text is written in Japanese: a fifth of its letters are kana or kanji."""
    japanese = len(_JAPANESE.findall(text))
    latin = len(re.findall(r"[A-Za-z]", text))
    return japanese > 0 and japanese * 4 >= latin


def clauses(text: str) -> list[str]:
    """The parts of a plain text between punctuation and contrasting conjunctions."""
    return [part.strip() for part in _CLAUSE.split(text) if part and part.strip()]


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def base(word: str) -> str:
    """The stem of the adjective an adverb or a comparison is made from (deeply, deeper → deep); of others their own."""
    for ending in ("ly", "er", "est"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return stem(word[: -len(ending)])
    return stem(word)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of one lower-case word, British spellings as American ones."""
    word = _SPELLINGS.get(word, word)
    for pattern, replacement in _BRITISH:
        word = pattern.sub(replacement, word)
    return str(_stemmer().stemWord(word))


def stem_all(words: Iterable[str]) -> frozenset[str]:
    """The stems of many lower-case words, without keeping them in mind one by one."""
    return frozenset(str(root) for root in _stemmer().stemWords(list(words)))


def latin_words(text: str) -> list[str]:
    """Lower-case Latin words and numbers of a plain text, compounds in parts, without a possessive ``'s``."""
    found: list[str] = []
    for match in _LATIN.finditer(text):
        word = re.sub(r"'s$|'$", "", match.group())
        found += [part for part in re.split(r"[-/&+]", word) if part]
    return found


def stems(text: str) -> list[str]:
    """The stem of every Latin word of a plain text, in order."""
    return [stem(word) for word in latin_words(text)]


def runs(text: str) -> list[str]:
    """Unbroken kanji and unbroken katakana of a plain text, in order."""
    return _JAPANESE_RUN.findall(text)


def following(text: str) -> list[tuple[str, str]]:
    """The same runs, each with the character after it (empty at the end)."""
    return [(match.group(), text[match.end() : match.end() + 1]) for match in _JAPANESE_RUN.finditer(text)]


def pairs(run: str) -> list[str]:
    """Neighbouring characters of a run; a single character is its own pair."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


@dataclass(frozen=True)
class Lexicon:
    """Words the gate knows beside the document's: synonyms and words that say nothing of their own.

    ``synonyms_en`` maps a stem to the stems that mean the same here, ``synonyms_ja`` likewise for words;
    ``idle_en`` are stems and ``idle_ja`` words that need no support in a cited sentence; ``names`` are those of places,
    institutions and companies that claims tend to invent.
    """

    synonyms_en: Mapping[str, frozenset[str]]
    synonyms_ja: tuple[frozenset[str], ...]
    phrases_en: tuple[tuple[re.Pattern[str], str], ...]
    idle_en: frozenset[str]
    idle_ja: frozenset[str]
    names: frozenset[str]


@cache
def lexicon(path: Path = LEXICON) -> Lexicon:
    """Read the lexicon that ships with the gate."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    english: dict[str, set[str]] = {}
    for line in _lines(data["en"]["synonyms"]):
        group = {stem(word) for word in line.split()}
        for word in group:
            english.setdefault(word, set()).update(group - {word})
    phrases = [line.split(" = ") for line in _lines(data["en"]["phrases"])]
    return Lexicon(
        {word: frozenset(same) for word, same in english.items()},
        tuple(frozenset(line.split()) for line in _lines(data["ja"]["synonyms"])),
        tuple((re.compile(rf"\b(?:{pattern})\b"), meaning) for pattern, meaning in phrases),
        frozenset(stem(word) for word in data["en"]["idle"].split()),
        frozenset(data["ja"]["idle"].split()),
        frozenset(data["names"]["known"].split()),
    )


def _lines(text: str) -> Iterable[str]:
    return (line.strip() for line in text.splitlines() if line.strip())
