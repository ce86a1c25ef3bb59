"""Two replicas behind nginx with a shared store, as deploy/replicas.py starts them, and who comes to them."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from evals.fakellm import FakeLlm
from evals.processes import without_settings
from tests.deploy.shipped import DEPLOY, image_tree

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.chat import Chat

LINE = re.compile(r"(store|replica \d): \S+?:(\d+) \(process (\d+)\)")
START = 450.0  # seconds; two programs start, and build an index where there is none yet
SECONDS = 300  # a client waits for an answer
PER_MINUTE = 20
BINDING = "Is the MOC legally binding?"
FUSION = "Which test facility is named for fusion?"
COSTS = "Who pays for the work?"
HOUSES = [f"203.0.113.{number}" for number in range(10, 50)]  # addresses of visitors
# Python reads this file when it starts. On a busy machine half a second is no sign that the store is down.
_PATIENT = """import sys

if "app.py" in sys.orig_argv:
    from assistant.web import limits

    limits.STORE_SECONDS = 20.0
"""


@dataclass
class Stack:
    """The running script, what it said, and the scripted language model."""

    process: subprocess.Popen[str]
    llm: FakeLlm
    said: list[str] = field(default_factory=list)
    client: httpx.Client = field(
        # A connection for each request, so that none is kept to what is killed.
        default_factory=lambda: httpx.Client(
            timeout=SECONDS, verify=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
    )
    changed: threading.Condition = field(default_factory=threading.Condition)

    def listen(self) -> None:
        """Collect what it says, in a thread."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.changed:
                self.said.append(line.strip())
                self.changed.notify_all()
        with self.changed:
            self.said.append("(it ended)")
            self.changed.notify_all()

    def until(self, words: str, seconds: float) -> str:
        """The line with these words, as soon as it is said."""

        def found() -> str:
            return next((line for line in self.said if words in line or line == "(it ended)"), "")

        with self.changed:
            assert self.changed.wait_for(lambda: bool(found()), seconds), self.said
            assert words in found(), self.said
            return found()

    @property
    def address(self) -> str:
        """Where readers come to."""
        return self.until("Serving on", 0).split()[2]

    @property
    def parts(self) -> dict[str, tuple[int, int]]:
        """Name → port and process id of store and replicas, as they were started."""
        found = (LINE.search(line) for line in self.said)
        return {match[1]: (int(match[2]), int(match[3])) for match in found if match}

    def replicas(self) -> list[str]:
        """Addresses of the replicas that are alive."""
        return [
            f"http://127.0.0.1:{port}" for name, (port, pid) in self.parts.items() if name != "store" and alive(pid)
        ]

    def ask(self, question: str = BINDING, mode: str = "quote", at: str = "", **headers: str) -> httpx.Response:
        """One question, through nginx unless ``at`` names a replica."""
        where = f"{at or self.address}/api/ask"
        return self.client.post(where, json={"question": question, "mode": mode}, headers=headers)

    def stream(self, question: str) -> str:
        """A question whose answer is streamed through nginx → ``whole`` or ``cut``, as the reader can tell."""
        asked = {"question": question, "mode": "llm", "stream": True}
        where, text = f"{self.address}/api/ask", ""
        with suppress(httpx.RemoteProtocolError), self.client.stream("POST", where, json=asked) as reply:
            for piece in reply.iter_text():
                text += piece
        return "whole" if "event: answer\n" in text and text.endswith("\n\n") else "cut"

    def count(self, replica: str, line: str) -> float:
        """The value of one line of a replica's metrics, asked directly; 0 when it is not there yet."""
        rows = self.client.get(f"{replica}/metrics").text.splitlines()
        return next((float(row.rpartition(" ")[2]) for row in rows if row.startswith(f"{line} ")), 0.0)


def alive(pid: int) -> bool:
    """Whether the process runs (one that ended and was not yet waited for does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def patient(folder: Path) -> Path:
    """A folder that, on PYTHONPATH, makes replicas wait for the store longer than in service; nothing else differs."""
    made = folder / "patient"
    made.mkdir()
    (made / "sitecustomize.py").write_text(_PATIENT, encoding="utf-8")
    return made


@contextmanager
def running(index: Path, folder: Path) -> Iterator[Stack]:
    """The whole stack, run from exactly the files that the image has, with this index.

    Addresses in X-Forwarded-For are believed of this machine, as if a proxy stood before nginx.
    """
    tree = image_tree(folder / "image")
    shutil.copytree(DEPLOY, tree / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    with FakeLlm() as llm:
        environ = {
            "MOC_INDEX_DIR": str(index),
            "MOC_LLM_MODEL": "scripted",
            "OPENAI_BASE_URL": llm.base_url,
            "MOC_ADDRESS_PER_MINUTE": str(PER_MINUTE),
            # Whoever is held by a silent model is held until a replica is killed, on a busy machine too.
            "MOC_LLM_FIRST_TOKEN_SECONDS": "600",
            "MOC_LLM_TOTAL_SECONDS": "600",
            "PYTHONPATH": f"{patient(folder)}{os.pathsep}{tree}",
        }
        process = subprocess.Popen(
            [sys.executable, "deploy/replicas.py", "--port", "0", "--front", "127.0.0.1"],
            cwd=tree,
            env=without_settings() | environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started = Stack(process, llm)
        listener = threading.Thread(target=started.listen, daemon=True)
        listener.start()
        try:
            started.until("Serving on", START)
            # Each replica warms the model up once; nobody's question is sent before.
            assert llm.wait(lambda server: sum(call.ended is not None for call in server.calls) == 2, SECONDS)
            yield started
        finally:
            process.terminate()
            try:
                process.wait(40)
            finally:
                process.kill()
                listener.join(5)


def chat(stack: Stack, question: str, house: str, session: str, at: str = "", then: str = "") -> str:
    """What a chat page does with a question: it joins the queue, then reads what comes; ``then`` from elsewhere."""
    where, headers = at or stack.address, {"x-forwarded-for": house}
    parts = stack.client.get(f"{where}/config").json()["dependencies"]
    index = next(part["id"] for part in parts if part["api_name"] == "ask")
    sent = {"data": [question, [], "quote", None], "fn_index": index, "session_hash": session}
    joined = stack.client.post(f"{where}/gradio_api/queue/join", json=sent, headers=headers)
    assert joined.status_code == 200, joined.text
    return stack.client.get(f"{then or where}/gradio_api/queue/data?session_hash={session}", headers=headers).text


def name_at(stack: Stack, where: str, house: str = "") -> int:
    """The number Gradio gave itself in the process that answers."""
    headers = {"x-forwarded-for": house} if house else {}
    return int(stack.client.get(f"{where}/gradio_api/app_id", headers=headers).json()["app_id"])


def reader(browser: "Browser", stack: Stack, house: str) -> "Chat":
    """A person at a browser with this address, the chat open."""
    from tests.browser.chat import Chat

    context = browser.new_context(locale="en-US", extra_http_headers={"x-forwarded-for": house})
    context.set_default_timeout(60_000)
    return Chat(context.new_page(), stack.address, "en", stack.llm).open()
