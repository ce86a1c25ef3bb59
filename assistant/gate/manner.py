"""Ways of putting things: words that bring nothing new, which a claim may have although its sentence has not.

English: stems that ``python -m evals.fit_plain`` found to be of that kind. Japanese shows it in its script: verbs and
adjectives of its own are a character with kana behind it, things and events are compounds or katakana.
"""

import json
import re
from functools import cache
from pathlib import Path

from assistant.gate.words import stem

PLAIN = Path(__file__).parent.parent / "models" / "gate_plain.json"

_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc\u30fd]")
# Kana that go on with a word of kanji (見据える, 途切れる), without particles and the forms of する.
_GOES_ON = re.compile(r"[いうえきぎくぐけげこごせちっつねびぶべみむめりるれろわ]")


@cache
def _plain() -> frozenset[str]:
    return frozenset(json.loads(PLAIN.read_text(encoding="utf-8"))["plain"].split())


def puts(word: str) -> bool:
    """Whether a lower-case English word is a way of putting things."""
    return stem(word) in _plain()


def is_native(run: str, after: str) -> bool:
    """Whether a run of kanji is the stem of a Japanese word: one character, or kana behind it that go on with it."""
    if _KATAKANA.match(run):
        return False
    return len(run) == 1 or _GOES_ON.match(after) is not None
