"""An embedding server that goes away and comes back while questions are asked of the real assistant."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from assistant.ask import Assistant
from assistant.config import Config
from assistant.web.service import Service
from evals.processes import free_port
from index.embed import Embedder, RemoteEmbedding
from tests.web.asking import BINDING, metric
from tests.web.test_web_states import client_for


@contextmanager
def embedding(port: int, embedder: Embedder, status: int = 200, body: bytes | None = None) -> Iterator[None]:
    """A server with the vectors of the built-in model, or one that says ``body``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
            rows = [
                {"object": "embedding", "index": number, "embedding": row.tolist()}
                for number, row in enumerate(embedder.encode(texts, query=True))
            ]
            reply = body or json.dumps({"object": "list", "model": "m", "data": rows, "usage": {}}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if body is None else "text/html")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join(10)


def test_it_goes_away_and_comes_back(quoting: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gone, refusing or talking nonsense: 503 and the state; with the server back the next question is answered."""
    built_in, port = quoting._retriever._embedder, free_port()
    remote = RemoteEmbedding(model_name="m", base_url=f"http://127.0.0.1:{port}/v1", api_key=None)
    monkeypatch.setattr(quoting._retriever, "_embedder", remote)
    service = Service(Config(), lambda _: quoting)
    service.start()
    service.wait(10)
    with client_for(service) as client:

        def asked() -> tuple[int, str, list[str]]:
            reply = client.post("/api/ask", json={"question": BINDING})
            ready = client.get("/readyz")
            assert ready.status_code == 200
            said = reply.json()
            told = said["status"] if reply.status_code == 200 else said["error"]["code"]
            return reply.status_code, told, ready.json().get("states", [])

        good: tuple[int, str, list[str]] = (200, "answered", [])
        down = (503, "embedding_unavailable", ["embedding_unavailable"])
        with embedding(port, built_in):
            assert asked() == good
        assert asked() == down
        stream = client.post("/api/ask", json={"question": BINDING, "stream": True}).text
        assert "event: error" in stream
        assert "embedding_unavailable" in stream
        with embedding(port, built_in):
            assert asked() == good
        with embedding(port, built_in, 401):
            assert asked() == down
        with embedding(port, built_in, body=b"<html>"):
            assert asked() == down
        with embedding(port, built_in):
            assert asked() == good
    outcome = 'moc_questions_total{mode="none",outcome="embedding_unavailable",surface="api"}'
    assert metric(service, outcome) == 4
