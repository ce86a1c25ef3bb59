"""Which eval questions the question bank holds a near copy of: reported as a slice of its own, never removed."""

from collections.abc import Sequence

import numpy as np

from evals.cases import Case
from evals.remembering import Remembering
from index.bank import normalised
from index.embed import Embedder, EmbeddingInputError
from index.store import Store

NEAR_COPY = 0.97  # cosine between question embeddings
_BATCH = 32


def seen(cases: Sequence[Case], store: Store, embedder: "Embedder | Remembering") -> dict[str, bool]:
    """Case id → whether a bank question has the same normalised text or a cosine of at least 0.97."""
    places = [place for place, entry in enumerate(store.entries) if entry.role == "question"]
    texts = {normalised(store.entries[place].text) for place in places}
    rows = store.vectors[places]
    found = {case.id: bool(normalised(case.question)) and normalised(case.question) in texts for case in cases}
    rest = [case for case in cases if not found[case.id] and case.question.strip()]
    for start in range(0, len(rest), _BATCH):
        batch = rest[start : start + _BATCH]
        vectors = _vectors([case.question for case in batch], embedder)
        embedded = [(case.id, vector) for case, vector in zip(batch, vectors, strict=True) if vector is not None]
        if embedded and len(rows):
            # All of a batch against the bank at once: one by one they would wait for the memory it lies in.
            nearest = (rows @ np.stack([vector for _, vector in embedded]).T).max(axis=0)
            found |= {id_: bool(cosine >= NEAR_COPY) for (id_, _), cosine in zip(embedded, nearest, strict=True)}
    return found


def _vectors(texts: list[str], embedder: "Embedder | Remembering") -> list[np.ndarray | None]:
    """Question embeddings; None for a text that cannot be embedded (too long, or with a NUL): it is no copy."""
    try:
        return list(embedder.encode(texts, query=True))
    except EmbeddingInputError:
        if len(texts) == 1:
            return [None]
        return [vector for text in texts for vector in _vectors([text], embedder)]
