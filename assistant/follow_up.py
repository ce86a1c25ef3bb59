"""Makes a follow-up a full question again: what it leaves out comes from the earlier questions of the conversation.

The history is data from the client. From the reader's earlier turns only questions are used, from the assistant's only
which sentences of the document they name; its words are never carried over.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant import follow_up_words as words
from assistant.follow_up_words import Slot
from assistant.glossary import Glossary
from assistant.render import label
from assistant.types import Language, Turn
from index.document import Document
from index.parse import short_names
from index.reading_aid import ReadingAid

MAX_TURNS = 8
MAX_HISTORY = 2_000  # characters of all turns together
_QUOTED = 160  # characters of the sentences that stand in a question about them
_BESIDES = 2  # sentences shown to who asks what else there is


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
        for form, (place, en, ja) in words.SIDES.items():
            self._named[form] = (place, en, ja)
        names = short_names()
        for part in document.walk():
            if part.kind in ("area", "topic"):
                short = names.get(part.heading, {})
                en, ja = short.get("en", part.heading), short.get("ja", part.heading)
                heading = reading_aid.headings.get(part.address, ja) if reading_aid else ja
                for form in (part.heading, heading, en, ja):
                    self._named[form.casefold()] = ("area", en, ja)
        for form, (en, ja) in words.AREAS.items():
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
        if ordinal := words.ordinal(bare):
            return self._nth(ordinal, language, earlier, answer)
        if (ordinal := words.ordinal_within(bare)) and not self.mentions(bare):
            return self._nth(ordinal, language, earlier, answer) or text
        if earlier is None:
            return text
        stem = earlier.rstrip(" ?.!。？！")
        ending = earlier[len(stem) :] or ("" if _is_japanese(earlier) else "?")
        if words.BESIDES.fullmatch(bare) and (rest := self._besides(self._shown(answer))):
            return self._saying(rest, language)
        if words.MORE.fullmatch(bare):
            return f"{stem}。{bare}" if _is_japanese(earlier) else f"Tell me more: {stem}?"
        if not japanese:
            for asked, tail in words.TAILS:
                if asked.fullmatch(bare):
                    return f"{stem}。{text}" if _is_japanese(earlier) else f"{stem}, {tail}?"
        elif words.TAIL_JA.fullmatch(bare):
            return f"{stem}。{text}" if _is_japanese(earlier) else f"{stem}? {text}"
        if topic := self._topic(bare, japanese):
            return self._replaced(topic, bare, stem, ending, language)
        return self._pointed_back(text, japanese, earlier)

    def _topic(self, bare: str, japanese: bool) -> str | None:
        """What a follow-up turns to, when turning to something else is all it does."""
        if japanese:
            match = words.ABOUT_JA.fullmatch(bare)
            if match is None:
                return None
            topic = match["topic"].strip()
            turned = match["then"] and "の" not in topic and len(topic) <= 12 and not words.PREDICATE_JA.search(topic)
            return topic if turned or self._is_name(topic) else None
        for pattern in (words.ABOUT_EN, words.SAME_EN, words.AND_EN, words.BARE_EN):
            match = pattern.fullmatch(bare)
            if match is None:
                continue
            topic = match["topic"].strip()
            if pattern is words.ABOUT_EN and not words.VERB_EN.search(topic):
                return topic
            if pattern is words.AND_EN and not words.VERB_EN.search(topic) and len(topic.split()) <= 5:
                return topic
            if pattern in (words.BARE_EN, words.SAME_EN) and self._is_name(topic):
                return topic
        return None

    def _is_name(self, text: str) -> bool:
        return self._names.fullmatch(text.casefold()) is not None

    def _replaced(self, topic: str, bare: str, stem: str, ending: str, language: Language) -> str:
        """The earlier question about another topic; a question of its own when the earlier one has no place for it."""
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
        pattern = words.POINTS_BACK_JA if japanese else words.POINTS_BACK_EN
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
            return self._saying([addresses[number - 1 if number > 0 else -1]], language)
        items = [found[0] for line in words.LIST_LINE.findall(answer) if (found := self.mentions(line))]
        if items and number <= len(items):
            item = items[number - 1 if number > 0 else -1]
            return _about(item.en, item.ja, language)
        return None

    def _saying(self, addresses: Sequence[str], language: Language) -> str:
        """A question about these sentences by name and words; long ones are cut."""
        room = _QUOTED // len(addresses)
        named = [(label(self._document, a, language), self._words(a, language, room)) for a in addresses]
        if language == "ja":
            return "、".join(f"{name}「{said}」" for name, said in named) + "について教えてください。"
        return "What does the document say in " + " and in ".join(f'{name}, "{said}"' for name, said in named) + "?"

    def _words(self, address: str, language: Language, room: int) -> str:
        sentence = self._document.by_address[address].text
        return _short(self._aid.sentences[address] if language == "ja" and self._aid else sentence, room)

    def _besides(self, shown: Sequence[str]) -> list[str]:
        """The sentences of the section of the last one shown that were not: first those after it, at most two."""
        for part in self._document.walk():
            own = [sentence.address for block in part.blocks for sentence in block.sentences]
            if shown and shown[-1] in own:
                place = own.index(shown[-1])
                return [a for a in (*own[place:], *own[:place]) if a not in shown][:_BESIDES]
        return []

    def _siblings(self, addresses: Sequence[str]) -> list[str]:
        """All items of the list that the addresses are items of: after its first two, "the third" is the next one."""
        for part in self._document.walk():
            items = [sentence.address for sentence in part.items]
            if addresses and set(addresses) <= set(items):
                return items
        return []

    def _shown(self, answer: str) -> list[str]:
        """Addresses an answer names by link, label or verbatim sentence, each once, in the order of the answer."""
        places = [(m.start(), m.group(1)) for m in words.LINK.finditer(answer)]
        places = places or [(m.start(), self._address[m.group()]) for m in self._labels.finditer(answer)]
        places = places or [
            (place, s.address) for s in self._document.sentences if (place := answer.find(s.text[:60].rstrip())) >= 0
        ]
        ordered = dict.fromkeys(address for _, address in sorted(places))
        return [address for address in ordered if address in self._document.by_address]

    def _listed(self, earlier: str | None) -> list[str]:
        """The list items of the one area an earlier question names."""
        areas = {m.en for m in self.mentions(earlier or "") if m.slot == "area"}
        parts = [part for part in self._document.walk() if short_names().get(part.heading, {}).get("en") in areas]
        if len(parts) != 1:
            return []
        return [sentence.address for sentence in parts[0].items]


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


def _about(en: str, ja: str, language: Language) -> str:
    return f"{ja}については何と書いてありますか。" if language == "ja" else f"What does the document say about {en}?"


def _is_japanese(text: str) -> bool:
    return re.search(r"[\u3041-\u30ff\u4e00-\u9fff]", text) is not None


def _short(sentence: str, room: int) -> str:
    return sentence if len(sentence) <= room else sentence[:room].rsplit(" ", 1)[0] + " …"
