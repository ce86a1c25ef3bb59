"""How people put things: words that the questions of the bank use of a sentence although the sentence has other words.

``python -m evals.fit_gate`` counts them; a word that is at home in what people ask about a sentence speaks less against
a claim than one that nobody uses, or that is used of what the document does not say.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.gate.words import runs, stem

USAGE = Path(__file__).parent.parent / "models" / "gate_words.json"


@dataclass(frozen=True)
class Usage:
    """Stems and pieces of kanji or katakana that are used everywhere, and those used of one sentence."""

    anywhere: frozenset[str]
    at: Mapping[str, frozenset[str]]

    def knows(self, word: str, addresses: Sequence[str]) -> bool:
        """Whether people use a missing word (Latin, or a stretch of kanji or katakana) of these sentences."""
        parts = (stem(word),) if word.isascii() else units(word)
        return all(part in self.anywhere or any(part in self.at.get(a, ()) for a in addresses) for part in parts)


def units(run: str) -> tuple[str, ...]:
    """What is counted of a run: pairs of kanji, a katakana word as a whole."""
    if len(run) <= 2 or "\u30a1" <= run[0] <= "\u30fd":
        return (run,)
    return tuple(run[i : i + 2] for i in range(len(run) - 1))


def unit_words(text: str, stems: Sequence[str]) -> set[str]:
    """Every unit of a plain text whose Latin stems are given."""
    return {*stems, *(unit for run in runs(text) for unit in units(run))}


@cache
def usage() -> Usage:
    """What ships with the assistant."""
    data = json.loads(USAGE.read_text(encoding="utf-8"))
    return Usage(frozenset(data["anywhere"]), {address: frozenset(words) for address, words in data["at"].items()})
