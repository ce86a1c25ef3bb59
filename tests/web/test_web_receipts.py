"""Receipts on the web: a link or a saved answer is checked again, and every kind of tampering is named."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant import receipt
from assistant.config import Config
from assistant.types import IndexIdentity
from assistant.web.service import Service
from assistant.web_settings import WebSettings
from tests.web.scripted import Scripted, client_of, service_with

Answer = dict[str, Any]
JSON = {"content-type": "application/json"}


@pytest.fixture
def answer(client: TestClient) -> Answer:
    """A real answer object of the scripted Assistant."""
    return dict(client.post("/api/ask", json={"question": "Is it binding?"}).json())


def by_link(client: TestClient, answer: Answer) -> Answer:
    """What is found when the answer's link is opened."""
    address, _, data = receipt.link(answer, "").partition("#")
    reply = client.post("/api/verify", json={"id": address.rpartition("/")[2], "data": data})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def by_object(client: TestClient, answer: Answer) -> Answer:
    """What is found when the saved answer object is sent."""
    content = json.dumps(answer).encode()
    reply = client.post("/api/verify", content=content, headers={"content-type": "application/json"})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


WAYS = pytest.mark.parametrize("way", [by_link, by_object])
Way = Callable[[TestClient, Answer], Answer]


@WAYS
@pytest.mark.parametrize("question", ["Is it binding?", "法的拘束力はありますか", "日本語で " + "長" * 480])
def test_an_answer_holds(client: TestClient, way: Way, question: str) -> None:
    """Unchanged, in both languages, by link and as an object: everything holds, and asking again gives the same."""
    answer = client.post("/api/ask", json={"question": question}).json()
    found = way(client, answer)
    assert (found["holds"], found["problems"], found["id_fits"], found["asked_again"]) == (True, [], True, "same")
    assert found["document"]["same"]
    assert found["index"]["same"]
    assert [claim["holds"] for claim in found["claims"]] == [True, True]
    assert found["citations"] == answer["citations"]


def test_a_declined_question_has_a_receipt_too(client: TestClient) -> None:
    """What was too long was kept only in part, so it is not asked again; the rest holds."""
    found = by_link(client, client.post("/api/ask", json={"question": "x" * 501}).json())
    assert (found["holds"], found["asked_again"], found["claims"]) == (True, "too_long", [])


def forged(answer: Answer, change: Callable[[Answer], object], *, with_id: bool) -> Answer:
    copy: Answer = json.loads(json.dumps(answer))
    change(copy)
    if with_id:  # a careful forger computes the id anew: it is unkeyed
        copy["id"] = receipt.digest_of_object(copy)
    return copy


def quote_more(answer: Answer) -> None:
    answer["claims"][0]["text"] = answer["claims"][0]["text"].replace("does not create", "creates")


@WAYS
def test_a_changed_quote_is_named(client: TestClient, answer: Answer, way: Way) -> None:
    """The claim that was changed is the one that does not hold, and the id no longer fits."""
    found = way(client, forged(answer, quote_more, with_id=False))
    assert (found["holds"], found["id_fits"], found["asked_again"]) == (False, False, "different")
    assert [(claim["holds"], claim["reasons"]) for claim in found["claims"]] == [(False, ["not_verbatim"]), (True, [])]


@WAYS
def test_a_new_id_does_not_save_a_changed_quote(client: TestClient, answer: Answer, way: Way) -> None:
    """With the id computed anew the quote still differs from the text."""
    found = way(client, forged(answer, quote_more, with_id=True))
    assert (found["holds"], found["id_fits"], found["claims"][0]["holds"]) == (False, True, False)


@WAYS
def test_true_quotes_under_another_question_are_found_out(client: TestClient, answer: Answer, way: Way) -> None:
    """All quotes and the id may fit: the same index, asked again, gives another answer, and that is a problem."""

    def fewer(copy: Answer) -> None:
        del copy["claims"][0]

    copy = forged(answer, fewer, with_id=True)
    copy.pop("text")
    found = way(client, copy)
    assert (found["holds"], found["id_fits"], found["asked_again"]) == (False, True, "different")
    assert found["problems"] == ["asked again, the same index gives another answer"]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda copy: copy["index"].update(fingerprint="0" * 64), "other_index"),
        (lambda copy: copy.update(question="And?"), "other_history"),
        (lambda copy: copy.update(mode="llm", model={"name": "m", "prompt_sha256": "p"}), "no_quotes"),
    ],
)
def test_what_may_differ_is_told_but_no_problem(
    client: TestClient, answer: Answer, change: Callable[[Answer], object], outcome: str
) -> None:
    """Another version of the index, a follow-up, or a model's answer need not come out the same again."""

    def changed(copy: Answer) -> None:
        del copy["claims"][0]
        change(copy)

    found = by_link(client, forged(answer, changed, with_id=True))
    assert (found["holds"], found["problems"], found["asked_again"]) == (True, [], outcome)


def test_a_written_sentence_goes_through_the_gate(client: TestClient, answer: Answer) -> None:
    """A sentence that says more than its source does not hold, and the reason has a code with words."""

    def overstate(copy: Answer) -> None:
        copy.update(mode="llm", model={"name": "m", "prompt_sha256": "p"})
        copy["claims"][1] = {"text": "The Participants must fund 500 projects.", "kind": "statement", "citations": [2]}

    found = by_link(client, forged(answer, overstate, with_id=True))
    assert not found["holds"]
    assert not found["claims"][1]["holds"]
    assert "number_mismatch" in found["claims"][1]["reasons"]


def written(answer: Answer, texts: list[str], citations: list[int]) -> Answer:
    """The answer as if a model had written these sentences."""

    def change(copy: Answer) -> None:
        copy.update(mode="llm", model={"name": "m", "prompt_sha256": "p"})
        copy["claims"] = [{"text": text, "kind": "statement", "citations": citations} for text in texts]
        copy.pop("text")

    return forged(answer, change, with_id=True)


def test_what_nobody_judged_does_not_hold(client: TestClient, answer: Answer) -> None:
    """Two citations under one number end the comparison; a sentence that was not reached is not called good."""
    wrote = written(answer, ["This MOC is not legally binding."], [1])
    wrote["citations"].append(dict(wrote["citations"][0]))
    found = by_object(client, wrote)
    assert found["problems"] == ["two citations have the same number"]
    assert [claim["holds"] for claim in found["claims"]] == [False]


def test_nobody_keeps_the_gate_busy(client: TestClient, answer: Answer) -> None:
    """No more written sentences, nor quotes they rest on, than any model's answer has."""
    for texts, citations, status in ((12, 20, 200), (13, 1, 400), (12, 21, 400)):
        wrote = written(answer, [f"The MOC is binding {n}." for n in range(texts)], [1] * citations)
        assert client.post("/api/verify", json=wrote).status_code == status, (texts, citations)


def asks_left(client: TestClient, visitor: dict[str, str]) -> bool:
    return client.post("/api/ask", json={"question": "Q"}, headers=visitor).status_code == 200


def test_checking_counts_as_asking(scripted: Scripted, answer: Answer) -> None:
    """Asking again passes the gatekeeper; over the limit the rest is still checked, what a model wrote is not."""
    limited = Config(web=replace(WebSettings(), session_per_minute=2, raised=()))
    wrote = written(answer, ["This MOC is not legally binding."], [1])
    with client_of(service_with(scripted, limited)) as client:
        visitor = {"x-session-id": "one"}
        asked = len(scripted.asked)
        first, second, third = (client.post("/api/verify", json=answer, headers=visitor).json() for _ in range(3))
        assert [found["asked_again"] for found in (first, second, third)] == ["same", "same", "unavailable"]
        assert third["holds"]
        assert len(scripted.asked) == asked + 2
        assert not asks_left(client, visitor)
        refused = client.post("/api/verify", json=wrote, headers=visitor)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
        assert refused.headers["retry-after"]
        other = {"x-session-id": "two"}
        assert client.post("/api/verify", json=wrote, headers=other).status_code == 200
        assert asks_left(client, other)
        assert not asks_left(client, other)
        metrics = client.get("/metrics").text
    assert 'moc_questions_total{mode="none",outcome="limited",surface="receipt"} 2.0' in metrics


def test_nothing_is_asked_again_while_answering_is_off(scripted: Scripted, answer: Answer, tmp_path: Path) -> None:
    """The off switch holds for receipts too; comparing with the text needs no answer."""
    (tmp_path / "off").touch()
    config = Config(web=replace(WebSettings(), off_file=str(tmp_path / "off")))
    with client_of(service_with(scripted, config)) as client:
        found = by_object(client, answer)
    assert (found["holds"], found["asked_again"]) == (True, "unavailable")


@WAYS
def test_another_document_is_told_apart(client: TestClient, answer: Answer, way: Way) -> None:
    """Its quotes are not called wrong: they cannot be compared."""
    found = way(client, forged(answer, lambda copy: copy["document"].update(sha256="0" * 64), with_id=True))
    assert (found["holds"], found["document"]["same"], found["asked_again"]) == (False, False, "unavailable")
    assert {claim["holds"] for claim in found["claims"]} == {None}


@WAYS
def test_an_invented_address_is_named(client: TestClient, answer: Answer, way: Way) -> None:
    """A citation that leads nowhere."""
    found = way(client, forged(answer, lambda copy: copy["citations"][0].update(address="v.p1.s1"), with_id=True))
    assert not found["holds"]
    assert (found["claims"][0]["holds"], found["claims"][0]["reasons"]) == (False, ["unknown_address"])


@pytest.mark.parametrize(
    "change",
    [
        lambda copy: copy.clear() or copy.update(id="a_1"),
        lambda copy: copy.update(claims=3),
        lambda copy: copy.update(claims=[{"text": 3, "kind": "quote", "citations": [1]}]),
        lambda copy: copy.update(claims=[{"text": "x", "kind": [], "citations": [[1]]}]),
        lambda copy: copy.update(citations={"a": 1}),
        lambda copy: copy.update(language="fr"),
        lambda copy: copy.update(language=[]),
        lambda copy: copy.update(standalone=None),
        lambda copy: copy.update(document=None),
        lambda copy: copy.update(index=[]),
        lambda copy: copy["claims"][0].update(citations=[7]),
        lambda copy: copy.update(schema=2),
        lambda copy: copy.update(id="a_x"),
        lambda copy: copy.update(question="\ud800"),
        lambda copy: copy["claims"][0].update(text="\ud800"),
        lambda copy: copy["claims"][0].update(kind="\ud800", note="\ud800"),
        lambda copy: copy["citations"][1].update(address="\ud800"),
        lambda copy: copy.update(status="\ud800", schema="\ud800"),
    ],
)
def test_anything_else_does_not_hold(client: TestClient, answer: Answer, change: Callable[[Answer], object]) -> None:
    """Whatever is sent as an answer object, the reply says what is wrong; it is never an error of the server."""
    change(answer)
    found = by_object(client, answer)
    assert not found["holds"]
    assert found["problems"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ([], 400),
        ({"id": 3}, 400),
        ({"id": "a_1", "data": ""}, 400),
        ({"id": "a_1", "data": "####"}, 400),
        ({"id": "a_1", "data": "A" * 7000}, 400),
        ({"id": "a_1", "text": "x" * 70_000}, 413),
        ({"id": "a_1", "text": "x" * 17_000}, 413),
        ({"question": "x" * 17_000}, 413),
    ],
)
def test_wrong_bodies(client: TestClient, body: Any, status: int) -> None:
    """No id, damaged data, too much data, too large a body: errors in the one shape."""
    refused = client.post("/api/verify", json=body)
    assert refused.status_code == status
    assert set(refused.json()["error"]) == {"code", "message"}


def test_a_long_answer_can_be_checked_too(client: TestClient, answer: Answer) -> None:
    """Above 16 KiB only an answer object is read, whole or tampered with."""
    long = {**answer, "follow_ups": ["長" * 6000]}
    assert by_object(client, long)["holds"]
    assert not by_object(client, forged(long, quote_more, with_id=True))["holds"]
    del long["citations"]
    refused = client.post("/api/verify", content=json.dumps(long, ensure_ascii=False).encode(), headers=JSON)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")


def test_further_fields_of_a_claim_are_not_repeated(client: TestClient, answer: Answer) -> None:
    """Only what was checked comes back."""
    answer["claims"][0]["note"] = "\ud800"
    assert set(by_object(client, answer)["claims"][0]) == {"text", "kind", "citations", "holds", "reasons"}


@pytest.mark.parametrize("name", ["claims", "citations"])
def test_more_than_any_answer_has_is_refused(client: TestClient, answer: Answer, name: str) -> None:
    """Nobody gets thousands of sentences checked with one request."""
    refused = client.post("/api/verify", json={**answer, "text": "", name: [{"number": 1}] * 101})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_request")
    assert "at most 100" in refused.json()["error"]["message"]


def test_while_the_index_opens_the_rest_is_checked(answer: Answer) -> None:
    """Quotes and id need no index; only asking again does."""
    service = Service(Config(), lambda _: Scripted())  # type: ignore[arg-type, return-value]
    with client_of(service) as client:
        found = by_link(client, answer)
    assert (found["holds"], found["asked_again"], found["index"]["same"]) == (True, "unavailable", None)


def test_another_index_is_told(client: TestClient, scripted: Scripted, answer: Answer) -> None:
    """The receipt names the index it came from; a service with another one says so."""
    before, scripted.index = scripted.index, replace(scripted.index, fingerprint="0" * 64)
    try:
        found = by_link(client, answer)
    finally:
        scripted.index = before
    assert isinstance(before, IndexIdentity)
    assert (found["holds"], found["index"]["same"]) == (True, False)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_says_what_to_do_without_a_script(client: TestClient, answer: Answer, language: str) -> None:
    """It names no part of the answer (the fragment never came here), and tells other ways to check."""
    page = client.get(f"/a/{answer['id']}?lang={language}")
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    assert "python -m assistant verify" in page.text.partition("<noscript>")[2].partition("</noscript>")[0]
    assert '<script nonce="' in page.text
    assert 'name="robots" content="noindex"' in page.text


@pytest.mark.parametrize("identity", ["a_1", "a_" + "g" * 64, "b_" + "0" * 64, "a_" + "0" * 65])
def test_what_is_no_id_has_no_page(client: TestClient, identity: str) -> None:
    """Only ids of the right form have a receipt page."""
    assert client.get(f"/a/{identity}").status_code == 404
