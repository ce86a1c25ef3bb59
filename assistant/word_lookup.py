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
from assistant.nothing_more import NothingMore, folded
from assistant.quote import MOST_SHOWN
from index.document import Document
from index.reading_aid import ReadingAid

_NOUN = r"words?|terms?|phrases?|expressions?"
_QUOTED = (
    re.compile(r"(?<!\w)[\"“‘'](?P<word>[a-z][a-z0-9 ./-]{1,39})[\"”’'](?!\w)"),
    re.compile(r"[「『](?P<word>[^「」『』]{1,30})[」』]"),
)
# "the word must", and then the sentence ends or goes on with where that stands.
_BARE = re.compile(
    r"(?P<helped>\b(?:do|does|did) )?\bthe (?:word|term|phrase|expression) (?P<word>[a-z][a-z0-9./-]*[a-z0-9])"
    r"(?=\W*$| (?:is|are|in|anywhere|somewhere|used|found|mentioned|contained|appears|occurs"
    r"|(?P<base>appear|occur|exist|come up|turn up|show up))\b)"
)
_NOUN_JA = "という(?:語句|語|言葉|ことば|単語|表現|文言|用語|言い回し|フレーズ)"
_BARE_JA = re.compile(rf"(?:^|[、。\s])(?P<word>[^、。「」『』\s]{{1,20}}?)(?={_NOUN_JA})")
_OCCURS = re.compile(
    r"\b(?:appears?|occurs?|uses?|used|mention(?:s|ed)?|found|contains?|includes?|anywhere|says?)\b"
    r"|\b(?:turns?|shows?|comes?) up\b"
    rf"|\b(?:{_NOUN})\b.*\b(?:in|where)\b|\bwhere\b.*\b(?:{_NOUN})\b|\bhow (?:often|many times)\b"
    rf"|使[わっ用]|用いら|出て|出る|登場|現れ|含まれ|載って|何[回度]|{_NOUN_JA}.*(?:どこ|どの|あ[りる])|」.*(?:どの文|どの箇所)"
)
# Where nothing marks the word, these say that its places are asked for: "Where does the term end?" asks for none.
_STANDS = re.compile(
    r"\b(?:appears?|occurs?|exists?|uses?|used|using|mention(?:s|ed)?|found|contain(?:s|ed)?|includes?|included|says?"
    r"|(?:turns?|shows?|comes?) up)\b|\b(?:sentences?|paragraphs?|sections?|parts?) (?:is|are|has|have)\b"
)
_ONE_WORD = re.compile(r"[a-z-]+|[ぁ-ん]+|[ァ-ヴー]+|[\u3400-\u9fff々]+")
# What may stand beside the word and the wish without asking for anything more, besides what may stand anywhere.
_REST = NothingMore(
    """
    actually any anywhere appear appears contained deal document either ever exactly exist exists expression
    expressions find found has have its memorandum mention mentioned mentions moc occur occurring occurs often once
    paper participants passage passages phrase phrases quote shows sides something somewhere term terms times turn
    turns us use used uses using where
    """.split(),
    rf"{_NOUN_JA}|協力覚書|覚書|文書|文章|文中|本文|文面|原文|文|中に|中で|内|どこか|どこ|どの|どれ"
    r"|使われて|使って|使われ|使用され|使用して|用いられて|用いられ|出てき|出てく|出て|出る|登場し|登場する|現れ|含まれて|含まれ|載って"
    r"|一度でも|一度も|一回も|何回|何度|すべて|全部|全て|ありません|まし|くる|る|た|い|とか",
)
# What never is the word asked for unless it stands in quotation marks: "Where is the term first used?" has none.
_NO_WORD = frozenset(
    """
    about above after again almost already also always among an as be because been before being below between but by
    come coined compare compared defined did end ends even exact first following for from go had he her here his if
    into just last less like limit length long mean meant means more most much my never next no nor not now on only
    other our out over precisely quite rather refer refers same she since so some stand stands still such than their
    them then these those though through too under until very was we were when whether while who whom whose why with
    within without yet your
    """.split()
)
_MODAL = frozenset("must shall should may might will would can could cannot".split())
_NO_WORD_JA = re.compile(
    r".*(?:何|なん|なに|どんな|どう|どれ|どの|どこ|どちら|いつ|誰|だれ|いかなる|いくつ|幾つ).*"
    r"|(?:こ|そ|あ)(?:れ|の|こ|う|ちら)ら?|ああ|次|以下|上記|他|ほか"
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
        self._sentences = {s.address: folded(s.text) for s in document.passages}
        self._renderings = {a: folded(text) for a, text in reading_aid.sentences.items()} if reading_aid else {}

    def asked(self, text: str) -> Lookup | None:
        """The one word whose places a question asks for; None when it asks for anything else, or of too many.

        What is nowhere as written counts as looked up only where it is one word and no form of it occurs: whoever asks
        for "agree" or remembers half a sentence is better shown what is likest.
        """
        plain = folded(text)
        for word, rest in _named(plain):
            if not (_OCCURS.search(rest) and _REST.holds(rest.replace("」", " "))):
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
    for pattern in _QUOTED:
        for match in pattern.finditer(plain):
            yield match["word"].strip(), _less(plain, match)
    for match in _BARE.finditer(plain):
        if _may_be_meant(match) and _STANDS.search(rest := _less(plain, match)):
            yield match["word"], rest
    for match in _BARE_JA.finditer(plain):
        if not _NO_WORD_JA.fullmatch(match["word"]):
            yield match["word"], _less(plain, match)


def _may_be_meant(match: re.Match[str]) -> bool:
    """Whether what follows "the word" is that word and not the sentence going on."""
    word = match["word"]
    if word in _MODAL:  # "Where should the term appear", "the term should appear": not the word "should"
        return not match["base"] or bool(match["helped"])
    return not _REST.has(word) and word not in _NO_WORD and not word.endswith("ly")


def _less(plain: str, match: re.Match[str]) -> str:
    start, end = match.span("word")
    return plain[:start].rstrip("\"“‘'「『") + " 」 " + plain[end:].lstrip("\"”’'」』")
