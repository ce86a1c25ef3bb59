"""The index as an immutable artefact in Chroma: built aside, verified, renamed into place, opened as a private copy.

A root directory holds generations and a pointer::

    ROOT/current                     name of the generation in use, replaced in one step
    ROOT/g-…/manifest.json           what it holds, with a digest of every file
    ROOT/g-…/document.txt            the text of record it was built from
    ROOT/g-…/chroma/                 an embedded Chroma database

The only module that imports chromadb. Chroma's files are never opened before their digests match, and never by two
processes: opening migrates (writes), a torn graph file can crash the process, and a second opener may hang.
"""

import atexit
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from index import parse
from index.document import Document
from index.entries import EMBEDDED_AS_QUERY, Entry, Role
from index.errors import IndexUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llama_index.vector_stores.chroma import ChromaVectorStore

SCHEMA = 1
COLLECTION = "moc"
EXACT_LIMIT = 20_000  # up to here every vector is compared; 0.3 ms for 6,500 rows of 384 on one core
LOCK_SECONDS = 120
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


@dataclass(frozen=True, slots=True)
class Identity:
    """What an index must have been built from to be served: equal identities give equal answers."""

    document_sha256: str
    parser_version: int
    embedding: str
    entries_sha256: str
    entries: int
    origin: str  # "shipped": the text in the checkout, with bank and reading aid · "file": passages of another text

    @property
    def fingerprint(self) -> str:
        """sha256 over the identity; stands in every answer."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Manifest:
    """Identity plus digests of the vectors and of every file of a generation."""

    identity: Identity
    vectors_sha256: str
    dimensions: int
    files: Mapping[str, str]

    def to_json(self) -> str:
        """The manifest file, with a digest of itself."""
        body = {
            "schema": SCHEMA,
            "identity": asdict(self.identity),
            "fingerprint": self.identity.fingerprint,
            "prefixes": {role: "query" if query else "passage" for role, query in EMBEDDED_AS_QUERY.items()},
            "vectors_sha256": self.vectors_sha256,
            "dimensions": self.dimensions,
            "files": dict(self.files),
        }
        return json.dumps(body | {"sha256": _canonical_digest(body)}, indent=1, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """Parse and check; raises IndexUnusable when it is malformed or one byte was changed."""
        try:
            body = json.loads(text)
            stated = body.pop("sha256")
            if body["schema"] != SCHEMA or _canonical_digest(body) != stated:
                raise IndexUnusable("the manifest does not match its own digest")
            identity = Identity(**body["identity"])
            return cls(identity, body["vectors_sha256"], body["dimensions"], body["files"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IndexUnusable(f"the manifest cannot be read: {error!r}") from None


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

        Exact up to EXACT_LIMIT entries and so independent of Chroma's HNSW graph; beyond, Chroma is asked for
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
        """Copy the current generation, check every digest, read its vectors.

        ``expected`` says, for the document and origin found, which identity and entries an index must have now.

        Raises:
            IndexUnusable: nothing is there, a digest differs, or it was built from something else.
        """
        if not root.is_dir():  # taking the lock would make it
            raise IndexUnusable(f"there is no index in {str(root)!r}")
        with tempfile.TemporaryDirectory(prefix="moc-index-", ignore_cleanup_errors=True) as scratch:
            copy = Path(scratch) / "index"
            with _lock(root):
                generation = current(root)
                try:
                    shutil.copytree(generation, copy)
                    for folder in (copy, *copy.rglob("*")):
                        folder.chmod(0o700)  # Chroma writes when it opens, and the original may be read-only
                except (OSError, shutil.Error) as error:
                    raise IndexUnusable(f"{generation} cannot be read: {error}") from None
            manifest = check_files(copy)
            text = (copy / "document.txt").read_text(encoding="utf-8")
            document = parse.parse(text, parse.Source.load().names)
            identity, entries = expected(document, manifest.identity.origin)
            if manifest.identity != identity:
                raise IndexUnusable(f"it was built from {_difference(manifest.identity, identity)}")
            large = len(entries) > EXACT_LIMIT
            if large:  # the graph stays in use, so its files must outlive this call
                kept = Path(tempfile.mkdtemp(prefix="moc-index-"))
                atexit.register(shutil.rmtree, kept, ignore_errors=True)
                copy = Path(shutil.move(copy, kept / "index"))
            with _chroma(copy / "chroma", keep_open=large) as client:
                collection = client.get_collection(COLLECTION, embedding_function=None)
                vectors = _read_vectors(collection, entries)
            if vectors_digest(vectors) != manifest.vectors_sha256:
                raise IndexUnusable("the vectors do not match their digest")
            return cls(document, manifest, entries, vectors, collection if large else None)


def build(
    root: Path,
    document: Document,
    identity: Identity,
    entries: Sequence[Entry],
    vectors: np.ndarray,
) -> Manifest:
    """Write a new generation, verify it, and make it the current one; the old one stays until then.

    ``vectors`` is (n, d) float32 with unit rows, in the order of ``entries``.

    Raises:
        IndexUnusable: the directory cannot be written, another build holds the lock, or what was written reads back
            differently.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexUnusable(f"index directory {str(root)!r} cannot be made: {error.strerror}") from None
    with _lock(root, writing=True):
        _sweep(root)
        try:
            scratch = root / f".building-{secrets.token_hex(4)}"
            scratch.mkdir()  # as open as the umask allows: whoever serves need not be who built
            manifest = _write_generation(scratch, document, identity, entries, vectors)
            generation = root / f"g-{identity.fingerprint[:12]}-{scratch.name.removeprefix('.building-')}"
            os.rename(scratch, generation)
            _point_at(root, generation.name)
        except OSError as error:
            raise IndexUnusable(f"index directory {str(root)!r} cannot be written: {error}") from None
        _sweep(root)
    return manifest


def current(root: Path) -> Path:
    """The generation in use; raises IndexUnusable when there is none."""
    try:
        name = (root / "current").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise IndexUnusable(f"there is no index in {str(root)!r}") from None
    if not name.startswith("g-") or "/" in name or len(name) > 100 or not (root / name).is_dir():
        raise IndexUnusable(f"the pointer in {str(root)!r} names no generation: {name[:40]!r}")
    return root / name


def check_files(generation: Path) -> Manifest:
    """Compare every file with the manifest.

    Raises:
        IndexUnusable: naming the first that is missing, changed or foreign.
    """
    try:
        manifest = Manifest.from_json((generation / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise IndexUnusable(f"the manifest cannot be read: {error}") from None
    found = _file_digests(generation)
    for name in sorted(set(found) | set(manifest.files)):
        if found.get(name) != manifest.files.get(name):
            state = "missing" if name not in found else "foreign" if name not in manifest.files else "changed"
            raise IndexUnusable(f"file {name!r} of the index is {state}")
    return manifest


def vectors_digest(vectors: np.ndarray) -> str:
    """sha256 of the rows as little-endian float32."""
    return hashlib.sha256(np.ascontiguousarray(vectors, dtype="<f4").tobytes()).hexdigest()


def _write_generation(
    folder: Path, document: Document, identity: Identity, entries: Sequence[Entry], vectors: np.ndarray
) -> Manifest:
    from llama_index.vector_stores.chroma import ChromaVectorStore

    (folder / "document.txt").write_bytes(document.source.encode("utf-8"))
    hnsw = _HNSW_UNUSED if len(entries) <= EXACT_LIMIT else _HNSW_SEARCHED
    with _chroma(folder / "chroma") as client:
        collection = client.create_collection(
            COLLECTION,
            embedding_function=None,
            configuration={"hnsw": hnsw},
            metadata={"fingerprint": identity.fingerprint},
        )
        rows = np.asarray(vectors, dtype=np.float32)
        first = next((place for place, entry in enumerate(entries) if entry.role == "question"), len(entries))
        _add_passages(ChromaVectorStore(chroma_collection=collection), entries[:first], rows[:first])
        _add_questions(collection, entries[first:], rows[first:])
    with _chroma(folder / "chroma") as client:
        read = _read_vectors(client.get_collection(COLLECTION, embedding_function=None), entries)
    if vectors_digest(read) != vectors_digest(vectors):
        raise IndexUnusable("the vectors read back differ from those written")
    manifest = Manifest(identity, vectors_digest(vectors), int(vectors.shape[1]), _file_digests(folder))
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    _sync(folder)
    return check_files(folder)


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


def _read_vectors(collection: Any, entries: Sequence[Entry]) -> np.ndarray:
    found = collection.get(include=["embeddings"])
    place = {id_: number for number, id_ in enumerate(found["ids"])}
    if set(place) != {entry.id for entry in entries}:
        raise IndexUnusable("the collection does not hold the entries the manifest names")
    rows = np.asarray(found["embeddings"], dtype=np.float32)
    ordered: np.ndarray = np.ascontiguousarray(rows[[place[entry.id] for entry in entries]])
    return ordered


@contextmanager
def _chroma(folder: Path, *, keep_open: bool = False) -> "Iterator[Any]":
    """An embedded Chroma client on a directory of our own; its threads and files are released afterwards."""
    import chromadb
    from chromadb.config import Settings

    client: Any = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    try:
        yield client
    finally:
        if not keep_open:
            client.close()


@contextmanager
def _lock(root: Path, *, writing: bool = False) -> "Iterator[None]":
    """The lock of an index root; a reader of a read-only directory goes without, for nobody can change it there."""
    lock = FileLock(root / ".lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise IndexUnusable(
            f"another process has held {str(root)!r} for over {LOCK_SECONDS} s; stop it or set MOC_INDEX_DIR"
        ) from None
    except OSError as error:
        if writing:
            raise IndexUnusable(f"index directory {str(root)!r} cannot be written: {error.strerror}") from None
        lock = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _point_at(root: Path, name: str) -> None:
    pointer = root / ".current.new"
    with pointer.open("w", encoding="utf-8") as file:
        file.write(name + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(pointer, root / "current")
    _sync_directory(root)


def _sweep(root: Path) -> None:
    """Remove what interrupted builds and replaced generations left behind; the caller holds the lock."""
    in_use = None  # without a pointer no generation can be reached
    with suppress(IndexUnusable):
        in_use = current(root).name
    for folder in root.glob("g-*"):
        if folder.name != in_use:
            shutil.rmtree(folder, ignore_errors=True)
    for folder in root.glob(".building-*"):
        shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in _files(folder):
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        _sync_directory(path)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")


def _file_digests(folder: Path) -> dict[str, str]:
    digests = {}
    for path in _files(folder):
        with path.open("rb") as file:
            digests[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def _canonical_digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _difference(found: Identity, expected: Identity) -> str:
    names = {
        "document_sha256": "another text",
        "parser_version": "another parser version",
        "embedding": "another embedding model",
        "entries_sha256": "other passages or questions",
    }
    for field, words in names.items():
        if getattr(found, field) != getattr(expected, field):
            return f"{words} ({getattr(found, field)!r}, now {getattr(expected, field)!r})"
    return "something else"
