"""One scoring function with named features: how likely a sentence is needed, and whether any is there at all.

Logistic models whose weights are fitted by ``python -m evals.fit`` on the question bank and the dev questions and are
committed in ``assistant/models/``, with the digests of what they were fitted on. Nothing is trained at build or run
time.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.classifiers import Head, Kernel
from assistant.evidence import LEVELS, Level, Measures
from assistant.opinions import asks_about_text, sounds_like_opinion
from index.errors import DocumentError

MODELS = Path(__file__).parent / "models"
COEFFICIENTS = MODELS / "coefficients.json"
HEAD = MODELS / "head.npz"
KERNEL = MODELS / "kernel.npz"


@dataclass(frozen=True, slots=True)
class Logistic:
    """``sigmoid(intercept + Σ weight · feature)`` over named features."""

    intercept: float
    weights: Mapping[str, float]

    def log_odds(self, features: Mapping[str, float]) -> float:
        """Log-odds for one set of features; KeyError names one that is missing."""
        return self.intercept + sum(weight * features[name] for name, weight in self.weights.items())


@dataclass(frozen=True, slots=True)
class Scoring:
    """The fitted models of one level of evidence and the two thresholds that act on them.

    ``choice`` scores a sentence, ``answerable`` the question; a sentence is shown from ``show_from`` on (the best one
    always), a question answered from ``answer_from`` on. ``opinion`` tells a wish for an opinion; levels without the
    classifier have none.
    """

    level: Level
    choice: Logistic
    answerable: Logistic
    show_from: float
    answer_from: float
    opinion: Logistic | None = None

    def choose(self, measures: Measures, names: Sequence[str]) -> np.ndarray:
        """Probability that each sentence is needed → (addresses,)."""
        weights = np.array([self.choice.weights[name] for name in names])
        odds = measures.choice @ weights + self.choice.intercept
        probabilities: np.ndarray = np.round(1 / (1 + np.exp(-odds)), 6)
        return probabilities

    def answers(self, measures: Measures, best: float) -> float:
        """Probability that the document answers the question; ``best`` is the highest choice probability."""
        return sigmoid(self.answerable.log_odds({**measures.absence, "choice_best": log_odds(best)}))

    def wants_opinion(self, measures: Measures, words: Mapping[str, float]) -> float:
        """Probability that a question with these ``opinion_words`` wants an opinion; 0 where nothing can tell."""
        return sigmoid(self.opinion.log_odds(opinion_features(measures, words))) if self.opinion else 0.0


def opinion_words(text: str) -> dict[str, float]:
    """What the words of a question (its cleaned text) say of a wish for an opinion: of judgement, about the text."""
    return {"judgement": float(sounds_like_opinion(text)), "about_text": float(asks_about_text(text))}


def opinion_features(measures: Measures, words: Mapping[str, float]) -> dict[str, float]:
    """What tells a wish for an opinion: the kernel over the bank and ``opinion_words``."""
    return {"kernel_opinion": measures.absence["kernel_opinion"], **words}


def load(document_sha256: str, embedding: str, level: Level = "classifier") -> tuple[Scoring, Head | None]:
    """The committed models for a document and an embedding model, and the classifier if the level has one.

    For another document or embedding model the weights of the ``keywords`` level serve: they know no single address.

    Raises:
        DocumentError: the files are missing or malformed.
    """
    try:
        data = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))
        own = data["document_sha256"] == document_sha256 and data["embedding"] == embedding
        if not own and LEVELS.index(level) > LEVELS.index("keywords"):
            level = "keywords"
        scoring = _scoring(level, data["levels"][level])
        head = _load_head() if own and level == "classifier" else None
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DocumentError(
            f"the models in {str(MODELS)!r} cannot be read ({error!r}); run 'python -m evals.fit'"
        ) from None
    return scoring, head


def _scoring(level: Level, row: Mapping[str, Any]) -> Scoring:
    models = {
        name: Logistic(row[name]["intercept"], row[name]["weights"])
        for name in ("choice", "answerable", "opinion")
        if name in row
    }
    return Scoring(level, show_from=row["show_from"], answer_from=row["answer_from"], **models)


def _load_head() -> Head:
    with np.load(HEAD, allow_pickle=False) as archive:
        return Head(
            tuple(str(name) for name in archive["classes"]),
            archive["mean"].astype(np.float32),
            float(archive["scale"]),
            archive["weights"].astype(np.float32),
            archive["several"].astype(np.float32),
            _load_kernel(),
        )


def _load_kernel() -> Kernel:
    with np.load(KERNEL, allow_pickle=False) as archive:
        # Each output's weights side by side: the product with them takes a quarter of the time.
        weights = np.asfortranarray(archive["weights"], dtype=np.float64)
        return Kernel(weights, archive["base"], float(archive["width"]), str(archive["bank"]))


def sigmoid(odds: float) -> float:
    """Log-odds → probability."""
    return float(1 / (1 + np.exp(-odds)))


def log_odds(probability: float) -> float:
    """Probability → log-odds, kept finite."""
    inside = min(max(probability, 1e-6), 1 - 1e-6)
    return float(np.log(inside / (1 - inside)))


def between(own: np.ndarray | float, other: np.ndarray | float, share: float) -> np.ndarray:
    """The weighted mean of probabilities of the same things, over their log-odds; ``share`` is the first's."""
    first, second = (np.clip(p, 1e-6, 1 - 1e-6) for p in (own, other))
    odds = share * np.log(first / (1 - first)) + (1 - share) * np.log(second / (1 - second))
    return np.asarray(1 / (1 + np.exp(-odds)))
