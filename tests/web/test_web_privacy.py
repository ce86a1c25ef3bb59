"""No word of a question anywhere it stays: logs, metrics, errors, pages, files, keys of the store."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assistant.web import logs
from evals.fakellm import FakeLlm, fails, says, stalls
from evals.personalities import obedient
from evals.processes import ROOT
from tests.web.test_web_process import DEADLINE, Process, until_ready

CANARY = "zebracanary"
ADDRESS = "203.0.113.77"
KEY = "sk-canary-key-1234567890"
SESSION = "session-canary"
# What another visitor gets of the same process afterwards, pages and data.
PAGES = """/ /?lang=ja /config /ja/config /gradio_api/info /document /document?lang=ja /about /privacy /accessibility
/api/document /api/sections/iii /api/openapi.json /v1/models /healthz /readyz /nothing /embed.js""".split()


@pytest.fixture(scope="module")
def everything(
    store_url: str, index_directory: Path, opened_index: tuple[object, object], tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[str], Path, str]:
    """What is left of a service that was asked with canaries in every way, well-formed and not."""
    folder = tmp_path_factory.mktemp("canary")
    switch = folder / "off"
    with FakeLlm() as llm:
        llm.play((says(obedient), says(), fails(500), fails(500), fails(401), stalls(), says(obedient)))
        app = Process(
            "--port",
            "0",
            TMPDIR=str(folder),
            HOME=str(folder),
            MOC_INDEX_DIR=str(index_directory),
            MOC_LLM_MODEL="scripted",
            MOC_LLM_GAP_SECONDS="0.5",
            OPENAI_BASE_URL=llm.base_url,
            OPENAI_API_KEY=KEY,
            MOC_STORE_URL=store_url,
            MOC_SECRET="canary-secret",
            MOC_TRUSTED_PROXIES="127.0.0.1",
            MOC_METRICS_TOKEN="canary-token",
            MOC_OFF_FILE=str(switch),
        )
        try:
            headers = {"x-forwarded-for": ADDRESS, "x-session-id": SESSION, "user-agent": CANARY}
            with httpx.Client(base_url=app.address(), timeout=DEADLINE, headers=headers) as client:
                until_ready(client)
                text = "".join(reply.text for reply in ask_everything(client))
                with httpx.Client(base_url=client.base_url, timeout=DEADLINE) as another:
                    text += "".join(another.get(path).text for path in PAGES)
                switch.touch()
                client.post("/api/ask", json={"question": CANARY})
                metrics = client.get("/metrics", headers={"authorization": "Bearer canary-token"})
                assert metrics.status_code == 200
        finally:
            app.end()
    return text, app.errors, folder, metrics.text


def ask_everything(client: httpx.Client) -> Iterator[httpx.Response]:
    """Every surface that takes words, with good and with broken requests; yields what must not repeat them."""
    question = f"Is the {CANARY} memorandum legally binding?"
    json_headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    client.post("/api/ask", json={"question": question, "mode": "llm"})
    client.post("/api/ask", json={"question": question + " Really?", "mode": "llm", "stream": True})
    client.post("/api/ask", json={"question": question + " Oh?", "history": [{"role": "user", "content": CANARY}]})
    client.post("/api/ask", json={"question": f"My card is 4111 1111 1111 1111 {CANARY}"})
    answer = client.post("/api/ask", json={"question": question, "mode": "quote"}).json()
    assert client.post("/api/verify", json=answer).json()["holds"]
    client.post("/api/verify", json={**answer, "claims": [{"text": CANARY, "kind": "statement", "citations": [1]}]})
    client.get(f"/a/{answer['id']}", headers={"accept": "text/html"})
    client.post(
        "/v1/chat/completions", json={"model": "moc", "messages": [{"role": "user", "content": question + "!"}]}
    )
    call = {"name": "ask_moc", "arguments": {"question": question + "?"}}
    client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}, headers=json_headers)
    client.get("/document", params={"q": CANARY})
    begun = client.post("/gradio_api/call/ask", json={"data": [question, [], "quote"]}).json()
    client.get(f"/gradio_api/call/ask/{begun['event_id']}")
    said = {"role": "user", "content": [{"type": "text", "text": f"{CANARY} and my card is 4111 1111 1111 1111"}]}
    begun = client.post("/gradio_api/call/ask", json={"data": ["Why is it not?", [said], "llm"]}).json()
    client.get(f"/gradio_api/call/ask/{begun['event_id']}")
    # Broken ones: the errors of libraries like to quote their input.
    yield client.post("/api/verify", json={"id": "a_1", "data": CANARY})
    yield client.post("/api/verify", json={"id": CANARY * 50})
    yield client.post("/api/verify", json={"id": "a_1", "text": CANARY * 3000})
    yield client.post("/api/feedback", json={CANARY: CANARY, "comment": CANARY})
    yield client.post("/api/ask", content=f'{{"question": "{CANARY}"', headers=json_headers)
    yield client.post(
        "/api/ask", json={"question": 1, CANARY: CANARY, "history": [{"role": CANARY, "content": CANARY}]}
    )
    yield client.post("/api/ask", content=CANARY, headers={"content-type": CANARY})
    yield client.post("/v1/chat/completions", json={"model": "moc", "messages": [{"role": CANARY, "content": CANARY}]})
    yield client.post("/v1/chat/completions", json={"model": CANARY, "messages": [{"role": "user", "content": CANARY}]})
    client.post("/mcp", json={"jsonrpc": "2.0", "id": CANARY, "method": CANARY, "params": {}}, headers=json_headers)
    wrong = {"name": "ask_moc", "arguments": {CANARY: CANARY}}
    client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": wrong}, headers=json_headers)
    client.post("/mcp", content=f"{{{CANARY}", headers=json_headers)
    client.post("/mcp", json=[CANARY], headers=json_headers)
    for data in ([CANARY], {"data": [CANARY]}, {"data": [CANARY], "fn_index": 0, "session_hash": CANARY}):
        yield client.post("/gradio_api/queue/join", json=data)
    yield client.post("/gradio_api/call/ask", json={"data": [{CANARY: CANARY}, CANARY, CANARY]})
    yield client.post("/gradio_api/call/ask", content=CANARY, headers=json_headers)


@pytest.mark.slow
def test_nothing_that_was_typed_is_logged(everything: tuple[str, list[str], Path, str]) -> None:
    """Neither question, address, session, browser nor key is in any line; there is a line for every question."""
    _, lines, _, _ = everything
    whole = "\n".join(lines)
    for canary in (CANARY, ADDRESS, SESSION, KEY, "canary-secret", "canary-token", "4111"):
        assert canary not in whole, [line for line in lines if canary in line]
    logged = [json.loads(line) for line in lines if not line.startswith("index: there is no index")]
    questions = [line for line in logged if line["event"] == "question"]
    assert {line["surface"] for line in questions} == {"api", "openai", "mcp", "chat", "receipt"}
    assert {"switched_off", "declined"} <= {line["outcome"] for line in questions}
    assert {line["mode_note"] for line in questions if "mode_note" in line} >= {"llm_unavailable"}
    assert all(set(line) <= logs.FIELDS | {"logger"} for line in logged)
    assert all(len(line["session"]) == 12 for line in questions if "session" in line)


@pytest.mark.slow
def test_nothing_that_was_typed_is_kept(everything: tuple[str, list[str], Path, str], store_url: str) -> None:
    """Not in errors, pages others get, metrics, files the process wrote, nor in keys of the shared store."""
    text, _, folder, metrics = everything
    for canary in (CANARY, ADDRESS, SESSION, KEY):
        assert canary not in text
        assert canary not in metrics
        for path in folder.rglob("*"):
            assert canary not in path.name
            assert not path.is_file() or canary.encode() not in path.read_bytes(), path
    from redis import Redis

    with Redis.from_url(store_url) as store:
        keys = [key.decode() for key in store.keys("*")]
        assert any("moc" in key for key in keys)
        for canary in (CANARY, ADDRESS, SESSION, KEY):
            assert not any(canary in key for key in keys)


def test_other_libraries_messages_are_left_out() -> None:
    """Only who logged where, and the type of exceptions; our own fields are a closed list; a full disk is survived."""
    script = (
        "import logging, sys, traceback, os\n"
        "from assistant.web import logs\n"
        "logs.configure()\n"
        "logs.logger().info('question', outcome='answered', question='zebracanary', ms=3)\n"
        "logging.getLogger('mcp.server').warning('bad input %s', 'zebracanary')\n"
        "logging.getLogger('uvicorn.error').error('Exception in ASGI application\\nzebracanary')\n"
        "try:\n    raise ValueError('zebracanary')\n"
        "except ValueError:\n    logging.getLogger('x').exception('zebracanary'); traceback.print_exc()\n"
        "logs.configure(open('/dev/full', 'w') if os.path.exists('/dev/full') else None)\n"
        "logging.raiseExceptions = False\n"
        "logs.logger().info('question', outcome='answered')\n"
        "print('alive')\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.stdout == "alive\n", ran.stderr
    lines = [json.loads(line) for line in ran.stderr.splitlines() if line.startswith("{")]
    assert CANARY not in ran.stderr
    assert [line["event"] for line in lines] == ["question", "log", "Exception in ASGI application", "log", "exception"]
    assert (lines[0]["outcome"], lines[0]["ms"], "question" in lines[0]) == ("answered", 3, False)
    assert [line.get("error") for line in lines[3:]] == ["ValueError", "ValueError"]
