"""python -m assistant as its users run it, and a verifier of what it wrote.

A process imports for seconds what this one has long imported, so only the tests of the process itself start one.
"""

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from unittest import mock

from assistant.__main__ import main
from assistant.types import IndexIdentity
from assistant.verify import Verifier
from evals.processes import environment
from index import parse, reading_aid
from tests.index.running import run

DOCUMENT = parse.load()
VERIFIER = Verifier(DOCUMENT, reading_aid.load(DOCUMENT), IndexIdentity("f", "e"))


def program(*arguments: object, **settings: str) -> CompletedProcess[str]:
    """Run the command as a process of its own, from its first import to its exit code."""
    return run("-m", "assistant", *map(str, arguments), **settings)


def assistant(*arguments: object, **settings: str) -> CompletedProcess[str]:
    """Run the command in this process: the same arguments, settings, texts and exit code."""
    out, errors = io.StringIO(), io.StringIO()
    with (
        mock.patch.dict(os.environ, environment(**settings), clear=True),
        redirect_stdout(out),
        redirect_stderr(errors),
    ):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse
            code = ended.code if isinstance(ended.code, int) else 1
    return CompletedProcess([str(argument) for argument in arguments], code, out.getvalue(), errors.getvalue())


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
