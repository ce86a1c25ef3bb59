"""The program as a process of its own: started, asked whether it is ready, read in ``/proc``, stopped."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from evals.bench.figures import BenchError, Figure
from evals.processes import ROOT, without_settings

START_SECONDS = 300.0
_POLL_SECONDS = 0.01
# Everyone who asks comes from this machine and is to be answered, not limited.
UNLIMITED = {"MOC_RAISED_ADDRESSES": "127.0.0.0/8=100000"}


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds at one moment. ``memory`` in MiB, ``files`` descriptors, ``temporary`` entries in its
    directory for temporary files."""

    memory: float
    files: int
    threads: int
    temporary: int


@dataclass(frozen=True, slots=True)
class Server:
    """A serving process: how long it took to the first 200 on ``/`` and, once asked, until it was ready (seconds)."""

    pid: int
    address: str
    started: float
    first_page: float
    scratch: Path
    log: Path

    def until_ready(self) -> float:
        """Wait for ``/readyz``; seconds since the start.

        Raises:
            BenchError: not ready within START_SECONDS.
        """
        _wait_for(self.address + "/readyz", self.started, lambda: None)
        return time.perf_counter() - self.started

    def held(self) -> Held:
        """What it holds now."""
        status = _fields(Path(f"/proc/{self.pid}/status"))
        return Held(
            int(status["VmRSS"].split()[0]) / 1024,
            len(os.listdir(f"/proc/{self.pid}/fd")),
            int(status["Threads"]),
            sum(len(folders) + len(files) for _, folders, files in os.walk(self.scratch)),
        )

    def tasks(self) -> int:
        """How many asyncio tasks there are; only where the program is ``evals.bench.watched``.

        Raises:
            BenchError: it does not say within START_SECONDS.
        """
        before = len(self._told())
        os.kill(self.pid, signal.SIGUSR1)
        end = time.perf_counter() + START_SECONDS
        while time.perf_counter() < end:
            if len(told := self._told()) > before:
                return told[-1]
            time.sleep(_POLL_SECONDS)
        raise BenchError("the program does not say how many tasks it has")

    def _told(self) -> list[int]:
        return [int(number) for number in re.findall(rb"^tasks (\d+)$", self.log.read_bytes(), re.MULTILINE)]

    def processor_seconds(self) -> float:
        """Processor time it has used so far, all threads together."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(environ: Mapping[str, str] | None = None, program: Sequence[str] = ("app.py",)) -> Iterator[Server]:
    """``python app.py`` in a fresh process with these settings and no others, stopped afterwards.

    ``program`` is what the interpreter is given to run. What it prints goes into ``log``; temporary files go into
    ``scratch``.

    Raises:
        BenchError: no 200 within START_SECONDS, or it ended by itself.
    """
    kept = without_settings() | {name: value for name, value in os.environ.items() if name.startswith("MOC_INDEX_")}
    with tempfile.TemporaryDirectory(prefix="moc-bench-") as folder:
        scratch, log = Path(folder) / "tmp", Path(folder) / "log"
        scratch.mkdir()
        started = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *program, "--port", "0"],
                cwd=ROOT,
                env={**kept, "TMPDIR": str(scratch), **(environ or {})},
                stdout=output,
                stderr=output,
            )
        try:
            address = _address(process, log, started)
            _wait_for(address + "/", started, lambda: _still_there(process, log))
            yield Server(process.pid, address, started, time.perf_counter() - started, scratch, log)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def memory(pid: int, status: Path | None = None) -> list[Figure]:
    """Resident and peak memory of a process from ``/proc``; nothing where there is no such file (other than Linux)."""
    try:
        fields = _fields(status or Path(f"/proc/{pid}/status"))
    except OSError:
        return []
    names = {"VmRSS": "memory of the serving process", "VmHWM": "… at its peak"}
    return [
        Figure(what, int(fields[name].split()[0]) / 1024, "MiB", note="aim 500 MB" if name == "VmRSS" else "")
        for name, what in names.items()
        if name in fields
    ]


def _fields(status: Path) -> dict[str, str]:
    text = status.read_text(encoding="utf-8")
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def _address(process: "subprocess.Popen[bytes]", log: Path, started: float) -> str:
    while time.perf_counter() - started < START_SECONDS:
        if found := re.search(rb"Serving on (http://\S+)", log.read_bytes()):
            return found[1].decode()
        _still_there(process, log)
        time.sleep(_POLL_SECONDS)
    raise BenchError(f"python app.py did not listen within {START_SECONDS:.0f} s")


def _still_there(process: "subprocess.Popen[bytes]", log: Path) -> None:
    if process.poll() is not None:
        last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
        raise BenchError(f"python app.py ended with exit code {process.returncode}: {last}")


def _wait_for(address: str, started: float, check: Callable[[], None]) -> None:
    with httpx.Client(timeout=START_SECONDS, trust_env=False) as client:
        while time.perf_counter() - started < START_SECONDS:
            with suppress(httpx.TransportError):
                if client.get(address).status_code == 200:
                    return
            check()
            time.sleep(_POLL_SECONDS)
    raise BenchError(f"{address} did not answer 200 within {START_SECONDS:.0f} s")
