"""The vectors in Chroma, embedded in the process. The only module that imports chromadb.

Its files are never opened before their digests match, and never by two processes: opening migrates (writes), a torn
graph file can crash the process, and a second opener may hang.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.entries import Entry
from index.errors import IndexUnusable, UserError

if TYPE_CHECKING:
    from llama_index.vector_stores.chroma import ChromaVectorStore

COLLECTION = "moc"
EXACT_LIMIT = 50_000  # up to here every vector is compared; 1.6 ms for 22,400 rows of 384 on one core
_ADD_BATCH = 5_000  # Chroma takes at most 5,461 rows a call
# Below EXACT_LIMIT the HNSW graph is never asked, so the cheapest one is built; above, these settings matched exact
# search on 99.5 % of questions. Inner product of unit vectors is their cosine; Chroma's own "cosine" normalises rows
# once more, and they would not read back as the same bytes.
_HNSW_UNUSED = {"space": "ip", "ef_construction": 8, "max_neighbors": 2, "num_threads": 1}
_HNSW_SEARCHED = {
    "space": "ip",
    "ef_construction": 400,
    "max_neighbors": 48,
    "ef_search": 1000,
    "num_threads": 1,
}


def preload() -> None:
    """Import what the functions here import when they are called: it takes seconds."""
    import chromadb  # noqa: F401
    from llama_index.vector_stores.chroma import ChromaVectorStore  # noqa: F401


@contextmanager
def opened(folder: Path, *, keep_open: bool = False) -> Iterator[Any]:
    """An embedded client on a directory of our own; its threads and files are released afterwards.

    Raises:
        IndexUnusable: Chroma fails, for instance because the disk is full.
    """
    import chromadb
    from chromadb.config import Settings

    client: Any = None
    try:
        client = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
        yield client
    except (UserError, OSError):
        raise
    except Exception as error:  # Chroma passes on SQLite's and its core's errors under many names
        words = " ".join(str(error).split())[:200]
        raise IndexUnusable(f"Chroma failed in {str(folder)!r}: {type(error).__name__}: {words}") from error
    finally:
        if client is not None and not keep_open:
            client.close()


def collection_of(client: Any) -> Any:
    """The one collection of an index."""
    return client.get_collection(COLLECTION, embedding_function=None)


def write(folder: Path, fingerprint: str, entries: Sequence[Entry], vectors: np.ndarray) -> np.ndarray:
    """Make the collection in an empty directory → the vectors as they read back, (n, d) float32."""
    from llama_index.vector_stores.chroma import ChromaVectorStore

    hnsw = _HNSW_UNUSED if len(entries) <= EXACT_LIMIT else _HNSW_SEARCHED
    with opened(folder) as client:
        collection = client.create_collection(
            COLLECTION,
            embedding_function=None,
            configuration={"hnsw": hnsw},
            metadata={"fingerprint": fingerprint},
        )
        rows = np.asarray(vectors, dtype=np.float32)
        first = next((place for place, entry in enumerate(entries) if entry.role == "question"), len(entries))
        _add_passages(ChromaVectorStore(chroma_collection=collection), entries[:first], rows[:first])
        _add_questions(collection, entries[first:], rows[first:])
    with opened(folder) as client:
        return read_vectors(collection_of(client), entries)


def _add_passages(store: "ChromaVectorStore", entries: Sequence[Entry], rows: np.ndarray) -> None:
    """Passages and reading aid, in the form in which LlamaIndex finds and returns them."""
    from llama_index.core.schema import BaseNode, MetadataMode, TextNode

    nodes: list[BaseNode] = [
        TextNode(
            id_=entry.id,
            text=entry.text,
            embedding=row,
            metadata={"label": entry.label, "role": entry.role, "language": entry.language},
            excluded_embed_metadata_keys=["label", "role", "language"],
        )
        for entry, row in zip(entries, rows.tolist(), strict=True)
    ]
    assert nodes[0].get_content(MetadataMode.EMBED) == entries[0].text
    for start in range(0, len(nodes), _ADD_BATCH):
        store.add(nodes[start : start + _ADD_BATCH])


def _add_questions(collection: Any, entries: Sequence[Entry], rows: np.ndarray) -> None:
    """Bank questions lead to a label and are never shown, so they need neither a node nor Chroma's full-text index.

    Those two took nearly half of a build's time.
    """
    for start in range(0, len(entries), _ADD_BATCH):
        batch = entries[start : start + _ADD_BATCH]
        collection.add(
            ids=[entry.id for entry in batch],
            embeddings=rows[start : start + _ADD_BATCH],
            metadatas=[
                {"label": entry.label, "role": entry.role, "language": entry.language, "text": entry.text}
                for entry in batch
            ],
        )


def read_vectors(collection: Any, entries: Sequence[Entry]) -> np.ndarray:
    """The vectors of a collection in the order of ``entries`` → (n, d) float32.

    Raises:
        IndexUnusable: it holds other entries.
    """
    found = collection.get(include=["embeddings"])
    place = {id_: number for number, id_ in enumerate(found["ids"])}
    if set(place) != {entry.id for entry in entries}:
        raise IndexUnusable("the collection does not hold the entries the manifest names")
    rows = np.asarray(found["embeddings"], dtype=np.float32)
    ordered: np.ndarray = np.ascontiguousarray(rows[[place[entry.id] for entry in entries]])
    return ordered
