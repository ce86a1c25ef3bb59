"""Whether a question wants an overview of one part of the document, and the sentences that make one.

A wish ("summarise", "walk me through", 要約して) and the name of a part, or of the document, and no other word that
asks for anything: then that part is the answer, and which sentences it consists of is no matter of likeness.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.follow_up_words import AREAS
from assistant.manner import MANNER
from assistant.modality import Modality, modality
from assistant.named_part import NUMBERED, OUTSIDE, named_part, without_places
from assistant.nothing_more import NothingMore, folded
from assistant.quote import MOST_SHOWN
from index.document import Document, Part, Sentence
from index.parse import short_names
from index.reading_aid import ReadingAid

# Wishes that mean the document when nothing is named.
_STRONG = (
    r"overviews?|summar(?:y|ies|i[sz]e|i[sz]ing)|sum up|recap|outline|gist|tl;?dr|in a nutshell"
    r"|main points?|key points?|short version|what (?:do|should|must) (?:i|we|people) (?:need to )?know",
    r"要約|概要|概略|要点|まとめ|ざっくり|ざっと|知って(?:おく|おいた)(?:べき|ほうがいい|方がいい|方がよい)",
)
_WISH = re.compile(
    rf"\b(?:{_STRONG[0]}|contents?|(?:walk|take|run) me through|lay out|break ?down|set out|step by step|briefly|list"
    r"|explain|in (?:short|brief|full|one paragraph)|bullets?(?: points?)?|all of|everything|every point|point by point"
    r"|(?:give|tell|show|get|send) (?:me|us))\b"
    rf"|{_STRONG[1]}|一覧|列挙|箇条書き|漏れなく|もれなく|全部|すべて|全て|[一ひと]つ残らず|整理|内容|中身|概説|ポイント"
)
_BARE = re.compile(rf"\b(?:{_STRONG[0]})\b|{_STRONG[1]}")
_QUESTION = re.compile(
    r"\b(?:whats?|which|who|whom|whose|where|when|why|how|can|could|will|would|should)\b|何|なに|誰|いつ|どこ|なぜ|[?]"
)
_YES_OR_NO = re.compile(r"(?:is|are|was|were|does|do|did|has|have)\b")
# Who sends nothing but a section's number ("sec 4 pls") wants to see it.
_COURTESY = re.compile(
    r"[\s.,!?。、]*(?:please|pls|plz|thanks|をお願いします|お願いします|を見せて|をください|について|は|を)?[\s.,!?。、]*"
)
# A plain question for what a part says.
_CONTENT = re.compile(
    r"\b(?:what|which)\b.*\b(?:in|say|says|comes?|about|contains?|cover(?:ed|s)?|under)\b|何が書|なにが書|何を書|どんなこと|どんな内容"
)
_DOCUMENT = re.compile(
    r"\b(?:(?:us|u\.s\.)[-– ]japan |technology |tech |prosperity )*"
    r"(?:documents?|texts?|memorandum(?: of cooperation)?|memo|moc|papers?|deal|agreement)\b"
    r"|(?:日米の?)?(?:技術)?(?:繁栄)?(?:協力)?覚書|文書|本文|全文"
)
# Who asks for the fields means the section that lists them.
_FIELDS = re.compile(r"\b(?:areas?|fields?|themes?|pillars?|disciplines?)\b|分野|領域|柱|テーマ")
# Who asks for the items of a list does not mean what stands around it.
_ITEMS = re.compile(r"\b(?:focus areas?|bullets?(?: points?)?|items?)\b|重点分野|箇条書き|項目")
# What may stand beside wish and name without asking for anything more, besides what may stand anywhere.
_REST = NothingMore(
    """
    about an area areas as be bit bullet bullets by chapter closing collaboration complete content contents cooperation
    cover covered covers discipline disciplines down each eight english entire everything fall falls field fields five
    focus for four from full get heading hello hi i'd i'm intended into item items japanese just key last like listed
    made main make my named note notes on one only out pillar pillars plain planned pls points preamble put quick
    quickly read really recitals said set seven short simple simply six text thanks theme themes these those three
    through topic topics two under want what's whats with would write your
    """.split(),
    r"に(?:ついて|関して|関する|おける)|という|って|から|まで|とは|には|では"
    r"|お(?:願い|ねがい)(?:します|いたします|致します)?|頼みます|おしえて|説明して|出して|あげて"
    r"|述べて|ほしい|欲しい|もらえ(?:ます|ません)?|いただけ(?:ます|ません)?|いただきたい"
    r"|され|せよ|いて|どんな|どのような|どういう|なに|何|ところ|とこ|章|項|条"
    r"|段落|見出し|分野|領域|対象|重点|協力|柱|テーマ|パート|セクション|ひとつ|一つ|残らず|ずつ|[一二三四五六七八九十\d]行"
    r"|短く|簡単に|簡潔に|手短に|順番に|順に|最初から|最後まで|全体|各|主な|これ|ここ|結び|最後"
    r"|[（）()「」『』・…ー\-]|[とやご]",
)


@dataclass(frozen=True, slots=True)
class _Name:
    part: Part
    form: str
    pattern: re.Pattern[str]


class Overviews:
    """The overviews that can be given of one document."""

    def __init__(self, document: Document, reading_aid: ReadingAid | None) -> None:
        self._document = document
        self._names = tuple(_names(document, reading_aid))
        listing = (part for part in document.parts if any(below.kind == "area" for below in part.parts))
        self._fields = next(listing, None)

    def asked(self, text: str, *, begins: bool = True) -> tuple[str, ...]:
        """The addresses of an overview of the one part a question asks an overview of; empty when it asks for more.

        ``begins``: nothing was asked before, so that a wish that names nothing means the document.
        """
        plain = folded(text)
        # Who says nothing but how to be told ("like I'm five") wishes the same.
        told = not _QUESTION.search(plain) and MANNER.search(plain)
        plain = MANNER.sub(" ", plain)
        wish = _WISH.search(plain) or told
        if OUTSIDE.search(without_places(plain)) or _YES_OR_NO.match(plain):
            return ()
        part, rest = self._named(text, plain)
        bare = part is not None and part.kind == "section" and _COURTESY.fullmatch(rest) is not None
        if not (wish or bare or _CONTENT.search(plain)):
            return ()
        if part is None:
            whole = _DOCUMENT.search(rest) if wish else None
            if not (whole or (begins and (told or _BARE.search(rest)))):
                return ()
        if not _REST.holds(_DOCUMENT.sub(" ", _WISH.sub(" ", rest))):
            return ()
        if part and part.items and _ITEMS.search(plain):
            return tuple(sentence.address for sentence in part.items)
        return _sentences(part, self._document)

    def _named(self, text: str, plain: str) -> tuple[Part | None, str]:
        """The part a question names, and the question without the names; names of two parts stay in it."""
        section = named_part(text, self._document)
        innermost = _innermost([name for name in self._names if name.pattern.search(plain)])
        parts = {name.part.address: name.part for name in innermost}
        if section is not None:
            parts = {address: part for address, part in parts.items() if address != section.address}
            if not all(set(part.sentences) <= set(section.sentences) for part in parts.values()):
                return None, plain
            plain = NUMBERED.sub(" ", without_places(plain))
        if len(parts) > 1:
            return None, plain
        for name in innermost:
            plain = name.pattern.sub(" ", plain)
        part = next(iter(parts.values()), section)
        if part is None and _FIELDS.search(plain):
            part = self._fields
        return part, plain


def _sentences(part: Part | None, document: Document) -> tuple[str, ...]:
    """All of a short part; of a longer one, or the document, what each part below it says first of what is meant."""
    if part is not None and len(part.sentences) <= MOST_SHOWN:
        return tuple(sentence.address for sentence in part.sentences)
    parts = [inner for inner in document.walk() if inner.blocks and inner.kind != "closing"]
    if part is not None:
        inside = set(part.sentences)
        parts = [inner for inner in parts if inner.blocks[0].sentences[0] in inside]
    return tuple(_first_meant(inner).address for inner in parts[:MOST_SHOWN])


def _first_meant(part: Part) -> Sentence:
    own = [sentence for block in part.blocks for sentence in block.sentences]
    if part.kind not in ("area", "topic"):
        return own[0]
    return next((sentence for sentence in own if modality(sentence.text) == Modality.INTENDED), own[0])


def _innermost(names: list[_Name]) -> list[_Name]:
    """Without names that lie inside a longer one that was named: "quantum" in the heading of another part."""
    return [name for name in names if not any(name.form != other.form and name.form in other.form for other in names)]


def _names(document: Document, reading_aid: ReadingAid | None) -> Iterator[_Name]:
    """Every form by which a part with a heading is called."""
    for part in document.walk():
        own = short_names().get(part.heading, {})
        forms = {part.heading, own.get("en", ""), own.get("ja", "")}
        forms |= {reading_aid.headings.get(part.address, "")} if reading_aid else set()
        forms |= {form for form, (en, _) in AREAS.items() if own.get("en", "").lower().startswith(en.lower())}
        for form in sorted(forms - {""}):
            plain = folded(form)
            words = rf"(?<![a-z0-9]){re.escape(plain)}(?![a-z0-9])" if plain.isascii() else re.escape(plain)
            yield _Name(part, plain, re.compile(words))
