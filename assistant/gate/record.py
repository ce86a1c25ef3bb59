"""The document as the gate sees it: every sentence with its rendering, terms and words, found again by its text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from assistant import glossary
from assistant.gate.words import is_japanese, plain, stems
from assistant.glossary import Term
from index import parse, reading_aid
from index.document import Document
from index.errors import UserError
from index.reading_aid import ReadingAid

_SHORTEST_PART = 20  # letters and digits; a shorter piece of a sentence is not recognised as that sentence


@dataclass(frozen=True)
class Cited:
    """What a claim rests on: plain text of the quotes, of their Japanese renderings, and where they stand.

    ``english`` and ``japanese`` are plain (see ``words.plain``); ``addresses`` is empty for text the document does
    not hold; ``headings`` are those of the areas and topics above the sentences and the sentences that introduce their
    lists, in both languages.
    """

    english: str
    japanese: str
    addresses: tuple[str, ...]
    headings: str

    @classmethod
    def of(cls, quotes: Sequence[str]) -> "Cited":
        """Quotes of no known document."""
        english = " ".join(plain(quote) for quote in quotes if not is_japanese(quote))
        return cls(english, " ".join(plain(quote) for quote in quotes if is_japanese(quote)), (), "")

    @property
    def everything(self) -> str:
        """Both languages, without headings."""
        return f"{self.english} {self.japanese}".strip()

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of the Latin words of quotes and renderings."""
        return frozenset(stems(self.everything))

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Glossary terms the quotes use."""
        return glossary.load().terms_in(self.everything)


class Record:
    """One document prepared for checking; without a reading aid only its English text."""

    def __init__(self, document: Document, aid: ReadingAid | None) -> None:
        self._document = document
        self._renderings: Mapping[str, str] = aid.sentences if aid else {}
        self._headings: Mapping[str, str] = aid.headings if aid else {}
        self._letters = {sentence.address: _letters(sentence.text) for sentence in document.passages}
        self.cited = lru_cache(maxsize=512)(self._cited)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every address, in document order."""
        return tuple(self._letters)

    def at(self, addresses: Sequence[str]) -> Cited:
        """What stands at addresses of this document."""
        return self.cited(tuple(self._document.by_address[address].text for address in addresses))

    def find(self, quote: str) -> tuple[str, ...]:
        """Addresses of the sentences a quote holds or is a part of; empty when it is none of this document's."""
        letters = _letters(quote)
        if not letters:
            return ()
        same = tuple(address for address, own in self._letters.items() if own == letters)
        if same:
            return same[:1]
        inside = tuple(address for address, own in self._letters.items() if own in letters)
        if inside or len(letters) < _SHORTEST_PART:
            return inside
        return tuple(address for address, own in self._letters.items() if letters in own)[:1]

    def _cited(self, quotes: tuple[str, ...]) -> Cited:
        found = dict.fromkeys(address for quote in quotes for address in self.find(quote))
        own = Cited.of(quotes)
        rendered = " ".join(plain(self._renderings[address]) for address in found if address in self._renderings)
        return replace(
            own,
            japanese=f"{own.japanese} {rendered}".strip(),
            addresses=tuple(found),
            headings=self._headings_over(tuple(found)),
        )

    def _headings_over(self, addresses: tuple[str, ...]) -> str:
        areas = (
            part for part in self._document.walk() if part.kind != "section"
        )  # "IV. … Discontinuation" proves nothing
        own = [part for part in areas if any(address.startswith(f"{part.address}.") for address in addresses)]
        rendered = [self._headings[part.address] for part in own if part.address in self._headings]
        leads = [
            address for address in dict.fromkeys(map(self._document.lead_of.get, addresses)) if address is not None
        ]
        introduced = [
            text for lead in leads for text in (self._document.by_address[lead].text, self._renderings.get(lead, ""))
        ]
        return plain(" ".join((*(part.heading for part in own), *rendered, *introduced)))


@lru_cache(maxsize=1)  # to prepare it takes several times as long as to check a claim
def shipped() -> Record | None:
    """The document that ships with the assistant; None when it cannot be read, and claims are checked without it."""
    try:
        document = parse.load()
        return Record(document, reading_aid.load(document))
    except UserError:
        return None


@lru_cache(maxsize=2048)
def _letters(text: str) -> str:
    """Letters and digits only, so that line marks, page breaks and kinds of quotes make no difference."""
    return re.sub(r"[\W_]+", "", plain(text))
