"""What the chat page may post to Gradio: its own shapes, and nothing that Gradio would take for a file or component."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.web import messages, posted
from assistant.web.allow_list import ALLOWED
from tests.web.scripted import Scripted, client_of, service_with
from tests.web.test_web_page import call
from tests.web.test_web_routes import example, routes

JSON = {"content-type": "application/json"}
META = {"meta": {"_type": "gradio.FileData"}}
ASK: tuple[posted.Kind, ...] = ("text", "history", "text", "nothing")
HANDLERS: posted.Handlers = {"ask": ASK, 0: ASK, 3: ("history", "text", "nothing"), 8: ()}


def said(text: str = "Is it binding?", role: str = "user", **more: Any) -> dict[str, Any]:
    """A message as the page sends it back."""
    return {"role": role, "metadata": None, "content": [{"text": text, "type": "text"}], "options": None, **more}


def join(*data: Any, **more: Any) -> dict[str, Any]:
    """A question as the page sends it."""
    return {"data": list(data), "fn_index": 0, "trigger_id": 25, "session_hash": "u2wla7mhcip", **more}


def smuggled(file: Any) -> dict[str, tuple[str, Any]]:
    """The same file in every place of a body that somebody thought of, with the route it is for."""
    deep = file
    for _ in range(40):
        deep = [{"a": deep}]
    component = {"type": "component", "component": "image", "value": file, "constructor_args": {}, "props": {}}
    bodies: dict[str, tuple[str, Any]] = {
        "the question": ("call/ask", {"data": [file, [], "quote"]}),
        "the history": ("call/ask", {"data": ["Q", [file], "quote"]}),
        "the whole history": ("call/ask", {"data": ["Q", file, "quote"]}),
        "the mode": ("call/ask", {"data": ["Q", [], file]}),
        "the state": ("call/ask", {"data": ["Q", [], "quote", file]}),
        "one too many": ("call/ask", {"data": ["Q", [], "quote", None, file]}),
        "a content": ("call/ask", {"data": ["Q", [said(content=[{"file": file, "type": "file"}])], "quote"]}),
        "a bare content": ("call/ask", {"data": ["Q", [said(content=[file])], "quote"]}),
        "an only content": ("call/ask", {"data": ["Q", [said(content=file)], "quote"]}),
        "a text": ("call/ask", {"data": ["Q", [said(content=[{"text": file, "type": "text"}])], "quote"]}),
        "beside a text": (
            "call/ask",
            {"data": ["Q", [said(content=[{"text": "Q", "type": "text", **file}])], "quote"]},
        ),
        "a component": ("call/ask", {"data": ["Q", [said(content=[component])], "quote"]}),
        "metadata": ("call/ask", {"data": ["Q", [said(metadata=file)], "quote"]}),
        "a title": ("call/ask", {"data": ["Q", [said(metadata={"title": file})], "quote"]}),
        "options": ("call/ask", {"data": ["Q", [said(options=[{"value": "x", "icon": file}])], "quote"]}),
        "a message": ("call/ask", {"data": ["Q", [{**said(), **file}], "quote"]}),
        "deep": ("call/ask", {"data": ["Q", [deep], "quote"]}),
        "beside the data": ("call/ask", {"data": ["Q", [], "quote"], "event_data": file}),
        "what was pressed": ("queue/join", join("Q", [], "quote", None, event_data=file)),
        "the session": ("queue/join", join("Q", [], "quote", None, session_hash=file)),
        "the button": ("queue/join", join("Q", [], "quote", None, trigger_id=file)),
        "the handler": ("queue/join", join("Q", [], "quote", None, fn_index=file)),
        "the page's question": ("queue/join", join(file, [], "quote", None)),
        "the page's history": ("queue/join", join("Q", [said(), file], "quote", None)),
        "the end of a question": ("cancel", {"session_hash": "a", "fn_index": 0, "event_id": "e", "data": [file]}),
        "a name of a question": ("reset", {"event_id": file}),
        "the body": ("reset", file),
    }
    return bodies


@pytest.mark.parametrize("place", smuggled({}))
@pytest.mark.parametrize("key", ["path", "p\\u0061th", "path, twice"])
def test_no_file_in_any_place(place: str, key: str) -> None:
    """Refused wherever it stands, however its key is written, without a word of what was sent."""
    route, body = smuggled({"path": "/etc/canary", "url": "http://canary.example", **META})[place]
    sent = json.dumps(body)
    if key == "path, twice":
        sent = sent.replace('"path":', '"path": {"path": 1}, "path":')
    else:
        sent = sent.replace('"path":', f'"{key}":')
    with pytest.raises(ValueError) as refused:  # noqa: PT011 -- the words are checked below
        posted.rewritten(f"/gradio_api/{route}", sent.encode(), HANDLERS)
    assert "canary" not in str(refused.value)
    assert "pydantic" not in str(refused.value)


@pytest.mark.parametrize(
    "sent",
    [
        join("Q", [], "quote"),  # one too few
        join("Q", [], "quote", "en"),  # a state of one's own
        join(["Q"], [], "quote", None),
        join("Q", "Q", "quote", None),
        join("Q", [[]], "quote", None),
        join(7, [], "quote", None),
        join(True, [], "quote", None),
        join("Q", [said(role="system")], "quote", None),
        join("Q", [], "quote", None, fn_index=1),
        join("Q", [], "quote", None, fn_index=-1),
        join("Q", [], "quote", None, fn_index=True),
        join("Q", [], "quote", None, fn_index="0"),
        join("Q", [], "quote", None, fn_index=0.5),
        join("Q", [], "quote", None, fn_index=3),
        join("Q", [], "quote", None, session_hash=None),
        join("Q", [], "quote", None, session_hash=["a"]),
        join("Q", [], "quote", None, session_hash=""),
        join("Q", [], "quote", None, session_hash="../../etc"),
        join("Q", [], "quote", None, session_hash="a" * 65),
        join("Q", [], "quote", None, session_hash="a\n"),
        join("Q", [], "quote", None, trigger_id="25"),
        join("Q", [], "quote", None, trigger_id=10**30),
        join("Q", [], "quote", None, event_data={}),
        join("Q", [], "quote", None, batched=True),
        join("Q", [], "quote", None, simple_format=True),
        join("Q", [], "quote", None, event_id="e"),
        join("Q", [], "quote", None, oauth_token="t"),
        join("Q", [], "quote", None, request={}),
        join("Q", [said()] * 1001, "quote", None),
        {"data": {"0": "Q"}, "fn_index": 8, "session_hash": "a"},
        {"fn_index": 8, "session_hash": "a"},
        [],
        None,
        "Q",
    ],
    ids=str,
)
def test_types_are_not_confused(sent: Any) -> None:
    """Every field is what the page sends there, and there is no other."""
    with pytest.raises(ValueError):  # noqa: PT011
        posted.rewritten("/gradio_api/queue/join", json.dumps(sent).encode(), HANDLERS)


def test_gradio_reads_what_was_understood() -> None:
    """A key twice is read once, what was pressed is left out, and everything the page says comes through."""
    history = [said("<p>A &amp; B</p>"), said("法的拘束力", "assistant")]
    sent = json.dumps(join("Q", history, "quote", None, event_data=None)).replace('"data":', '"data": [], "data":')
    rewritten = json.loads(posted.rewritten("/ja/gradio_api/queue/join", sent.encode(), HANDLERS))
    assert rewritten == {"data": ["Q", history, "quote", None], "fn_index": 0, "session_hash": "u2wla7mhcip"}
    asked: list[list[Any]] = [["Q", [], "quote"], ["Q", None, None], ["Q", [], "quote", None]]
    for data in asked:
        rewritten = json.loads(posted.rewritten("/gradio_api/call/ask", json.dumps({"data": data}).encode(), HANDLERS))
        assert rewritten == {"data": data, "session_hash": None}


def test_the_body_is_json(client: TestClient) -> None:
    """Under another name Gradio's routes refuse it as the API does, and so they do when it is none."""
    body = json.dumps({"data": ["Q", [], "quote"]}).encode()
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""):
        reply = client.post("/gradio_api/call/ask", content=body, headers={"content-type": kind})
        assert (reply.status_code, reply.json()["error"]["code"]) == (415, "unsupported_media_type")
    for broken in (b"{", b"\xff", b"[" * 100_000, body.decode().encode("utf-16"), b'{"data": [NaN, [], "quote"]}'):
        reply = client.post("/gradio_api/call/ask", content=broken, headers=JSON)
        assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_request")


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[Any]]]:
    """An address somebody could be made to fetch from, and who did."""
    came: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def wait() -> None:
            while True:
                try:
                    came.append(server.accept())
                except OSError:
                    return

        threading.Thread(target=wait, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/x.png", came
        server.shutdown(socket.SHUT_RDWR)


def test_no_file_is_copied_and_nothing_fetched(
    elsewhere: tuple[str, list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files in every place of a body to every open route: none appears in Gradio's folder, and nobody is called."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    address, came = elsewhere
    assistant = Scripted()
    with client_of(service_with(assistant)) as client:
        shell: Any = client.app
        reached = sorted(
            {
                example(template)
                for template, methods in routes(shell._app._app)
                if "POST" in methods and ALLOWED.find(example(template))
            }
            | {f"{root}/gradio_api/{path}" for root in ("", "/ja") for path in ("call/ask", "queue/join")}
        )
        assert {"/gradio_api/queue/join", "/gradio_api/cancel", "/api/verify", "/v1/chat/completions"} <= set(reached)
        for path in (address, str(Path(__file__).parent / "scripted.py"), "/dev/zero"):
            for route, body in smuggled({"path": path, "url": path, **META}).values():
                for target in reached:
                    if target.endswith(route) or "gradio" not in target:
                        reply = client.post(target, json=body, headers={"accept": "application/json"})
                        assert 400 <= reply.status_code < 500, (target, body)
                        if target != "/mcp":
                            assert set(reply.json()) == {"error"}
        assert assistant.asked == []
        # What comes through is answered meanwhile, and nothing of it is left on the disk either.
        assert len(call(client, "Is it binding?", [said()], "quote")) >= 2
    assert came == []
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["<", "<h2", '<div class="words">', '<a class="cite" ', '<a class="cite">', "</div>", "<br", "&#9"]
)
def test_a_long_message_is_read_at_once(piece: str) -> None:
    """As long as a body may be, made of the beginning of a mark: looking again and again would take hours."""
    messages.plain(said(piece * (500_000 // len(piece))))
    messages.plain(said("&#" + "9" * 100_000 + ";"))


def test_of_a_long_question_no_more_is_read_than_the_api_takes(client: TestClient, scripted: Scripted) -> None:
    """It is too long by then; cleaning a megabyte would keep everybody else waiting."""
    call(client, "ﷺ" * 100_000, [], "quote")
    assert [len(request.text) for request in scripted.asked] == [16 * 1024]


def test_what_only_cancels_is_no_handler(client: TestClient) -> None:
    """Gradio cancels by a route of its own; asked to run what cancels, it fails."""
    parts = client.get("/config").json()["dependencies"]
    cancelling = [part["id"] for part in parts if part["cancels"] and not part["inputs"]]
    for number in cancelling:
        reply = client.post("/gradio_api/queue/join", json={"data": [], "fn_index": number, "session_hash": "a"})
        assert reply.status_code == 400
    assert cancelling
