"""The JSON surface: its shapes, its refusals, and what it says of itself."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.config import Config
from assistant.web.service import Service
from index import parse
from tests.web.scripted import Scripted, client_of, service_with


def events(text: str) -> list[tuple[str, Any]]:
    """Server-sent events as (name, data)."""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_ask_answers_with_the_answer_object(client: TestClient) -> None:
    """POST /api/ask gives the whole object; quotes are where it says they are."""
    answer = client.post("/api/ask", json={"question": "Is it binding?"}).json()
    source = client.get("/document.txt").text
    assert answer["schema"] == 1
    assert answer["status"] == "answered"
    assert [cited["address"] for cited in answer["citations"]] == ["iii.p1.s1", "iii.p1.s4"]
    assert all(source[cited["start"] : cited["end"]] == cited["quote"] for cited in answer["citations"])


def test_ask_passes_on_what_was_wished(client: TestClient, scripted: Scripted) -> None:
    """Language (also as "lang"), mode and history reach the core; "auto" is no wish."""
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi \ud800"}]
    body = {"question": "Q", "lang": "ja", "mode": "quote", "history": history}
    client.post("/api/ask", content=json.dumps(body), headers={"content-type": "application/json"})
    client.post("/api/ask", json={"question": "Q", "language": "auto", "mode": "auto"})
    first, second = scripted.asked
    assert (first.language, first.mode, [turn.content for turn in first.history]) == ("ja", "quote", ["Hello"])
    assert (second.language, second.mode, second.history) == (None, None, ())


def test_links_start_with_the_public_url(scripted: Scripted) -> None:
    """Citation links in the text lead to where readers reach the service."""
    config = Config(public_url="https://example.gov/moc")
    with client_of(service_with(scripted, config)) as client:
        text = client.post("/api/ask", json={"question": "Q"}).json()["text"]
    assert "(https://example.gov/moc/document#iii.p1.s1)" in text


def test_stream_shows_claims_before_the_answer(client: TestClient) -> None:
    """Server-sent events: searching at once, each claim with its citations, last the object as without stream."""
    streamed = client.post("/api/ask", json={"question": "Q", "stream": True})
    assert streamed.headers["content-type"].startswith("text/event-stream")
    got = events(streamed.text)
    assert [name for name, _ in got] == ["status", "claim", "claim", "answer"]
    assert got[0][1] == {"stage": "searching"}
    assert got[1][1]["citations"][0]["address"] == "iii.p1.s1"
    assert got[-1][1] == client.post("/api/ask", json={"question": "Q"}).json()


def test_a_failure_is_an_error_and_never_an_answer(scripted: Scripted) -> None:
    """What the core raises stays inside: the client gets a code, whole and streamed."""
    scripted.fails = True
    with client_of(service_with(scripted)) as client:
        whole = client.post("/api/ask", json={"question": "Q"})
        streamed = client.post("/api/ask", json={"question": "Q", "stream": True})
    assert (whole.status_code, whole.json()["error"]["code"]) == (500, "internal")
    assert events(streamed.text)[-1][0] == "error"
    assert "secret" not in whole.text + streamed.text


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        ("{}", "application/json", 400, "bad_request"),
        ('{"question": 3}', "application/json", 400, "bad_request"),
        ('{"question": "Q", "mode": "magic"}', "application/json", 400, "bad_request"),
        ('{"question": "Q", "language": "fr"}', "application/json", 400, "bad_request"),
        ('{"question": "Q", "history": [{"role": "system", "content": "x"}]}', "application/json", 400, "bad_request"),
        ('{"question": "\\ud800"}', "application/json", 400, "bad_request"),
        ('{"question": ', "application/json", 400, "bad_json"),
        ("[" * 16000, "application/json", 400, "bad_json"),
        ("\xff\xfe", "application/json", 400, "bad_json"),
        ('{"question": "Q"}', "text/plain", 415, "unsupported_media_type"),
        ('{"question": "Q"}', "", 415, "unsupported_media_type"),
        (json.dumps({"question": "x" * 16 * 1024}), "application/json", 413, "too_large"),
    ],
)
def test_wrong_bodies_are_refused(client: TestClient, content: str, content_type: str, status: int, code: str) -> None:
    """Every wrong body has its status and code, in the one shape of errors."""
    headers = {"content-type": content_type} if content_type else {}
    refused = client.post("/api/ask", content=content.encode("latin-1"), headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert set(refused.json()["error"]) == {"code", "message"}


def test_a_body_of_unstated_length_is_cut_off_too(client: TestClient) -> None:
    """A chunked body that never says how long it is meets the same limit, before it is parsed."""

    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 1024

    refused = client.post("/api/ask", content=chunks(), headers={"content-type": "application/json"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")


def test_a_long_question_is_an_answer_not_an_error(client: TestClient) -> None:
    """More than 500 characters: 200 with declined/too_long, as on every surface."""
    answer = client.post("/api/ask", json={"question": "x" * 501})
    assert (answer.status_code, answer.json()["reason"]) == (200, "too_long")


def test_wrong_methods_and_paths(client: TestClient) -> None:
    """GET on ask is 405 with Allow, an unknown path 404, both in the shape of errors."""
    wrong = client.get("/api/ask")
    assert (wrong.status_code, wrong.headers["allow"], wrong.json()["error"]["code"]) == (
        405,
        "POST",
        "method_not_allowed",
    )
    assert client.post("/api/document", json={}).status_code == 405
    unknown = client.get("/api/nothing")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "not_found")


def test_document_tree_holds_every_sentence(client: TestClient) -> None:
    """GET /api/document: 49 sentences and list items, verbatim by offset, with their reading aid."""
    tree = client.get("/api/document").json()
    source = parse.load().source

    def below(parts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for part in parts:
            yield from part["sentences"]
            yield from below(part["parts"])

    sentences = list(below(tree["parts"]))
    assert len(sentences) == 49
    assert all(source[row["start"] : row["end"]] == row["text"] and row["reading_aid"] for row in sentences)
    assert tree["sha256"] == parse.load().sha256


def test_sections_by_address(client: TestClient) -> None:
    """A sentence, a topic or a section by its address, with labels in the wished language; others are 404."""
    one = client.get("/api/sections/iii.p1.s2?lang=ja").json()
    assert [row["label"] for row in one["sentences"]] == ["第III節 第2文"]
    assert one["section"] == "III. Legal Character"
    assert len(client.get("/api/sections/ii.trusted.space").json()["sentences"]) == 3
    missing = client.get("/api/sections/v.p1.s1")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "unknown_address")


def broken(config: Config) -> Any:
    raise RuntimeError("the disk at /srv/index is full")


def test_when_opening_fails_the_rest_goes_on() -> None:
    """/readyz is 503 with its reason for this machine only; asking is 503; /healthz and /document still work."""
    service = Service(Config(), broken)
    service.start()
    with pytest.raises(Exception, match="full"):
        service.wait(10)
    with client_of(service) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/document").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.headers["retry-after"]) == (503, "5")
        assert "disk" in ready.json()["reason"]
        assert "reason" not in client.get("/readyz", headers={"x-forwarded-for": "127.0.0.1"}).json()
        refused = client.post("/api/ask", json={"question": "Q"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "not_ready")
        assert events(client.post("/api/ask", json={"question": "Q", "stream": True}).text)[-1][0] == "error"
        assert "disk" not in refused.text


def test_reasons_need_the_token_where_one_is_set() -> None:
    """With MOC_METRICS_TOKEN only its bearer sees the reason, not even this machine without it."""
    service = Service(replace(Config(), metrics_token="s3cret"), broken)
    service.start()
    with pytest.raises(Exception, match="full"):
        service.wait(10)
    with client_of(service) as client:
        assert "reason" not in client.get("/readyz").json()
        assert "reason" not in client.get("/readyz", headers={"authorization": "Bearer wrong"}).json()
        assert "reason" in client.get("/readyz", headers={"authorization": "Bearer s3cret"}).json()


def test_ready(client: TestClient) -> None:
    """/readyz is 200 once the Assistant is open."""
    assert client.get("/readyz").json() == {"status": "ready"}
