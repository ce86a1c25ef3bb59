"""Next questions the document can really answer: chosen ahead of time and kept with the texts, in both languages."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from assistant.types import Draft
from index.document import Document
from index.parse import TEXTS

FOLLOW_UPS = TEXTS / "follow_ups.json"
MOST = 3


def follow_ups(draft: Draft, document: Document) -> tuple[str, ...]:
    """Up to three questions about what stands near what was shown (or nearest), none about what was just shown."""
    shown = [address for claim in draft.claims if claim.kind == "quote" for address in claim.addresses]
    around = shown or list(draft.related)
    if not around:
        return ()
    skip = set(shown)
    questions: list[str] = []
    for address in (*([] if shown else around), *_near(around, document)):
        if address in skip:
            continue
        skip.add(address)
        questions += _questions(document.sha256).get(address, {}).get(draft.question.language, [])[:1]
        if len(questions) == MOST:
            break
    return tuple(question for question in questions if question != draft.question.text)


def _near(addresses: Iterable[str], document: Document) -> list[str]:
    """Sentences of the same part after and before, then one of every other part, in document order."""
    all_addresses = [sentence.address for sentence in document.sentences]
    parts = [document.part_of[a].address for a in addresses if a in document.part_of]
    own = [a for a in all_addresses if document.part_of[a].address in parts]
    last = max((document.order[a] for a in addresses), default=0)
    after = [a for a in own if document.order[a] > last]
    before = [a for a in own if document.order[a] <= last]
    others: dict[str, str] = {}
    for address in all_addresses:
        others.setdefault(document.part_of[address].address, address)
    rest = sorted(others.values(), key=lambda a: (document.order[a] <= last, document.order[a]))
    return [*after[:1], *before[:1], *rest]


@cache
def _questions(document_sha256: str, path: Path = FOLLOW_UPS) -> dict[str, dict[str, list[str]]]:
    """Address → language → questions; empty for a document that none were chosen for."""
    if not path.exists():
        return {}
    data = json.loads(path.read_text(encoding="utf-8"))
    return data["questions"] if data["document_sha256"] == document_sha256 else {}
