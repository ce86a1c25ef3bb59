"""What arrives on the port and is no question: floods, slow clients, oversized and malformed requests."""

import socket
import threading
import time
from collections.abc import Callable, Sequence, Set
from contextlib import suppress

import httpx

from assistant.web.connection import MOST
from evals.faults.program import PATIENCE, Program
from evals.faults.row import Fault, Seen, Stage, judged

MEMORY_MIB = 32.0  # a row may leave behind; what it sends is many times more
FAST_SECONDS = 5.0  # on a machine that is busy with other things
_JSON = "Content-Type: application/json\r\n"


def _told(raw: socket.socket, seconds: float = PATIENCE) -> bytes:
    """What the server says until it closes or says no more; empty when it only closes."""
    raw.settimeout(seconds)
    told = b""
    with suppress(OSError):
        while b"\r\n\r\n" not in told:
            piece = raw.recv(65536)
            if not piece:
                break
            told += piece
    return told


def _exchange(program: Program, pieces: Sequence[bytes]) -> tuple[int, float]:
    """Send the pieces and listen → (status, seconds); status 0: closed without a word."""
    began = time.monotonic()
    with program.connection() as raw:
        raw.settimeout(PATIENCE)
        with suppress(OSError):  # closed while we still send
            for piece in pieces:
                raw.sendall(piece)
        told = _told(raw)
    parts = told.split(b" ", 2)
    return int(parts[1]) if told.startswith(b"HTTP/1.") and len(parts) > 1 else 0, time.monotonic() - began


def _post(path: str, body: bytes, *headers: str) -> bytes:
    fields = "".join(f"{header}\r\n" for header in headers)
    return f"POST {path} HTTP/1.1\r\nHost: x\r\n{_JSON}{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _chunked(path: str, size: int) -> list[bytes]:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{_JSON}Transfer-Encoding: chunked\r\n\r\n".encode()
    return [head, *[b"10000\r\n" + b"x" * 0x10000 + b"\r\n"] * (size // 0x10000), b"0\r\n\r\n"]


def _judge(program: Program, sent: dict[str, tuple[Sequence[bytes], tuple[int, ...]]]) -> tuple[list[str], int, float]:
    """Send each and compare status and time → (what went wrong, how many were good, the longest wait)."""
    wrong, good, longest = [], 0, 0.0
    for name, (pieces, allowed) in sent.items():
        status, seconds = _exchange(program, pieces)
        longest = max(longest, seconds)
        if status not in allowed or seconds > FAST_SECONDS:
            wrong.append(f"{name}: {status} after {seconds:.1f} s")
        else:
            good += 1
    return wrong, good, longest


def _with_memory(program: Program, work: Callable[[], tuple[list[str], str]]) -> Seen:
    """Do it and add how much memory the program has more afterwards, and that it still answers."""
    before = program.memory()
    wrong, what = work()
    grown = program.memory() - before
    if grown > MEMORY_MIB:
        wrong.append(f"memory grew by {grown:.0f} MiB")
    if not program.ask()["citations"]:
        wrong.append("no answer afterwards")
    return judged(wrong, f"{what}; memory {grown:+.0f} MiB")


def oversized(stage: Stage) -> Seen:
    """Heads and bodies far beyond any use."""
    megabytes = stage.times(10, 100)
    many = b"".join(b"x-%d: y\r\n" % number for number in range(10_000))
    long = b"x-long: " + b"y" * (stage.times(8, 64) * 1024 * 1024) + b"\r\n"
    start, refused = b"GET /healthz HTTP/1.1\r\nHost: x\r\n", (431, 400, 0)
    body = b"x" * (megabytes * 1024 * 1024)
    sent: dict[str, tuple[Sequence[bytes], tuple[int, ...]]] = {
        "10,000 header fields": ((start + many + b"\r\n",), refused),
        "200 header fields": ((start + many[:2000] + b"\r\n",), (431,)),
        "an endless header field": ((start + long + b"\r\n",), refused),
        "an endless address": ((b"GET /" + b"a" * len(long) + b" HTTP/1.1\r\n\r\n",), refused),
        "an address of 20 kB": ((b"GET /document?q=" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",), (200, 431)),
        "a body that states its size": ((_post("/api/ask", body),), (413,)),
        "a chunked body": (_chunked("/api/ask", len(body)), (413,)),
        "a chunked body for the chat": (_chunked("/gradio_api/queue/join", len(body)), (413,)),
        "a body for a page": ((_post("/document", body[: 1 << 20]),), (405,)),
        "a stated size beyond counting": (
            (f"POST /api/ask HTTP/1.1\r\nHost: x\r\n{_JSON}Content-Length: 9999999999999\r\n\r\n".encode(),),
            (413, 400),
        ),
        "trailers without end": (
            (_chunked("/api/ask", 0)[0] + b"2\r\n{}\r\n0\r\n" + many * 20 + b"\r\n",),
            (400, 408, 413),
        ),
    }

    def work() -> tuple[list[str], str]:
        wrong, good, longest = _judge(stage.program, sent)
        return (
            wrong,
            f"{good} of {len(sent)} refused (431, 413, 405, 400), {megabytes} MB bodies, longest {longest:.1f} s",
        )

    return _with_memory(stage.program, work)


def malformed(stage: Stage) -> Seen:
    """Bytes that are no HTTP, HTTP that is no JSON, and JSON that is no text."""
    surrogate = b'"a \\ud800 b"'
    asks: dict[str, tuple[str, bytes]] = {
        "ask": ("/api/ask", b'{"question": %s}'),
        "history": ("/api/ask", b'{"question": "Q", "mode": "quote", "history": [{"role": "user", "content": %s}]}'),
        "completions": (
            "/v1/chat/completions",
            b'{"model": "moc-quote", "messages": [{"role": "user", "content": %s}]}',
        ),
        "user": (
            "/v1/chat/completions",
            b'{"model": "moc-quote", "user": %s, "messages": [{"role": "user", "content": "Q"}]}',
        ),
        "verify": ("/api/verify", b'{"question": %s}'),
        "feedback": ("/api/feedback", b'{"answer_id": "a_' + b"0" * 64 + b'", "verdict": "helpful", "comment": %s}'),
        "chat": ("/gradio_api/call/ask", b'{"data": [%s, [], "quote"]}'),
        "chat state": ("/gradio_api/call/ask", b'{"data": ["Q", [{"role": "user", "content": %s}], "quote"]}'),
        "mcp": (
            "/mcp",
            b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call",'
            b' "params": {"name": "ask_moc", "arguments": {"question": %s}}}',
        ),
    }
    accept = "Accept: application/json, text/event-stream"
    client = (200, 201, 202, 400, 404, 406, 413, 415, 422)
    sent: dict[str, tuple[Sequence[bytes], tuple[int, ...]]] = {}
    for name, (path, template) in asks.items():
        sent[f"a lone surrogate in {name}"] = ((_post(path, template.replace(b"%s", surrogate), accept),), client)
        sent[f"bad UTF-8 in {name}"] = ((_post(path, template.replace(b"%s", b'"\xff\xfe\x80"'), accept),), client)
    deep = b"[" * 5000 + b"]" * 5000
    get = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"
    sent |= {
        "JSON without end": ((_post("/api/ask", b'{"question": "'),), (400,)),
        "JSON five thousand deep": ((_post("/api/ask", deep),), (400,)),
        "a number of five thousand digits": ((_post("/api/ask", b'{"question": ' + b"9" * 5000 + b"}"),), (400,)),
        "NaN": ((_post("/api/ask", b'{"question": NaN}'),), (400,)),
        "NUL in a question": ((_post("/api/ask", b'{"question": "a\\u0000b", "mode": "quote"}'),), (200, 400)),
        "bad UTF-8 in an address": ((get % b"/document?q=%FF%FE",), (200, 400)),
        "raw bytes in an address": ((get % b"/document?q=\xff\xfe",), (200, 400)),
        "a surrogate in an address": ((get % b"/api/sections/%ED%A0%80",), (404, 400)),
        "NUL in an address": ((get % b"/a%00b",), (404, 400)),
        "bad UTF-8 in a header": ((b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Language: \xff\xfe\r\n\r\n",), (200, 400)),
        "bad UTF-8 in a session": ((_post("/api/ask", b'{"question": ""}', "X-Session-ID: \u00ff"),), (200, 400)),
        "two sizes of a body": ((_post("/api/ask", b"{}", "Content-Length: 7"),), (400,)),
        "a negative size": ((b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",), (400,)),
        "size and chunks": ((_post("/api/ask", b"{}", "Transfer-Encoding: chunked"),), (400,)),
        "TLS": ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),), (400, 0)),
        "HTTP/2": ((b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",), (400, 405, 404, 0)),
        "a websocket": (
            (
                b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
            ),
            (200, 400, 403, 426),
        ),
        "noise": ((bytes(range(256)) * 16 + b"\r\n\r\n",), (400, 0)),
    }

    def work() -> tuple[list[str], str]:
        wrong, good, longest = _judge(stage.program, sent)
        return wrong, f"{good} of {len(sent)} answered or refused, none with 5xx, longest {longest:.1f} s"

    return _with_memory(stage.program, work)


def slow(stage: Stage) -> Seen:
    """Clients who send their head or body a byte a second, all at once; everybody else is served meanwhile."""
    program = stage.program
    count = stage.times(100, 400)
    head, body = b"GET /document HTTP/1.1\r\nX-Slow: ", _post("/api/ask", b" " * 1000)[:-990]
    began = time.monotonic()
    raws = [(program.connection(), head if number % 2 else body) for number in range(count)]
    for raw, start in raws:
        raw.sendall(start)
    open_, waits = [raw for raw, _ in raws], [0.0]
    while open_ and time.monotonic() - began < 30:
        asked = time.monotonic()
        program.ask()
        waits.append(time.monotonic() - asked)
        open_ = [raw for raw in open_ if _still_open(raw)]
        time.sleep(1)
    seconds = time.monotonic() - began
    for raw, _ in raws:
        raw.close()
    wrong = [f"{len(open_)} of {count} are still open after {seconds:.0f} s"] if open_ else []
    if max(waits) > FAST_SECONDS:
        wrong.append("others had to wait")
    what = f"{count} slow clients let go after {seconds:.0f} s at most (408 or closed)"
    return judged(wrong, f"{what}; others answered within {max(waits):.2f} s meanwhile")


def _still_open(raw: socket.socket) -> bool:
    """Send one byte more, and see whether the other side has had enough."""
    try:
        raw.sendall(b"y")
        raw.setblocking(False)
        try:
            raw.recv(65536)
            return False
        except BlockingIOError:
            return True
        finally:
            raw.setblocking(True)
    except OSError:
        return False


def stalled(stage: Stage) -> Seen:
    """Readers who ask for large pages and do not read them are let go, and nothing piles up."""
    program = stage.program
    count = 60
    raws = []
    for _ in range(count):
        raw = program.connection()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 40)
        raws.append(raw)
    before = program.descriptors()
    end = time.monotonic() + 60
    while time.monotonic() < end and program.descriptors() > before - count:
        time.sleep(0.5)
    left = max(0, program.descriptors() - (before - count))
    for raw in raws:
        raw.close()
    wrong = [f"{left} are still held after 60 s"] if left > 2 else []
    return judged(wrong, f"{count - min(left, count)} of {count} let go")


def many_connections(stage: Stage) -> Seen:
    """More connections than the service takes: pages are refused, health is not, and all is well when they are gone."""
    program = stage.program
    raws: list[socket.socket] = []
    try:
        with suppress(OSError):
            while len(raws) < MOST + 50:
                raws.append(program.connection())
        pages = [httpx.get(f"{program.address}/document", timeout=PATIENCE) for _ in range(10)]
        health = [httpx.get(f"{program.address}/healthz", timeout=PATIENCE).status_code for _ in range(10)]
    finally:
        for raw in raws:
            raw.close()
    end = time.monotonic() + FAST_SECONDS
    back = 0
    while back != 200 and time.monotonic() < end:
        back = httpx.get(f"{program.address}/document", timeout=PATIENCE).status_code
    statuses = {page.status_code for page in pages}
    wrong = [f"only {len(raws)} connections could be made, {MOST} are taken"] if len(raws) <= MOST else []
    wrong += [f"pages {statuses}"] if statuses != {503} else []
    wrong += ["no Retry-After"] if any("Retry-After" not in page.headers for page in pages) else []
    wrong += [f"health {set(health)}"] if set(health) != {200} else []
    wrong += [f"status {back} afterwards"] if back != 200 else []
    told = f"pages {_listed(statuses)}, health {_listed(set(health))}"
    return judged(wrong, f"{len(raws)} connections held: {told}; pages {back} once they are gone")


def _listed(statuses: Set[int]) -> str:
    return ", ".join(map(str, sorted(statuses)))


def sessions(stage: Stage) -> Seen:
    """Ever new sessions, as many as the address may: counted by address, and no memory is kept for each."""
    program = stage.program
    count, threads = stage.times(300, 4000), 4
    statuses: dict[int, int] = {}
    lock = threading.Lock()

    def flood(first: int) -> None:
        with httpx.Client(base_url=program.address, timeout=PATIENCE) as client:
            for number in range(first, count, threads):
                headers = {"X-Session-ID": f"flood-{number}"}
                status = client.post("/api/ask", json={"question": "", "mode": "quote"}, headers=headers).status_code
                with lock:
                    statuses[status] = statuses.get(status, 0) + 1

    def work() -> tuple[list[str], str]:
        workers = [threading.Thread(target=flood, args=(first,), daemon=True) for first in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(PATIENCE * 4)
        wrong = [f"statuses {statuses}"] if not set(statuses) <= {200, 429} else []
        counted = ", ".join(f"{number} × {status}" for status, number in sorted(statuses.items()))
        return wrong, f"{count} sessions: {counted}"

    return _with_memory(program, work)


ROWS = (
    Fault("On the wire", "10,000 header fields, endless heads, 10 MB bodies", "4xx fast, memory flat", oversized),
    Fault(
        "On the wire",
        "bad UTF-8, lone surrogates, broken JSON, no HTTP at all",
        "answered or 4xx, never 5xx; memory flat",
        malformed,
    ),
    Fault(
        "On the wire",
        "slow heads and slow bodies",
        "let go after 10 s; everybody else is served meanwhile",
        slow,
    ),
    Fault("On the wire", "readers who do not read", "let go after 30 s", stalled, only="full"),
    Fault(
        "On the wire",
        "more connections than are taken at once",
        "503, health still 200; as before once they are gone",
        many_connections,
        only="full",
    ),
    Fault("On the wire", "a flood of sessions", "counted by address, memory flat", sessions),
)
