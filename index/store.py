"""The index as it is read: a private copy of the current generation, verified, then held in memory.

How it is built says ``index.building``, what it says of itself ``index.manifest``.
"""

import atexit
import errno
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index import chroma, parse
from index.building import build
from index.document import Document
from index.entries import Entry, Role
from index.errors import IndexUnusable
from index.manifest import (
    MANIFEST,
    Identity,
    Manifest,
    check_files,
    current,
    difference,
    plain_files,
    vectors_digest,
)

__all__ = ["Hit", "Identity", "Manifest", "NoRoom", "Store", "build", "check_files", "current", "vectors_digest"]

_TRIES = 5  # each needs another build that ended while one generation was being copied
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EMFILE)


class NoRoom(IndexUnusable):
    """The index may be good, but there is no place for the private copy that is opened; building helps nothing."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry and its cosine similarity to the question, rounded to 6 decimals."""

    entry: Entry
    similarity: float


class Store:
    """An opened index: entries with their unit vectors, read once from a private copy of the Chroma collection."""

    def __init__(
        self,
        document: Document,
        manifest: Manifest,
        entries: tuple[Entry, ...],
        vectors: np.ndarray,
        collection: Any = None,
    ) -> None:
        self.document = document
        self.manifest = manifest
        self.entries = entries
        self.vectors = vectors
        self._collection = collection
        self._by_id = {entry.id: entry for entry in entries}

    @property
    def fingerprint(self) -> str:
        """Fingerprint of what the index was built from."""
        return self.manifest.identity.fingerprint

    @property
    def embedding(self) -> str:
        """Fingerprint of the embedding model."""
        return self.manifest.identity.embedding

    def rows(self, role: Role) -> slice:
        """The rows of ``vectors`` and ``entries`` with this role (entries are grouped by role)."""
        places = [place for place, entry in enumerate(self.entries) if entry.role == role]
        return slice(places[0], places[-1] + 1) if places else slice(0, 0)

    def similarities(self, vector: np.ndarray) -> np.ndarray:
        """Cosine similarity of a unit vector (d,) to every entry → (n,) float32, rounded to 6 decimals."""
        similarities: np.ndarray = np.round(self.vectors @ vector, 6)
        return similarities

    def nearest(self, vector: np.ndarray, limit: int, role: Role | None = None) -> list[Hit]:
        """The ``limit`` entries most similar to ``vector``, best first, ties by id.

        Exact up to chroma.EXACT_LIMIT entries and so independent of Chroma's HNSW graph; beyond, Chroma is asked for
        candidates and their similarities are recomputed.
        """
        if self._collection is not None:
            return self._nearest_by_graph(vector, limit, role)
        rows = self.rows(role) if role else slice(0, len(self.entries))
        similarities = np.round(self.vectors[rows] @ vector, 6)
        entries = self.entries[rows]
        count = min(limit, len(entries))
        if count == 0:
            return []
        threshold = np.partition(similarities, -count)[-count]
        places = np.flatnonzero(similarities >= threshold)
        order = sorted(places, key=lambda place: (-similarities[place], entries[place].id))[:count]
        return [Hit(entries[place], float(similarities[place])) for place in order]

    def _nearest_by_graph(self, vector: np.ndarray, limit: int, role: Role | None) -> list[Hit]:
        found = self._collection.query(
            query_embeddings=[vector.tolist()],
            n_results=min(limit, len(self.entries)),
            where={"role": role} if role else None,
            include=["embeddings"],
        )
        hits = [
            Hit(self._by_id[id_], round(float(np.dot(row, vector)), 6))
            for id_, row in zip(found["ids"][0], found["embeddings"][0], strict=True)
        ]
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.entry.id))

    @classmethod
    def open(cls, root: Path, expected: Callable[[Document, str], tuple[Identity, tuple[Entry, ...]]]) -> "Store":
        """Copy the current generation, check every digest, read its vectors. No lock is taken, whoever builds.

        ``expected`` says, for the document and origin found, which identity and entries an index must have now.

        Raises:
            IndexUnusable: nothing is there, a digest differs, or it was built from something else.
        """
        try:
            scratch = tempfile.TemporaryDirectory(prefix="moc-index-", ignore_cleanup_errors=True)
        except OSError as error:
            raise NoRoom(f"no directory can be made for a copy of the index ({error}); set TMPDIR") from None
        with scratch:
            copy = Path(scratch.name) / "index"
            manifest = _copy(root, copy)
            text = (copy / "document.txt").read_text(encoding="utf-8")
            document = parse.parse(text, parse.Source.load().names)
            identity, entries = expected(document, manifest.identity.origin)
            if manifest.identity != identity:
                raise IndexUnusable(f"it was built from {difference(manifest.identity, identity)}")
            large = len(entries) > chroma.EXACT_LIMIT
            if large:  # the graph stays in use, so its files must outlive this call
                kept = Path(tempfile.mkdtemp(prefix="moc-index-"))
                atexit.register(shutil.rmtree, kept, ignore_errors=True)
                copy = Path(shutil.move(copy, kept / "index"))
            with chroma.opened(copy / "chroma", keep_open=large) as client:
                collection = chroma.collection_of(client)
                vectors = chroma.read_vectors(collection, entries)
            if vectors_digest(vectors) != manifest.vectors_sha256:
                raise IndexUnusable("the vectors do not match their digest")
            if vectors.shape[1] != manifest.dimensions:
                raise IndexUnusable(f"its vectors have {vectors.shape[1]} dimensions, not {manifest.dimensions}")
            return cls(document, manifest, entries, vectors, collection if large else None)


def _copy(root: Path, copy: Path) -> Manifest:
    """Copy the current generation and check the copy; begun anew when a build replaces it meanwhile."""
    for _ in range(_TRIES - 1):
        generation = current(root)
        try:
            return _copy_once(generation, copy)
        except NoRoom:
            raise
        except IndexUnusable:
            if generation.is_dir() and current(root) == generation:
                raise
    return _copy_once(current(root), copy)


def _copy_once(generation: Path, copy: Path) -> Manifest:
    shutil.rmtree(copy, ignore_errors=True)
    try:
        for path in (*plain_files(generation), generation / MANIFEST):
            target = copy / path.relative_to(generation)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)  # without its mode: Chroma writes, and the original may be read-only
    except (OSError, shutil.Error) as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            where = str(copy.parent)
            raise NoRoom(
                f"there is no room for a copy of the index in {where!r} ({error.strerror}); set TMPDIR"
            ) from None
        raise IndexUnusable(f"{generation} cannot be read: {error}") from None
    return check_files(copy)
