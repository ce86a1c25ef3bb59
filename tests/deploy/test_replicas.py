"""Two replicas behind nginx with a shared store, started by deploy/replicas.py, until they are killed one by one.

The tests take things away in the order they stand here: first nothing, then a replica, then the store, then all.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from evals.fakellm import FakeLlm, says, silent
from evals.processes import without_settings
from tests import nginx
from tests.deploy.shipped import DEPLOY, image_tree

if TYPE_CHECKING:
    from tests.browser.chat import Chat

LINE = re.compile(r"(store|replica \d): \S+?:(\d+) \(process (\d+)\)")
START = 450.0  # seconds; two programs start, and build an index where there is none yet
PER_MINUTE = 20
BINDING = "Is the MOC legally binding?"
FUSION = "Which test facility is named for fusion?"
COSTS = "Who pays for the work?"
HOUSES = [f"203.0.113.{number}" for number in range(10, 50)]  # addresses of visitors

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(500),
    pytest.mark.skipif(nginx.PROGRAM is None, reason="needs nginx"),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="needs redis-server"),
]


@dataclass
class Stack:
    """The running script, what it said, and the scripted language model."""

    process: subprocess.Popen[str]
    llm: FakeLlm
    said: list[str] = field(default_factory=list)
    client: httpx.Client = field(
        # A connection for each request, so that none is kept to what is killed.
        default_factory=lambda: httpx.Client(timeout=60, verify=False, limits=httpx.Limits(max_keepalive_connections=0))
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


@pytest.fixture(scope="module")
def stack(
    index_directory: Path, opened_index: tuple[object, object], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The whole stack, once, run from exactly the files that the image has.

    Addresses in X-Forwarded-For are believed of this machine, as if a proxy stood before nginx.
    """
    tree = image_tree(tmp_path_factory.mktemp("image"))
    shutil.copytree(DEPLOY, tree / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
    with FakeLlm() as llm:
        environ = {
            "MOC_INDEX_DIR": str(index_directory),
            "MOC_LLM_MODEL": "scripted",
            "OPENAI_BASE_URL": llm.base_url,
            "MOC_ADDRESS_PER_MINUTE": str(PER_MINUTE),
            # Whoever is held by a silent model is held until a replica is killed, on a busy machine too.
            "MOC_LLM_FIRST_TOKEN_SECONDS": "60",
            "MOC_LLM_TOTAL_SECONDS": "90",
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
            assert llm.wait(lambda server: sum(call.ended is not None for call in server.calls) == 2, 30)
            yield started
        finally:
            process.terminate()
            try:
                process.wait(40)
            finally:
                process.kill()
                listener.join(5)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PATH": "/nowhere"}, "neither redis-server nor valkey-server is installed"),
        ({"MOC_STORE": "x"}, "MOC_STORE is not a setting of this program"),
    ],
)
def test_what_cannot_start_says_why(environ: dict[str, str], said: str) -> None:
    """Exit 1 and a line with the reason; what had been started is ended."""
    command = [sys.executable, str(DEPLOY / "replicas.py"), "--port", "0"]
    ran = subprocess.run(command, env=without_settings() | environ, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not any(alive(int(match[3])) for match in LINE.finditer(ran.stdout))


def test_what_nginx_passes_on(stack: Stack) -> None:
    """Health from any replica, numbers from none, streams unbuffered, and nobody's word on who they are."""
    with httpx.Client(base_url=stack.address, timeout=60, verify=False) as client:
        assert client.get("/readyz").json() == {"status": "ready"}
        assert client.get("/healthz").status_code == 200
        assert client.get("/metrics").status_code == 404
        assert stack.count(stack.replicas()[0], "moc_ready") == 1
        page = client.get("/", headers={"host": "moc.example.gov", "x-forwarded-host": "evil.example"})
        assert '"root":"http://moc.example.gov"' in page.text
        assert "strict-transport-security" not in page.headers
        tls = client.get("/healthz", headers={"x-forwarded-proto": "https"})
        assert tls.headers["strict-transport-security"]  # the proxy before nginx is listed, so its word counts
        assert client.get("/healthz", headers={"x-request-id": "forged"}).headers["x-request-id"] != "forged"
        large = client.post("/api/ask", content=b"x" * 2_000_000, headers={"content-type": "application/json"})
        assert (large.status_code, large.json()["error"]["code"]) == (413, "too_large")
        asked = {"question": BINDING, "mode": "quote", "stream": True}
        with client.stream("POST", "/api/ask", json=asked) as stream:
            kinds = [line.removeprefix("event: ") for line in stream.iter_lines() if line.startswith("event: ")]
        assert (kinds[0], kinds[-1]) == ("status", "answer")


def test_replicas_count_a_visitor_together(stack: Stack) -> None:
    """One address may ask its share over both of them, not twice that; its neighbour is not touched."""
    answered = 'moc_questions_total{mode="quote",outcome="answered",surface="api"}'
    limited = 'moc_limited_total{scope="address"}'
    before = [(stack.count(replica, answered), stack.count(replica, limited)) for replica in stack.replicas()]
    with ThreadPoolExecutor(4) as pool:
        many = list(pool.map(lambda _: stack.ask(**{"x-forwarded-for": "198.51.100.7"}), range(PER_MINUTE + 12)))
    statuses = [reply.status_code for reply in many]
    # The window slides: where a minute ends meanwhile, rounding lets one more through.
    assert statuses.count(200) in (PER_MINUTE, PER_MINUTE + 1), statuses
    assert statuses.count(200) + statuses.count(429) == len(statuses)
    after = [(stack.count(replica, answered), stack.count(replica, limited)) for replica in stack.replicas()]
    answers, refusals = zip(
        *((now[0] - then[0], now[1] - then[1]) for now, then in zip(after, before, strict=True)), strict=True
    )
    assert min(answers) > 0  # both took part
    assert (sum(answers), sum(refusals)) == (statuses.count(200), statuses.count(429))
    assert stack.ask(**{"x-forwarded-for": "198.51.100.8"}).status_code == 200


def test_a_written_answer_is_written_once(stack: Stack) -> None:
    """What one replica's model wrote, the other gives too, without asking the model: the same object."""
    one, two = stack.replicas()
    before = len(stack.llm.calls)
    first = stack.ask(FUSION, "llm", at=one).json()
    assert (first["mode"], len(stack.llm.calls)) == ("llm", before + 1)
    assert stack.ask(FUSION, "llm", at=two).json() == first
    assert len(stack.llm.calls) == before + 1
    assert stack.count(two, 'moc_cache_total{result="hit"}') == 1


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


def test_a_chat_stays_with_its_replica(stack: Stack) -> None:
    """Each of forty visitors comes to one replica, both have some; two of either ask in the chat, twice each."""
    names = [name_at(stack, replica) for replica in stack.replicas()]
    assert len(set(names)) == 2
    homes = {house: name_at(stack, stack.address, house) for house in HOUSES}
    assert set(homes.values()) == set(names)
    assert homes == {house: name_at(stack, stack.address, house) for house in reversed(HOUSES)}
    for name in names:
        for house in [house for house in HOUSES if homes[house] == name][:2]:
            for question in (BINDING, "How can a country leave?"):
                said = chat(stack, question, house, f"session{house}")
                assert "process_completed" in said
                assert "Section I" in said


def test_a_chat_needs_its_replica(stack: Stack) -> None:
    """Why they have to: the other replica knows nothing of a question and cannot answer it."""
    one, two = stack.replicas()
    with pytest.raises(httpx.RemoteProtocolError):
        chat(stack, BINDING, HOUSES[0], "astray", at=one, then=two)


@contextmanager
def reader(stack: Stack, house: str) -> Iterator["Chat"]:
    """A person at a browser with this address, the chat open."""
    from tests.browser.chat import Chat
    from tests.browser.conftest import launched

    with launched() as browser:
        context = browser.new_context(locale="en-US", extra_http_headers={"x-forwarded-for": house})
        context.set_default_timeout(60_000)
        yield Chat(context.new_page(), stack.address, "en", stack.llm).open()


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")
def test_no_question_fails_when_a_replica_is_killed(stack: Stack) -> None:
    """Under load, with questions of the language model in its hands: kill -9, and every reply is an answer.

    Whoever was in the chat keeps the conversation, has the question back in its box, and sends it to the other replica.
    """
    done: list[int] = []
    stop = threading.Event()
    counted = threading.Condition()

    def load(number: int) -> None:
        paths: list[tuple[str, Any]] = [
            ("/api/ask", {"question": BINDING, "mode": "quote"}),
            ("/v1/chat/completions", {"model": "moc-quote", "messages": [{"role": "user", "content": BINDING}]}),
        ]
        with httpx.Client(base_url=stack.address, timeout=60, verify=False) as client:
            while not stop.is_set():
                path, body = paths[number % 2]
                reply = client.post(path, json=body)
                with counted:
                    done.append(reply.status_code if b"Section III" in reply.content else 0)
                    counted.notify_all()

    def reached(condition: Callable[[], bool]) -> bool:
        with counted:
            return counted.wait_for(condition, 60)

    def called(count: int) -> bool:
        return stack.llm.wait(lambda server: len(server.calls) == count, 60)

    calls = len(stack.llm.calls)
    stack.llm.enqueue(silent)
    with ThreadPoolExecutor(5) as pool, ExitStack() as opened:
        try:
            held = pool.submit(stack.ask, "Does it cost Japan anything?", "llm")
            assert called(calls + 1)
            [holder] = [replica for replica in stack.replicas() if stack.count(replica, "moc_llm_busy") == 1]
            name = name_at(stack, holder)
            house = next(house for house in HOUSES if name_at(stack, stack.address, house) == name)
            chat = opened.enter_context(reader(stack, house))
            first = chat.ask(FUSION).locator(".statement").all_inner_texts()
            said = chat.answers.first.locator(".statement")
            later = len(stack.llm.calls)
            stack.llm.enqueue(silent)
            chat.box.fill(COSTS)
            chat.box.press("Enter")
            assert called(later + 1)
            loads = [pool.submit(load, number) for number in range(4)]
            assert reached(lambda: len(done) >= 8)
            port = int(holder.rpartition(":")[2])
            [victim] = [pid for known, pid in stack.parts.values() if known == port]
            os.kill(victim, signal.SIGKILL)
            before = len(done)
            assert reached(lambda: len(done) >= before + 24)
        finally:
            stop.set()
        for future in loads:
            future.result()
        answered = held.result()
        chat.page.get_by_text(chat.words["error_offline"]).first.wait_for()
        assert (chat.box.input_value(), said.all_inner_texts()) == (COSTS, first)
        assert first
        chat.box.press("Enter")
        chat.page.locator("#conversation .answer:not(.growing)").nth(1).wait_for()
        assert said.all_inner_texts() == first
    assert set(done) == {200}
    assert (answered.status_code, answered.json()["mode"]) == (200, "llm")
    assert all(stack.llm.calls[place].left for place in (calls, later))  # by the one that was killed
    assert stack.until("ended with -9", 10).startswith("replica")
    assert len(stack.replicas()) == 1


def test_chats_go_on_at_the_other_replica(stack: Stack) -> None:
    """After one replica died: every visitor's next question is answered, pages open, the service is ready."""
    assert stack.client.get(f"{stack.address}/readyz").status_code == 200
    [left] = stack.replicas()
    assert {name_at(stack, stack.address, house) for house in HOUSES} == {name_at(stack, left)}
    for house in HOUSES[:3]:
        assert "Section III" in chat(stack, BINDING, house, f"session{house}")
    assert stack.client.get(f"{stack.address}/").status_code == 200


def test_without_the_store_questions_are_answered(stack: Stack) -> None:
    """The store is killed: answers go on, limits are the replica's part, and the state has its name."""
    os.kill(stack.parts["store"][1], signal.SIGKILL)
    stack.until("store ended with -9", 10)
    replies = [stack.ask(**{"x-forwarded-for": "198.51.100.9"}).status_code for _ in range(PER_MINUTE // 2 + 3)]
    assert set(replies[: PER_MINUTE // 2]) == {200}
    assert replies[-1] == 429
    assert stack.client.get(f"{stack.replicas()[0]}/readyz").json()["states"] == ["store_down"]


def test_told_to_stop_it_finishes_and_leaves_nothing(stack: Stack) -> None:
    """SIGTERM with a question in its hands: that is answered, the exit code is 0, no process is left."""
    stack.llm.play([says(before=1.0)])
    calls = len(stack.llm.calls)
    with ThreadPoolExecutor(1) as pool:
        last = pool.submit(stack.ask, "Who may end the memorandum?", "llm")
        assert stack.llm.wait(lambda server: len(server.calls) == calls + 1, 30)
        stack.process.send_signal(signal.SIGTERM)
        assert (last.result().status_code, last.result().json()["status"]) == (200, "answered")
    assert stack.process.wait(40) == 0
    assert not any(alive(pid) for _, pid in stack.parts.values())
    with pytest.raises(httpx.ConnectError):
        stack.client.get(stack.address)
