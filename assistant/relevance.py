"""Does what was written meet what was asked? Each sentence may be true and the answer about something else."""

import re
from collections.abc import Sequence

from assistant.types import Claim, Question
from index.document import Document

_ASKS_HOW_MUCH = re.compile(
    r"\bhow (?:many|much|long|soon|often|quickly|fast)\b|\bwhen\b|\bwhat (?:date|day|year|period)\b"
    r"|何(?:日|年|か月|ヶ月|回|人|件|通|部|か国)|いくら|いつ|どの(?:くらい|ぐらい)|どれ(?:くらい|ぐらい)|日数|期間",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d|[一二三四五六七八九十百千]+(?=日|年|月|通|部|か国|回)")
_NEAR = 10  # of some fifty sentences; what retrieval ranks lower is about something else


def near(likely: Sequence[str], ranked: Sequence[str]) -> frozenset[str]:
    """The sentences an answer may rest on; ``likely`` are quote mode's choice, ``ranked`` all addresses, best first."""
    return frozenset((*likely, *ranked[:_NEAR]))


def figure_missing(question: Question, written: Sequence[Claim], likely: Sequence[str], document: Document) -> bool:
    """Whether a figure is asked for, the likely sentences hold one, and what was written names none."""
    if not _ASKS_HOW_MUCH.search(question.standalone):
        return False
    known = any(_FIGURE.search(document.by_address[address].text) for address in likely)
    return known and not any(_FIGURE.search(claim.text) for claim in written)
