"""What surrounds every request: headers, closed routes, bounded bodies, and a path in front."""

import re
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.config import Config
from assistant.web.pages import NONCE
from assistant.web.shell import Shell
from tests.web.scripted import Scripted, client_of, service_with

GRADIO_CLOSED = [
    ("POST", "/gradio_api/upload"),
    ("GET", "/gradio_api/upload_progress?upload_id=x"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("GET", "/gradio_api/file/etc/passwd"),
    ("GET", "/gradio_api/proxy=https://example.com/"),
    ("GET", "/gradio_api/deep_link?session_hash=x"),
    ("POST", "/gradio_api/component_server"),
    ("POST", "/gradio_api/component_server/"),
    ("POST", "/gradio_api/process_recording"),
    ("POST", "/gradio_api/vibe-edit"),
    ("POST", "/gradio_api/run/predict"),
    ("POST", "/gradio_api/run/ask"),
    ("POST", "/gradio_api/api/ask"),
    ("GET", "/gradio_api/openapi.json"),
    ("GET", "/gradio_api/runs"),
    ("GET", "/gradio_api/token"),
    ("POST", "/login"),
    ("GET", "/monitoring"),
    ("GET", "/monitoring/summary"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/redoc"),
    ("GET", "/ja/"),
    ("GET", "/ja/gradio_api/file=/etc/passwd"),
    ("GET", "/site/../server.py"),
    ("GET", "/site/%2e%2e/server.py"),
]


@pytest.mark.parametrize("address", ["/", "/document", "/api/document", "/healthz", "/nowhere", "/site/chat.js"])
def test_every_answer_carries_the_security_headers(client: TestClient, address: str) -> None:
    """Pages, JSON, files and errors alike."""
    headers = client.get(address).headers
    policy = dict(directive.split(" ", 1) for directive in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert ("unsafe-inline" in policy["style-src"]) == (address == "/")  # which Gradio makes
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert policy["frame-ancestors"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert "set-cookie" not in headers


def test_scripts_carry_the_nonce_of_their_answer(client: TestClient) -> None:
    """Each script of the chat page has the nonce that its own header names, and the next answer has another."""
    nonces = set()
    for _ in range(2):
        reply = client.get("/")
        [nonce] = re.findall(r"'nonce-([^']+)'", reply.headers["content-security-policy"])
        scripts = re.findall(r"<script[^>]*>", reply.text)
        assert len(scripts) > 3
        assert all(f'nonce="{nonce}"' in script for script in scripts)
        assert int(reply.headers["content-length"]) == len(reply.content)
        nonces.add(nonce)
    assert len(nonces) == 2


def test_listed_pages_may_embed(scripted: Scripted) -> None:
    """MOC_FRAME_ORIGINS become frame-ancestors; the old header that knows no list is left out then."""
    config = replace(Config(), frame_origins=("https://intranet.example.gov",))
    with client_of(service_with(scripted, config)) as client:
        headers = client.get("/").headers
    assert "frame-ancestors 'self' https://intranet.example.gov;" in headers["content-security-policy"]
    assert "x-frame-options" not in headers


@pytest.mark.parametrize(("method", "address"), GRADIO_CLOSED)
def test_what_the_chat_does_not_need_is_closed(client: TestClient, method: str, address: str) -> None:
    """Gradio's other routes do not exist here."""
    assert client.request(method, address).status_code == 404


def test_closed_routes_exist_in_gradio(scripted: Scripted) -> None:
    """The list above can go stale: without the shell at least the upload answers."""
    from assistant.web.server import create

    shell = create(service_with(scripted))
    with TestClient(shell._app) as inner:  # type: ignore[attr-defined]
        files = {"files": ("a.txt", b"x")}
        assert inner.post("/gradio_api/upload", files=files).status_code == 200


@pytest.mark.parametrize(("path", "most"), [("queue/join", 1024), ("reset", 16), ("cancel", 16)])
def test_large_bodies_to_the_chat_are_refused(client: TestClient, path: str, most: int) -> None:
    """The conversation a browser sends along has a limit too; what ends a question names it and no more."""
    reply = client.post(f"/gradio_api/{path}", content=b"x" * (most * 1024 + 1))
    assert reply.status_code == 413
    assert client.post(f"/gradio_api/{path}", content=b"x" * (most * 1024)).status_code < 500


@pytest.mark.parametrize("fields", [{f"x-{number}": "y" for number in range(200)}, {"x": "y" * 40_000}])
def test_large_heads_are_refused(client: TestClient, fields: dict[str, str]) -> None:
    """431, in the shape of errors."""
    reply = client.get("/healthz", headers=fields)
    assert (reply.status_code, reply.json()["error"]["code"]) == (431, "too_large")


def test_error_pages_for_people_and_errors_for_programs(client: TestClient) -> None:
    """A browser gets a page in its language with ways on; a program the JSON shape."""
    page = client.get("/nowhere/at/all", headers={"accept": "text/html", "accept-language": "ja"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert '<html lang="ja">' in page.text
    assert 'href="../../document?lang=ja"' in page.text
    assert client.get("/nowhere").json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("prefix", ["", "/moc"])
def test_below_a_path(scripted: Scripted, prefix: str) -> None:
    """With MOC_PUBLIC_URL=https://example.gov/moc it works whether the proxy removes the path or keeps it."""
    config = replace(Config(), public_url="https://example.gov/moc")
    with client_of(service_with(scripted, config)) as client:
        page = client.get(f"{prefix}/?lang=ja")
        assert page.status_code == 200
        assert '"root":"http://localhost/moc/ja"' in page.text
        assert client.get(f"{prefix}/document").status_code == 200
        assert client.get(f"{prefix}/site/chat.js").status_code == 200
        assert client.get(f"{prefix}/ja/theme.css").status_code == 200
        assert client.post(f"{prefix}/api/ask", json={"question": "Q"}).status_code == 200
        assert client.get(f"{prefix}/gradio_api/file=/etc/passwd").status_code == 404
        # Addresses on our pages are relative, so that they hold below any path.
        for address in (f"{prefix}/document", f"{prefix}/"):
            assert not re.findall(r'(?:href|src|action)="/(?!manifest)', client.get(address).text)


def test_only_the_own_origin_is_named(client: TestClient) -> None:
    """The page's head names no other host: no adverts, preview images or fonts from elsewhere."""
    head = client.get("/").text
    named = set(re.findall(r"https?://([\w.-]+)", head))
    assert named <= {"localhost", "www.w3.org"}


def test_a_nonce_is_for_our_own_scripts(scripted: Scripted) -> None:
    """Words of a visitor that look like a script get none, even where a page would show them as they are."""

    async def page(scope: Any, receive: Any, send: Any) -> None:
        body = f'<p><script>evil()</script></p><script nonce="{NONCE}">ours()</script>'.encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": body})

    reply = TestClient(Shell(page, service_with(scripted))).get("/document")
    [nonce] = re.findall(r"'nonce-([^']+)'", reply.headers["content-security-policy"])
    assert reply.text == f'<p><script>evil()</script></p><script nonce="{nonce}">ours()</script>'
    assert nonce != NONCE


@pytest.mark.parametrize("path", ["/", "/?lang=ja", "/document", "/a/a_" + "0" * 64])
def test_every_script_of_a_page_has_the_nonce(path: str, client: TestClient) -> None:
    """And the mark by which it is put in is on no page."""
    reply = client.get(path, headers={"accept": "text/html"})
    [nonce] = re.findall(r"'nonce-([^']+)'", reply.headers["content-security-policy"])
    scripts = re.findall(r"<script\b[^>]*>", reply.text)
    assert (path == "/document") or scripts
    assert [script for script in scripts if f'nonce="{nonce}"' not in script] == []
    assert NONCE not in reply.text
