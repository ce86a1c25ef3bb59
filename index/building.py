"""Building the index: written aside, verified, renamed into place, and only then pointed at.

A root directory holds generations and a pointer::

    ROOT/current                     name of the generation in use, replaced in one step
    ROOT/g-…/manifest.json           what it holds, with a digest of every file
    ROOT/g-…/document.txt            the text of record it was built from
    ROOT/g-…/chroma/                 an embedded Chroma database

A generation never changes once the pointer names it, so readers need no lock; builders wait for each other.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from index import chroma
from index.document import Document
from index.entries import Entry
from index.errors import IndexUnusable
from index.manifest import MANIFEST, Identity, Manifest, check_files, current, file_digests, plain_files, vectors_digest

LOCK_SECONDS = 120


def build(
    root: Path,
    document: Document,
    identity: Identity,
    entries: Sequence[Entry],
    vectors: Callable[[], np.ndarray] | np.ndarray,
    is_there: Callable[[], bool] = lambda: False,
) -> Manifest:
    """Write a new generation, verify it, and make it the current one; the old one stays until then.

    ``vectors`` is (n, d) float32 with unit rows, in the order of ``entries``, or what computes them. ``is_there`` is
    asked when it is this build's turn: whether another one has meanwhile made what is wanted.

    Raises:
        IndexUnusable: the directory cannot be written, another build holds the lock, or what was written reads back
            differently.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexUnusable(f"index directory {str(root)!r} cannot be made: {error.strerror}") from None
    with _lock(root):
        if is_there():
            return check_files(current(root))
        _sweep(root)
        try:
            scratch = root / f".building-{secrets.token_hex(4)}"
            scratch.mkdir()  # as open as the umask allows: whoever serves need not be who built
            rows = vectors() if callable(vectors) else vectors
            manifest = _write_generation(scratch, document, identity, entries, rows)
            generation = root / f"g-{identity.fingerprint[:12]}-{scratch.name.removeprefix('.building-')}"
            os.rename(scratch, generation)
            _point_at(root, generation.name)
        except OSError as error:
            raise IndexUnusable(f"index directory {str(root)!r} cannot be written: {error}") from None
        finally:
            _sweep(root)
    return manifest


def _write_generation(
    folder: Path, document: Document, identity: Identity, entries: Sequence[Entry], vectors: np.ndarray
) -> Manifest:
    (folder / "document.txt").write_bytes(document.source.encode("utf-8"))
    read = chroma.write(folder / "chroma", identity.fingerprint, entries, vectors)
    if vectors_digest(read) != vectors_digest(vectors):
        raise IndexUnusable("the vectors read back differ from those written")
    manifest = Manifest(identity, vectors_digest(vectors), int(vectors.shape[1]), file_digests(folder))
    (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    _sync(folder)
    return check_files(folder)


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    lock = FileLock(root / ".lock", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise IndexUnusable(
            f"another process has held {str(root)!r} for over {LOCK_SECONDS} s; stop it or set MOC_INDEX_DIR"
        ) from None
    except OSError as error:
        raise IndexUnusable(f"index directory {str(root)!r} cannot be written: {error.strerror}") from None
    try:
        yield
    finally:
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
    for path in (*plain_files(folder), folder / MANIFEST):
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
