"""Which eval questions the question bank holds a near copy of: reported as a slice of its own, never removed."""

from collections.abc import Sequence

import numpy as np

from evals.cases import Case
from index.bank import normalised
from index.embed import Embedder, EmbeddingInputError
from index.store import Store

NEAR_COPY = 0.97  # cosine between question embeddings
_BATCH = 32


class Remembering:
    """An embedding model that keeps the vectors of single questions, so that asking and comparing embed them once."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: dict[str, np.ndarray] = {}

    def encode(self, texts: Sequence[str], *, query: bool) -> np.ndarray:
        """Unit vectors (texts, dimensions), float32, as the model gives them."""
        if not query:
            return self._embedder.encode(texts, query=False)
        missing = [text for text in texts if text not in self._kept]
        # A batch may round otherwise than a single text: what a batch gave is not kept for the next question.
        found = dict(zip(missing, self._embedder.encode(missing, query=True), strict=True)) if missing else {}
        if len(texts) == 1:
            self._kept |= found
        return np.stack([self._kept[text] if text in self._kept else found[text] for text in texts])

    def shortened(self, text: str, most: int) -> str:
        """As the model shortens it."""
        return self._embedder.shortened(text, most)


def seen(cases: Sequence[Case], store: Store, embedder: "Embedder | Remembering") -> dict[str, bool]:
    """Case id → whether a bank question has the same normalised text or a cosine of at least 0.97."""
    places = [place for place, entry in enumerate(store.entries) if entry.role == "question"]
    texts = {normalised(store.entries[place].text) for place in places}
    rows = store.vectors[places]
    found = {case.id: bool(normalised(case.question)) and normalised(case.question) in texts for case in cases}
    rest = [case for case in cases if not found[case.id] and case.question.strip()]
    for start in range(0, len(rest), _BATCH):
        batch = rest[start : start + _BATCH]
        for case, vector in zip(batch, _vectors([case.question for case in batch], embedder), strict=True):
            if vector is not None and len(rows):
                found[case.id] = bool(float(np.max(rows @ vector)) >= NEAR_COPY)
    return found


def _vectors(texts: list[str], embedder: "Embedder | Remembering") -> list[np.ndarray | None]:
    """Question embeddings; None for a text that cannot be embedded (too long, or with a NUL): it is no copy."""
    try:
        return list(embedder.encode(texts, query=True))
    except EmbeddingInputError:
        if len(texts) == 1:
            return [None]
        return [vector for text in texts for vector in _vectors([text], embedder)]
