"""Vectors of the shipped texts, computed once: half precision, keyed by text digest, valid for one embedding model."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.embed import Embedder
from index.entries import EMBEDDED_AS_QUERY, Entry
from index.errors import IndexUnusable
from index.parse import TEXTS

VECTORS = TEXTS / "vectors.npz"
SAMPLE = 24  # shipped vectors that are computed again and compared at every build
SAMPLE_COSINE = 0.999  # half precision alone keeps cosines above 0.9999


def vectors_for(entries: Sequence[Entry], embedder: Embedder, path: Path = VECTORS) -> np.ndarray:
    """The vectors of entries → (n, d) float32, unit rows: shipped ones where they fit, the rest computed.

    Raises:
        IndexUnusable: a re-computed sample differs from what is shipped.
    """
    shipped = _load(path, embedder.fingerprint)
    known = [place for place, entry in enumerate(entries) if entry.key in shipped]
    _compare_sample([entries[place] for place in known], shipped, embedder, path)
    computed = embed([entry for entry in entries if entry.key not in shipped], embedder)
    rows = [shipped[entry.key] if entry.key in shipped else computed[entry.key] for entry in entries]
    return np.stack(rows)


def embed(entries: Sequence[Entry], embedder: Embedder) -> dict[str, np.ndarray]:
    """Compute the vectors of entries, each in the form it would have after shipping, keyed by ``Entry.key``."""
    vectors: dict[str, np.ndarray] = {}
    for query in (False, True):
        group = [entry for entry in entries if EMBEDDED_AS_QUERY[entry.role] == query]
        for start in range(0, len(group), 64):
            batch = group[start : start + 64]
            rows = embedder.encode([entry.text for entry in batch], query=query)
            vectors |= {entry.key: _unit(row.astype(np.float16)) for entry, row in zip(batch, rows, strict=True)}
    return vectors


def ship(entries: Sequence[Entry], embedder: Embedder, path: Path = VECTORS) -> int:
    """Write the vectors of all entries to ``path``, reusing those already there; returns how many were computed."""
    shipped = _load(path, embedder.fingerprint)
    missing = [entry for entry in entries if entry.key not in shipped]
    vectors = shipped | embed(missing, embedder)
    keys = sorted({entry.key for entry in entries})
    meta = json.dumps({"embedding": embedder.fingerprint, "prefixes": EMBEDDED_AS_QUERY})
    with path.open("wb") as file:
        np.savez(
            file,
            keys=np.array([bytes.fromhex(key) for key in keys], dtype="V10"),
            vectors=np.stack([vectors[key] for key in keys]).astype(np.float16),
            meta=np.frombuffer(meta.encode(), dtype=np.uint8),
        )
    return len(missing)


def _load(path: Path, fingerprint: str) -> dict[str, np.ndarray]:
    """Key → unit vector; empty when nothing is shipped for this embedding model."""
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as archive:
        meta = json.loads(archive["meta"].tobytes())
        if meta["embedding"] != fingerprint:
            return {}
        rows = archive["vectors"].astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return {bytes(key).hex(): row for key, row in zip(archive["keys"], rows, strict=True)}


def _compare_sample(entries: Sequence[Entry], shipped: dict[str, np.ndarray], embedder: Embedder, path: Path) -> None:
    """Re-embed a sample spread over the entries; which one is fixed by their digests, so builds stay reproducible."""
    sample = sorted(entries, key=lambda entry: hashlib.sha256(entry.key.encode()).hexdigest())[:SAMPLE]
    for key, row in embed(sample, embedder).items():
        cosine = float(row @ shipped[key])
        if cosine < SAMPLE_COSINE:
            raise IndexUnusable(
                f"a vector in {str(path)!r} differs from what the model computes here (cosine {cosine:.4f}); "
                "run 'python -m index vectors' to compute them again"
            )


def _unit(row: np.ndarray) -> np.ndarray:
    wide = row.astype(np.float32)
    # The same sum as for the rows of an archive, bit for bit; numpy adds up a lone vector in another order.
    unit: np.ndarray = wide / np.linalg.norm(wide[np.newaxis], axis=1)
    return unit
