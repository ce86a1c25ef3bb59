"""Vectors of eval questions: kept while a run asks, and some of them kept in the repository for its first asking.

Embedding is four fifths of what a run computes, and it computes everything twice. Asking for the first time therefore
takes the vectors in ``evals/questions/vectors.npz``, asking for the second time (another process) takes none, and every
answer of the two must be equal: a wrong vector is a failed run. They are bit for bit what the model gives, and a sample
is embedded anyway: where one bit differs, on another processor or with another C library, none of them is used.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from evals.cases import QUESTIONS
from index.embed import Embedder

VECTORS = QUESTIONS / "vectors.npz"
FIRST = 24  # stored vectors that are compared before any is believed; later one of a hundred and twenty-eight
_LATER = 2  # of 256 values of the key's first byte
_KEY_BYTES = 10


class Remembering:
    """An embedding model that keeps the vectors of single questions, so that asking and comparing embed them once.

    ``stored`` are vectors (key → row) of questions asked before; ``differing`` says that a sample of them was not what
    the model gives, and that none is used any more.
    """

    def __init__(self, embedder: Embedder, stored: Mapping[bytes, np.ndarray] | None = None) -> None:
        self._embedder = embedder
        self._kept: dict[str, np.ndarray] = {}
        self._stored = stored or {}
        self.asked: dict[bytes, np.ndarray] = {}  # every question's vector by its key, wherever it came from
        self.stored = self.compared = self.computed = 0
        self.differing = False

    def encode(self, texts: Sequence[str], *, query: bool) -> np.ndarray:
        """Unit vectors (texts, dimensions), float32, as the model gives them."""
        if not query:
            return self._embedder.encode(texts, query=False)
        missing = [text for text in texts if text not in self._kept]
        found = self._found(missing)
        # A batch may round otherwise than a single text: what a batch gave is not kept for the next question.
        if len(texts) == 1:
            self._kept |= found
        return np.stack([self._kept[text] if text in self._kept else found[text] for text in texts])

    def shortened(self, text: str, most: int) -> str:
        """As the model shortens it."""
        return self._embedder.shortened(text, most)

    def _found(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Text → vector: the stored one, unless there is none or it is one of the sample."""
        keys = {text: key(text) for text in texts}
        stored = self._stored  # another thread may find a difference meanwhile
        known = {text: stored[name] for text, name in keys.items() if name in stored}
        sample = {text for place, text in enumerate(known, self.compared) if place < FIRST or keys[text][0] < _LATER}
        computing = [text for text in keys if text not in known or text in sample]
        found = dict(zip(computing, self._embedder.encode(computing, query=True), strict=True)) if computing else {}
        if all(np.array_equal(found[text], known[text]) for text in sample):
            self.compared += len(sample)
            self.stored += len(known) - len(sample)
            self.computed += len(keys) - len(known)
            found |= {text: vector for text, vector in known.items() if text not in sample}
            self.asked |= {keys[text]: vector for text, vector in found.items()}
            return found
        self._stored, self._kept, self.differing = {}, {}, True
        return self._found(texts)

    def told(self) -> dict[str, int | bool]:
        """For the manifest: how many vectors were stored ones, compared ones and new ones, and whether all held."""
        return {
            "stored": self.stored,
            "compared": self.compared,
            "computed": self.computed,
            "differing": self.differing,
        }


def key(text: str) -> bytes:
    """Names the vector of a question."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]


def load(embedder: Embedder, path: Path = VECTORS) -> dict[bytes, np.ndarray]:
    """Key → vector; empty without the file, or when another model made it."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as archive:
        if json.loads(archive["meta"].tobytes())["embedding"] != embedder.fingerprint:
            return {}
        return {bytes(key_): row for key_, row in zip(archive["keys"], archive["vectors"], strict=True)}


def save(vectors: Mapping[bytes, np.ndarray], embedder: Embedder, path: Path = VECTORS) -> None:
    """Write them, sorted by key and not compressed, so that a change of a few changes few bytes."""
    keys = sorted(vectors)
    with path.open("wb") as file:
        np.savez(
            file,
            keys=np.array(keys, dtype=f"V{_KEY_BYTES}"),
            vectors=np.stack([vectors[key_] for key_ in keys]).astype(np.float32),
            meta=np.frombuffer(json.dumps({"embedding": embedder.fingerprint}).encode(), dtype=np.uint8),
        )
