"""What comes over the wire attacked: smuggled requests, paths that lead elsewhere, hosts that are markup."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.web.live import guarded, told


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with guarded() as opened:
        yield opened


HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
FRAMES = {
    "length and chunks": b"Content-Length: %d\r\nTransfer-Encoding: chunked" % len(HIDDEN),
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: %d" % len(HIDDEN),
    "two lengths": b"Content-Length: 5\r\nContent-Length: %d" % (5 + len(HIDDEN)),
    "a length with a sign": b"Content-Length: +5",
    "a length in hexadecimal": b"Content-Length: 0x5",
    "another coding": b"Transfer-Encoding: xchunked",
    "a coding after chunks": b"Transfer-Encoding: chunked, identity",
    "a blank before the colon": b"Transfer-Encoding : chunked",
    "a folded line": b"Transfer-Encoding:\r\n chunked",
    "a return alone": b"X: y\rTransfer-Encoding: chunked",
    "an underscore": b"Transfer_Encoding: chunked\r\nContent-Length: 5",
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_no_request_hides_behind_another(port: int, frame: bytes) -> None:
    """Where two readers could see different ends of a body there is no second request to answer."""
    sent = b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + frame + b"\r\n\r\n"
    found = told(port, sent + b"0\r\n\r\n" + HIDDEN)
    # Five bytes are a whole body by a plain length: what follows is a request of its own, honestly sent.
    honest = frame == FRAMES["an underscore"]
    assert (b'{"status":"ok"}' in found) is honest
    assert re.findall(rb"HTTP/1\.1 (\d)", found)[:1] == [b"4"]
    assert told(port, HIDDEN).startswith(b"HTTP/1.1 200 ")  # and it serves the next one


TARGETS = (
    "http://evil.example/gradio_api/file=/etc/passwd",
    "//gradio_api/upload",
    "/%67radio_api/upload",
    "/gradio_api%2fupload",
    "/gradio_api/%2e%2e/gradio_api/upload",
    "/gradio_api;/upload",
    "/..;/gradio_api/upload",
    "/.;/gradio_api/upload",
    "/document/..%2fgradio_api/upload",
    "/document/../gradio_api/upload",
    "/gradio_api/file%3d/etc/passwd",
    "/ja/../gradio_api/upload",
    "/GRADIO_API/upload",
    "/gradio_api/upload%00",
    "/gradio_api/upload%0a",
    "/document%00.txt",
    "/static/%2e%2e/%2e%2e/app.py",
    "/static/..%5c..%5capp.py",
    "/assets/%c0%ae%c0%ae/%c0%ae%c0%ae/app.py",
    "/assets//etc/passwd",
    "/assets/%252e%252e/app.py",
    "/site/..",
    "/site/..%2f..%2fserver.py",
    "/site/.%2e/server.py",
    "/api/sections/..%2f..%2fetc",
    "/a/..%2f..%2fdocument",
    "/v1/models/..",
)


@pytest.mark.parametrize("target", TARGETS)
def test_no_path_leads_past_the_list(port: int, target: str) -> None:
    """As written on the wire, encoded once or twice, with other hosts' names: nothing there."""
    found = told(port, f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert found.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 ")), found[:100]
    assert b"root:" not in found


@pytest.mark.parametrize(
    "host",
    [
        b'evil.example"><script>alert(1)</script>',
        b"evil.example\\u003c/script>",
        b"</script><script src=//evil.example>",
        b"evil.example/%22onload=alert(1)//",
        b"evil.example\r\nHost: other.example",
        b"",
    ],
)
def test_a_host_is_no_markup(port: int, host: bytes) -> None:
    """Whatever a client calls this host: every script of the page is ours, and nothing breaks."""
    found = told(port, b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
    status = re.match(rb"HTTP/1\.1 (\d+)", found)
    assert status is not None
    assert int(status[1]) in (200, 400, 404)
    scripts = re.findall(rb"<script[^>]*>", found)
    assert not [script for script in scripts if b"evil" in script or b"nonce=" not in script]
    assert b"alert(1)</script>" not in found


def test_a_line_end_in_an_address_is_no_header(client: TestClient) -> None:
    """Neither in a parameter nor in a path."""
    for address in (
        "/?lang=en%0d%0aSet-Cookie:%20a=b",
        "/document?q=%0d%0aSet-Cookie:%20a=b",
        "/x%0d%0aSet-Cookie:a=b",
    ):
        for accept in ("text/html", "application/json"):
            reply = client.get(address, headers={"accept": accept})
            assert "set-cookie" not in reply.headers
            assert reply.status_code in (200, 404)
