"""Services that are born with everything imported: for rows that start dozens of them, which else is all they do."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

from evals.faults.program import START_SECONDS, Program
from evals.processes import ROOT, environment, free_port

# It imports what "python app.py" imports, then is the parent of one service after the other.
_SCRIPT = """
import json, os, sys
import app, uvicorn, assistant.ask, assistant.web.server, assistant.web.connection, openai.resources.chat.completions
from index import chroma
from index.terminal import settle
chroma.preload()
print("ready", flush=True)
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ.clear()
        os.environ.update(job["environ"])
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = 70
        try:
            code = app.main(["--port", str(job["port"])])
            settle()
        finally:
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Nursery:
    """The parent; ``told`` holds the lines it printed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.told: Queue[str] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        assert self.told.get(timeout=START_SECONDS) == "ready"

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.told.put(line.strip())

    def born(self, log: Path, port: int, environ: Mapping[str, str]) -> int:
        """Start a service → its process id. The one before has to be gone."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"log": str(log), "port": port, "environ": dict(environ)}) + "\n")
        self._process.stdin.flush()
        return int(self.told.get(timeout=START_SECONDS))

    def close(self) -> None:
        """End it; its services were ended by whoever asked for them."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A nursery that ends with the block."""
    made = Nursery()
    try:
        yield made
    finally:
        made.close()


class Born(Program):
    """A service of a nursery; asked, watched and ended like any other."""

    def __init__(self, log: Path, settings: Mapping[str, str], parent: Nursery) -> None:
        super().__init__(log, settings)
        self._parent = parent
        self._child = 0
        self._code: int | None = None

    @property
    def pid(self) -> int:
        """Its process."""
        return self._child

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._child != 0 and self._ended(0) is None

    def start(self) -> None:
        """Start it and wait until it is ready."""
        began, port = time.monotonic(), free_port()
        self._code = None
        self.address = f"http://127.0.0.1:{port}"
        self._child = self._parent.born(self.log, port, environment(**self._settings))
        self._until_ready(began)

    def end(self, sign: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send the signal → (exit code, seconds until it was gone)."""
        began = time.monotonic()
        os.kill(self._child, sign)
        code = self._ended(START_SECONDS)
        assert code is not None
        return code, time.monotonic() - began

    def kill(self) -> None:
        """Whatever happened, it is gone."""
        if self.runs:
            self.end(signal.SIGKILL)

    def _ended(self, seconds: float) -> int | None:
        if self._code is None:
            try:
                self._code = int(self._parent.told.get(timeout=seconds) if seconds else self._parent.told.get_nowait())
            except Empty:
                return None
        return self._code
