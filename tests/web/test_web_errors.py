"""Errors: a page in the reader's language for browsers, one shape of JSON for programs, nothing of the inside."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import structlog.testing
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from assistant.config import Config
from assistant.web import errors
from assistant.web.shell import Shell
from tests.web.scripted import Scripted, client_of, service_with

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
CASES = [
    ("GET", "/nowhere", 404, "not_found"),
    ("GET", "/a/a_1", 404, "not_found"),
    ("GET", "/site/nothing.css", 404, "not_found"),
    ("POST", "/document", 405, "method_not_allowed"),
    ("DELETE", "/about", 405, "method_not_allowed"),
    ("PUT", "/a/a_" + "0" * 64, 405, "method_not_allowed"),
]


@pytest.mark.parametrize(("method", "address", "status", "code"), CASES)
def test_programs_get_json(client: TestClient, method: str, address: str, status: int, code: str) -> None:
    """Whatever does not ask for HTML gets {"error": {"code", "message"}} with the status."""
    reply = client.request(method, address)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/json")
    assert set(reply.json()) == {"error"}
    assert reply.json()["error"]["code"] == code
    assert reply.json()["error"]["message"]
    if status == 405:
        assert reply.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(("method", "address", "status", "code"), CASES)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_browsers_get_a_page(
    client: TestClient, method: str, address: str, status: int, code: str, language: str
) -> None:
    """With the status in words, ways on, styles that are found, and in the wished language."""
    reply = client.request(method, f"{address}?lang={language}", headers=BROWSER)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert f'<html lang="{language}">' in reply.text
    assert str(status) in reply.text
    found = re.search(r'href="([^"]*)site/pages.css"', reply.text)
    assert found is not None
    assert found[1] == ("../" * (address.count("/") - 1) or "./")


def test_head_is_get_without_a_body(client: TestClient) -> None:
    """Pages answer HEAD, as link checkers ask."""
    for address in ("/document", "/document.txt", "/about", "/robots.txt"):
        whole, head = client.get(address), client.head(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == whole.headers["content-length"]


def test_too_large_for_a_browser(client: TestClient) -> None:
    """413 has words of its own."""
    reply = client.post("/api/verify?lang=en", content=b"x" * 70_000, headers=BROWSER)
    assert reply.status_code == 413
    assert "larger than this server takes" in reply.text


@pytest.mark.parametrize(("accept", "kind"), [("text/html", "text/html; charset=utf-8"), ("*/*", "application/json")])
def test_a_bug_shows_nothing_of_the_inside(accept: str, kind: str) -> None:
    """An exception nobody expected: 500 in the same two forms, without its words."""
    app = FastAPI()
    errors.install(app)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret internal path /etc/x")

    @app.get("/number/{number}")
    def number(number: int) -> int:
        return number

    with TestClient(app, raise_server_exceptions=False) as client:
        reply = client.get("/broken", headers={"accept": accept})
        assert (reply.status_code, reply.headers["content-type"]) == (500, kind)
        assert "secret" not in reply.text
        wrong = client.get("/number/x")
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "bad_request")


def test_below_a_path_errors_find_their_styles(scripted: Scripted) -> None:
    """Served below /moc, the links of an error page still lead into the service."""
    with client_of(service_with(scripted, Config(public_url="https://example.gov/moc"))) as client:
        for address in ("/moc/a/a_1", "/moc/nothing/here"):
            reply = client.get(address, headers=BROWSER)
            assert reply.status_code == 404
            assert 'href="../site/pages.css"' in reply.text


@pytest.mark.parametrize(
    ("address", "head", "status", "code"),
    [
        ("/site/chat.css", {"range": "bytes=abc"}, 400, "bad_request"),
        ("/site/chat.css", {"range": "items=0-1"}, 400, "bad_request"),
        ("/site/chat.css", {"range": "bytes=5-2"}, 400, "bad_request"),
        ("/site/chat.css", {"range": "bytes=99999999-"}, 416, "requested_range_not_satisfiable"),
        ("/static/img/logo.svg", {"range": "bytes=abc"}, 400, "bad_request"),
        ("/static/nothing.css", {}, 404, "not_found"),
        ("/assets/nothing.js", {}, 404, "not_found"),
        ("/gradio_api/queue/data", {}, 400, "bad_request"),
    ],
)
def test_libraries_errors_are_told_as_ours(
    client: TestClient, address: str, head: dict[str, str], status: int, code: str
) -> None:
    """Gradio's and the file servers' own shapes of errors do not come through, to programs and to people."""
    reply = client.get(address, headers=head)
    assert (reply.status_code, reply.headers["content-type"]) == (status, "application/json")
    assert reply.json()["error"]["code"] == code
    assert "input" not in reply.text
    assert ("content-range" in reply.headers) is (status == 416)
    page = client.get(address, headers={**BROWSER, **head})
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        *(("/", wish) for wish in ("page=zzz", "deep_link=../x", "page=../../etc", "view=api")),
        *((path, "deep_link=x") for path in ("/config", "/ja/config")),
        ("/gradio_api/info", "all_endpoints=true"),
    ],
)
def test_gradio_gets_no_wishes_of_an_address(client: TestClient, path: str, wish: str) -> None:
    """A page of its own, a saved state, what is not for programs: the answer is the one without the wish."""
    plain, wished = client.get(path, headers=BROWSER), client.get(f"{path}?{wish}", headers=BROWSER)
    assert (plain.status_code, wished.status_code) == (200, 200)
    assert re.sub(r'nonce="[^"]*"', "", wished.text) == re.sub(r'nonce="[^"]*"', "", plain.text)


@pytest.mark.parametrize("path", ["/gradio_api/queue/data?session_hash=nobody", "/gradio_api/call/ask/nobody"])
def test_a_session_nobody_has_is_no_fault(client: TestClient, path: str) -> None:
    """The stream says so and ends; the log has no line of an error that is none."""
    with structlog.testing.capture_logs() as lines:
        reply = client.get(path)
    assert reply.status_code == 200
    assert "404" in reply.text
    assert [line for line in lines if line.get("log_level") == "error"] == []


_NO_SESSION = HTTPException(404)


@pytest.mark.parametrize(
    ("method", "path", "cause", "ends"),
    [
        ("GET", "/gradio_api/queue/data", _NO_SESSION, True),
        ("GET", "/gradio_api/call/ask/nobody", _NO_SESSION, True),
        ("GET", "/gradio_api/queue/data", HTTPException(500), False),
        ("GET", "/gradio_api/queue/data", None, False),
        ("POST", "/v1/chat/completions", _NO_SESSION, False),
        ("POST", "/v1/chat/completions", None, False),
        ("POST", "/api/ask", None, False),
    ],
)
def test_a_stream_that_fails_never_looks_whole(
    scripted: Scripted, method: str, path: str, cause: Exception | None, ends: bool
) -> None:
    """It is left without its end, and logged; only where Gradio has said that there is no session nothing failed."""

    async def events() -> AsyncIterator[bytes]:
        yield b"data: {}\n\n"
        raise RuntimeError from cause

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        # Without its watch for a client that leaves, which is not what is tested.
        await StreamingResponse(events(), media_type="text/event-stream").stream_response(send)

    shell = Shell(app, service_with(scripted))
    head = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"0")]
    scope: Scope = {
        "type": "http",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": head,
    }
    with structlog.testing.capture_logs() as lines:
        asyncio.run(shell(scope, receive, send))
    assert sent[1]["body"] == b"data: {}\n\n"
    assert sent[-1].get("more_body", False) is not ends
    assert any(line.get("log_level") == "error" for line in lines) is not ends
