"""Which words of a question occur nowhere: said only when no form is in the text, the reading aid or the glossary.

A false statement of absence would be worse than none, so only plain content words are named, each checked by its
letters, its stem and every glossary form; anything in doubt is not mentioned.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from assistant import glossary
from assistant.keywords import stems
from index import bank, reading_aid
from index.document import Document
from index.errors import DocumentError

MOST_NAMED = 2
_NAMES_FROM = 3  # unanswerable bank questions a word must stand in to be taken for what was asked about
_ENGLISH_WORD = re.compile(r"\b[A-Za-z][A-Za-z-]{3,}\b")
_KATAKANA_WORD = re.compile(r"[ァ-ヴー]{3,}")
# Words that ask rather than name; saying that they do not occur would be true and useless.
_ASKING = frozenset(
    (
        "about after again agreement also another anybody anyone anything around because been before being between "
        "both bring came come comes could deal dear describe detail details does doing done each either else even "
        "ever every exactly explain find from gave give given gives going good have having hear hello help here "
        "into itself just kind know last later less like list long look made make makes many maybe mean means memo "
        "memorandum mention mentioned mentions more most much need never next nothing often only other others over "
        "part parts pact people perhaps please point quite read really right said same says section sentence "
        "several shall should show since some somebody someone something somewhere soon sort still such sure take "
        "taken takes talk tell text than thank thanks that their them then there these they thing things think this "
        "those through time told treaty true under until upon very want wanted wants well were what when where "
        "whether which while whom whose will wish with within without word words work would write written wrote "
        "year years your yours according actually already although always anyway today tomorrow yesterday currently "
        "happen happened happens seem seems seen went amount amounts number numbers name names answer question "
        "document documents text moc provide provides specify specified specific specifies state states stated "
        "cover covers covered include includes included involve involves involved contain contains apply applies "
        "expected exact total first second third during once ready country countries government governments japan "
        "japanese america american"
    ).split()
)
_ASKING_JA = frozenset(
    ("メモ セクション ページ テキスト ドキュメント タイトル ポイント ケース イメージ コメント").split()
)


def absent_words(question: str, document: Document) -> tuple[str, ...]:
    """Up to MOST_NAMED words of the question that name something and occur in no form, in the order asked."""
    known, naming = _known(document), _naming(document)
    found: list[str] = []
    plain_question = unicodedata.normalize("NFKC", question)
    for match in _ENGLISH_WORD.finditer(plain_question):
        word = match.group()
        plain = word.casefold()
        if any(part in _ASKING for part in (plain, *plain.split("-"))) or known.has(plain):
            continue
        is_name = word[0].isupper() and match.start() > 0
        if is_name or naming.get(stems(plain)[0], 0) >= _NAMES_FROM:
            found.append(word)
    for match in _KATAKANA_WORD.finditer(plain_question):
        word = match.group()
        if word not in _ASKING_JA and not known.has(word):
            found.append(word)
    return tuple(dict.fromkeys(found))[:MOST_NAMED]


def occurs(word: str, document: Document) -> bool:
    """Whether any form of a word might occur in the text, the reading aid or the glossary's terms."""
    return _said(document).has(unicodedata.normalize("NFKC", word).casefold())


@dataclass(frozen=True)
class _Known:
    """What the document says, its rendering and the glossary: all letters, and the stems of all words."""

    letters: str
    stems: frozenset[str]

    def has(self, word: str) -> bool:
        """Whether any form of the word might occur: by letters, by stem, or by its first letters (slips, endings)."""
        return word in self.letters or not self.stems.isdisjoint(stems(word)) or _head(word) in self.letters


def _head(word: str) -> str:
    return word if not word.isascii() else word[: max(4, len(word) - 3)]


def _known_by(texts: Sequence[str]) -> _Known:
    whole = unicodedata.normalize("NFKC", "\n".join(texts)).casefold()
    return _Known(whole, frozenset(stems(whole)))


@cache
def _said(document: Document) -> _Known:
    """The text, its reading aid and every form of every term."""
    texts = [document.source]
    with suppress(DocumentError):  # another document has no reading aid
        aid = reading_aid.load(document)
        texts += [*aid.sentences.values(), *aid.headings.values()]
    return _known_by([*texts, *(form for term in glossary.load().terms for form in term.forms)])


@cache
def _known(document: Document) -> _Known:
    """The same, and the words people ask for a term by, which do not mean it."""
    said, asked = _said(document), _known_by([form for term in glossary.load().terms for form in term.asked_by])
    return _Known(f"{said.letters}\n{asked.letters}", said.stems | asked.stems)


@cache
def _naming(document: Document) -> Mapping[str, int]:
    """Stem → how many unanswerable bank questions it stands in, without those that answerable ones use too."""
    absent: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    with suppress(DocumentError):  # another document has no bank
        for question in bank.load(document):
            (answered if question.addresses else absent).update(set(stems(question.text)))
    return {stem: count for stem, count in absent.items() if answered[stem] * 10 <= count}
