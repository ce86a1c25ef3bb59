"""Next questions the document can really answer: chosen ahead of time and kept with the texts, in both languages."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from pathlib import Path

from assistant.types import Draft
from index.document import Document
from index.parse import TEXTS

FOLLOW_UPS = TEXTS / "follow_ups.json"
MOST = 3
MOST_OF_A_PART = 2  # whoever has read about space is not asked three times about fusion


def follow_ups(draft: Draft, document: Document) -> tuple[str, ...]:
    """Up to three questions about what stands near what was shown (or nearest), none about what was just shown."""
    chosen = _chosen(document.sha256)
    shown = [address for claim in draft.claims if claim.kind == "quote" for address in claim.addresses]
    noted = [address for claim in draft.claims if claim.kind == "note" for address in claim.addresses]
    # What a refusal names as nearest has not been shown, so it may be asked about.
    candidates = (
        _around(shown, chosen.near, document) if shown else [*draft.related, *_near(draft.related, chosen.near)]
    )
    questions: list[str] = []
    parts: Counter[str] = Counter()
    for address in dict.fromkeys(candidates):
        texts = chosen.questions.get(address, {}).get(draft.question.language, ())
        fresh = [text for text in texts if text != draft.question.text]
        part = document.part_of[address].address if address in document.part_of else address
        if fresh and address not in (*shown, *noted) and parts[part] < MOST_OF_A_PART and len(questions) < MOST:
            questions.append(fresh[0])
            parts[part] += 1
    return tuple(questions)


def _around(shown: Sequence[str], near: Mapping[str, Sequence[str]], document: Document) -> list[str]:
    """The next sentence of the part that was shown last, then what is asked about in like words."""
    last = max(shown, key=lambda address: document.order[address])
    part = document.part_of.get(last)
    following = [s.address for s in part.sentences if document.order[s.address] > document.order[last]] if part else []
    return [*following[:1], *_near(shown, near)]


def _near(addresses: Sequence[str], near: Mapping[str, Sequence[str]]) -> list[str]:
    """The nearest of each address, then the second nearest of each, and so on."""
    rows = zip_longest(*(near.get(address, ()) for address in addresses))
    return [address for row in rows for address in row if address is not None]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Address → language → questions, and address → other addresses, nearest first."""

    questions: Mapping[str, Mapping[str, Sequence[str]]]
    near: Mapping[str, Sequence[str]]


@cache
def _chosen(document_sha256: str, path: Path = FOLLOW_UPS) -> _Chosen:
    """What ``evals.suggest`` wrote; empty for a document that nothing was chosen for."""
    data = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if data.get("document_sha256") != document_sha256:
        return _Chosen({}, {})
    return _Chosen(data["questions"], data["near"])
