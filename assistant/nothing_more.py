"""Whether a question says nothing beyond a wish and what the wish is for: the leftover words ask for nothing more.

Rules that answer without judging likeness (an overview of a part, the places of a word) hold only then. Words and
pieces that are plain for every such rule stand here; each rule adds its own.
"""

import re
from collections.abc import Iterable

from assistant.folding import plain

# Plain beside any wish. English as words, Japanese as pieces of one pattern.
_PLAIN = frozenset(
    """
    a all and are at can come comes contain contains could do does every give how i in include included includes is it
    line lines list many me of or paragraph paragraphs part parts please point say says section sections sentence
    sentences show tell text that the there they this to up what which whole word words you
    """.split()
)
_PLAIN_JA = (
    r"この|その|前文|箇所|部分|節|項目|もの|こと|それぞれ|教えて|見せて|示して|挙げて|書かれて|書いて|知りたい|ください|下さい"
    r"|お願いします|あります|ある|います|いる|です|ます|でしょう|して|した|する|て|で|の|に|は|が|を|も|と|か|へ|ね|よ|[、。,.?!:\s]"
)
_WORD = re.compile(r"[a-z][a-z'.-]*")


def folded(text: str) -> str:
    """The form such rules read: one spelling of letters, capitals and apostrophes, and single spaces."""
    return " ".join(plain(text).split())


class NothingMore:
    """The plain words of one rule: those of all, and its own."""

    def __init__(self, words: Iterable[str], japanese: str) -> None:
        """``words``: further English words; ``japanese``: a pattern of further pieces."""
        self._words = _PLAIN | frozenset(words)
        self._japanese = re.compile(f"(?:{japanese}|{_PLAIN_JA})*")

    def has(self, word: str) -> bool:
        """Whether an English word, in the form of ``folded``, asks for nothing here."""
        return word in self._words

    def holds(self, rest: str) -> bool:
        """Whether what is left of a question, in the form of ``folded``, asks for nothing."""
        words = (word.strip(".'-") for word in _WORD.findall(rest))
        return all(word in self._words for word in words) and bool(self._japanese.fullmatch(_WORD.sub(" ", rest)))
