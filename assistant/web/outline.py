"""The document laid out for a page: headings, paragraphs and lists of sentences, each ready to be an anchor."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from markupsafe import Markup, escape

from assistant import render
from assistant.strings import strings
from assistant.types import Language
from index.document import Block, Document, Part
from index.reading_aid import ReadingAid

_LOOSE = {"'": "['‘’]", '"': '["“”]', "‘": "['‘’]", "’": "['‘’]", "“": '["“”]', "”": '["“”]'}


@dataclass(frozen=True, slots=True)
class Row:
    """One sentence: its anchor, spoken label, text and reading aid, with search hits marked up."""

    address: str
    label: str
    text: Markup
    aid: Markup | None
    hits: int
    aid_hits: int


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, paragraph or list; ``level`` is a heading's (2 for the outermost), 0 elsewhere."""

    kind: Literal["heading", "paragraph", "list"]
    address: str
    level: int
    text: str
    aid: str | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The whole document for one page."""

    title: Row
    date: Row
    sections: tuple[Section, ...]
    as_words: bool = False  # the search was not found as a phrase, but all its words were, within one passage

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every sentence in document order, title and date first."""
        return (self.title, self.date, *(row for section in self.sections for row in section.rows))

    @property
    def found(self) -> tuple[Row, ...]:
        """The sentences with a search hit in text or reading aid."""
        return tuple(row for row in self.rows if row.hits or row.aid_hits)

    @property
    def hits(self) -> int:
        """Search hits in text and reading aid."""
        return sum(row.hits + row.aid_hits for row in self.rows)


def search_pattern(query: str) -> re.Pattern[str] | None:
    """What a search looks for: the words as typed or in normal width, in any case, spacing and style of quotes.

    None when the query holds nothing to look for.
    """
    forms = dict.fromkeys(" ".join(form.split()) for form in (query, unicodedata.normalize("NFKC", query)))
    words = [r"\s+".join(_loose(word) for word in form.split()) for form in forms if form]
    return re.compile("|".join(words), re.IGNORECASE) if words else None


def lay_out(document: Document, aid: ReadingAid | None, language: Language, query: str = "") -> Outline:
    """Lay the document out with labels in ``language``, search hits for ``query`` marked in text and reading aid.

    A search of several words that is nowhere found as a phrase marks the passages that hold all of them.
    """
    outline = _outline(document, aid, language, (search_pattern(query),))
    words = query.split()
    if outline.hits or len(words) < 2:
        return outline
    by_words = _outline(document, aid, language, tuple(map(search_pattern, words)))
    return replace(by_words, as_words=True) if by_words.hits else outline


def _outline(
    document: Document, aid: ReadingAid | None, language: Language, patterns: tuple[re.Pattern[str] | None, ...]
) -> Outline:
    def row(address: str) -> Row:
        text, hits = _mark(document.by_address[address].text, patterns)
        rendering = aid.sentences[address] if aid else None
        aid_text, aid_hits = _mark(rendering, patterns) if rendering else (None, 0)
        return Row(address, render.label(document, address, language), text, aid_text, hits, aid_hits)

    def sections(part: Part, level: int) -> Iterator[Section]:
        heading = part.title or strings("en").get(part.kind, "")
        translated = aid.headings.get(part.address) if aid else None
        if translated and part.number:
            translated = f"{part.number}. {translated}"
        yield Section("heading", part.address, level, heading, translated or strings("ja").get(part.kind), ())
        for blocks in _runs(part.blocks):
            rows = tuple(row(sentence.address) for block in blocks for sentence in block.sentences)
            kind: Literal["list", "paragraph"] = "list" if blocks[0].kind == "item" else "paragraph"
            yield Section(kind, f"{part.address}.{blocks[0].key}", 0, "", None, rows)
        for below in part.parts:
            yield from sections(below, level + 1)

    laid_out = tuple(section for part in document.parts for section in sections(part, 2))
    return Outline(row("title"), row("date"), laid_out)


def _runs(blocks: tuple[Block, ...]) -> Iterator[list[Block]]:
    """Blocks as they stand together on a page: list items that follow each other are one list."""
    run: list[Block] = []
    for block in blocks:
        if run and not (block.kind == "item" and run[0].kind == "item"):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _loose(word: str) -> str:
    return "".join(_LOOSE.get(character) or re.escape(character) for character in word)


def _mark(text: str, patterns: tuple[re.Pattern[str] | None, ...]) -> tuple[Markup, int]:
    """The text with every hit marked, and how many; none where one of the patterns has no hit in it."""
    wanted = [pattern for pattern in patterns if pattern]
    if not wanted or not all(pattern.search(text) for pattern in wanted):
        return escape(text), 0
    either = re.compile("|".join(pattern.pattern for pattern in wanted), re.IGNORECASE)
    pieces, end, hits = [], 0, 0
    for match in either.finditer(text):
        pieces += [escape(text[end : match.start()]), Markup("<mark>{}</mark>").format(match.group())]
        end, hits = match.end(), hits + 1
    return Markup("").join([*pieces, escape(text[end:])]), hits
