"""The two classifiers, with weights made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from assistant.classifiers import Head, Kernel

KERNEL = Kernel(np.array([[2.0, 1.0], [-1.0, 0.0]]), np.array([0.5, 0.0]), 0.1, "")
HEAD = Head(
    ("a", "b", "absent_topic"),
    np.zeros(4, dtype=np.float32),
    1.0,
    np.array([[4, 0, 0], [0, 4, 0], [0, 0, 0], [0, 0, 4], [0, 0, 1]], dtype=np.float32),
    np.array([[1], [1], [-1], [0], [0]], dtype=np.float32),
    KERNEL,
)


def vector(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_the_kernel_weighs_every_bank_question_by_nearness() -> None:
    """base + Σ weight · exp((cosine - 1) / width) for each output, by hand."""
    scores = KERNEL.scores(vector(1.0, 0.9))
    assert scores == pytest.approx([0.5 + 2 - np.exp(-1), 1], abs=1e-6)


def test_a_head_standardises_its_input() -> None:
    """Mean and scale are taken off the vector before the weights act, and the biases are added."""
    moved = replace(HEAD, mean=np.full(4, 0.5, dtype=np.float32), scale=2.0)
    asked = vector(1, 2, 3, 4)
    assert HEAD.class_scores(asked) == pytest.approx([4, 8, 17])
    assert moved.class_scores(asked) == pytest.approx(HEAD.class_scores((asked - 0.5) / 2), rel=1e-6)


def test_a_head_tells_whether_several_sentences_are_asked_for() -> None:
    """By log-odds; no weights mean even odds."""
    assert replace(HEAD, several=np.zeros((5, 1), dtype=np.float32)).several_probability(vector(1, 2, 3, 4)) == 0.5
    assert HEAD.several_probability(vector(1, 1, 0, 0)) > 0.5 > HEAD.several_probability(vector(0, 0, 1, 0))
