"""python -m assistant as its users run it, and a verifier of what it wrote."""

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from assistant.types import IndexIdentity
from assistant.verify import Verifier
from index import parse, reading_aid
from tests.index.running import run

DOCUMENT = parse.load()
VERIFIER = Verifier(DOCUMENT, reading_aid.load(DOCUMENT), IndexIdentity("f", "e"))


def assistant(*arguments: object, **settings: str) -> CompletedProcess[str]:
    return run("-m", "assistant", *map(str, arguments), **settings)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
