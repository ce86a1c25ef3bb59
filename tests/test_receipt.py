"""The id of an answer: covers what it says, nothing else, and stays the same for good."""

import hashlib
import json
from typing import Any

import pytest

from assistant.receipt import digest, digest_of_object

SAVED: dict[str, Any] = {
    "schema": 1,
    "id": "",
    "question": "Can Japan leave?",
    "standalone": "Can Japan leave the MOC?",
    "language": "en",
    "mode": "quote",
    "mode_note": None,
    "status": "answered",
    "reason": None,
    "confidence": 0.9,
    "text": "…",
    "claims": [{"text": "Either …", "kind": "quote", "citations": [1]}],
    "citations": [{"number": 1, "address": "iv.p1.s3", "quote": "Either …", "start": 1, "end": 2}],
    "related": [],
    "follow_ups": [],
    "dropped": [],
    "document": {"title": "T", "date": "2025-10-28", "sha256": "d"},
    "index": {"fingerprint": "f", "embedding": "e"},
    "model": None,
    "timings_ms": {"total": 1},
}


def changed(path: str, value: object) -> dict[str, Any]:
    """A copy of the saved answer with one value changed; ``a.0.b`` goes into lists and objects."""
    copy: Any = json.loads(json.dumps(SAVED))
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place = copy
    for step in steps:
        place = place[step]
    place[last] = value
    return dict(copy)


def test_the_id_is_the_sha256_of_the_canonical_json() -> None:
    """Sorted keys, no blanks, UTF-8: anybody can compute it with ten lines of any language."""
    body = {
        "schema": 1,
        "question": "Can Japan leave?",
        "standalone": "Can Japan leave the MOC?",
        "language": "en",
        "mode": "quote",
        "status": "answered",
        "reason": None,
        "claims": [{"text": "Either …", "kind": "quote", "addresses": ["iv.p1.s3"]}],
        "document": {"sha256": "d"},
        "index": {"fingerprint": "f"},
        "model": None,
    }
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert digest_of_object(SAVED) == "a_" + hashlib.sha256(canonical.encode()).hexdigest()
    assert digest(SAVED, [("Either …", "quote", ["iv.p1.s3"])]) == digest_of_object(SAVED)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("question", "Can Japan stay?"),
        ("standalone", "x"),
        ("language", "ja"),
        ("mode", "llm"),
        ("status", "partial"),
        ("reason", "partly_absent"),
        ("claims.0.text", "Either ..."),
        ("claims.0.kind", "statement"),
        ("citations.0.address", "iv.p1.s4"),
        ("document.sha256", "e"),
        ("index.fingerprint", "g"),
        ("model", {"name": "m", "prompt_sha256": "p"}),
        ("claims", []),
    ],
)
def test_what_the_id_covers(path: str, value: object) -> None:
    """Any change of what was asked, claimed or cited, how, and from what, is another id."""
    assert digest_of_object(changed(path, value)) != digest_of_object(SAVED)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mode_note", "llm_off"),
        ("confidence", 0.1),
        ("timings_ms.total", 99),
        ("follow_ups", ["x"]),
        ("document.title", "x"),
        ("index.embedding", "x"),
        ("citations.0.start", 7),
    ],
)
def test_what_the_id_does_not_cover(path: str, value: object) -> None:
    """Times and what is shown beside the answer leave it alone; the same answer has the same id everywhere."""
    assert digest_of_object(changed(path, value)) == digest_of_object(SAVED)
