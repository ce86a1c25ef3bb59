"""A process that builds the same index in a child on every line it reads: it tells the child's pid, then how it ended.

Imports and embeddings are done once, so that a kill falls into the writing and not into seconds of importing.
"""

import os
import sys
from pathlib import Path

from index import parse, store
from index.embed import load_embedder
from index.entries import digest
from index.library import shipped_entries
from index.settings import IndexSettings
from index.store import Identity
from index.vectors import vectors_for

QUESTIONS = 700  # of the bank: enough for several batches of Chroma's, small enough for a second's build


def main(root: Path) -> None:
    embedder = load_embedder(IndexSettings())
    document = parse.load()
    entries = shipped_entries(document)[: 2 * len(document.passages) + QUESTIONS]
    identity = Identity(
        document.sha256, parse.PARSER_VERSION, embedder.fingerprint, digest(entries), len(entries), "shipped"
    )
    vectors = vectors_for(entries, embedder)
    import chromadb  # noqa: F401  the child must not spend its life importing
    from llama_index.vector_stores.chroma import ChromaVectorStore  # noqa: F401

    print("ready", flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            store.build(root, document, identity, entries, vectors)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
