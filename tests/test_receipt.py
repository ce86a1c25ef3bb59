"""The id of an answer: covers what it says, nothing else, and stays the same for good."""

import base64
import hashlib
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from assistant.receipt import MAX_FRAGMENT, digest, digest_of_object, link, restore, unpack

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


def fragment(answer: dict[str, Any]) -> str:
    return link(answer, "").partition("#")[2]


def covered(answer: dict[str, Any]) -> dict[str, Any]:
    """What the id covers of an answer object, and the id."""
    names = ("schema", "id", "question", "standalone", "language", "mode", "status", "reason", "claims", "model")
    return {name: answer[name] for name in names}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("question", "Can Japan leave?"),
        ("question", "日本は脱退できますか？ 😀 \u2028 <b>&amp;\"'"),
        ("standalone", "Can Japan leave?"),
        ("reason", "partly_absent"),
        ("model", {"name": "m", "prompt_sha256": "p"}),
        ("claims", []),
        ("claims.0.kind", "statement"),
        ("claims.0.kind", "note"),
    ],
)
def test_a_link_carries_all_that_the_id_covers(path: str, value: object) -> None:
    """Packed into a link and restored from it, an answer has the id it had."""
    answer = changed(path, value)
    answer["id"] = digest_of_object(answer)
    address, _, data = link(answer, "https://example.gov/moc/").partition("#")
    assert address == f"https://example.gov/moc/a/{answer['id']}"
    back = restore(answer["id"], unpack(data), {})
    assert covered(back) == covered(answer)
    assert digest_of_object(back) == answer["id"]
    assert set(data) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def noise(characters: int) -> str:
    """Text that hardly deflates, the same every time."""
    return "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=characters))


def test_long_quotes_travel_by_address_alone() -> None:
    """Where the quotes would make the link too long, they are taken from the document again, and the id still fits."""
    quote = noise(9000)
    answer = changed("claims.0.text", quote)
    answer["id"] = digest_of_object(answer)
    data = fragment(answer)
    assert 0 < len(data) <= MAX_FRAGMENT
    assert digest_of_object(restore(answer["id"], unpack(data), {"iv.p1.s3": quote})) == answer["id"]
    assert digest_of_object(restore(answer["id"], unpack(data), {})) != answer["id"]


def test_a_link_that_would_be_too_long_carries_nothing() -> None:
    """Written sentences cannot be left out; the page then asks for the saved answer."""
    answer = changed("claims", [{"text": noise(9000), "kind": "statement", "citations": [1]}])
    assert link(answer, "") == "/a/"
    answer["id"] = "a_1"
    assert link(answer, "") == "/a/a_1"


def packed(text: str) -> str:
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.urlsafe_b64encode(packing.compress(text.encode()) + packing.flush()).decode().rstrip("=")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: "",
        lambda data: data[:-8],
        lambda data: "*" + data,
        lambda data: "é" + data,
        lambda data: data[:20] + "AAAA" + data[24:],
        lambda data: packed("[1, 2]"),
        lambda data: packed("{"),
        lambda data: packed("[" * 100_000),
        lambda data: packed(json.dumps({"q": "x" * 1_000_000})),
    ],
)
def test_damaged_links_are_refused(damage: Callable[[str], str]) -> None:
    """Cut, changed, foreign or exploding data is a ValueError, never anything else, and never unpacked without end."""
    with pytest.raises(ValueError, match="damaged"):
        unpack(damage(fragment(SAVED)))


@pytest.mark.parametrize("change", [{"c": 3}, {"c": [["z", "t"]]}, {"c": [[]]}, {"q": None, "c": None}, {"d": None}])
def test_what_is_no_receipt_is_refused(change: dict[str, Any]) -> None:
    """JSON of another shape is a ValueError too."""
    data = {name: value for name, value in {**unpack(fragment(SAVED)), **change}.items() if value is not None}
    with pytest.raises(ValueError, match="not a receipt"):
        restore("a_1", data, {})
