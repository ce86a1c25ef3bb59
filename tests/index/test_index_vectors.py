"""Shipped vectors: used where they fit, computed where they are missing, and never believed blindly."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index import bank, parse, vectors
from index.embed import Embedder
from index.entries import Entry, entries_of
from index.errors import IndexUnusable
from index.library import shipped_entries
from index.store import Store

pytestmark = pytest.mark.usefixtures("embedded_anew")
Opened = tuple[Store, Embedder]
DOCUMENT = parse.load()
ENTRIES = entries_of(DOCUMENT, bank=bank.load(DOCUMENT)[:10])


class Counting:
    """The real model, with a record of what it was asked."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self.fingerprint = model.fingerprint
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str], *, query: bool) -> np.ndarray:
        self.texts += texts
        return self._model.encode(texts, query=query)


@pytest.fixture
def counting(opened_index: Opened) -> Counting:
    return Counting(opened_index[1])


@pytest.fixture(scope="module")
def archive(opened_index: Opened, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Vectors of ENTRIES, computed and written as they are shipped."""
    path = tmp_path_factory.mktemp("vectors") / "vectors.npz"
    assert vectors.ship(ENTRIES, opened_index[1], path) == len({entry.key for entry in ENTRIES})
    return path


def rewritten(archive: Path, path: Path, rows: np.ndarray | None = None, keep: slice = slice(None)) -> Path:
    """A copy of the archive with other rows, or fewer."""
    with np.load(archive) as found:
        keys, old, meta = found["keys"], found["vectors"], found["meta"]
    np.savez(path, keys=keys[keep], vectors=(old if rows is None else rows)[keep], meta=meta)
    return path


def test_what_is_shipped_covers_the_shipped_texts(counting: Counting) -> None:
    """At a build only the sample is computed: vectors.npz holds one for every entry, and no others."""
    entries = shipped_entries(DOCUMENT)
    found = vectors.vectors_for(entries, counting)  # type: ignore[arg-type]
    assert found.shape == (len(entries), 384)
    assert found.dtype == np.float32
    assert len(counting.texts) == vectors.SAMPLE
    with np.load(vectors.VECTORS) as archive:
        assert {bytes(key).hex() for key in archive["keys"]} == {entry.key for entry in entries}


def test_shipped_and_computed_vectors_are_the_same_bytes(archive: Path, counting: Counting, tmp_path: Path) -> None:
    """A vector that is missing is computed in the form it would have been shipped in, so both builds are equal."""
    fewer = rewritten(archive, tmp_path / "fewer.npz", keep=slice(0, -5))
    whole = vectors.vectors_for(ENTRIES, counting, archive)  # type: ignore[arg-type]
    assert len(counting.texts) == vectors.SAMPLE
    mended = vectors.vectors_for(ENTRIES, counting, fewer)  # type: ignore[arg-type]
    assert len(counting.texts) == 2 * vectors.SAMPLE + 5
    none = vectors.vectors_for(ENTRIES, counting, tmp_path / "absent.npz")  # type: ignore[arg-type]
    assert np.array_equal(whole, mended)
    assert np.array_equal(whole, none)
    assert np.linalg.norm(whole, axis=1) == pytest.approx(np.ones(len(ENTRIES)), abs=1e-6)


def test_tampered_vectors_are_noticed(archive: Path, counting: Counting, tmp_path: Path) -> None:
    """Shipped vectors that differ from what the model computes stop the build and name the file."""
    with np.load(archive) as found:
        rows = found["vectors"][::-1]
    swapped = rewritten(archive, tmp_path / "swapped.npz", rows)
    with pytest.raises(IndexUnusable, match=r"swapped\.npz.*python -m index vectors"):
        vectors.vectors_for(ENTRIES, counting, swapped)  # type: ignore[arg-type]


def test_one_tampered_vector_of_the_sample_is_noticed(archive: Path, counting: Counting, tmp_path: Path) -> None:
    """Where everything shipped is in the sample, a single exchanged vector is seen."""
    few: tuple[Entry, ...] = ENTRIES[:5]
    with np.load(archive) as found:
        rows = found["vectors"].copy()
        place = [bytes(key).hex() for key in found["keys"]].index(few[3].key)
    rows[place] = rows[place - 1]
    with pytest.raises(IndexUnusable, match="differs from what the model computes"):
        vectors.vectors_for(few, counting, rewritten(archive, tmp_path / "one.npz", rows))  # type: ignore[arg-type]


def test_vectors_of_another_model_are_left_alone(archive: Path, counting: Counting) -> None:
    """They are computed instead."""
    counting.fingerprint = "another/model/384"
    vectors.vectors_for(ENTRIES[:5], counting, archive)  # type: ignore[arg-type]
    assert len(counting.texts) == 5
