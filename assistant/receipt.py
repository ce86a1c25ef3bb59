"""An answer's id: a digest over what was asked, claimed and cited, in which mode, from which document and index.

It is unkeyed: it shows that an answer and a document fit together, not who gave it. Nothing is stored for it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any


def digest(answer: Mapping[str, Any], claims: Iterable[tuple[str, str, Iterable[str]]]) -> str:
    """``a_`` and the sha256 of the canonical JSON (sorted keys, no spaces, UTF-8) of what the id covers.

    ``answer`` holds question, standalone, language, mode, status, reason, document, index and model as in the answer
    object; ``claims`` are (text, kind, addresses).
    """
    body = {
        "schema": 1,
        **{name: answer[name] for name in ("question", "standalone", "language", "mode", "status", "reason", "model")},
        "claims": [{"text": text, "kind": kind, "addresses": list(addresses)} for text, kind, addresses in claims],
        "document": {"sha256": answer["document"]["sha256"]},
        "index": {"fingerprint": answer["index"]["fingerprint"]},
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    return "a_" + hashlib.sha256(canonical).hexdigest()


def digest_of_object(answer: Mapping[str, Any]) -> str:
    """The id an answer object (the JSON of every surface) should have."""
    by_number = {citation["number"]: citation["address"] for citation in answer["citations"]}
    claims = [
        (claim["text"], claim["kind"], [by_number[number] for number in claim["citations"]])
        for claim in answer["claims"]
    ]
    return digest(answer, claims)
