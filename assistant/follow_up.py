"""Makes a follow-up a full question again: what it leaves out comes from the earlier questions of the conversation.

The history is data from the client. From the reader's earlier turns only questions are used, from the assistant's only
which sentences of the document they name; its words are never carried over.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.glossary import Glossary
from assistant.render import label
from assistant.types import Language, Turn
from index.document import Document
from index.parse import Source
from index.reading_aid import ReadingAid

Slot = Literal["side", "area", "organisation", "topic"]
MAX_TURNS = 8
MAX_HISTORY = 2_000  # characters of all turns together
_QUOTED = 160  # characters of a sentence that stand in a question about it

_ORDINALS_EN = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "last": -1, "final": -1,
}  # fmt: skip
_KANJI_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九十", 1)}
_AND = r"(?:(?:ok(?:ay)?|and|but|so|then|now|also|well)[, ]+)*"
_ORDINAL_EN = re.compile(
    rf"{_AND}(?:(?:what|how) about |explain |tell me (?:more )?about |i mean(?:t)? |what (?:is|does) "
    rf"|show (?:me )?|no,? )?"
    rf"(?:the |that )?(?:(?P<word>{'|'.join(_ORDINALS_EN)})(?: (?:one|item|point|area|sentence|part|bullet|thing"
    rf"|of (?:them|those|these)))*"
    r"|(?:item|number|no\.?|point|#)\s?(?P<digit>\d))(?: say| mean)?(?: please)?",
    re.IGNORECASE,
)
_ORDINAL_JA = re.compile(
    r"(?:では|じゃあ?|で|それでは)?[、,]?\s?(?:(?P<n>[1-9一二三四五六七八九十])(?:つ目|番目|個目|項目め|件目)"
    r"|(?P<first>最初)|(?P<last>最後))"
    r"(?:の?(?:もの|項目|文|分野|やつ|方|ところ|点))?(?:は|って|について|を)?(?:もう少し)?(?:詳しく|説明して|教えて"
    r"|何|どう)?(?:ください|ですか|下さい)?"
)
_ORDINAL_WITHIN = 50  # characters
_SOME_ORDINAL_EN = re.compile(
    rf"\b(?:the|that) (?P<word>{'|'.join(_ORDINALS_EN)}) (?:one|item|point|bullet|of (?:them|those|these))\b",
    re.IGNORECASE,
)
_SOME_ORDINAL_JA = re.compile(r"(?P<n>[1-9一二三四五六七八九十])(?:つ目|番目|個目|項目め)(?:は|が|の|を|って)")
_ABOUT_EN = re.compile(
    rf"{_AND}(?:(?:what|how) about|(?:is|does|do) (?:it|that|this|the same)(?: also)? (?:the same |apply |hold "
    rf"|true |work |go )+(?:for|in|to|on)|"
    r"(?:the )?same (?:question )?(?:for|about|with|in|on))\s(?:in |for |on |with |by "
    r"|from )?(?:the )?(?P<topic>[^?.!]{2,80}?)(?: side| part| section| area| ones?)?(?: then| too| as well)?",
    re.IGNORECASE,
)
_AND_EN = re.compile(
    r"(?:(?:ok(?:ay)?|so|then)[, ]+)?(?:and|but|or)(?: also)?,?\s(?P<in>(?:in|for|on|with|by|from|under|at"
    r"|regarding|about) )?(?:the )?"
    r"(?P<topic>[^?.!]{2,60}?)(?: side| part| section| area| ones?)?(?: then| too| as well)?",
    re.IGNORECASE,
)
_BARE_EN = re.compile(
    r"(?:(?:in|for|on|with|about|regarding) )?(?:the )?(?P<topic>[^?.!]{2,40}?)(?: side| part"
    r"| section)?(?: then| too)?",
    re.IGNORECASE,
)
_ABOUT_JA = re.compile(
    r"(?P<then>(?:では|じゃあ?|それでは|それなら|あと|次に?は?|そして|なら"
    r"|ならば)[、,]?\s?)?(?P<topic>[^。、?!]{1,24}?)(?:側|分野|の(?:場合|方|ほう|件"
    r"|部分))?"
    r"(?:について(?:は|も)?|に関して(?:は|も)?|だと|なら|では|でも|は|も)?(?:どう(?:ですか|でしょうか|なりますか"
    r"|なっていますか|なの)?|いかがですか|同じ(?:ですか)?"
    r"|教えて(?:ください)?)?(?:ですか)?"
)
_VERB_EN = re.compile(
    r"\b(?:is|are|was|were|does|do|did|can|could|will|would|should|may|has|have|had|who|what|when|where|why|how"
    r"|which|mean|says?|work|give|tell|show)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    rf"{_AND}(?:(?:can you |could you |please )?(?:tell me (?:some )?more|(?:some )?more(?: details?| please)?"
    rf"|go on|continue|elaborate|details|explain(?: more| that| further)?|"
    r"say more|(?:any|some)thing else|what else|in (?:more )?detail|for example|such as|like what)(?: on (?:that"
    r"|this)(?: one)?| about (?:that|it|this))?(?: please)?)"
    r"|(?:もっと|もう少し)?(?:詳しく|詳細|続き|もっと|具体的には|例えば|他には|ほかには|続けて)(?:は|を)?(?:説明して"
    r"|教えて|知りたい)?(?:ください|下さい|お願いします|です)?",
    re.IGNORECASE,
)
# What a question that leaves its subject out asks for → how it reads behind the earlier question.
_TAILS_EN: tuple[tuple[str, str], ...] = (
    (r"why(?: not| is that| so)?|how come|for what reason|because of what", "and why"),
    (r"how long(?: (?:is|does|will) (?:it|that|this)(?: take| last)?| for)?", "and how long does it take"),
    (r"(?:since |from |until )?when(?: (?:is|was|does|did|will) (?:it|that|this)(?: be| start| begin"
        r"| happen)?)?", "and when"),
    (r"(?:and )?(?:by |for |with |to )?who(?:m)?(?: (?:is|does|did|are) (?:it|that|this|they|responsible"
        r"|involved)(?: exactly)?)?", "and who"),
    (r"where(?: (?:is|was|does) (?:it|that|this))?", "and where"),
    (r"how much(?: (?:money|is it|is that|does (?:it|that) cost))?", "and how much money"),
    (r"how many(?: (?:are there|of (?:them|those|these)|days|sentences))?", "and how many"),
    (r"(?:but )?how(?: exactly| so| does (?:it|that|this) work)?|in (?:which|what) way", "and how"),
    (r"which(?: ones?| of (?:them|those|these)| one of those)?", "and which ones"),
    (r"(?:so )?what (?:does|do) (?:that|it|this|those) mean(?: exactly)?", "and what does that mean"),
    (r"(?:is|are) (?:that|this|they|those|it) (?:really )?(?:binding|mandatory|obligatory|required|a (?:duty"
        r"|must))", "and is that binding"),
    (r"and if not|if not|otherwise|or else", "and what if not"),
    (r"under (?:what|which) conditions?|on what condition", "and under which conditions"),
)  # fmt: skip
_TAILS_COMPILED = tuple((re.compile(rf"{_AND}(?:{asked})", re.IGNORECASE), tail) for asked, tail in _TAILS_EN)
_TAIL_JA = re.compile(
    r"(?:では|じゃあ?|で)?[、,]?\s?(?:それ|これ|あれ|その(?:場合|時|とき|期間|理由|目的|根拠|条件)|そこ)?(?:は|って"
    r"|が|で|には|も)?[、,]?\s?"
    r"(?:なぜ|どうして|何故|いつ(?:から|まで|頃)?|どこ(?:で|に|から)?|誰(?:が|に|と)?|だれが?|いくら|何(?:日|年|か月"
    r"|人|件|のため)(?:間|前)?(?:に|まで)?"
    r"|どの(?:くらい|ぐらい|ように|機関)|"
    r"どれ(?:くらい|ぐらい)|どうやって|どういう意味|何が|なに|どちら|どっち|いくつ|理由は?|期間は?|金額は?|場所は?"
    r"|期限は?|条件は?|拘束力はある|義務)"
    r"(?:ですか|なのですか|なんですか|でしょうか|なの|です|か|が|は|の|必要(?:ですか)?|始まる(?:の|んですか)?"
    r"|始まりますか|かかりますか|行いますか|決めますか|するの|しますか)*"
)
_POINTS_BACK_EN = re.compile(
    r"\b(?:that|those|these|them|they|there)\b(?=\s*(?:[?.!,;]|$)|\s(?:is|are|do|does|did|work|cover|be|include"
    r"|mean|intend|involve|plan|want)\b)",
    re.IGNORECASE,
)
_POINTS_BACK_JA = re.compile(
    r"^(?:では|じゃあ?)?[、,]?(?:その|それ(?:は|に|を|で|ら)|そこ(?:で|に)|これら|それら"
    r"|そちら|彼ら)"
)
_LIST_LINE = re.compile(r"^\s*(?:[-*•・]|\d{1,2}[.)、])\s*(.+)$", re.MULTILINE)
_LINK = re.compile(r"document#([a-z0-9.]+)")


_PREDICATE_JA = re.compile(r"(?:ます|です|する|した|ある|る)か?$")


@dataclass(frozen=True, slots=True)
class Mention:
    """Something a text names: ``text[start:end]``, its slot in a question, and its words in either language."""

    start: int
    end: int
    slot: Slot
    en: str
    ja: str


class FollowUps:
    """Resolves follow-ups with the names the glossary and the headings of one document know."""

    def __init__(self, document: Document, glossary: Glossary, reading_aid: ReadingAid | None) -> None:
        self._document = document
        self._aid = reading_aid
        self._named: dict[str, tuple[Slot, str, str]] = {}
        for term in glossary.terms:
            if term.kind in ("legal", "document"):
                continue
            side = term.side in ("us", "jp") and (term.kind == "place" or term.en.startswith("Government of"))
            slot: Slot = "side" if side else "organisation" if term.kind == "organisation" else "topic"
            for form in term.forms:
                self._named.setdefault(form.casefold(), (slot, term.en, term.ja))
        for form, (place, en, ja) in _SIDES.items():
            self._named[form] = (place, en, ja)
        names = {heading: name.short for heading, name in Source.load().names.items()}
        for part in document.walk():
            if part.kind in ("area", "topic"):
                short = names.get(part.heading, {})
                en, ja = short.get("en", part.heading), short.get("ja", part.heading)
                heading = reading_aid.headings.get(part.address, ja) if reading_aid else ja
                for form in (part.heading, heading, en, ja):
                    self._named[form.casefold()] = ("area", en, ja)
        for form, (en, ja) in _AREAS.items():
            self._named[form] = ("area", en, ja)
        ordered = sorted(self._named, key=len, reverse=True)
        self._names = re.compile(
            "|".join(
                rf"(?<![a-z0-9]){re.escape(f)}(?![a-z0-9]"
                rf")"
                if f.isascii()
                else re.escape(f)
                for f in ordered
                if f
            )
        )
        languages: tuple[Language, ...] = ("en", "ja")
        labels = {label(document, address, spoken): address for address in document.by_address for spoken in languages}
        self._address = labels
        self._labels = re.compile("|".join(rf"{re.escape(name)}(?!\d)" for name in sorted(labels, key=len)[::-1]))

    def mentions(self, text: str) -> list[Mention]:
        """What a text names, in order."""
        plain = text.lower()  # as long as the text, unlike its case-folded form
        if len(plain) != len(text):
            plain = text
        found = (match for match in self._names.finditer(plain) if match.group() in self._named)
        return [
            Mention(m.start(), m.end(), *self._named[m.group()])
            for m in found
            if m.group() != "us" or text[m.start() : m.end()] == "US"  # "tell us" names nobody
        ]

    def resolve(self, text: str, language: Language, earlier: str | None, answer: str) -> str | None:
        """A question that stands alone, or None when it points to something nobody can see.

        Args:
            text: the follow-up, cleaned.
            language: of the reader; decides the words of a new question.
            earlier: the reader's last question, standing alone; None when there is none.
            answer: the assistant's last turn, "" when there is none.
        """
        bare = text.strip(" 　?.!。…？！、,")
        japanese = _is_japanese(bare)
        if ordinal := _ordinal(bare):
            return self._nth(ordinal, language, earlier, answer)
        if (ordinal := _ordinal_within(bare)) and not self.mentions(bare):
            return self._nth(ordinal, language, earlier, answer) or text
        if earlier is None:
            return text
        stem = earlier.rstrip(" ?.!。？！")
        ending = earlier[len(stem) :] or ("" if _is_japanese(earlier) else "?")
        if _MORE.fullmatch(bare):
            return f"{stem}。{bare}" if _is_japanese(earlier) else f"Tell me more: {stem}?"
        if not japanese:
            for asked, tail in _TAILS_COMPILED:
                if asked.fullmatch(bare):
                    return f"{stem}。{text}" if _is_japanese(earlier) else f"{stem}, {tail}?"
        elif _TAIL_JA.fullmatch(bare):
            return f"{stem}。{text}" if _is_japanese(earlier) else f"{stem}? {text}"
        if topic := self._topic(bare, japanese):
            return self._replaced(topic, bare, stem, ending, language)
        return self._pointed_back(text, japanese, earlier)

    def _topic(self, bare: str, japanese: bool) -> str | None:
        """What a follow-up turns to, when turning to something else is all it does."""
        if japanese:
            match = _ABOUT_JA.fullmatch(bare)
            if match is None:
                return None
            topic = match["topic"].strip()
            turned = match["then"] and "の" not in topic and len(topic) <= 12 and not _PREDICATE_JA.search(topic)
            return topic if turned or self._is_name(topic) else None
        for pattern in (_ABOUT_EN, _AND_EN, _BARE_EN):
            match = pattern.fullmatch(bare)
            if match is None:
                continue
            topic = match["topic"].strip()
            if pattern is _ABOUT_EN and not _VERB_EN.search(topic):
                return topic
            if pattern is _AND_EN and not _VERB_EN.search(topic) and len(topic.split()) <= 5:
                return topic
            if pattern is _BARE_EN and self._is_name(topic):
                return topic
        return None

    def _is_name(self, text: str) -> bool:
        return self._names.fullmatch(text.casefold()) is not None

    def _replaced(self, topic: str, bare: str, stem: str, ending: str, language: Language) -> str:
        """The earlier question about another topic; a question of its own when the earlier one has no place for"
        " it."""
        found = self.mentions(topic)
        slot: Slot = found[0].slot if found else "topic"
        japanese = _is_japanese(stem)
        if found and (slot == "side" or _is_japanese(topic) != japanese):
            word = found[0].ja if japanese else found[0].en
        else:
            word = topic
        mentioned = self.mentions(stem)
        wanted: tuple[Slot, ...] = (slot,) if slot in ("side", "organisation") else ("area", "topic")
        for kind in wanted:
            places = [m for m in mentioned if m.slot == kind]
            if kind == "side" and len({m.en for m in places}) > 1:
                continue  # both sides are named: the question was about neither
            if places:
                place = places[-1]
                return stem[: place.start] + word + stem[place.end :] + ending
        if slot in ("side", "area") and (mentioned or slot == "side" or re.search(r"\b(?:in|for|on)\b", bare)):
            return f"{word}について、{stem}" if japanese else f"{stem}, regarding {word}?"
        if not found and not japanese and re.match(r"(?:and|or)\b", bare, re.IGNORECASE):
            return f"{stem}, {bare}?"
        return _about(topic, topic, language)

    def _pointed_back(self, text: str, japanese: bool, earlier: str) -> str:
        """The question itself, with the earlier topic beside a pronoun that stands for it."""
        if len(text) > 80 or any(m.slot != "organisation" for m in self.mentions(text)):
            return text
        pattern = _POINTS_BACK_JA if japanese else _POINTS_BACK_EN
        areas = [m for m in self.mentions(earlier) if m.slot in ("area", "topic")]
        if not areas or not pattern.search(text):
            return text
        area = next((m for m in reversed(areas) if m.slot == "area"), areas[-1])
        return f"{area.ja}について、{text}" if japanese else re.sub(r"\s*([?.!]*)$", rf" ({area.en})\1", text, count=1)

    def _nth(self, number: int, language: Language, earlier: str | None, answer: str) -> str | None:
        """A question about the n-th sentence, or else list item, that the last answer shows."""
        addresses = self._shown(answer) or self._listed(earlier)
        if number > len(addresses) and (siblings := self._siblings(addresses)):
            addresses = siblings
        if addresses and number <= len(addresses):
            address = addresses[number - 1 if number > 0 else -1]
            name = label(self._document, address, language)
            sentence = self._document.by_address[address].text
            if language == "ja":
                aid = self._aid.sentences[address] if self._aid else sentence
                return f"{name}「{_short(aid)}」について教えてください。"
            return f'What does {name} say: "{_short(sentence)}"?'
        items = [found[0] for line in _LIST_LINE.findall(answer) if (found := self.mentions(line))]
        if items and number <= len(items):
            item = items[number - 1 if number > 0 else -1]
            return _about(item.en, item.ja, language)
        return None

    def _siblings(self, addresses: Sequence[str]) -> list[str]:
        """All items of the list that the addresses are items of: after its first two, "the third" is the next one."""
        for part in self._document.walk():
            items = [s.address for block in part.blocks if block.kind == "item" for s in block.sentences]
            if addresses and set(addresses) <= set(items):
                return items
        return []

    def _shown(self, answer: str) -> list[str]:
        """Addresses an answer names by link, label or verbatim sentence, each once, in the order of the answer."""
        places = [(m.start(), m.group(1)) for m in _LINK.finditer(answer)]
        places = places or [(m.start(), self._address[m.group()]) for m in self._labels.finditer(answer)]
        places = places or [
            (place, s.address) for s in self._document.sentences if (place := answer.find(s.text[:60].rstrip())) >= 0
        ]
        ordered = dict.fromkeys(address for _, address in sorted(places))
        return [address for address in ordered if address in self._document.by_address]

    def _listed(self, earlier: str | None) -> list[str]:
        """The list items of the one area an earlier question names."""
        areas = {m.en for m in self.mentions(earlier or "") if m.slot == "area"}
        names = {heading: name.short.get("en") for heading, name in Source.load().names.items()}
        parts = [part for part in self._document.walk() if names.get(part.heading) in areas]
        if len(parts) != 1:
            return []
        return [s.address for block in parts[0].blocks if block.kind == "item" for s in block.sentences]


_SIDES: dict[str, tuple[Slot, str, str]] = {
    form: ("side", en, ja)
    for en, ja, forms in (
        ("the United States", "米国", "the us|us|u.s.|the u.s.|usa|the usa|america|the united states|united states"
            "|the american side|the us side|american|"
         "washington|米国|アメリカ|米国側|アメリカ側|米側|米"),
        ("Japan", "日本", "japan|the japanese side|the japanese|tokyo's side|japanese|日本|日本側|日側"),
    )
    for form in forms.split("|")
}  # fmt: skip
_AREAS: dict[str, tuple[str, str]] = {
    form: (en, ja)
    for en, ja, forms in (
        ("AI", "AI", "ai|artificial intelligence|人工知能"),
        ("research security", "研究セキュリティ", "research security|研究セキュリティ|研究安全保障"),
        ("telecommunications", "通信", "telecom|telecoms|telecommunications|telecommunication|5g|6g|5g/6g"
            "|beyond 5g/6g|通信|電気通信"),
        ("pharmaceuticals", "医薬品", "pharma|pharmaceuticals|pharmaceutical|biotech|biotechnology|medicines|drugs"
            "|医薬品|医薬|バイオ|バイオテクノロジー|製薬"),
        ("quantum", "量子", "quantum|quantum technology|quantum technologies|qist|量子|量子技術"),
        ("fusion", "核融合", "fusion|fusion energy|nuclear fusion|核融合|核融合エネルギー|フュージョン"),
        ("space", "宇宙", "space|outer space|宇宙|宇宙分野"),
    )
    for form in forms.split("|")
}  # fmt: skip


def recent(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The newest turns that fit the limits, oldest first."""
    kept: list[Turn] = []
    room = MAX_HISTORY
    for turn in reversed(history[-MAX_TURNS:]):
        if len(turn.content) > room:
            break
        room -= len(turn.content)
        kept.append(turn)
    return tuple(reversed(kept))


def _ordinal(bare: str) -> int | None:
    """Which one of a row a text asks for; -1 for the last, None when that is not what it does."""
    if match := _ORDINAL_EN.fullmatch(bare):
        return _ORDINALS_EN[match["word"].lower()] if match["word"] else int(match["digit"])
    if match := _ORDINAL_JA.fullmatch(bare):
        if match["n"]:
            return _KANJI_DIGITS.get(match["n"]) or int(match["n"])
        return 1 if match["first"] else -1
    return None


def _ordinal_within(bare: str) -> int | None:
    """Which one a short question with more words asks about ("why the second one?", 「二番目は何のため」)."""
    if len(bare) > _ORDINAL_WITHIN:
        return None
    if match := _SOME_ORDINAL_EN.search(bare):
        return _ORDINALS_EN[match["word"].lower()]
    if match := _SOME_ORDINAL_JA.match(bare):
        return _KANJI_DIGITS.get(match["n"]) or int(match["n"])
    return None


def _about(en: str, ja: str, language: Language) -> str:
    return f"{ja}については何と書いてありますか。" if language == "ja" else f"What does the document say about {en}?"


def _is_japanese(text: str) -> bool:
    return re.search(r"[\u3041-\u30ff\u4e00-\u9fff]", text) is not None


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= _QUOTED else sentence[:_QUOTED].rsplit(" ", 1)[0] + " …"
