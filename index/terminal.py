"""Words on the terminal. They may be lost to a full disk or a closed pipe; what the program does may not."""

import os
import sys
from contextlib import suppress
from typing import TextIO


def say(line: str, stream: TextIO | None = None) -> None:
    """Write a line (to stdout, or ``stream``) now; that it cannot be written is nobody's problem."""
    with suppress(OSError, ValueError):  # ValueError: the stream is closed
        print(line, file=stream or sys.stdout, flush=True)


def any_text() -> None:
    """Let stdout and stderr take every text, whatever the locale: UTF-8, with escapes for what no encoding has."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):  # not where a test put something else in their place
            reconfigure(encoding="utf-8", errors="backslashreplace")


def settle() -> None:
    """Before the process ends: what cannot be written is let go, or Python would end with exit code 120 for it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        except ValueError:
            pass  # closed already
