"""Which sentence a question asks for, by its embedding alone: a linear classifier and one over the question bank."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Kernel:
    """A kernel classifier over the bank: what did questions like this one ask? (Schölkopf and Smola 2002, ch. 4.)

    A question's scores are ``base + Σ weights · exp((cosine - 1) / width)`` over all bank questions. ``weights`` (bank
    questions, outputs) and ``base`` (outputs,) have one output per address, about 1 where its sentence is needed and 0
    where not, then one for opinions and one for answers, about 1 for yes and -1 for no. A linear classifier cannot tell
    "which agencies" from "which budget" of one subject; nearness to single questions can. ``bank`` is the digest of the
    questions the ``weights`` belong to.
    """

    weights: np.ndarray
    base: np.ndarray
    width: float
    bank: str

    def scores(self, cosines: np.ndarray) -> np.ndarray:
        """The scores (outputs,) for the cosines of a question to every bank question, in the bank's order."""
        near = np.exp((cosines.astype(np.float64) - 1) / self.width)
        # Rounded, as the cosines are: the last bits of a long sum depend on where its numbers lie in memory.
        scores: np.ndarray = np.round(self.base + near @ self.weights, 6)
        return scores


@dataclass(frozen=True)
class Head:
    """A linear classifier over the frozen question vector: one class per address, one per reason of absence.

    ``weights`` (d + 1, classes) acts on ``(vector - mean) / scale`` with a last row of biases; ``several`` (d + 1, 1)
    gives the log-odds that a question asks for more than one sentence; ``kernel`` is the other classifier.
    """

    classes: tuple[str, ...]
    mean: np.ndarray
    scale: float
    weights: np.ndarray
    several: np.ndarray
    kernel: Kernel

    def class_scores(self, vector: np.ndarray) -> np.ndarray:
        """Unnormalised log-probabilities → (classes,)."""
        scores: np.ndarray = self._standard(vector) @ self.weights[:-1] + self.weights[-1]
        return scores

    def several_probability(self, vector: np.ndarray) -> float:
        """How likely the question needs several sentences."""
        odds = float((self._standard(vector) @ self.several[:-1] + self.several[-1])[0])
        return float(1 / (1 + np.exp(-odds)))

    def _standard(self, vector: np.ndarray) -> np.ndarray:
        standard: np.ndarray = (vector - self.mean) / self.scale
        return standard
