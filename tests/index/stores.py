"""Indexes made and opened for the tests."""

from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from index import library, parse, store
from index.embed import Embedder
from index.entries import digest, entries_of
from index.store import Identity, Store

Opened = tuple[Store, Embedder]


def reopen(directory: Path, embedding: str) -> Store:
    return Store.open(directory, partial(library.expected, embedding))


def files(directory: Path) -> dict[str, bytes]:
    """Path → content of everything below a directory, locks left out."""
    found = (path for path in directory.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in found}


def small(root: Path, text: str, origin: Literal["shipped", "file"]) -> Identity:
    """An index of the sentences of a text alone, with made-up vectors and an identity of its own."""
    document = parse.parse(text, parse.Source.load().names)
    entries = entries_of(document)
    vectors = np.eye(len(entries), 64, dtype=np.float32)
    identity = Identity(document.sha256, parse.PARSER_VERSION, "made-up", digest(entries), len(entries), origin)
    store.build(root, document, identity, entries, vectors)
    return identity
