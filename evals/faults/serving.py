"""The service while it is asked: faults of the language model, readers who leave, signals."""

import json
import random
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from evals import fault_table
from evals.fakellm import Call, FakeLlm, faults, says
from evals.faults.nursery import Born, nursery
from evals.faults.program import PATIENCE, PLAIN, QUESTION, Program, at_once, same
from evals.faults.row import Fault, Seen, Stage, judged

SEED = 12
DRAIN_SECONDS = 25.0
ASKING = 9  # questions at once when the signal comes
LEAVE_SECONDS = 2
PATIENT_LEAVE_SECONDS = 12  # in the small size, where a busy machine is no reason to fail; the model writes for thirty
# Faults that need no waiting, for CI; the full size takes all that have a script.
_QUICK = ("reset", "429", "quota", "500 once", "HTML 200", "bad JSON chunk", "not UTF-8", "length")


def model_faults(stage: Stage) -> Seen:
    """Each fault of the scripted model through POST /api/ask of the running program."""
    program = stage.program
    quoted = program.ask()
    names = _QUICK if stage.size == "small" else [name for name in fault_table.EXPECTED if name != "refused"]
    wrong, longest = [], 0.0
    for name in names:
        stage.llm.play(faults(fault_table.FIRST + 1, fault_table.GAP / 3)[name])
        calls, began = len(stage.llm.calls), time.monotonic()
        answer = program.ask(mode="llm")
        seconds = time.monotonic() - began
        longest = max(longest, seconds)
        found = (answer["mode"], answer["mode_note"])
        if found != fault_table.EXPECTED[name] or len(stage.llm.calls) - calls > 2:
            wrong.append(f"{name}: {found}, {len(stage.llm.calls) - calls} calls")
        elif found[0] == "quote" and (answer["claims"], answer["status"]) != (quoted["claims"], quoted["status"]):
            wrong.append(f"{name}: not quote mode's own answer")
    stage.llm.play((says(),))
    what = f"{len(names) - len(wrong)} of {len(names)} over HTTP as in the table of docs/llm.md, all status 200"
    return judged(wrong, f"{what}, the longest {longest:.1f} s")


# --- readers who leave ---


def _leave(raw: socket.socket, reset: bool) -> None:
    if reset:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def _send(program: Program, path: str, body: dict[str, Any], method: str = "POST") -> socket.socket:
    raw, host = program.connection(), program.address.removeprefix("http://")
    data = json.dumps(body).encode() if method == "POST" else b""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    raw.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
    return raw


def _in_chat(program: Program, question: str) -> socket.socket:
    """A question in Gradio's chat: joined, then its events listened to."""
    joined = httpx.post(
        f"{program.address}/gradio_api/call/ask", json={"data": [question, [], "llm"]}, timeout=PATIENCE
    )
    return _send(program, f"/gradio_api/call/ask/{joined.json()['event_id']}", {}, "GET")


def leaving(stage: Stage) -> Seen:
    """Readers of every surface drop their connection while the model writes."""
    program, llm = stage.program, stage.llm
    count, at_a_time = stage.times(20, 200), 8
    llm.play((says(between=0.3, size=4),))  # some thirty seconds for an answer
    rng = random.Random(SEED)
    waits: list[float] = []
    wrong: list[str] = []
    for start in range(0, count, at_a_time):
        group = range(start, min(start + at_a_time, count))
        calls = len(llm.calls)
        sockets = [_one_way(program, number) for number in group]
        if not llm.wait(lambda server: len(server.calls) >= calls + len(group), PATIENCE):  # noqa: B023
            wrong.append(f"only {len(llm.calls) - calls} of {len(group)} reached the model")
        mine: list[Call] = llm.calls[calls:]
        left = time.monotonic()
        for raw in sockets:
            _leave(raw, reset=rng.random() < 0.5)
        llm.wait(lambda _: all(call.ended for call in mine), PATIENT_LEAVE_SECONDS)  # noqa: B023
        waits += [(call.ended or time.monotonic()) - left for call in mine]
    limit = stage.times(PATIENT_LEAVE_SECONDS, LEAVE_SECONDS)
    late = [wait for wait in waits if wait > limit]
    wrong += [f"{len(late)} upstream connections were still open after {limit} s"] if late else []
    end = time.monotonic() + 5
    while program.metric("moc_llm_busy") and time.monotonic() < end:
        time.sleep(0.1)
    if busy := program.metric("moc_llm_busy"):
        wrong.append(f"{busy:.0f} slots are still taken")
    llm.play((says(),))
    closed = f"{len(waits) - len(late)} of {count} upstream connections closed in {limit} s"
    what = f"{closed}, the slowest after {max(waits):.1f} s"
    return judged(wrong, f"{what}; 0 slots taken" if not wrong else what)


def _one_way(program: Program, number: int) -> socket.socket:
    """A question by one of the ways there are, whose reader will leave."""
    question = f"{QUESTION} ({number})"
    match number % 4:
        case 0:
            return _send(program, "/api/ask", {"question": question, "mode": "llm", "stream": True})
        case 1:
            return _send(program, "/api/ask", {"question": question, "mode": "llm"})
        case 2:
            body = {"model": "moc", "messages": [{"role": "user", "content": question}], "stream": True}
            return _send(program, "/v1/chat/completions", body)
        case _:
            return _in_chat(program, question)


# --- signals ---


def drains(stage: Stage) -> Seen:
    """SIGTERM at random moments under load: whoever has asked gets a whole answer, and the exit code is 0."""
    rng = random.Random(SEED)
    count = 20
    found: list[Drained] = []
    for number in range(count):
        # Every fifth time the model would take longer than the service lives; quotes answer then.
        with FakeLlm(says(before=60) if number % 5 == 4 else says(between=0.02, size=8)) as llm:
            settings = _slow_model(llm) | {"MOC_INDEX_DIR": str(stage.index)}
            with Born(stage.folder("drain") / "log", settings, stage.shared("nursery", nursery)) as program:
                found.append(drained(program, llm, rng.uniform(0, 1)))
    whole, longest = sum(run.whole for run in found), max(run.seconds for run in found)
    wrong = [f"run {number}: {word}" for number, run in enumerate(found) for word in run.wrong]
    return judged(
        wrong, f"{count} times: {whole} of {count * ASKING} answers whole, exit 0, the longest {longest:.1f} s"
    )


@dataclass(frozen=True, slots=True)
class Drained:
    """How a service ended under load: answers that came whole, seconds, and what went wrong."""

    whole: int
    seconds: float
    wrong: tuple[str, ...]


def drained(program: Program, llm: FakeLlm, wait: float) -> Drained:
    """Ask ASKING questions, beside an open page; ``wait`` seconds after all are at work, SIGTERM."""
    idle = _send(program, "/gradio_api/heartbeat/idle", {}, "GET")
    idle.recv(1)
    already, calls = _answered(program), len(llm.calls)
    ways = [way for way in _ways(program.address) for _ in range(ASKING // 3)]
    results: list[Any] = []

    def ask_all() -> None:
        results.extend(at_once(len(ways), lambda place: ways[place](place)))

    asking = threading.Thread(target=ask_all, daemon=True)
    asking.start()
    assert llm.wait(lambda server: len(server.calls) > calls, PATIENCE)
    _until_asked(program, already + len(ways))
    time.sleep(wait)
    code, seconds = program.end(signal.SIGTERM)
    asking.join(PATIENCE)
    idle.close()
    wrong = [repr(result)[:200] for result in results if result is not True]
    if code != 0 or seconds > DRAIN_SECONDS:
        wrong.append(f"exit code {code} after {seconds:.1f} s")
    return Drained(sum(result is True for result in results), seconds, tuple(wrong))


def _slow_model(llm: FakeLlm) -> dict[str, str]:
    """Settings for a model that may take its time."""
    patience = {"MOC_LLM_FIRST_TOKEN_SECONDS": "60", "MOC_LLM_GAP_SECONDS": "60", "MOC_LLM_TOTAL_SECONDS": "90"}
    return patience | {"MOC_LLM_MODEL": "scripted", "OPENAI_BASE_URL": llm.base_url}


def _ways(address: str) -> Iterator[Any]:
    """Ask and say True when the answer came whole: at once, streamed, quoted."""

    def whole(number: int, mode: str = "llm") -> bool:
        body = {"question": f"{QUESTION} ({number})", "mode": mode}
        return bool(httpx.post(f"{address}/api/ask", json=body, timeout=PATIENCE).json()["citations"])

    def streamed(number: int) -> bool:
        body = {"question": f"{QUESTION} ({number})", "mode": "llm", "stream": True}
        text = httpx.post(f"{address}/api/ask", json=body, timeout=PATIENCE).text
        return text.count("event: answer\n") == 1 and text.endswith("\n\n")

    yield whole
    yield streamed
    yield lambda number: whole(number, "quote")


def _until_asked(program: Program, count: float) -> None:
    """Until so many questions are being answered or have been: what is not yet accepted, no process can finish."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        at_work = program.metric("moc_llm_busy") + program.metric("moc_llm_waiting")
        if _answered(program) + at_work >= count:
            return
        time.sleep(0.02)


def _answered(program: Program) -> float:
    lines = [f'moc_questions_total{{mode="{mode}",outcome="answered",surface="api"}}' for mode in ("quote", "llm")]
    return sum(program.metric(line) for line in lines)


def killed(stage: Stage) -> Seen:
    """kill -9 while it answers: the next start finds the index as it was and answers the same."""
    wrong = []
    count = 3
    before = _files(stage.index)
    for number in range(count):
        log = stage.folder("killed-serving") / "log"
        with Born(log, {"MOC_INDEX_DIR": str(stage.index)}, stage.shared("nursery", nursery)) as program:
            if not _survives_a_kill(program, 0.05 * number):
                wrong.append(f"kill {number}: another answer")
    if before != _files(stage.index):
        wrong.append("the index was changed")
    return judged(wrong, f"{count} kills under load, the same answer after each, index untouched")


def _survives_a_kill(program: Program, wait: float) -> bool:
    """Kill it while it answers, start it again, and compare the answers."""
    first = program.ask()
    threading.Thread(target=at_once, args=(8, lambda _: program.ask()), daemon=True).start()
    time.sleep(wait)
    program.end(signal.SIGKILL)
    program.kill()
    program.start()
    return same(first, program.ask())


def _files(root: Path) -> list[tuple[str, int]]:
    return sorted((path.name, path.stat().st_mtime_ns) for path in root.rglob("*") if path.name != ".lock")


def end_of_life(stage: Stage) -> Seen:
    """The small size of several rows, on the shared program at its end: kill -9 under load, then SIGTERM.

    What starts after the kill is ``app.py`` itself: in the small size the program before it remembers embeddings, so
    this row is where CI sees that the service as readers get it answers the same and ends as it should.
    """
    stage.program.script = PLAIN
    wrong = [] if _survives_a_kill(stage.program, 0.05) else ["another answer after kill -9"]
    stage.llm.play((says(between=0.02, size=8),))
    end = drained(stage.program, stage.llm, 0.3)
    seen = f"{end.whole} of {ASKING} answers whole, exit 0 after {end.seconds:.1f} s"
    return judged([*wrong, *end.wrong], f"app.py gives the same answer after kill -9; SIGTERM: {seen}")


ROWS = (
    Fault(
        "Serving",
        "faults of the language model, through the running program",
        "status 200: the model's answer after one retry, or quote mode's own with the reason; at most 2 calls",
        model_faults,
    ),
    Fault(
        "Serving",
        "readers leave while the model writes (streamed, whole, OpenAI, chat; closed and reset)",
        f"upstream closed in {LEAVE_SECONDS} s or less ({PATIENT_LEAVE_SECONDS} s in the small size, whose machine is "
        "busy with other tests), no slot taken",
        leaving,
    ),
    Fault(
        "Serving",
        "SIGTERM under load",
        "no accepted question is cut, exit 0 in 25 s or less, an open page does not hold it up",
        drains,
        only="full",
    ),
    Fault(
        "Serving",
        "kill -9 under load",
        "the next start answers the same; the index is untouched",
        killed,
        only="full",
    ),
)

LAST = Fault(
    "Serving",
    "kill -9 and SIGTERM under load, on a machine that is odd in every way",
    "the same answer after the kill; no accepted question is cut, exit 0 in 25 s or less",
    end_of_life,
    only="small",
)
