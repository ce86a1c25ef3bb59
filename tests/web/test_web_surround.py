"""The shell's newer parts: other origins, TLS, request ids, sign-in, slow bodies, and errors without words."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.admission import Admission, everyone
from assistant.config import Config
from assistant.types import Request
from assistant.web import bodies
from assistant.web.server import create
from assistant.web_settings import WebSettings
from tests.web.scripted import Scripted, client_of, service_with

INTRANET = "https://intranet.example.gov"
PROXIED = replace(
    Config(),
    web=replace(WebSettings(), trusted_proxies=(ip_network("127.0.0.1"),), cors_origins=(INTRANET,)),
)
SIGNED_IN = replace(PROXIED, web=replace(PROXIED.web, signin_header="x-forwarded-user"))
JSON = {"question": "Q"}


@pytest.fixture(scope="module")
def proxied() -> Any:
    with client_of(service_with(Scripted(), PROXIED)) as client:
        yield client


@pytest.fixture(scope="module")
def signed_in() -> Any:
    with client_of(service_with(Scripted(), SIGNED_IN)) as client:
        yield client


def test_listed_origins_may_call_the_api(proxied: TestClient) -> None:
    """Preflight and answer name the origin, never a star, never credentials; caches keep origins apart."""
    asks = {"origin": INTRANET, "access-control-request-method": "POST"}
    allowed = proxied.options("/api/ask", headers=asks)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, INTRANET)
    assert "POST" in allowed.headers["access-control-allow-methods"]
    reply = proxied.post("/api/ask", json=JSON, headers={"origin": INTRANET, "sec-fetch-site": "cross-site"})
    assert (reply.status_code, reply.headers["access-control-allow-origin"]) == (200, INTRANET)
    assert "Origin" in reply.headers["vary"]
    assert "access-control-allow-credentials" not in reply.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", INTRANET + ".evil.example"])
def test_other_origins_may_not(proxied: TestClient, origin: str) -> None:
    """Neither the API nor Gradio says yes to them, and their browser's POST is refused before it is read."""
    asks = {"origin": origin, "access-control-request-method": "POST"}
    assert proxied.options("/api/ask", headers=asks).status_code == 403
    posted = proxied.post("/api/ask", json=JSON, headers={"origin": origin, "sec-fetch-site": "cross-site"})
    assert (posted.status_code, posted.json()["error"]["code"]) == (403, "cross_origin")
    for path in ("/", "/config", "/api/document", "/document.txt", "/gradio_api/info"):
        assert "access-control-allow-origin" not in proxied.get(path, headers={"origin": origin}).headers
    joined = proxied.post("/gradio_api/queue/join", json={}, headers={"origin": origin, "sec-fetch-site": "same-site"})
    assert joined.status_code == 403


def test_pages_of_listed_origins_may_not_drive_the_chat(proxied: TestClient) -> None:
    """CORS opens the API and nothing else."""
    asks = {"origin": INTRANET, "access-control-request-method": "POST"}
    for path in ("/gradio_api/queue/join", "/api/feedback"):
        assert proxied.options(path, headers=asks).status_code == 403
    assert "access-control-allow-origin" not in proxied.get("/config", headers={"origin": INTRANET}).headers


def test_options_without_a_question_of_cors(proxied: TestClient) -> None:
    """A plain OPTIONS says what the route takes."""
    reply = proxied.options("/api/document")
    assert (reply.status_code, reply.headers["allow"]) == (204, "GET, HEAD")
    assert proxied.options("/nowhere").status_code == 404


def test_hsts_only_behind_tls(proxied: TestClient, client: TestClient) -> None:
    """When a listed proxy says that it was TLS; not in plain HTTP, and not because anyone claims it."""
    claims = {"x-forwarded-proto": "https"}
    assert proxied.get("/healthz", headers=claims).headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in proxied.get("/healthz").headers
    assert "strict-transport-security" not in client.get("/healthz", headers=claims).headers
    assert '"root":"https://localhost"' in proxied.get("/", headers=claims).text
    assert '"root":"http://localhost"' in client.get("/", headers={**claims, "x-forwarded-host": "evil.example"}).text


def test_every_answer_has_a_request_id(proxied: TestClient, client: TestClient) -> None:
    """A listed proxy's id is kept, anyone else's is not, and no two are the same."""
    assert proxied.get("/healthz", headers={"x-request-id": "abc.1"}).headers["x-request-id"] == "abc.1"
    ids = {client.get(path, headers={"x-request-id": "abc.1"}).headers["x-request-id"] for path in ("/healthz", "/no")}
    assert len(ids) == 2
    assert "abc.1" not in ids


def test_sign_in(signed_in: TestClient) -> None:
    """Only whom the proxy names gets in; health is for everyone; a browser sees a page in its language."""
    assert signed_in.get("/healthz").status_code == 200
    assert signed_in.get("/readyz").status_code == 200
    for path in ("/", "/document", "/api/document", "/config", "/embed.js", "/v1/models"):
        assert signed_in.get(path).status_code == 401, path
        assert signed_in.get(path, headers={"x-forwarded-user": "ann"}).status_code == 200, path
    refused = signed_in.post("/api/ask", json=JSON)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "sign_in")
    page = signed_in.get("/", headers={"accept": "text/html", "accept-language": "ja"})
    assert (page.status_code, '<html lang="ja">' in page.text) == (401, True)


def test_a_forged_sign_in_is_ignored() -> None:
    """The same header from a peer that is no listed proxy names nobody."""
    application = create(service_with(Scripted(), SIGNED_IN))
    with TestClient(application, client=("203.0.113.9", 1)) as outsider:
        assert outsider.get("/document", headers={"x-forwarded-user": "ann"}).status_code == 401
        assert outsider.post("/api/ask", json=JSON, headers={"x-forwarded-user": "ann"}).status_code == 401


def test_a_forgotten_proxy_is_a_state(scripted: Scripted) -> None:
    """/readyz tells the operator, and a refusal says why it came so early."""
    config = replace(Config(), metrics_token="t", web=replace(WebSettings(), session_per_minute=1, raised=()))
    with client_of(service_with(scripted, config)) as client:
        headers = {"x-forwarded-for": "203.0.113.7", "x-session-id": "a"}
        client.post("/api/ask", json=JSON, headers=headers)
        ready = client.get("/readyz", headers={"authorization": "Bearer t"}).json()
        assert ready == {"status": "ready", "states": ["proxy_not_listed"]}
        assert client.get("/readyz").json() == {"status": "ready"}


def test_a_body_that_never_ends_is_given_up(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """408 after a while, whatever the route."""
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    sent: list[dict[str, Any]] = []

    async def never() -> dict[str, Any]:
        await asyncio.sleep(30)
        raise AssertionError("given up before")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/ask", "headers": [], "query_string": b"", "scheme": "http"}
    asyncio.run(client.app({**scope, "client": ("127.0.0.1", 1)}, never, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 408


class Waiting(Scripted):
    """Says when it was asked, and then takes its time."""

    asking: asyncio.Event

    async def stream(self, request: Request, admission: Admission = everyone) -> AsyncIterator[object]:
        self.asking.set()
        await asyncio.sleep(30)
        yield self.answer(request)


@pytest.mark.parametrize("path", ["/api/ask", "/v1/chat/completions"])
def test_a_question_cut_by_a_shutdown_may_be_asked_elsewhere(path: str) -> None:
    """A server that has to stop cancels what it still does: 503 with Retry-After, which a proxy passes on, not 500."""
    waiting = Waiting()
    application = create(service_with(waiting))
    messages = {"model": "moc", "messages": [{"role": "user", "content": "Q"}], "question": "Q"}
    body = json.dumps(messages if path.startswith("/v1") else JSON).encode()
    sent: list[dict[str, Any]] = []

    async def run() -> None:
        begun, waiting.asking = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            if begun.is_set():
                await asyncio.sleep(30)
            begun.set()
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-type", b"application/json"), (b"host", b"localhost")]
        scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b""}
        client = {"scheme": "http", "client": ("127.0.0.1", 1), "http_version": "1.1"}
        task: asyncio.Task[None]
        task = asyncio.create_task(application({**scope, **client}, receive, send))  # type: ignore[arg-type]
        await waiting.asking.wait()
        task.cancel()
        await task

    asyncio.run(asyncio.wait_for(run(), 10))
    assert (sent[0]["status"], dict(sent[0]["headers"])[b"retry-after"]) == (503, b"2")
    assert json.loads(sent[1]["body"])["error"]["code"] == "unavailable"


def test_a_bug_has_no_words(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 in the shape of errors, without what the exception said."""

    def fails(*_: object) -> None:
        raise RuntimeError("secret internal path /etc/x")

    monkeypatch.setattr("assistant.web.api.document_tree", fails)
    reply = client.get("/api/document")
    assert (reply.status_code, reply.json()["error"]["code"]) == (500, "internal")
    assert "secret" not in reply.text


def test_only_the_script_may_be_loaded_elsewhere(client: TestClient) -> None:
    """/embed.js is for other pages, nothing else is."""
    assert client.get("/embed.js").headers["cross-origin-resource-policy"] == "cross-origin"
    for path in ("/", "/document", "/api/document", "/site/chat.js"):
        assert client.get(path).headers["cross-origin-resource-policy"] == "same-origin"
