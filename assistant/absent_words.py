"""Which words of a question occur nowhere: said only when no form is in the text, the reading aid or the glossary.

A false statement of absence would be worse than none, so only plain content words are named, each checked by its
letters, its stem and every glossary form; anything in doubt is not mentioned.
"""

import re
import unicodedata
from contextlib import suppress
from functools import cache

from assistant import glossary
from assistant.keywords import tokens
from index import reading_aid
from index.document import Document
from index.errors import DocumentError

MOST_NAMED = 2
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
    """Up to MOST_NAMED content words of the question that occur in no form, in the order asked."""
    stems, letters = _known(document)
    found: list[str] = []
    for match in _ENGLISH_WORD.finditer(unicodedata.normalize("NFKC", question)):
        word = match.group()
        plain = word.casefold()
        if plain in _ASKING or plain in letters or any(part in _ASKING for part in plain.split("-")):
            continue
        if not any(stem in stems for stem in tokens(word)) and tokens(word) and _far(plain, letters):
            found.append(word)
    for match in _KATAKANA_WORD.finditer(question):
        word = match.group()
        if word not in _ASKING_JA and word not in letters:
            found.append(word)
    return tuple(dict.fromkeys(found))[:MOST_NAMED]


def _far(word: str, letters: str) -> bool:
    """Whether even the first letters of the word occur nowhere: a slip of spelling or another ending is no absence."""
    return word[: max(5, len(word) - 3)] not in letters


@cache
def _known(document: Document) -> tuple[frozenset[str], str]:
    """Stems and letters of everything the document says, its rendering and every glossary form."""
    texts = [document.source]
    with suppress(DocumentError):  # another document has no reading aid
        texts += reading_aid.load(document).sentences.values()
    texts += [form for term in glossary.load().terms for form in (*term.forms, *term.asked_by)]
    whole = unicodedata.normalize("NFKC", "\n".join(texts)).casefold()
    return frozenset(tokens(whole)), whole
