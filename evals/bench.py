"""python -m evals.bench: how fast and how large, on this machine. Prints a table, writes docs/bench-results.json.

Times gate nothing. Ratios within one run can be compared between machines; milliseconds cannot.
"""

import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from evals.cases import Case, load
from index.errors import UserError

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "bench-results.json"
STARTS = 5
BUILDS = 3
QUESTIONS = 200
WARM_UP = 10
START_SECONDS = 120.0
_POLL_SECONDS = 0.01


class BenchError(UserError):
    """The server could not be measured: it did not start or did not answer (exit 1)."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure; one that was measured repeatedly has its median here, with the least and greatest value."""

    what: str
    value: float
    unit: str
    least: float | None = None
    greatest: float | None = None
    note: str = ""

    @property
    def row(self) -> str:
        """A row of the table."""
        spread = f"{self.least:.2f} to {self.greatest:.2f}" if self.least is not None else ""
        return f"| {self.what} | {self.value:.2f} {self.unit} | {spread} | {self.note} |"


def repeated(what: str, values: Sequence[float], unit: str, note: str = "") -> Figure:
    """The median of repeated measurements with their spread."""
    return Figure(what, statistics.median(values), unit, min(values), max(values), note)


def mixed(cases: Sequence[Case], count: int = QUESTIONS) -> tuple[Case, ...]:
    """``count`` cases at equal distances, so that every kind and both languages take part; all if there are fewer."""
    if len(cases) <= count:
        return tuple(cases)
    return tuple(cases[place * len(cases) // count] for place in range(count))


@dataclass(frozen=True, slots=True)
class Server:
    """A serving process and how long it took to the first 200 on ``/`` (seconds)."""

    pid: int
    port: int
    first_page: float


@contextmanager
def serving() -> Iterator[Server]:
    """``python app.py`` in a fresh process, stopped afterwards.

    Raises:
        BenchError: no 200 within START_SECONDS, or it ended by itself.
    """
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, "app.py", "--port", str(port)], cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait_for(process, port, "/", started)
            yield Server(process.pid, port, time.perf_counter() - started)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int, path: str, started: float) -> None:
    while time.perf_counter() - started < START_SECONDS:
        if process.poll() is not None:
            raise BenchError(f"python app.py ended with exit code {process.returncode} before serving {path}")
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        time.sleep(_POLL_SECONDS)
    raise BenchError(f"python app.py did not answer {path} with 200 within {START_SECONDS:.0f} s")


def starts() -> list[Figure]:
    """First 200 on ``/`` against ``import gradio``, alternating, each in a fresh process."""
    pages, imports = [], []
    for _ in range(STARTS):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import gradio"], cwd=ROOT, check=True, env=_quiet(), capture_output=True)
        imports.append(time.perf_counter() - started)
        with serving() as server:
            pages.append(server.first_page)
    ratios = [page / alone for page, alone in zip(pages, imports, strict=True)]
    return [
        repeated("`import gradio`, fresh process", imports, "s"),
        repeated("`python app.py` to the first 200 on `/`", pages, "s"),
        repeated("… against `import gradio`", ratios, "×", "floor 3, aim 2"),
    ]


def over_http(cases: Sequence[Case]) -> list[Figure]:
    """Latency of ``POST /api/ask`` one question after the other, and the memory of the process afterwards."""
    with serving() as server:
        process_started = time.perf_counter()
        while not _ready(server.port):
            if time.perf_counter() - process_started > START_SECONDS:
                raise BenchError(f"/readyz did not become 200 within {START_SECONDS:.0f} s")
            time.sleep(0.1)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        elapsed = []
        for case in (*cases[:WARM_UP], *cases):
            body = json.dumps({"question": case.question, "mode": "quote"})
            started = time.perf_counter()
            connection.request("POST", "/api/ask", body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            content = reply.read()
            elapsed.append((time.perf_counter() - started) * 1000)
            if reply.status != 200:
                raise BenchError(f"/api/ask answered {reply.status} to a question: {content[:200]!r}")
        return [*latencies("answer over HTTP (`/api/ask`)", elapsed[WARM_UP:]), *memory(server.pid)]


def in_process(cases: Sequence[Case]) -> list[Figure]:
    """Latency of an answer in this process against the bare embedding of the same question.

    Both take turns, and each goes first every second time, so that neither has the warmer processor.
    """
    from assistant.ask import Assistant
    from assistant.config import Config
    from assistant.types import Request
    from index.embed import load_embedder

    config = Config.from_env()
    assistant = Assistant.open(config)
    embedder = load_embedder(config.index)
    answers: list[float] = []
    embeddings: list[float] = []

    def embed(question: str) -> None:
        embeddings.append(_milliseconds(lambda: embedder.encode([question], query=True)))

    def answer(question: str) -> None:
        answers.append(_milliseconds(lambda: assistant.answer(Request(question, None, "quote"))))

    for number, case in enumerate((*cases[:WARM_UP], *cases)):
        for measured in (embed, answer) if number % 2 else (answer, embed):
            measured(case.question)
    answers, embeddings = answers[WARM_UP:], embeddings[WARM_UP:]
    ratios = {share: np.quantile(answers, share) / np.quantile(embeddings, share) for share in (0.5, 0.95)}
    return [
        *latencies("bare embedding of the question", embeddings),
        *latencies("answer in the process", answers),
        *[
            Figure(f"… against the bare embedding, p{share * 100:.0f}", float(ratio), "×", note="floor 2.5, aim 1.5")
            for share, ratio in ratios.items()
        ],
    ]


def builds() -> list[Figure]:
    """Index builds into empty directories, imports and loading of the model excluded."""
    from index.embed import load_embedder
    from index.library import build_index
    from index.settings import IndexSettings

    embedder = load_embedder(IndexSettings.from_env())
    embedder.encode(["warm"], query=True)
    seconds = []
    for _ in range(BUILDS):
        with tempfile.TemporaryDirectory(prefix="moc-bench-") as folder:
            started = time.perf_counter()
            build_index(Path(folder), embedder)
            seconds.append(time.perf_counter() - started)
    return [repeated("index build, less imports", seconds, "s", "floor 20, aim 5")]


def latencies(what: str, milliseconds: Sequence[float]) -> list[Figure]:
    """p50 and p95."""
    note = f"{len(milliseconds)} questions"
    return [
        Figure(f"{what}, p{share * 100:.0f}", float(np.quantile(milliseconds, share)), "ms", note=note)
        for share in (0.5, 0.95)
    ]


def memory(pid: int, status: Path | None = None) -> list[Figure]:
    """Resident and peak memory of a process from ``/proc``; nothing where there is no such file (other than Linux)."""
    try:
        text = (status or Path(f"/proc/{pid}/status")).read_text(encoding="utf-8")
    except OSError:
        return []
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    names = {"VmRSS": "memory of the serving process", "VmHWM": "… at its peak"}
    return [
        Figure(what, int(fields[name].split()[0]) / 1024, "MiB", note="aim 500 MB" if name == "VmRSS" else "")
        for name, what in names.items()
        if name in fields
    ]


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    model = platform.processor()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    return {
        "processor": model or platform.machine(),
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table."""
    return "\n".join(["| what | median or quantile | spread | |", "|---|---|---|---|", *(f.row for f in figures)])


def main() -> int:
    """Measure everything, print the table, write the results."""
    try:
        cases = mixed([case for case in load("dev") if not case.history])
        about = machine()  # before the bench itself makes the load
        figures = [*builds(), *in_process(cases), *starts(), *over_http(cases)]
    except UserError as error:
        print(f"evals.bench: {error}", file=sys.stderr)
        return error.exit_code
    print(table(figures))
    print(f"\n{about['processor']}, {about['cores']} cores, {about['system']}")
    print(f"Python {about['python']}, load before the bench {about['load']}")
    content: Mapping[str, object] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": about,
        "figures": [
            {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(figure).items()}
            for figure in figures
        ],
    }
    RESULTS.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _ready(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _quiet() -> dict[str, str]:
    """The environment ``app.py`` gives Gradio, so that both sides of the ratio do the same."""
    return {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False"}


if __name__ == "__main__":
    sys.exit(main())
