"""Programs of the checkout as processes: without the developer's settings, on free ports, never waited for in vain."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LISTEN_SECONDS = 20.0


def without_settings() -> dict[str, str]:
    """This process's environment without settings of the program."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MOC_", "OPENAI_"))}


def environment(**settings: str) -> dict[str, str]:
    """The same with these settings, for a process that imports this checkout wherever it runs."""
    return without_settings() | {"PYTHONPATH": str(ROOT)} | settings


def run_python(
    arguments: Sequence[str],
    settings: Mapping[str, str],
    seconds: float,
    *,
    prefix: Sequence[str] = (),
    stdin: str = "",
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments from the checkout, killed after so many seconds; ``prefix`` stands in front."""
    return subprocess.run(
        [*prefix, sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=seconds,
    )


def free_port() -> int:
    """A port of loopback that nobody has now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until_listening(process: "subprocess.Popen[Any]", port: int) -> None:
    """Wait until a process takes connections on a port of loopback.

    Raises:
        AssertionError: it ended, or takes none within LISTEN_SECONDS; with what it wrote to a piped stderr.
    """
    end = time.monotonic() + LISTEN_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < end, f"nobody listens on port {port}"
            time.sleep(0.02)
