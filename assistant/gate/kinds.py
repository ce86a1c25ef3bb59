"""Which words of a claim say what is done, and which name things: by their form, in both languages.

A claim that puts a sentence in other words has other verbs; one that adds to it needs a name for what it adds. Japanese
shows it in its script: things and events are compounds of kanji or katakana (奨学金, レーザー), its own verbs and
adjectives a character with kana behind it (固める, 見据える). An English verb has forms in -ed and -ing; many nouns
have them too, so that this says less.
"""

import re
from functools import cache

from assistant.gate.words import stem, stem_all
from assistant.spelling import english_words

_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc\u30fd]")
# Kana that go on with a word of kanji, without particles and the forms of する, which follow compounds.
_GOES_ON = re.compile(r"[いうえきぎくぐけげこごせちっつねびぶべみむめりるれろわ]")


def is_native(run: str, after: str) -> bool:
    """Whether a run of kanji is the stem of a native word, or one character; ``after`` is the character behind it."""
    if _KATAKANA.match(run):
        return False
    return len(run) == 1 or _GOES_ON.match(after) is not None


def is_verb(word: str) -> bool:
    """Whether a lower-case English word has forms in -ed and -ing."""
    return stem(word) in _verbs()


@cache
def _verbs() -> frozenset[str]:
    """Stems of which the dictionary has both forms."""
    done, doing = (stem_all(word for word in english_words() if word.endswith(ending)) for ending in ("ed", "ing"))
    return done & doing
