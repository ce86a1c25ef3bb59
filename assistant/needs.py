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


def met(
    question: Question, written: Sequence[Claim], likely: Sequence[str], ranked: Sequence[str], document: Document
) -> bool:
    """Whether the written claims can stand for the answer.

    They rest on at least one sentence that is near to the question (``ranked`` are all addresses, best first); and
    where a figure is asked for and the likely sentences hold one, they name one.
    """
    near = frozenset((*likely, *ranked[:_NEAR]))
    if not any(near.intersection(claim.addresses) for claim in written):
        return False
    if not _ASKS_HOW_MUCH.search(question.standalone):
        return True
    known = any(_FIGURE.search(document.by_address[address].text) for address in likely)
    return not known or any(_FIGURE.search(claim.text) for claim in written)
