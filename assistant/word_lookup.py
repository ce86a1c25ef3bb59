"""Where a word stands: a question about the document's own words is looked up, letter by letter, not judged.

"Which sentences use 'may'?" and 「インド太平洋」という語はどこに出てきますか name a word, ask where it occurs and ask
nothing else. Likeness cannot tell "must" from "intend"; reading the sentences can. English words are looked for in the
text, Japanese ones in the reading aid.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.absent_words import occurs
from assistant.quote import MOST_SHOWN
from index.document import Document
from index.reading_aid import ReadingAid

_NOUN = r"words?|terms?|phrases?|expressions?"
_ENGLISH = (
    re.compile(r"(?<!\w)[\"“‘'](?P<word>[a-z][a-z0-9 ./-]{1,39})[\"”’'](?!\w)"),
    re.compile(rf"\b(?:{_NOUN}) (?P<word>[a-z][a-z0-9./-]*[a-z0-9])"),
)
_NOUN_JA = "という(?:語句|語|言葉|ことば|単語|表現|文言|用語|言い回し|フレーズ)"
_JAPANESE = (
    re.compile(r"[「『](?P<word>[^「」『』]{1,30})[」』]"),
    re.compile(rf"(?:^|[、。\s])(?P<word>[^、。「」『』\s]{{1,20}}?)(?={_NOUN_JA})"),
)
_OCCURS = re.compile(
    r"\b(?:appears?|occurs?|uses?|used|mention(?:s|ed)?|found|contains?|includes?|anywhere|says?)\b"
    r"|\b(?:turns?|shows?|comes?) up\b"
    rf"|\b(?:{_NOUN})\b.*\b(?:in|where)\b|\bwhere\b.*\b(?:{_NOUN})\b|\bhow (?:often|many times)\b"
    rf"|使[わっ用]|用いら|出て|出る|登場|現れ|含まれ|載って|何[回度]|{_NOUN_JA}.*(?:どこ|どの|あ[りる])|」.*(?:どの文|どの箇所)"
)
_ONE_WORD = re.compile(r"[a-z-]+|[ぁ-ん]+|[ァ-ヴー]+|[\u3400-\u9fff々]+")
# What may stand beside the word and the wish without asking for anything more; every other word does.
_PLAIN = frozenset(
    """
    a actually all and any anywhere appear appears are at can come comes contain contained contains could deal do
    document does either ever exactly find found give have has how i in include included includes is it its line lines
    list many me memorandum mention mentioned mentions moc of often once or paragraph paragraphs paper part parts
    participants passage passages phrase phrases please point quote say says section sections sentence sentences show
    shows sides something somewhere tell term terms text that the there they this times to turn turns up us use used
    uses using what where which whole word words you expression expressions every exist exists occur occurs occurring
    """.split()
)
_PLAIN_JA = re.compile(
    rf"(?:{_NOUN_JA}|この|その|協力覚書|覚書|文書|文章|文中|本文|文面|原文|前文|文|中に|中で|内|どこか|どこ|どの|どれ|箇所|部分|節|項目"
    r"|使われて|使って|使われ|使用され|使用して|用いられて|用いられ|出てき|出てく|出て|出る|登場し|登場する|現れ|含まれて|含まれ|載って|書かれて|書いて"
    r"|一度でも|一度も|一回も|何回|何度|すべて|全部|全て|教えて|見せて|示して|挙げて|ください|下さい|お願いします|それぞれ|知りたい|もの|こと"
    r"|います|いる|あります|ありません|ある|ます|まし|です|でしょう|して|した|する|くる|る|た|て|い|の|に|は|が|を|で|も|と|か|へ|よね|ね|とか"
    r"|[\u3001\u3002?!\s])*"
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A word asked for and the addresses of all sentences it stands in, in document order; none where it is nowhere."""

    word: str
    addresses: tuple[str, ...]


class WordLookup:
    """The sentences of one document by the words they contain."""

    def __init__(self, document: Document, reading_aid: ReadingAid | None) -> None:
        self._document = document
        self._sentences = {s.address: _plain(s.text) for s in document.passages}
        self._renderings = {a: _plain(text) for a, text in reading_aid.sentences.items()} if reading_aid else {}

    def asked(self, text: str) -> Lookup | None:
        """The one word whose places a question asks for; None when it asks for anything else, or of too many.

        What is nowhere as written counts as looked up only where it is one word and no form of it occurs: whoever asks
        for "agree" or remembers half a sentence is better shown what is likest.
        """
        plain = _plain(text)
        for word, rest in _named(plain):
            if not _asks_nothing_else(rest):
                continue
            places = self._places(word)
            if places or (_ONE_WORD.fullmatch(word) and not occurs(word, self._document)):
                written = re.search(re.escape(word), unicodedata.normalize("NFKC", text), re.IGNORECASE)
                return Lookup(written.group() if written else word, places) if len(places) <= MOST_SHOWN else None
        return None

    def _places(self, word: str) -> tuple[str, ...]:
        pattern = re.compile(rf"(?<![a-z]){re.escape(word)}(?:s|es)?(?![a-z])" if word.isascii() else re.escape(word))
        texts = self._sentences if word.isascii() else self._renderings
        return tuple(address for address, text in texts.items() if pattern.search(text))


def _named(plain: str) -> Iterator[tuple[str, str]]:
    """Each word that the question may ask for, with the question less that word."""
    for pattern in (*_ENGLISH, *_JAPANESE):
        for match in pattern.finditer(plain):
            start, end = match.span("word")
            yield match["word"].strip(), plain[:start].rstrip("\"“‘'「『") + " 」 " + plain[end:].lstrip("\"”’'」』")


def _asks_nothing_else(rest: str) -> bool:
    if not _OCCURS.search(rest):
        return False
    rest = rest.replace("」", " ")
    words = re.findall(r"[a-z][a-z'-]*", rest)
    others = re.sub(r"[a-z][a-z'.-]*", " ", rest)
    return all(word in _PLAIN for word in words) and _PLAIN_JA.fullmatch(re.sub(r"[.,:]", " ", others)) is not None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().replace("’", "'").split())
