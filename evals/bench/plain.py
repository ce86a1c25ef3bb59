"""What everyone would write first: LlamaIndex over Chroma with the settings both come with. The bench's yardstick."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.embed import Embedder

_BATCH = 5_000  # Chroma takes at most 5,461 rows a call


@dataclass(frozen=True, slots=True)
class Plain:
    """An index made by the book; ``seconds`` is how long adding the vectors took."""

    seconds: float
    _retriever: Any

    def nearest(self, vector: np.ndarray) -> list[str]:
        """The ids of the nearest texts, best first."""
        from llama_index.core.schema import QueryBundle

        found = self._retriever.retrieve(QueryBundle("question", embedding=[float(value) for value in vector]))
        return [hit.node.node_id for hit in found]


def build(
    folder: Path, ids: Sequence[str], texts: Sequence[str], vectors: np.ndarray, limit: int, embedder: Embedder
) -> Plain:
    """Add the texts with their given vectors to a new collection; ``limit`` is how many a search returns."""
    import chromadb
    from chromadb.config import Settings
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import BaseNode, TextNode
    from llama_index.vector_stores.chroma import ChromaVectorStore

    client: Any = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    store = ChromaVectorStore(chroma_collection=client.get_or_create_collection("plain"))
    nodes: list[BaseNode] = [
        TextNode(id_=id_, text=text, embedding=row) for id_, text, row in zip(ids, texts, vectors.tolist(), strict=True)
    ]
    started = time.perf_counter()
    for begin in range(0, len(nodes), _BATCH):
        store.add(nodes[begin : begin + _BATCH])
    seconds = time.perf_counter() - started
    index = VectorStoreIndex.from_vector_store(store, embed_model=embedder)
    return Plain(seconds, index.as_retriever(similarity_top_k=limit))
