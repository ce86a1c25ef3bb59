"""A process that builds the same index in children: it reads lines "COUNT DIRECTORY" and starts that many at once.

It tells their pids on one line, then on another how they ended. Imports and embeddings are done once, so that a kill
falls into the writing and not into seconds of importing.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index import chroma, parse
from index.document import Document
from index.entries import Entry, digest
from index.library import shipped_entries
from index.settings import IndexSettings
from index.store import Identity, Store, build

if TYPE_CHECKING:
    from evals.faults.row import Stage

QUESTIONS = 200  # of the bank: of every kind of entry some, small enough that a build takes a fraction of a second


def wanted(embedding: str) -> tuple[Identity, tuple[Entry, ...]]:
    """What the children build with this embedding model."""
    document = parse.load()
    entries = shipped_entries(document)[: 2 * len(document.passages) + QUESTIONS]
    identity = Identity(document.sha256, parse.PARSER_VERSION, embedding, digest(entries), len(entries), "shipped")
    return identity, entries


@dataclass(frozen=True)
class Some:
    """An index of these entries alone, as quickly built and opened as a row in the small size needs it."""

    document: Document
    identity: Identity
    entries: tuple[Entry, ...]
    vectors: np.ndarray

    @classmethod
    def of(cls, stage: "Stage") -> "Some":
        """The first entries of the good index with their vectors."""
        good, embedder = stage.opened
        identity, entries = wanted(embedder.fingerprint)
        assert good.entries[: len(entries)] == entries
        return cls(good.document, identity, entries, good.vectors[: len(entries)])

    def build(self, root: Path) -> None:
        """Build it there."""
        build(root, self.document, self.identity, self.entries, self.vectors)

    def open(self, root: Path) -> Store:
        """Open it from there."""
        return Store.open(root, lambda *_: (self.identity, self.entries))


def main() -> None:
    """Build as often as lines ask for it."""
    from index.embed import load_embedder
    from index.vectors import vectors_for

    embedder = load_embedder(IndexSettings())
    document = parse.load()
    identity, entries = wanted(embedder.fingerprint)
    vectors = vectors_for(entries, embedder)
    chroma.preload()  # a child must not spend its life importing
    print("ready", flush=True)
    for line in sys.stdin:
        count, root = line.split(maxsplit=1)
        children = []
        for _ in range(int(count)):
            child = os.fork()
            if child == 0:
                build(Path(root.strip()), document, identity, entries, vectors)
                os._exit(0)
            children.append(child)
        print(*children, flush=True)
        print(*(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children), flush=True)


if __name__ == "__main__":
    main()
