"""Stored vectors of questions are used only as long as they are what the model gives, bit for bit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals import remembering
from evals.remembering import FIRST, Remembering, key


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
