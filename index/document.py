"""The document as a tree of parts, blocks and sentences, each with a stable address and its place in the text."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

PartKind = Literal["preamble", "section", "area", "topic", "closing"]
BlockKind = Literal["heading", "paragraph", "item"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence or list item: ``source[start:end] == text``, offsets in code points."""

    address: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item or heading line; ``key`` is its last address step (``p1``, ``b3``)."""

    key: str
    kind: BlockKind
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The preamble, a section, an area or a topic inside one, or the closing.

    ``number`` is the roman numeral of a section, empty elsewhere; ``heading`` the words of the heading line without
    the numeral (empty for preamble and closing); ``start`` and ``end`` delimit the heading line's text.
    """

    address: str
    kind: PartKind
    number: str
    heading: str
    start: int
    end: int
    blocks: tuple[Block, ...]
    parts: tuple["Part", ...]

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences below this part, in document order."""
        own = (sentence for block in self.blocks for sentence in block.sentences)
        return (*own, *(sentence for part in self.parts for sentence in part.sentences))

    @property
    def items(self) -> tuple[Sentence, ...]:
        """The sentences of its own list items."""
        return tuple(sentence for block in self.blocks if block.kind == "item" for sentence in block.sentences)

    @property
    def title(self) -> str:
        """The heading as it stands in the document: ``III. Legal Character``."""
        return f"{self.number}. {self.heading}" if self.number else self.heading


@dataclass(frozen=True)
class Document:
    """A parsed text of record."""

    source: str
    sha256: str
    title: Sentence
    date_line: Sentence
    date: date | None
    parts: tuple[Part, ...]

    def __hash__(self) -> int:
        """By the text alone, from which all else follows: what is cached per document is looked up often."""
        return hash(self.sha256)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Every sentence and list item in document order, without title and date."""
        return tuple(sentence for part in self.parts for sentence in part.sentences)

    @cached_property
    def passages(self) -> tuple[Sentence, ...]:
        """Title and date line, then every sentence: whatever has an address."""
        return (self.title, self.date_line, *self.sentences)

    @cached_property
    def by_address(self) -> dict[str, Sentence]:
        """Address → sentence, in document order."""
        return {sentence.address: sentence for sentence in self.passages}

    @cached_property
    def order(self) -> dict[str, int]:
        """Address → place in document order."""
        return {address: place for place, address in enumerate(self.by_address)}

    @cached_property
    def part_of(self) -> dict[str, Part]:
        """Sentence address → the innermost part that holds it (title and date belong to none)."""
        return {sentence.address: part for part in self.walk() for block in part.blocks for sentence in block.sentences}

    @cached_property
    def section_of(self) -> dict[str, Part]:
        """Sentence address → the outermost part that holds it."""
        return {sentence.address: part for part in self.parts for sentence in part.sentences}

    @cached_property
    def lead_of(self) -> dict[str, str]:
        """List item address → address of the sentence just before the list: it says how firmly the items are meant."""
        leads: dict[str, str] = {}
        for part in self.walk():
            lead = None
            for block in part.blocks:
                if block.kind != "item":
                    lead = block.sentences[-1].address
                elif lead is not None:
                    leads |= {sentence.address: lead for sentence in block.sentences}
        return leads

    def walk(self) -> Iterator[Part]:
        """Every part, outer before inner, in document order."""

        def below(parts: tuple[Part, ...]) -> Iterator[Part]:
            for part in parts:
                yield part
                yield from below(part.parts)

        return below(self.parts)

    def under(self, address: str) -> tuple[Sentence, ...]:
        """The sentences an address stands for: one for a sentence address, all below for a part or block.

        Raises:
            KeyError: no sentence, block or part has this address.
        """
        if address in self.by_address:
            return (self.by_address[address],)
        found = tuple(s for s in self.sentences if s.address.startswith(address + "."))
        if not found:
            raise KeyError(address)
        return found
