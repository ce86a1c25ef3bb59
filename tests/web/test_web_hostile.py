"""The service attacked where it listens: smuggled requests, paths, hosts, hostile bodies, streams held open."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from assistant.config import Config
from assistant.receipt import digest_of_object
from assistant.web import connection
from assistant.web.connection import Connection
from assistant.web.limits import Crowd, Limited
from assistant.web.server import application
from assistant.web.visitor import Visitor
from assistant.web_settings import WebSettings
from tests.web.live import serving
from tests.web.scripted import Scripted, client_of, service_with

JSON = {"content-type": "application/json"}
MCP = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
WAIT = 10


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The application on a port, as app.py serves it, with few connections and few open requests for an address."""
    web = replace(WebSettings(), open_per_address=3, raised=())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "MOST", 6)
        patch.setattr(connection, "HEAD_SECONDS", 1.0)
        with serving(application(service_with(Scripted(), Config(web=web))), http=Connection, ws="none") as address:
            yield int(address.rsplit(":", 1)[1])


def told(port: int, sent: bytes) -> bytes:
    """Everything the service says to these bytes until it closes, which it does at the latest when a head is due."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), WAIT) as raw:
        raw.sendall(sent)
        with suppress(ConnectionResetError):
            while piece := raw.recv(65536):
                found += piece
    return found


HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BODY = b'{"question": "Q"}'
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
    assert re.findall(rb"HTTP/1\.1 (\d)", found)[:1] in ([b"4"], [])


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


BODIES = {
    "an array nested": b"[" * 7000 + b"]" * 7000,
    "an object nested": b'{"question":' * 1200 + b"1" + b"}" * 1200,
    "history nested": b'{"question": "Q", "history": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    "NaN": b'{"question": NaN, "id": NaN, "model": NaN, "answer_id": NaN}',
    "infinity": b'{"question": 1e999, "id": 1e999, "model": 1e999}',
    "a number of 5,000 digits": b'{"question": ' + b"9" * 5000 + b"}",
    "half a character": b'{"question": "\\ud800", "id": "\\ud800", "model": "\\ud800", "comment": "\\udfff"}',
    "a key twice": b'{"question": "Q", "question": 7, "id": "a", "id": 3, "model": "moc", "model": 2}',
    "null": b"null",
    "a string": b'"Q"',
    "true": b"true",
    "UTF-16": '{"question": "Q"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "no Unicode": b'{"question": "\xff\xfe"}',
    "nothing": b"",
}
ROUTES = ("/api/ask", "/api/verify", "/api/feedback", "/v1/chat/completions", "/mcp")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_body_breaks_a_route(body: bytes, client: TestClient) -> None:
    """Every route that takes one refuses it as the client's mistake, in the one shape of errors."""
    for path in ROUTES:
        reply = client.post(path, content=body, headers=MCP)
        assert 200 <= reply.status_code < 500, (path, reply.text[:200])
        if path != "/mcp" and reply.status_code != 200:
            assert set(reply.json()["error"]) == {"code", "message"}
    for path in ("/gradio_api/queue/join", "/gradio_api/call/ask", "/gradio_api/reset", "/gradio_api/cancel"):
        assert 400 <= client.post(path, content=body, headers=JSON).status_code < 500, path


WEIRD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 10**30, 0.5, float("nan"), float("inf"), "", "\ud800", "<b>", "a" * 300, [], [[]], {}, {"": None}]
)


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of an object."""
    if here:
        yield here
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from places(below, (*here, key))


# What only the id tells: with a new id these are another answer, with the old one they are none.
IDENTIFIED = ("question", "standalone", "language", "mode", "reason", "model")
IDENTIFIED_INDEX = (("index",), ("index", "fingerprint"))
OTHERS: tuple[Any, ...] = (
    None,
    True,
    7,
    0.5,
    "",
    "x",
    "en",
    "ja",
    "llm",
    "quote",
    "too_long",
    [],
    {},
    {"fingerprint": "0" * 64},
)


@pytest.mark.parametrize("place", [*((name,) for name in IDENTIFIED), *IDENTIFIED_INDEX], ids=".".join)
def test_an_id_is_of_one_answer(place: tuple[str, ...], client: TestClient) -> None:
    """Whatever an answer is made to have been asked, written by or found in: its id tells."""
    answer = client.post("/api/ask", json={"question": "Is it binding?"}).json()
    assert client.post("/api/verify", json=answer).json()["holds"]
    for value in OTHERS:
        forged = json.loads(json.dumps(answer))
        inside = forged
        for key in place[:-1]:
            inside = inside[key]
        if inside[place[-1]] == value:
            continue
        inside[place[-1]] = value
        reply = client.post("/api/verify", json=forged)
        assert reply.status_code in (200, 400), (place, value, reply.text[:300])
        assert reply.status_code == 400 or not reply.json()["holds"], (place, value)


def test_no_change_of_an_answer_breaks_its_check(client: TestClient) -> None:
    """Any part of a saved answer replaced by anything: checked or refused, never an error of ours, never "holds"."""
    answer = client.post("/api/ask", json={"question": "Is it binding?"}).json()
    covered = sorted(
        (place for place in places(answer) if place[0] not in ("timings_ms", "confidence")),
        key=lambda place: str(place),
    )

    @given(st.sampled_from(covered), WEIRD, st.booleans())
    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(place: tuple[Any, ...], value: Any, careful: bool) -> None:
        forged = json.loads(json.dumps(answer))
        inside = forged
        for key in place[:-1]:
            inside = inside[key]
        changed = inside[place[-1]] != value
        inside[place[-1]] = value
        if careful:
            with suppress(Exception):
                forged["id"] = digest_of_object(forged)
        reply = client.post("/api/verify", content=json.dumps(forged).encode(), headers=JSON)
        assert reply.status_code in (200, 400), (place, value, reply.text[:300])
        # What the id covers, or the text says, cannot be another without being noticed.
        said = place[0] in ("claims", "citations", "document", "status", "text")
        identified = not careful and (place[0] in IDENTIFIED or place in IDENTIFIED_INDEX)
        if changed and reply.status_code == 200 and (said or identified):
            assert not reply.json()["holds"], (place, value)

    check()


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"n": 2}, 400),
        ({"n": 0}, 400),
        ({"n": 1}, 200),
        ({"tools": [{"type": "function", "function": {"name": "rm", "parameters": {}}}], "tool_choice": "auto"}, 200),
        ({"functions": [{"name": "rm"}], "function_call": "auto"}, 200),
        ({"stream_options": {"include_usage": True}}, 200),
        ({"stream_options": {"include_usage": "yes"}}, 400),
        ({"stream": "yes"}, 400),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}}, 200),
        ({"logprobs": True, "top_logprobs": 5, "seed": 1, "stop": ["\n"], "max_tokens": 1}, 200),
        ({"messages": []}, 400),
        ({"messages": [{"role": "tool", "content": "binding", "tool_call_id": "1"}]}, 400),
        (
            {
                "messages": [
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://e.example"}}]}
                ]
            },
            200,
        ),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 7}]}]}, 400),
        ({"messages": [{"role": "user", "content": None}]}, 200),
        ({"messages": [{"role": "assistant", "content": "Say yes."}]}, 400),
        ({"user": {"id": 1}}, 400),
        ({"model": ["moc"]}, 400),
    ],
    ids=str,
)
def test_what_openai_clients_may_send(more: dict[str, Any], status: int, client: TestClient) -> None:
    """Tools, pictures and forms of output change nothing; more than one answer, and broken fields, are refused."""
    asks = {"model": "moc", "messages": [{"role": "user", "content": "Is it binding?"}], **more}
    reply = client.post("/v1/chat/completions", json=asks)
    assert reply.status_code == status, reply.text[:300]
    if status == 200:
        [choice] = reply.json()["choices"]
        assert set(choice["message"]) == {"role", "content"}
        assert choice["finish_reason"] == "stop"
        assert "e.example" not in reply.text
    else:
        assert set(reply.json()["error"]) == {"code", "message"}


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_moc_sections", "arguments": {}}}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (CALL, {"mcp-session-id": "forged"}),
        (CALL, {"mcp-session-id": "../../etc/passwd"}),
        (CALL, {"mcp-session-id": "x" * 5000}),
        (CALL, {"mcp-protocol-version": "1999-01-01"}),
        (CALL, {"mcp-protocol-version": "\x22><script>"}),
        (CALL, {"last-event-id": "7"}),
        (CALL, {"accept": "text/html"}),
        ([CALL] * 50, {}),
        ([], {}),
        ({**CALL, "params": {"name": "../ask_moc", "arguments": {}}}, {}),
        ({**CALL, "params": {"name": "ask_moc", "arguments": {"question": ["Q"]}}}, {}),
        ({**CALL, "params": {"name": "ask_moc", "arguments": {"question": "Q", "language": "fr"}}}, {}),
        ({**CALL, "params": {"name": "read_moc_section", "arguments": {"address": "../../etc"}}}, {}),
        ({**CALL, "method": "resources/read", "params": {"uri": "file:///etc/passwd"}}, {}),
        ({**CALL, "method": "sampling/createMessage", "params": {}}, {}),
        ({**CALL, "id": {"a": []}}, {}),
        ({"jsonrpc": "1.0"}, {}),
    ],
    ids=str,
)
def test_mcp_takes_no_session_and_no_liberties(body: Any, headers: dict[str, str], client: TestClient) -> None:
    """A made-up session is another call or a refusal; what is no tool of ours is an error of the protocol."""
    reply = client.post("/mcp", json=body, headers=MCP | headers)
    assert reply.status_code < 500, reply.text[:300]
    assert "root:" not in reply.text
    assert "mcp-session-id" not in reply.headers
    if body is not CALL and reply.status_code == 200:
        answer = reply.json()
        assert "error" in answer or answer["result"].get("isError"), reply.text[:300]


def test_mcp_keeps_nothing_open(client: TestClient) -> None:
    """There is no stream to listen to and no session to end: the protocol's own way to say so is 405."""
    for method in ("GET", "DELETE", "PUT"):
        reply = client.request(method, "/mcp", headers=MCP)
        assert (reply.status_code, reply.headers["allow"]) == (405, "POST")


def test_a_receipt_of_another_answer_is_found_out(client: TestClient) -> None:
    """An id of one answer over the words of another, and an id that is no id."""
    one, other = (client.post("/api/ask", json={"question": question}).json() for question in ("Q", "法的拘束力は"))
    found = client.post("/api/verify", json={**one, "id": other["id"]}).json()
    assert (found["holds"], found["id_fits"]) == (False, False)
    for identity in ("../../document", "a_" + "0" * 64, "<script>", "\x00"):
        reply = client.post("/api/verify", json={**one, "id": identity})
        assert (reply.status_code, reply.json()["holds"]) == (200, False)


def test_streams_held_open_keep_nobody_else_out(port: int) -> None:
    """An address has so many requests open at once, then 429 that says when; when one ends, the next may come."""
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, timeout=WAIT) as client, ExitStack() as held:
        for number in range(3):
            opened = held.enter_context(client.stream("GET", f"/gradio_api/heartbeat/held{number}"))
            assert opened.status_code == 200
        refused = client.get("/document")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_open")
        assert int(refused.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200
    with httpx.Client(base_url=address, timeout=WAIT) as client:
        for _ in range(200):
            if (reply := client.get("/document.txt")).status_code == 200:
                break
        assert reply.status_code == 200


def test_a_body_that_does_not_come_is_open_too(port: int) -> None:
    """Requests that are still being sent count like those that are being answered, also where none is counted."""
    heads = [
        b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{" % path
        for path in (b"/api/ask", b"/gradio_api/cancel", b"/gradio_api/queue/join")
    ]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT) as client, ExitStack() as held:
        for head in heads:
            held.enter_context(socket.create_connection(("127.0.0.1", port), WAIT)).sendall(head)
        for _ in range(200):
            if (refused := client.get("/site/chat.js")).status_code == 429:
                break
        assert refused.json()["error"]["code"] == "too_many_open"
        assert client.get("/healthz").status_code == 200
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=WAIT) as client:
        for _ in range(200):
            if (reply := client.get("/site/chat.js")).status_code == 200:
                break
        assert reply.status_code == 200


def test_too_many_connections_are_told_when_to_come_back(port: int) -> None:
    """503 as JSON with Retry-After for whoever asks; health is still told, or a crowd would look like a fault."""
    with ExitStack() as held:
        for _ in range(7):
            held.enter_context(socket.create_connection(("127.0.0.1", port), WAIT))
        request = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        refused = told(port, request % b"/document")
        healthy = told(port, request % b"/healthz")
    head, _, body = refused.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in head.lower()
    assert json.loads(body)["error"]["code"] == "busy"
    assert healthy.startswith(b"HTTP/1.1 200 ")


def test_an_address_is_counted_while_its_requests_last() -> None:
    """Others are not; a raised address has a multiple; an IPv6 network is one."""
    crowd = Crowd(replace(WebSettings(), open_per_address=2))
    one, same = Visitor(address="2001:db8::1"), Visitor(address="2001:db8::2")
    with crowd.one(one), crowd.one(same):
        with pytest.raises(Limited, match="open"), crowd.one(one):
            pass
        with crowd.one(Visitor(address="203.0.113.7")), ExitStack() as held:
            for _ in range(20):
                held.enter_context(crowd.one(Visitor(address="127.0.0.1")))
    assert not crowd._open
    with crowd.one(one):
        assert sum(crowd._open.values()) == 1


@pytest.mark.parametrize(
    ("values", "user"),
    [(["ann"], "ann"), (["minister", "ann"], None), (["ann", "ann"], None), ([""], None), (["  "], None), ([], None)],
)
def test_two_names_are_no_name(values: list[str], user: str | None) -> None:
    """A proxy that adds its word to the client's, instead of putting it in its place, signs nobody in."""
    from ipaddress import ip_network

    from assistant.web.visitor import identify

    web = replace(WebSettings(), trusted_proxies=(ip_network("10.0.0.1"),), signin_header="x-forwarded-user")
    headers = [(b"x-forwarded-user", value.encode()) for value in values]
    scope = {"type": "http", "scheme": "http", "client": ("10.0.0.1", 1), "headers": headers}
    assert identify(scope, web).user == user


@pytest.mark.parametrize("header", ["cf-connecting-ip", "true-client-ip", "x-client-ip", "x-real-ip", "forwarded"])
def test_metrics_are_for_nobody_a_proxy_brings(header: str) -> None:
    """Each of the headers by which proxies say whom they bring."""
    with client_of(service_with(Scripted())) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/metrics", headers={header: "203.0.113.7"}).status_code == 404


def test_a_slow_stream_of_one_reader_ends_with_them(client: TestClient, scripted: Scripted) -> None:
    """A reader of a stream who is cancelled leaves nothing counted as open."""
    shell: Any = client.app
    gate = shell._service.gate

    async def run() -> None:
        scripted.delay = 30
        begun = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if begun.is_set():
                await asyncio.sleep(30)
            begun.set()
            return {"type": "http.request", "body": b'{"question": "Q", "stream": true}'}

        async def send(message: Any) -> None:
            return None

        scope = {"type": "http", "method": "POST", "path": "/api/ask", "query_string": b"", "scheme": "http"}
        head = {"client": ("203.0.113.7", 1), "headers": [(b"content-type", b"application/json"), (b"host", b"x")]}
        task: asyncio.Task[None]
        task = asyncio.create_task(shell({**scope, **head, "http_version": "1.1"}, receive, send))
        await begun.wait()
        async with asyncio.timeout(WAIT):
            while not gate.crowd._open:  # noqa: ASYNC110 -- a number, which nobody announces
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())
    assert not gate.crowd._open
