"""An answer's id: a digest over what was asked, claimed and cited, in which mode, from which document and index.

It is unkeyed: it shows that an answer and a document fit together, not who gave it. Nothing is stored for it: a link to
a receipt carries question and claims itself, in the part of the address that browsers send to nobody.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from assistant.types import Language

MAX_FRAGMENT = 6 * 1024  # characters of a link's fragment; mail programs and chats cut longer addresses
_MAX_DATA = 256 * 1024  # bytes a fragment may unpack to: deflate can make much of little
_KINDS = {"quote": "q", "statement": "s", "note": "n"}
_KIND_OF = {letter: kind for kind, letter in _KINDS.items()}


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
    return digest(answer, _claims(answer))


def link(answer_object: Mapping[str, Any], base: str, language: Language | None = None) -> str:
    """The address of an answer's receipt: ``BASE/a/ID#DATA``; ``base`` is the service's address, or empty.

    With ``language`` it opens in that one (``BASE/a/ID?lang=LANGUAGE#DATA``), else in the browser's.

    DATA is the receipt as deflated JSON in base64url. Where it would be longer than MAX_FRAGMENT, quotes travel by
    address alone; where that is still too long there is no DATA, and the page asks for the saved answer instead.
    """
    address = f"{base.rstrip('/')}/a/{answer_object['id']}" + (f"?lang={language}" if language else "")
    for with_quotes in (True, False):
        data = _pack(_compact(answer_object, with_quotes))
        if len(data) <= MAX_FRAGMENT:
            return f"{address}#{data}"
    return address


def unpack(data: str) -> dict[str, Any]:
    """A link's DATA back to the receipt: what ``restore`` takes.

    Raises:
        ValueError: it is no deflated JSON object, or unpacks to too much.
    """
    try:
        unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        text = unpacking.decompress(base64.b64decode(data + "=" * (-len(data) % 4), b"-_", validate=True), _MAX_DATA)
        found = json.loads(text) if unpacking.eof else None
    except (zlib.error, ValueError, RecursionError) as error:
        raise ValueError(f"the receipt in the link is damaged: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("the receipt in the link is damaged: it is cut off, or no JSON object")
    return found


def restore(identity: str, saved: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    """A receipt and the id it came with as an answer object with claims and bare citations (number, address).

    ``texts`` are the sentences by address, for quotes that travelled by address alone; an unknown one stays empty.

    Raises:
        ValueError: it is not a receipt.
    """
    try:
        numbers: dict[str, int] = {}
        claims = []
        for letter, text, *addresses in saved["c"]:
            cited = [numbers.setdefault(str(address), len(numbers) + 1) for address in addresses]
            words = texts.get(addresses[0] if addresses else "", "") if text is None else str(text)
            claims.append({"text": words, "kind": _KIND_OF[letter], "citations": cited})
        return {
            "schema": 1,
            "id": identity,
            "question": str(saved["q"]),
            "standalone": str(saved.get("s", saved["q"])),
            "language": saved["l"],
            "mode": saved["m"],
            "status": saved["t"],
            "reason": saved.get("r"),
            "claims": claims,
            "citations": [{"number": number, "address": address} for address, number in numbers.items()],
            "document": {"sha256": saved["d"]},
            "index": {"fingerprint": saved["f"]},
            "model": saved.get("w"),
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"it is not a receipt: {type(error).__name__} {error}") from None


def _claims(answer: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    by_number = {citation["number"]: citation["address"] for citation in answer["citations"]}
    return [
        (claim["text"], claim["kind"], [by_number[number] for number in claim["citations"]])
        for claim in answer["claims"]
    ]


def _compact(answer: Mapping[str, Any], with_quotes: bool) -> dict[str, Any]:
    """What the id covers, under short names; what has its usual value is left out."""
    rows = [
        [_KINDS[kind], text if with_quotes or kind != "quote" else None, *addresses]
        for text, kind, addresses in _claims(answer)
    ]
    receipt = {
        "q": answer["question"],
        "s": answer["standalone"],
        "l": answer["language"],
        "m": answer["mode"],
        "t": answer["status"],
        "r": answer["reason"],
        "c": rows,
        "d": answer["document"]["sha256"],
        "f": answer["index"]["fingerprint"],
        "w": answer["model"],
    }
    if receipt["s"] == receipt["q"]:
        del receipt["s"]
    return {name: value for name, value in receipt.items() if value is not None}


def _pack(receipt: Mapping[str, Any]) -> str:
    text = json.dumps(receipt, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    packing = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.urlsafe_b64encode(packing.compress(text) + packing.flush()).decode().rstrip("=")
