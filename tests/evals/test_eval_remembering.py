"""Vectors of questions: stored ones are used only as long as they are what the model gives; near copies are seen."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals import remembering, running
from evals.remembering import FIRST, Remembering, key
from evals.seen import seen
from index.embed import Embedder, EmbeddingInputError
from index.store import Store
from tests.evals.made import case


class Counting:
    """A model whose vectors hold the length of a text; ``fingerprint`` names it."""

    def __init__(self, fingerprint: str = "one") -> None:
        self.fingerprint = fingerprint
        self.asked: list[str] = []

    def encode(self, texts: list[str], *, query: bool) -> np.ndarray:
        assert query
        self.asked += texts
        return np.array([[1 / len(text), 0.5] for text in texts], dtype=np.float32)


def stored(texts: list[str], change: float = 0.0) -> dict[bytes, np.ndarray]:
    """What a run before would have kept, with the last value of each changed by so much."""
    rows = Counting().encode(texts, query=True)
    return {key(text): row + np.array([0, change], dtype=np.float32) for text, row in zip(texts, rows, strict=True)}


TEXTS = ["x" * length for length in range(1, 4 * FIRST)]
LATER = [text for text in TEXTS[FIRST:] if key(text)[0] < 2]


def test_stored_vectors_are_used_once_a_sample_held() -> None:
    """The first ones are computed all the same, and a few of the others; what is not stored is computed."""
    model: Any = Counting()
    asking = Remembering(model, stored(TEXTS))
    for text in [*TEXTS, "new"]:
        assert asking.encode([text], query=True)[0, 0] == np.float32(1 / len(text))
    assert model.asked == [*TEXTS[:FIRST], *LATER, "new"]
    compared = FIRST + len(LATER)
    assert asking.told() == {
        "stored": len(TEXTS) - compared,
        "compared": compared,
        "computed": 1,
        "differing": False,
    }
    assert set(asking.asked) == {key(text) for text in [*TEXTS, "new"]}


@pytest.mark.parametrize("batch", [1, 5])
def test_one_different_bit_and_none_is_used(batch: int) -> None:
    """Every vector is then the model's own, in a batch too, and the run says so."""
    model: Any = Counting()
    asking = Remembering(model, stored(TEXTS, change=6e-8))
    for start in range(0, len(TEXTS), batch):
        rows = asking.encode(TEXTS[start : start + batch], query=True)
        assert (rows[:, 1] == np.float32(0.5)).all()
    assert set(model.asked) == set(TEXTS)
    assert asking.told() == {"stored": 0, "compared": 0, "computed": len(TEXTS), "differing": True}


def test_a_file_keeps_every_bit_and_is_of_one_model(tmp_path: Path) -> None:
    """Of another model, or without a file, nothing is stored."""
    path = tmp_path / "vectors.npz"
    model: Any = Counting()
    assert remembering.load(model, path) == {}
    kept = stored(["one", "two", "\ud800"])
    remembering.save(kept, model, path)
    found = remembering.load(model, path)
    assert found.keys() == kept.keys()
    assert all(found[name].tobytes() == kept[name].tobytes() for name in kept)
    other: Any = Counting("two")
    assert remembering.load(other, path) == {}


class Axes:
    """Texts about x point one way, all others another; refuses what holds a NUL, as the real one does."""

    def encode(self, texts: list[str], *, query: bool) -> np.ndarray:
        if any("\x00" in text for text in texts):
            raise EmbeddingInputError("NUL")
        return np.array([[1.0, 0.0] if "x" in text else [0.0, 1.0] for text in texts], dtype=np.float32)


def test_a_question_is_embedded_once() -> None:
    """Asked alone it is kept; a batch takes what is kept and embeds the rest; passages are never kept."""

    class Counting(Axes):
        def __init__(self) -> None:
            self.asked: list[list[str]] = []

        def encode(self, texts: list[str], *, query: bool) -> np.ndarray:
            self.asked.append(list(texts))
            return super().encode(texts, query=query)

    model: Any = Counting()
    remembering = Remembering(model)
    remembering.encode(["an x"], query=True)
    assert remembering.encode(["b", "an x", "c"], query=True).tolist() == [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    remembering.encode(["b"], query=True)
    remembering.encode(["an x"], query=False)
    assert model.asked == [["an x"], ["b", "c"], ["b"], ["an x"]]


def test_the_vectors_of_what_is_asked_are_kept(
    opened_index: tuple[Store, Embedder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first time they are computed, the second time they are there; a question that is gone loses its vector."""
    monkeypatch.setattr(running, "open_index", lambda _: opened_index)
    path = tmp_path / "vectors.npz"
    both = (case("a", question="Is fusion named?"), case("b", question="What about space?"))
    assert "2 vectors" in running.embed({"dev": both}, path)
    assert "1 vectors" in running.embed({"dev": both[:1]}, path)
    assert running.embed({"dev": both[:1]}, path).endswith(", 0 of them computed now")
    (kept,) = remembering.load(opened_index[1], path)
    assert kept == remembering.key("Is fusion named?")


def test_seen_is_equal_text_or_a_near_copy() -> None:
    """Equal but for marks, or cosine ≥ 0.97 with a bank question; passages do not count, NULs do not crash."""

    class Entry:
        def __init__(self, role: str, text: str) -> None:
            self.role, self.text = role, text

    class Stored:
        entries = (Entry("passage", "passage"), Entry("question", "Near x?"), Entry("question", "Is it new?"))
        vectors = np.array([[0.0, 1.0], [0.98, 0.199], [0.6, 0.8]], dtype=np.float32)

    asked = [
        case("copy", question="is it NEW"),
        case("near", question="another x"),
        case("far", question="passage"),
        case("nul", question="a\x00b"),
        case("empty", question=""),
    ]
    store: Any = Stored()
    embedder: Any = Axes()
    assert seen(asked, store, embedder) == {"copy": True, "near": True, "far": False, "nul": False, "empty": False}
