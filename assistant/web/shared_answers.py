"""Written answers that replicas share through their store: sealed there, and verified again by whoever takes them out.

What is kept is what the model wrote, as a draft. The store sees neither question nor answer (AES-256-GCM under a key
made of MOC_SECRET), and a text somebody else put there is no answer: it does not open, and could not pass the gate.
"""

import asyncio
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from assistant.types import Answer, Claim, Draft, Dropped, ModelUsed, Question
from assistant.web.limits import Store

if TYPE_CHECKING:
    from assistant.verify import Verifier

_NONCE = 12  # bytes, as the standard has it
MOST_BYTES = 256 * 1024  # of one entry; an answer is a few thousand


class SharedAnswers:
    """Answers in the shared store, for ``seconds``; without a store there are none."""

    def __init__(self, store: Store, secret: str | None, seconds: int) -> None:
        self._store = store
        self._key = hmac.new((secret or "").encode(), b"seal of answers", hashlib.sha256).digest()
        self._seconds = seconds if store.url and secret else 0

    async def get(self, key: str, verifier: "Verifier") -> Answer | None:
        """The answer another replica wrote, if it is there, opens, and passes the gate here with the same id."""
        if self._seconds <= 0:
            return None
        sealed = await self._store.try_(lambda: self._fetch(key), _nothing)
        kept = _opened(self._key, key, sealed) if sealed else None
        return None if kept is None else await asyncio.to_thread(_answer, kept, verifier)

    async def put(self, key: str, answer: Answer) -> None:
        """Keep an answer a model wrote; a store that is down keeps none."""
        if self._seconds <= 0 or answer.mode != "llm":
            return
        sealed = _sealed(self._key, key, _kept(answer))
        if len(sealed) <= MOST_BYTES:
            await self._store.try_(lambda: self._send(key, sealed), _nothing)

    async def _fetch(self, key: str) -> bytes | None:
        found = await self._store.client.get(_name(key))
        return found if isinstance(found, bytes) else None

    async def _send(self, key: str, sealed: bytes) -> None:
        await self._store.client.set(_name(key), sealed, ex=self._seconds)


async def _nothing() -> None:
    """What a store that is down says and does."""


def _name(key: str) -> str:
    return f"moc:answer:{key}"


def _sealed(secret: bytes, key: str, kept: Mapping[str, Any]) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    # Bound to its key: an entry moved to another question does not open.
    return nonce + AESGCM(secret).encrypt(nonce, json.dumps(kept).encode(), key.encode())


def _opened(secret: bytes, key: str, sealed: bytes) -> dict[str, Any] | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        found = json.loads(AESGCM(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], key.encode()))
    except (InvalidTag, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _kept(answer: Answer) -> dict[str, Any]:
    """An answer without anything the document says better: claims with addresses, no quotes, no citations."""
    address = {citation.number: citation.address for citation in answer.citations}
    return {
        "id": answer.id,
        "question": [answer.question, answer.standalone, answer.language],
        "status": answer.status,
        "confidence": answer.confidence,
        "mode": answer.mode,
        "reason": answer.reason,
        "mode_note": answer.mode_note,
        "claims": [
            ["" if claim.kind == "quote" else claim.text, claim.kind, [address[number] for number in claim.citations]]
            for claim in answer.claims
        ],
        "related": [related.address for related in answer.related],
        "follow_ups": answer.follow_ups,
        "missing_words": answer.missing_words,
        "dropped": [[dropped.text, dropped.addresses, dropped.reasons] for dropped in answer.dropped],
        "model": asdict(answer.model) if answer.model else None,
        "timings_ms": dict(answer.timings_ms),
    }


def _answer(kept: Mapping[str, Any], verifier: "Verifier") -> Answer | None:
    """Through the gate once more; None when it is another answer then, or none (a replica of another version)."""
    try:
        text, standalone, language = kept["question"]
        draft = Draft(
            Question(text, standalone, standalone, language),
            kept["status"],
            kept["confidence"],
            kept["mode"],
            kept["reason"],
            kept["mode_note"],
            tuple(Claim(text, kind, tuple(addresses)) for text, kind, addresses in kept["claims"]),
            tuple(kept["related"]),
            tuple(kept["follow_ups"]),
            tuple(kept["missing_words"]),
            tuple(Dropped(text, tuple(addresses), tuple(reasons)) for text, addresses, reasons in kept["dropped"]),
            ModelUsed(**kept["model"]) if kept["model"] else None,
        )
        answer = verifier.answer(draft, kept["timings_ms"])
    except (KeyError, TypeError, ValueError):
        return None
    return answer if answer.id == kept["id"] else None
