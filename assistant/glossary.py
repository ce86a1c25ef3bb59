"""One English-Japanese glossary: which names and words mean the same thing, and where the document uses them."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.folding import plain
from index.errors import DocumentError
from index.parse import TEXTS

GLOSSARY = TEXTS / "glossary.toml"
KINDS = ("organisation", "programme", "technology", "place", "legal", "concept", "document")
SIDES = ("us", "jp", "both", "")
_KANA = re.compile("[ぁ-ゖー]{3,}")


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the document with its other names; ``side`` is the participant it belongs to.

    ``asked_by`` are words people ask by that do not mean the same ("terminate" for "discontinue"): good for finding,
    never for judging a claim.
    """

    en: str
    ja: str
    kind: str
    side: str
    forms_en: tuple[str, ...]
    forms_ja: tuple[str, ...]
    asked_by: tuple[str, ...]
    addresses: tuple[str, ...]
    reason: str

    @property
    def forms(self) -> tuple[str, ...]:
        """Every form of the term, in both languages."""
        return (self.en, self.ja, *self.forms_en, *self.forms_ja)


@dataclass(frozen=True)
class Glossary:
    """All terms, with a matcher over their forms; ``readings``: what is typed in kana → how the word is written."""

    terms: tuple[Term, ...]
    readings: Mapping[str, str]

    def terms_in(self, text: str) -> tuple[Term, ...]:
        """The terms of which a form occurs in ``text``, in glossary order; longer forms win over parts of them."""
        pattern, by_form = _matcher(self.terms)
        found = {id(term) for match in pattern.finditer(plain(text)) for term in by_form[match.group()]}
        return tuple(term for term in self.terms if id(term) in found)

    def search_words_at(self, address: str) -> Iterable[str]:
        """Every form of every term the document uses at ``address``, and the words people ask for it by."""
        return (word for term in self.terms if address in term.addresses for word in (*term.forms, *term.asked_by))


@cache
def load(path: Path = GLOSSARY) -> Glossary:
    """Read and check the glossary.

    Raises:
        DocumentError: naming the entry, when one is incomplete or has an unknown kind or side.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        rows, readings = data["terms"], data.get("readings", {})
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise DocumentError(f"glossary {str(path)!r} cannot be read: {error!r}") from None
    for _, what in wrong_readings(readings):
        raise DocumentError(f"{path}: {what}")
    return Glossary(tuple(_term(row, path) for row in rows), readings)


def wrong_readings(readings: object) -> Iterator[tuple[str, str]]:
    """What is wrong with a table of readings: (the kana of the entry, or "" for the table; what to say of it).

    A reading is three or more hiragana, and its word a text that is not empty.
    """
    if not isinstance(readings, Mapping):
        yield "", "readings: must be a table of hiragana and what is meant"
        return
    for kana, word in readings.items():
        if not _KANA.fullmatch(kana):
            yield kana, f"readings: {kana!r} is no hiragana of three letters or more"
        if not isinstance(word, str) or not word.strip():
            yield kana, f"readings: {kana!r} is read as {word!r}, must be text"


def _term(row: Mapping[str, Any], path: Path) -> Term:
    def words(name: str) -> tuple[str, ...]:
        return tuple(str(word) for word in row.get(name, ()) if word)

    try:
        term = Term(
            en=row["en"],
            ja=row["ja"],
            kind=row["kind"],
            side=row["side"],
            forms_en=words("forms_en"),
            forms_ja=words("forms_ja"),
            asked_by=(*words("asks_en"), *words("asks_ja")),
            addresses=words("addresses"),
            reason=row["reason"],
        )
    except KeyError as error:
        raise DocumentError(f"{path}: term {row.get('en')!r} lacks {error}") from None
    if term.kind not in KINDS or term.side not in SIDES:
        raise DocumentError(f"{path}: term {term.en!r} has kind {term.kind!r} and side {term.side!r}; see the header")
    return term


@cache
def _matcher(terms: tuple[Term, ...]) -> tuple[re.Pattern[str], dict[str, list[Term]]]:
    by_form: dict[str, list[Term]] = {}
    for term in terms:
        for form in term.forms:
            if form and term not in by_form.setdefault(plain(form), []):
                by_form[plain(form)].append(term)
    # Inside a word no Latin form is tried at all. Where a form with Japanese in it fits, it is longer than any other.
    forms = sorted(by_form, key=lambda form: (form.isascii(), -len(form)))
    latin = "|".join(re.escape(form) for form in forms if form.isascii())
    others = [re.escape(form) for form in forms if not form.isascii()]
    alternatives = "|".join([*others, *([rf"(?<![a-z0-9])(?:{latin})(?![a-z0-9])"] if latin else [])])
    return re.compile(alternatives or r"(?!)"), by_form
