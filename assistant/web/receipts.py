"""Receipts: whatever was shown can be checked again later, from the link alone; nothing about it is stored here."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant import receipt, types
from assistant.claim_stream import MAX_CLAIMS
from assistant.saved import UNTOLD
from assistant.strings import strings
from assistant.types import LANGUAGES, Citation, Claim, IndexIdentity
from assistant.web.allow_list import API_BODY
from assistant.web.api import ApiError, json_body
from assistant.web.asking import NotReady
from assistant.web.limits import Refused
from assistant.web.pages import html, page, page_language, page_route
from assistant.web.reader import full_title, long_date
from assistant.web.schema import AnswerShape, VerifiedShape, described
from assistant.web.service import Service
from assistant.web.visitor import NOBODY, Visitor, visitor_of
from index.document import Document

if TYPE_CHECKING:
    from assistant.verify import Finding, Verifier

Again = Literal["same", "different", "other_index", "other_history", "no_quotes", "too_long", "unavailable"]

_MOST = 100  # claims, and citations: the document has 51 sentences
# Checking a written sentence takes milliseconds for each sentence it rests on; of a model no more are taken.
_MOST_WRITTEN = MAX_CLAIMS
_MOST_RESTED_ON = 20 * MAX_CLAIMS


class ReceiptBody(BaseModel):
    """The body of ``POST /api/verify``: an answer object, or a receipt's id and the DATA of its link."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(max_length=200)
    data: str | None = Field(None, max_length=receipt.MAX_FRAGMENT, pattern=r"^[A-Za-z0-9_-]*$")


def router(service: Service) -> APIRouter:
    """``GET /a/{id}`` and ``POST /api/verify``."""
    routes = APIRouter()

    @page_route(routes, "/a/{identity}")
    def receipt_page(identity: str, request: Request) -> HTMLResponse:
        if not re.fullmatch(r"a_[0-9a-f]{64}", identity):
            raise HTTPException(404)
        language = page_language(request)
        shown = {
            key: text
            for key, text in strings(language).items()
            if key.startswith(("receipt_", "reason_", "status_")) or key == "transcript_saved"
        }
        script_words = json.dumps(shown, ensure_ascii=False)
        title = full_title(service.document, service.reading_aid, language)
        values = {"document": f"{title}, {long_date(service.document, language)}", "script_words": script_words}
        return html(page("receipt.html", language, "../", identity=identity, **values))

    described_here = described(VerifiedShape, 400, 413, 415, body=(AnswerShape, ReceiptBody))

    @routes.post("/api/verify", summary="Check an answer again", openapi_extra=described_here)
    async def verify(request: Request) -> JSONResponse:
        raw = await request.body()
        if len(raw) > API_BODY and not _is_answer(raw):
            raise ApiError(413, "too_large", f"only an answer object may be larger than {API_BODY} bytes")
        body = await json_body(request, ReceiptBody)
        try:
            saved = _saved(service, body)
        except ValueError as error:
            raise ApiError(400, "bad_request", str(error)) from None
        found = await verified(service, saved, visitor_of(request.scope))
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    return routes


async def verified(service: Service, saved: Mapping[str, Any], visitor: Visitor = NOBODY) -> dict[str, Any]:
    """What holds of a saved answer, as a whole and claim by claim, and whether asking again gives the same.

    ``holds`` of a claim is None where another document keeps it from being compared. Checking what a model wrote counts
    as a question, as asking again does: both cost as much.

    Raises:
        Refused: it is one too many.
    """
    room = service.gate.working(visitor.at("receipt")) if _written(saved) else nullcontext()
    async with room:
        found = await asyncio.to_thread(_compared, service, saved)
    if "claims" in found and found["document"]["same"]:
        found["asked_again"] = await _asked_again(service, saved, visitor)
    if found.get("asked_again") == "different":
        found["problems"].append("asked again, the same index gives another answer")
        found["holds"] = False
    return found


def _compared(service: Service, saved: Mapping[str, Any]) -> dict[str, Any]:
    """What comparing with the text alone says; for what is no answer object only that it is none."""
    document = service.document
    verifier = _verifier(service)
    judged: dict[Claim, Finding] = {}
    problems = verifier.problems(saved, judged)
    none = {"holds": False, "id": saved["id"], "problems": problems or ["it is not an answer object of schema 1"]}
    if not _readable(saved):
        return none
    same_document = saved["document"]["sha256"] == document.sha256
    fingerprint = service.wait(0).index.fingerprint if service.ready else None
    by_number = {cited["number"]: str(cited["address"]) for cited in saved["citations"]}
    found = {
        "holds": not problems,
        "problems": problems,
        **{name: saved[name] for name in ("id", "question", "language", "mode", "status", "reason")},
        "document": {"sha256": saved["document"]["sha256"], "same": same_document},
        "index": {
            "fingerprint": saved["index"]["fingerprint"],
            "same": None if fingerprint is None else saved["index"]["fingerprint"] == fingerprint,
        },
        "id_fits": receipt.digest_of_object(saved) == saved["id"],
        # What stands in the answer and neither the id nor the document can tell.
        "not_covered": [name for name in UNTOLD if saved.get(name)],
        "asked_again": "unavailable",
        "claims": [
            {
                **{name: claim[name] for name in ("text", "kind", "citations")},
                **_judged(judged, document, claim, place, by_number, problems, same_document),
            }
            for place, claim in enumerate(saved["claims"], 1)
        ],
        "citations": [
            asdict(_citation(verifier, number, address, saved["language"]))
            for number, address in by_number.items()
            if address in document.by_address
        ],
    }
    try:
        json.dumps(found, allow_nan=False)
    except ValueError:  # a number that JSON does not have, where no answer has a number
        return none
    return found


def _saved(service: Service, body: ReceiptBody) -> Mapping[str, Any]:
    """The answer object to check; from a link's DATA it is made whole with the document's own citations.

    Raises:
        ValueError: DATA is damaged, or there are more claims or citations than any answer has.
    """
    if body.data is None:
        return _bounded({"id": body.id, **(body.model_extra or {})})
    texts = {sentence.address: sentence.text for sentence in service.document.passages}
    saved = dict(_bounded(receipt.restore(body.id, receipt.unpack(body.data), texts)))
    if saved["language"] not in LANGUAGES:
        raise ValueError(f"it is not a receipt: language {saved['language']!r}")
    verifier = _verifier(service)
    saved["citations"] = [
        asdict(_citation(verifier, bare["number"], bare["address"], saved["language"]))
        if bare["address"] in texts
        else {**bare, "quote": "", "start": 0, "end": 0}
        for bare in saved["citations"]
    ]
    return saved


def _is_answer(raw: bytes) -> bool:
    """Whether it has the shape of the answer object: only then it may be as large as an answer can be."""
    try:
        AnswerShape.model_validate_json(raw)
    except ValidationError:
        return False
    return True


def _verifier(service: Service) -> "Verifier":
    from assistant.verify import Verifier  # brings the keyword search's libraries; the pages are served before it

    return Verifier(service.document, service.reading_aid, IndexIdentity("", ""))


def _citation(verifier: "Verifier", number: int, address: str, language: types.Language) -> Citation:
    _, (citation,) = verifier.verified(Claim("", "quote", (address,)), language)
    return replace(citation, number=number)


def _bounded(saved: Mapping[str, Any]) -> Mapping[str, Any]:
    written = _written(saved)
    rested_on = sum(len(claim["citations"]) for claim in written if isinstance(claim.get("citations"), list))
    if len(written) > _MOST_WRITTEN or rested_on > _MOST_RESTED_ON:
        most = f"{_MOST_WRITTEN} written sentences resting on {_MOST_RESTED_ON} quotes together"
        raise ValueError(f"an answer has at most {most}")
    lists = [value for name in ("claims", "citations") if isinstance(value := saved.get(name), list)]
    if any(len(value) > _MOST for value in lists):
        raise ValueError(f"an answer has at most {_MOST} claims and citations")
    return saved


def _written(saved: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The claims that the gate has to judge."""
    claims = saved.get("claims")
    rows = claims if isinstance(claims, list) else []
    return [claim for claim in rows if isinstance(claim, dict) and claim.get("kind") == "statement"]


def _readable(saved: Mapping[str, Any]) -> bool:
    """Whether the parts a report needs are there and of the right kind."""
    try:
        receipt.digest_of_object(saved)
        return (
            saved["language"] in LANGUAGES
            and isinstance(saved["standalone"], str)
            and all(isinstance(claim["text"], str) for claim in saved["claims"])
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _judged(
    judged: "Mapping[Claim, Finding]",
    document: Document,
    claim: Mapping[str, Any],
    place: int,
    by_number: Mapping[int, str],
    problems: Sequence[str],
    same_document: bool,
) -> dict[str, Any]:
    """Whether one claim holds and, where the reason has a code, which."""
    if not same_document:
        return {"holds": None, "reasons": []}
    addresses = tuple(by_number[number] for number in claim["citations"])
    reasons: list[str] = []
    if any(address not in document.by_address for address in addresses):
        reasons.append("unknown_address")
    elif claim["kind"] == "quote" and addresses and claim["text"] != document.by_address[addresses[0]].text:
        reasons.append("not_verbatim")
    elif claim["kind"] == "statement":
        finding = judged.get(Claim(claim["text"], "statement", addresses))
        if finding is None:  # the comparison ended before it, for a reason that stands among the problems
            return {"holds": False, "reasons": []}
        reasons += finding.reasons
    named = (f"claim {place}:", *(f"citation {number}:" for number in claim["citations"]))
    return {"holds": not reasons and not any(problem.startswith(named) for problem in problems), "reasons": reasons}


async def _asked_again(service: Service, saved: Mapping[str, Any], visitor: Visitor) -> Again:
    """Whether the question gets the same answer now; only quotes can be expected to come back word for word."""
    if saved["mode"] != "quote":
        return "no_quotes"
    if saved["reason"] == "too_long":  # only its beginning was kept
        return "too_long"
    if not service.ready:
        return "unavailable"
    request = types.Request(saved["standalone"], saved["language"], "quote")
    try:
        answer = await (await service.ask(request, visitor.at("receipt"))).answer()
    except (Refused, NotReady):  # it counts as a question; the rest of the receipt is checked all the same
        return "unavailable"
    by_number = {cited["number"]: cited["address"] for cited in saved["citations"]}
    before = [(c["text"], c["kind"], [by_number[number] for number in c["citations"]]) for c in saved["claims"]]
    now = [(c.text, c.kind, [answer.citation(number).address for number in c.citations]) for c in answer.claims]
    if (answer.status, answer.reason, now) == (saved["status"], saved["reason"], before):
        return "same"
    if saved["index"]["fingerprint"] != service.wait(0).index.fingerprint:
        return "other_index"
    return "other_history" if saved["question"] != saved["standalone"] else "different"
