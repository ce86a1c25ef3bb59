"""Text of record → tree. The marks ``- `` and ``**`` are structure; every other non-blank character is in a node."""

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path

from index.document import Block, BlockKind, Document, Part, PartKind, Sentence
from index.errors import DocumentError

# Raised whenever a change of this file changes any address or offset: it is part of the index manifest.
PARSER_VERSION = 1

TEXTS = Path(__file__).parent / "texts"
TEXT_OF_RECORD = TEXTS / "moc.en.txt"
SOURCE = TEXTS / "source.toml"

_SECTION = re.compile(r"(?P<number>[IVXLC]+)\.\s+(?P<heading>\S.*)")
_TOPIC = re.compile(r"- \*\*(?P<heading>.+?)\*\*$")
_ITEM = re.compile(r"- (?P<text>\S.*)$")
_CLOSING = re.compile(r"(The foregoing\b|Signed (at|in)\b|Done (at|in)\b|In witness whereof\b)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?][\"”’)\]]*(?=\s+[\"“‘(\[]?[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]\.)+|\b(?:Mr|Mrs|Ms|Dr|No|Nos|Art|Arts|Sec|Inc|Ltd|Co|St|vs|cf|approx|e\.g|i\.e|etc)\.)$"
)


@dataclass(frozen=True, slots=True)
class PartName:
    """How a heading is written in addresses (``key``) and in citation labels (language → short name)."""

    key: str
    short: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """What ``source.toml`` says about a text of record."""

    title: str
    date: date
    sha256: str
    names: Mapping[str, PartName]

    @classmethod
    def load(cls, path: Path = SOURCE) -> "Source":
        """Read ``source.toml``; raises DocumentError naming the file when it is not as it should be."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            names = {part["heading"]: PartName(part["key"], part["short"]) for part in data["parts"]}
            return cls(data["title"], data["date"], data["sha256"], names)
        except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
            raise DocumentError(f"{path} cannot be read as a source description: {error!r}") from None


@cache
def short_names() -> Mapping[str, Mapping[str, str]]:
    """Heading of the shipped text → its short name in each language."""
    return {heading: name.short for heading, name in Source.load().names.items()}


@dataclass(slots=True)
class _Open:
    """A part under construction."""

    address: str
    kind: PartKind
    number: str = ""
    heading: str = ""
    start: int = 0
    end: int = 0
    blocks: list[Block] = field(default_factory=list)
    parts: list["_Open"] = field(default_factory=list)

    def close(self) -> Part:
        parts = tuple(part.close() for part in self.parts)
        return Part(self.address, self.kind, self.number, self.heading, self.start, self.end, tuple(self.blocks), parts)

    def add(self, kind: BlockKind, text: str, start: int) -> None:
        letter = "b" if kind == "item" else "p"
        key = f"{letter}{1 + sum(block.kind == kind for block in self.blocks)}"
        sentences = tuple(
            Sentence(f"{self.address}.{key}.s{number}", text[a:b], start + a, start + b)
            for number, (a, b) in enumerate(_sentence_spans(text, whole=kind == "item"), 1)
        )
        self.blocks.append(Block(key, kind, sentences))


def load(path: Path = TEXT_OF_RECORD) -> Document:
    """Parse the text file at ``path``; headings get their keys from ``source.toml`` or else from their words.

    Raises:
        DocumentError: the file is missing, not UTF-8, or has no title, date line and section.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"text of record {str(path)!r} cannot be read: {error.strerror}") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(f"text of record {str(path)!r} is not UTF-8: {error}") from None
    return parse(text, Source.load().names)


def parse(text: str, names: Mapping[str, PartName] | None = None) -> Document:
    """Build the tree of ``text``.

    The first non-blank line is the title, the second the date; lines up to the first ``I. …`` are the preamble; a line
    without a full stop before text is an area, ``- **…**`` a topic, ``- …`` a list item.

    Raises:
        DocumentError: title, date line or the first section is missing, or two parts get the same address.
    """
    names = names or {}
    lines = list(_lines(text))
    if len(lines) < 3:
        raise DocumentError(f"a document needs a title, a date line and sections; found {len(lines)} non-blank lines")
    (title_start, title), (date_start, date_text), *body = lines
    tops: list[_Open] = [_Open("preamble", "preamble")]
    area: _Open | None = None
    topic: _Open | None = None
    for start, line in body:
        top = tops[-1]
        if match := _SECTION.fullmatch(line):
            area = topic = None
            tops.append(
                _Open(match["number"].lower(), "section", match["number"], match["heading"], start, start + len(line))
            )
        elif top.kind == "section" and top.blocks and _CLOSING.match(line):
            area = topic = None
            tops.append(_Open("closing", "closing"))
            tops[-1].add("paragraph", line, start)
        elif match := _TOPIC.fullmatch(line):
            parent = area or top
            topic = _child(parent, "topic", match["heading"], start + match.start("heading"), names)
        elif match := _ITEM.fullmatch(line):
            (topic or area or top).add("item", match["text"], start + match.start("text"))
        elif top.kind == "section" and _is_heading(line):
            topic = None
            area = _child(top, "area", line, start, names)
        else:
            (topic or area or top).add("paragraph", line, start)
    if len(tops) < 2:
        raise DocumentError("no section heading like 'I. Purpose' was found")
    document = Document(
        source=text,
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        title=Sentence("title", title, title_start, title_start + len(title)),
        date_line=Sentence("date", date_text, date_start, date_start + len(date_text)),
        date=_date(date_text),
        parts=tuple(part.close() for part in tops if part.blocks or part.parts or part.heading),
    )
    if len(document.by_address) != len(document.passages):
        raise DocumentError("two parts of the document have the same address; give one a key of its own in source.toml")
    return document


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """(offset, stripped line) of every non-blank line."""
    for match in re.finditer(r"[^\n]+", text):
        line = match.group().strip()
        if line:
            yield match.start() + match.group().index(line), line


def _is_heading(line: str) -> bool:
    """A short line that no sentence ends; quotation marks and brackets may follow a sentence's full stop."""
    return len(line) <= 120 and line.rstrip('"”’)]')[-1:] not in tuple(".:;,!?") and line[0].isupper()


def _child(parent: _Open, kind: PartKind, heading: str, start: int, names: Mapping[str, PartName]) -> _Open:
    known = names.get(heading)
    words = re.findall(r"[a-z0-9]+", heading.lower())
    key = known.key if known else "-".join(words[:4]) or f"part{len(parent.parts) + 1}"
    child = _Open(f"{parent.address}.{key}", kind, "", heading, start, start + len(heading))
    parent.parts.append(child)
    return child


def _sentence_spans(text: str, *, whole: bool) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence; a list item is one sentence, semicolons and all (``whole``)."""
    start = 0
    if not whole:
        for match in _SENTENCE_END.finditer(text):
            if _ABBREVIATION.search(text[: match.start() + 1]):
                continue
            yield start, match.end()
            start = match.end() + re.match(r"\s*", text[match.end() :]).end()  # type: ignore[union-attr]
    if start < len(text):
        yield start, len(text)


def _date(line: str) -> date | None:
    for form in ("%B %d, %Y", "%d %B %Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(line, form).date()
        except ValueError:
            continue
    return None
