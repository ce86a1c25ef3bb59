"""Two replicas behind nginx with a shared store, started by deploy/replicas.py, until they are killed one by one.

The tests take things away in the order they stand here: first nothing, then a replica, then the store, then all.
"""

import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from evals.fakellm import says, silent
from evals.faults.redis_server import RedisServer
from tests import nginx
from tests.deploy.stack import (
    BINDING,
    COSTS,
    FUSION,
    HOUSES,
    PER_MINUTE,
    SECONDS,
    Stack,
    alive,
    chat,
    name_at,
    reader,
    running,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(500),
    pytest.mark.skipif(nginx.PROGRAM is None, reason="needs nginx"),
    pytest.mark.skipif(RedisServer.found() is None, reason="needs redis-server"),
]


WHOLE = {  # path → what a good reply holds
    "/api/ask": b"Section III",
    "/v1/chat/completions": b"Section III",
    "/api/verify": b'"holds":true',
    "/mcp": b"Section III",
}


@pytest.fixture(scope="module")
def stack(
    index_directory: Path, opened_index: tuple[object, object], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The whole stack, once."""
    with running(index_directory, tmp_path_factory.mktemp("stack")) as started:
        yield started


def test_what_nginx_passes_on(stack: Stack) -> None:
    """Health from any replica, numbers from none, streams unbuffered, and nobody's word on who they are."""
    with httpx.Client(base_url=stack.address, timeout=SECONDS, verify=False) as client:
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
                said = chat(stack, question, house, f"session{house.replace('.', '-')}")
                assert "process_completed" in said
                assert "Section I" in said


def test_a_chat_needs_its_replica(stack: Stack) -> None:
    """Why they have to: the other replica knows nothing of a question and cannot answer it."""
    one, two = stack.replicas()
    said = chat(stack, BINDING, HOUSES[0], "astray", at=one, then=two)
    assert "process_completed" not in said
    assert "Section" not in said


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")
def test_no_api_question_fails_when_a_replica_is_killed(stack: Stack) -> None:
    """Under load, with questions of the language model in its hands: kill -9, and every reply is an answer.

    Whoever was in the chat keeps the conversation, has the question back in its box, and sends it to the other replica.
    """
    from tests.browser.conftest import launched

    done: list[int] = []
    by_path = Counter[str]()
    stop = threading.Event()
    counted = threading.Condition()

    quoted = stack.ask().json()

    def load(number: int) -> None:
        called_by = {"name": "ask_moc", "arguments": {"question": BINDING, "mode": "quote"}}
        paths: list[tuple[str, Any]] = [
            ("/api/ask", {"question": BINDING, "mode": "quote"}),
            ("/v1/chat/completions", {"model": "moc-quote", "messages": [{"role": "user", "content": BINDING}]}),
            ("/api/verify", quoted),
            ("/mcp", {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": called_by}),
        ]
        # What an MCP client sends, and to a name that is not this machine's.
        headers = {"accept": "application/json, text/event-stream", "host": "assistant.example.gov"}
        with httpx.Client(base_url=stack.address, timeout=SECONDS, verify=False) as client:
            while not stop.is_set():
                path, body = paths[number % 4]
                reply = client.post(path, json=body, headers=headers)
                with counted:
                    good = WHOLE[path] in reply.content
                    done.append(reply.status_code if good else 0)
                    by_path[path] += 1
                    counted.notify_all()

    def reached(condition: Callable[[], bool]) -> bool:
        with counted:
            return counted.wait_for(condition, SECONDS)

    def called(count: int) -> bool:
        return stack.llm.wait(lambda server: len(server.calls) >= count, SECONDS)

    with ThreadPoolExecutor(8) as pool, launched() as browser:
        # Whoever holds the question, a reader of that replica is there: nothing slow happens while it is held.
        homes = {name_at(stack, stack.address, house): house for house in HOUSES}
        chats = {name: reader(browser, stack, house) for name, house in homes.items()}
        shown = {name: chat.ask(FUSION).locator(".statement").all_inner_texts() for name, chat in chats.items()}
        calls = len(stack.llm.calls)
        stack.llm.enqueue(silent)
        try:
            held = pool.submit(stack.ask, "Does it cost Japan anything?", "llm")
            assert called(calls + 1)
            [holder] = [replica for replica in stack.replicas() if stack.count(replica, "moc_llm_busy") == 1]
            name = name_at(stack, holder)
            chat, first = chats[name], shown[name]
            said = chat.answers.first.locator(".statement")
            later = len(stack.llm.calls)
            stack.llm.enqueue(silent)
            chat.box.fill(COSTS)
            chat.box.press("Enter")
            assert called(later + 1)
            loads = [pool.submit(load, number) for number in range(4)]
            assert reached(lambda: len(done) >= 8)
            # One more than the other replica needs to be as busy as the holder, so the holder has one of them.
            stack.llm.enqueue(*[says(before=8.0)] * 3)
            streams = [pool.submit(stack.stream, f"{FUSION} ({number})") for number in range(3)]
            assert called(later + 4)
            port = int(holder.rpartition(":")[2])
            [victim] = [pid for known, pid in stack.parts.values() if known == port]
            os.kill(victim, signal.SIGKILL)
            before = len(done)
            by_path.clear()
            assert reached(lambda: len(done) >= before + 24 and len(by_path) == 4)
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
    # What has begun cannot be taken back: it ends without an answer, and nobody takes it for a whole one.
    ended = Counter(future.result() for future in streams)
    assert ended["whole"] + ended["cut"] == 3
    assert ended["cut"] >= 1
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
        assert "Section III" in chat(stack, BINDING, house, f"session{house.replace('.', '-')}")
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
