"""Whether a question wants an overview of one part of the document, and the sentences that make one.

A wish ("summarise", "walk me through", 要約して) and the name of a part, or of the document, with hardly another word
beside them: then nothing but that part is asked for, and which sentences it consists of is no matter of likeness.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.follow_up_words import AREAS
from assistant.modality import Modality, modality
from assistant.named_part import OUTSIDE, named_part
from assistant.opinions import sounds_like_opinion
from index.document import Document, Part, Sentence
from index.parse import Source
from index.reading_aid import ReadingAid

_SHORT = 30  # characters of a wish that names nothing and therefore means the document
MOST_WHOLE = 14  # sentences; of a longer part the first one of every part below it
_WISH = re.compile(
    r"\b(?:overviews?|summar(?:y|ies|i[sz]e[ds]?|i[sz]ing)|sum up|recap|outline|gist|tl;?dr|contents?|walk me through"
    r"|take me through|lay out|break ?down|run ?through|set out|step by step|briefly"
    r"|in (?:short|brief|a nutshell|full|one paragraph)"
    r"|bullets?(?: points?)?|main points?|key points?|list|all of|everything|every point|point by point)\b"
    r"|要約|概要|概略|要点|ポイント|一覧|列挙|まとめ|箇条書き|漏れなく|もれなく|全部|すべて|全て|一つ残らず|ひとつ残らず|ざっと"
    r"|ざっくり|整理|全体|中身|内容|何が書|なにが書|何を書|どんなこと|挙げて|概説"
)
# A plain question for what a part says; with any other word it asks for one thing of it.
_CONTENT = re.compile(r"\b(?:what|which)\b.{0,30}\b(?:in|say|about|contain|cover(?:ed|s)?|under)\b")
_WHOLE = re.compile(
    r"\b(?:documents?|texts?|memorandum|memo|moc|papers?|deal|agreement|whole thing|this|it)\b|覚書|文書|本文|これ"
)
# Who asks for the fields means the section that lists them.
_FIELDS = re.compile(r"\b(?:areas?|fields?|themes?|pillars?|disciplines?|topics?)\b|分野|領域|柱|テーマ")
# What may stand beside wish and name without asking for anything more.
_PLAIN = frozenset(
    """
    actually again area areas bit boss both brief briefly chapter class closing complete contain contains
    cooperation could cover covered covers deal discipline disciplines document does down each english entire every
    exactly fall falls field fields first five four fourth full give gives government governments have heading hello
    here item items japan japanese joint just lesson line lines main make meeting memo memorandum need note notes
    number numbered only paper paragraph paragraphs part parts pillar pillars plain please pls point points preamble
    quick quickly reader really recitals said says second section sections sentence sentences short show simple
    simply slide slides some student students tech technology tell text thank thanks that them theme themes then
    there these they thing things third this those topic topics two under us-japan want what what's whats when where
    which whole will with words work would write your
    """.split()
)
_KANJI = re.compile(r"[\u4e00-\u9fff\u30a0-\u30ff々]+")
_PLAIN_JA = re.compile(
    r"日米|技術|協力|覚書|文書|本文|全体|部分|項目|分野|領域|対象|柱|章|節|項|条|段落|見出し|重点|箇所|個所|簡単|簡潔|短|説明|教"
    r"|書|知|見|読|出|示|願|致|申|提供|確認|言|述|下|頂|私|方|一|二|三|四|五|六|行|文|字|点|数|各|全|何|要|内|中|上|最初|最後"
    r"|始|終|順|番|分|時間|人|向|使|用|資料|会議|第|等|入|テーマ|パート|セクション|スライド|メモ"
)
_MOST_REST = 1


@dataclass(frozen=True, slots=True)
class _Name:
    part: Part
    form: str


class Overviews:
    """The overviews that can be given of one document."""

    def __init__(self, document: Document, reading_aid: ReadingAid | None) -> None:
        self._document = document
        self._names = tuple(_names(document, reading_aid))
        listing = (part for part in document.parts if any(below.kind == "area" for below in part.parts))
        self._fields = next(listing, None)

    def asked(self, text: str) -> tuple[str, ...]:
        """The addresses of an overview of the one part a question asks an overview of; empty when it asks for more."""
        plain = unicodedata.normalize("NFKC", text).lower()
        wish = _WISH.search(plain)
        if not (wish or _CONTENT.search(plain)):
            return ()
        if OUTSIDE.search(plain) or sounds_like_opinion(text):
            return ()
        part = named_part(text, self._document)
        names = [name for name in self._names if _occurs(name.form, plain)]
        innermost = _innermost(names)
        if part is None and len({name.part.address for name in innermost}) == 1:
            part = innermost[0].part
        if part is None and not names and _FIELDS.search(plain):
            part = self._fields
        if part is None and (names or not (_WHOLE.search(plain) or len(plain) < _SHORT)):
            return ()
        for name in sorted(names, key=lambda name: -len(name.form)):
            plain = plain.replace(name.form, " ")
        return _sentences(part, self._document) if _rest(plain) <= (_MOST_REST if wish and part else 0) else ()


def _rest(plain: str) -> int:
    """How much a question says beyond its wish: words of more than three letters, or half the kanji and katakana."""
    rest = _WISH.sub(" ", plain)
    words = [word for word in re.findall(r"[a-z][a-z'.-]{3,}", rest) if word.strip(".'-") not in _PLAIN]
    return len(words) + len("".join(_KANJI.findall(_PLAIN_JA.sub("", rest)))) // 2


def _sentences(part: Part | None, document: Document) -> tuple[str, ...]:
    """All of a short part; of a longer one, or the document, what each part below it says first of what is meant."""
    if part is not None and len(part.sentences) <= MOST_WHOLE:
        return tuple(sentence.address for sentence in part.sentences)
    parts = [inner for inner in document.walk() if inner.blocks and inner.kind != "closing"]
    if part is not None:
        inside = {sentence.address for sentence in part.sentences}
        parts = [inner for inner in parts if inner.blocks[0].sentences[0].address in inside]
    return tuple(_first_meant(inner).address for inner in parts)


def _first_meant(part: Part) -> Sentence:
    own = [sentence for block in part.blocks for sentence in block.sentences]
    if part.kind not in ("area", "topic"):
        return own[0]
    return next((sentence for sentence in own if modality(sentence.text) == Modality.INTENDED), own[0])


def _occurs(form: str, plain: str) -> bool:
    return (
        re.search(rf"(?<![a-z0-9]){re.escape(form)}(?![a-z0-9])", plain) is not None
        if form.isascii()
        else form in plain
    )


def _innermost(names: list[_Name]) -> list[_Name]:
    """Without names that lie inside a longer one that was named: "quantum" in the heading of another part."""
    return [name for name in names if not any(name.form != other.form and name.form in other.form for other in names)]


def _names(document: Document, reading_aid: ReadingAid | None) -> Iterator[_Name]:
    """Every form by which a part with a heading is called."""
    short = {heading: name.short for heading, name in Source.load().names.items()}
    for part in document.walk():
        own = short.get(part.heading, {})
        forms = {part.heading, own.get("en", ""), own.get("ja", "")}
        forms |= {reading_aid.headings.get(part.address, "")} if reading_aid else set()
        forms |= {form for form, (en, _) in AREAS.items() if own.get("en", "").lower().startswith(en.lower())}
        for form in sorted(forms - {""}):
            yield _Name(part, unicodedata.normalize("NFKC", form).lower())
