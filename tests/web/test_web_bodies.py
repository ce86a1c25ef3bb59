"""Hostile and odd bodies at every route that takes one: refused as the client's mistake, never an error of ours."""

from typing import Any

import pytest
from starlette.testclient import TestClient

JSON = {"content-type": "application/json"}
MCP = {"accept": "application/json, text/event-stream", "content-type": "application/json"}


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


@pytest.mark.parametrize(
    ("name", "arguments", "place"),
    [
        ("ask_moc", {"question": ["canary"]}, "question"),
        ("ask_moc", {"question": "Q", "language": "canary"}, "language"),
        ("ask_moc", {"canary": "canary"}, "question"),
        ("read_moc_section", {"address": {"canary": 1}}, "address"),
        ("read_moc_section", {}, "address"),
    ],
)
def test_mcp_names_a_wrong_argument(name: str, arguments: dict[str, Any], place: str, client: TestClient) -> None:
    """In plain words, without the inside of a library, and without what was sent."""
    reply = client.post("/mcp", json={**CALL, "params": {"name": name, "arguments": arguments}}, headers=MCP)
    said = reply.json()["result"]["content"][0]["text"]
    assert said.startswith(f"{place}: ")
    assert not any(word in said.lower() for word in ("pydantic", "canary", "input_", "arguments\n", "http"))


def test_mcp_keeps_nothing_open(client: TestClient) -> None:
    """There is no stream to listen to and no session to end: the protocol's own way to say so is 405."""
    for method in ("GET", "DELETE", "PUT"):
        reply = client.request(method, "/mcp", headers=MCP)
        assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
