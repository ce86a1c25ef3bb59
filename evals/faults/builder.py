"""A process that builds the same index in children: it reads lines "COUNT DIRECTORY" and starts that many at once.

It tells their pids on one line, then on another how they ended. Imports and embeddings are done once, so that a kill
falls into the writing and not into seconds of importing.
"""

import os
import sys
from pathlib import Path

from index import chroma, parse
from index.entries import Entry, digest
from index.library import shipped_entries
from index.settings import IndexSettings
from index.store import Identity, build

QUESTIONS = 700  # of the bank: enough for several batches of Chroma's, small enough for a second's build


def wanted(embedding: str) -> tuple[Identity, tuple[Entry, ...]]:
    """What the children build with this embedding model."""
    document = parse.load()
    entries = shipped_entries(document)[: 2 * len(document.passages) + QUESTIONS]
    identity = Identity(document.sha256, parse.PARSER_VERSION, embedding, digest(entries), len(entries), "shipped")
    return identity, entries


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
