"""python app.py as a process that is asked, watched and ended."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from evals.processes import ROOT, environment, free_port, run_python

START_SECONDS = 300.0  # on a machine that is busy with other things
PATIENCE = 90.0
PLAIN = ("app.py",)  # the service as readers get it
QUESTION = "Is this memorandum legally binding?"


def run(
    *arguments: str, prefix: Sequence[str] = (), stdin: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """A command of the checkout, killed when it takes too long."""
    return run_python(arguments, settings, START_SECONDS, prefix=prefix, stdin=stdin)


class Program:
    """A context manager: the service on a free port; its stderr goes to a file, and it ends with the block."""

    def __init__(
        self,
        log: Path,
        settings: Mapping[str, str],
        *,
        prefix: Sequence[str] = (),
        clean: bool = False,
        quiet: bool = False,
        script: Sequence[str] = PLAIN,
    ) -> None:
        """``clean``: nothing but the settings in its environment. ``quiet``: stdout and stderr on a full disk.

        ``script`` is what Python is given to run; changed later, it holds from the next start on.
        """
        self.log = log
        self.script = tuple(script)
        self._prefix, self._settings, self._clean, self._quiet = tuple(prefix), dict(settings), clean, quiet
        self._process: subprocess.Popen[str] | None = None
        self.address = ""
        self.seconds_to_ready = 0.0

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        began = time.monotonic()
        environ = self._settings if self._clean else environment(**self._settings)
        with self.log.open("ab") as log:
            target: Any = log
            if self._quiet:
                target = os.open("/dev/full", os.O_WRONLY)
            try:
                port = str(free_port()) if self._quiet else "0"
                self._process = subprocess.Popen(
                    [*self._prefix, sys.executable, *self.script, "--port", port],
                    cwd=ROOT,
                    env=environ,
                    stdout=target if self._quiet else subprocess.PIPE,
                    stderr=target,
                    text=True,
                )
            finally:
                if self._quiet:
                    os.close(target)
        if self._quiet:
            self.address = f"http://127.0.0.1:{port}"
        else:
            assert self._process.stdout is not None
            found = re.search(r"http://\S+", self._process.stdout.readline())
            assert found, self.log.read_text(errors="replace")[-2000:]
            self.address = found[0]
        self._until_ready(began)

    def _until_ready(self, began: float) -> None:
        while time.monotonic() - began < START_SECONDS:
            assert self.runs, self.log.read_text(errors="replace")[-2000:]
            try:
                if httpx.get(f"{self.address}/readyz", timeout=PATIENCE).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        else:
            raise AssertionError("not ready in time")
        self.seconds_to_ready = time.monotonic() - began

    def ask(self, question: str = QUESTION, **body: Any) -> dict[str, Any]:
        """An answer object, asked in quote mode unless ``mode`` says otherwise."""
        reply = httpx.post(
            f"{self.address}/api/ask", json={"mode": "quote", **body, "question": question}, timeout=PATIENCE
        )
        assert reply.status_code == 200, (reply.status_code, reply.text[:300])
        answer: dict[str, Any] = reply.json()
        return answer

    def connection(self, seconds: float = PATIENCE) -> socket.socket:
        """A connection of one's own; nobody waits longer on it than so many seconds."""
        host, port = self.address.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), seconds)

    def metric(self, line: str) -> float:
        """The value of a line of the metrics; 0 when it is not there yet."""
        text = httpx.get(f"{self.address}/metrics", timeout=PATIENCE).text
        found = re.search(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def states(self) -> list[str]:
        """The degraded states it tells the operator."""
        states: list[str] = httpx.get(f"{self.address}/readyz", timeout=PATIENCE).json().get("states", [])
        return states

    def memory(self) -> float:
        """MiB of memory it has in RAM."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1]) / 1024

    def descriptors(self) -> int:
        """Open files and sockets."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def largest_file(self, most: int = resource.RLIM_INFINITY) -> None:
        """As if the disk were full: no file of it may grow beyond so many bytes."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def end(self, sign: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send the signal → (exit code, seconds until it was gone)."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(sign)
        return self._process.wait(PATIENCE), time.monotonic() - began

    def kill(self) -> None:
        """Whatever happened, it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            if self._process.stdout is not None:
                self._process.stdout.close()


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """Whether two answer objects are the same but for their timings."""
    return json.dumps(first | {"timings_ms": {}}, sort_keys=True) == json.dumps(
        second | {"timings_ms": {}}, sort_keys=True
    )


def at_once(count: int, work: Any) -> list[Any]:
    """``work(number)`` in so many threads → what each gave or raised."""
    results: list[Any] = [None] * count

    def one(number: int) -> None:
        try:
            results[number] = work(number)
        except Exception as error:  # noqa: BLE001 -- what a client met is the row's to judge
            results[number] = error

    threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return results
