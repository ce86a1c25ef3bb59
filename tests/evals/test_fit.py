"""Fitting: the solver on problems with known answers, honest folds, and models that belong to what is committed."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from assistant import scoring
from assistant.evidence import Measures
from evals import cases, fit
from evals.classifiers import as_shipped, fit_head, fit_kernel, fit_softmax
from evals.fit import FOLDS, Sample, folds_of
from index import bank, parse, vectors
from index.entries import text_key

DOCUMENT = parse.load()
BANK = bank.load(DOCUMENT)
COMMITTED = json.loads(scoring.COEFFICIENTS.read_text(encoding="utf-8"))
AGAIN = "the models were fitted on other questions: run 'python -m evals.fit' and commit assistant/models/"


def clouds(centres: np.ndarray, each: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Points around each centre, and which centre they belong to."""
    rng = np.random.default_rng(7)
    kind = np.repeat(np.arange(len(centres)), each)
    return centres[kind] + rng.normal(scale=spread, size=(len(kind), centres.shape[1])), kind


def predicted(weights: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Class probabilities by the definition of softmax."""
    scores = points @ weights[:-1] + weights[-1]
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: np.ndarray = exponents / exponents.sum(axis=1, keepdims=True)
    return shares


def test_a_separable_problem_is_recovered() -> None:
    """Three clouds apart from each other: every point gets its class, the fresh ones between too."""
    centres = np.array([[4.0, 0.0], [-4.0, 4.0], [-4.0, -4.0]])
    points, kind = clouds(centres, 30, 0.5)
    weights = fit_softmax(points, np.eye(3)[kind], penalty=0.1)
    assert weights.shape == (3, 3)
    shares = predicted(weights, points)
    assert (shares.argmax(axis=1) == kind).all()
    assert shares[np.arange(len(kind)), kind].min() > 0.9
    assert (predicted(weights, centres * 0.8).argmax(axis=1) == [0, 1, 2]).all()


def test_soft_targets_give_soft_answers() -> None:
    """Without anything to tell rows apart, the biases alone give the mean of the targets."""
    targets = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5]])
    weights = fit_softmax(np.zeros((4, 2)), targets, penalty=1.0)
    assert predicted(weights, np.zeros((1, 2)))[0] == pytest.approx(targets.mean(axis=0), abs=1e-4)


def test_the_penalty_holds_weights_small_but_not_biases() -> None:
    """More of it, smaller weights; a class that is rarer stays rarer."""
    points, kind = clouds(np.array([[1.0, 0.0], [-1.0, 0.0]]), 40, 0.5)
    points, kind = points[20:], kind[20:]
    weak, strong = (fit_softmax(points, np.eye(2)[kind], penalty) for penalty in (0.1, 1e5))
    assert np.abs(strong[:-1]).max() < 0.01 < np.abs(weak[:-1]).max()
    assert predicted(strong, np.zeros((1, 2)))[0] == pytest.approx([20 / 60, 40 / 60], abs=0.01)


def test_the_solver_finds_the_same_twice() -> None:
    """To the last bit."""
    points, kind = clouds(np.array([[1.0, 0.0], [-1.0, 0.5]]), 25, 1.0)
    assert np.array_equal(fit_softmax(points, np.eye(2)[kind], 1.0), fit_softmax(points, np.eye(2)[kind], 1.0))


def test_the_classifier_learns_addresses_reasons_and_how_many() -> None:
    """One class for each address and reason, in that order; a question about two sentences gives each a half."""
    centres = np.eye(4)
    points, kind = clouds(centres, 100, 0.05)
    points = points.astype(np.float32)
    addresses = ("a", "b")
    # Cloud 0 is about a, cloud 1 about a and b, cloud 2 absent, cloud 3 small talk.
    needed = np.array([[True, False], [True, True], [False, False], [False, False]])[kind]
    reasons = np.array(["", "", "absent_topic", "greeting"])[kind].tolist()
    head = fit_head(points, needed, reasons, addresses, "bank")
    assert head.classes == ("a", "b", "absent_topic", "greeting")
    for place, best in ((0, {0}), (1, {0, 1}), (2, {2}), (3, {3})):
        scores = head.class_scores(centres[place].astype(np.float32))
        assert set(np.argsort(-scores)[: len(best)].tolist()) == best
    several = [head.several_probability(centre.astype(np.float32)) for centre in centres]
    assert several[1] == max(several)
    # Rounded as it is shipped, it judges the same.
    shipped = as_shipped(head)
    assert shipped.class_scores(centres[1]) == pytest.approx(head.class_scores(centres[1]), abs=0.02)
    assert np.array_equal(shipped.weights, replace(shipped).weights.astype(np.float16).astype(np.float32))


def test_the_kernel_learns_what_it_was_given() -> None:
    """The targets of each output at the questions it was fitted on, its base where it knows nothing."""
    points, kind = clouds(np.eye(4), 30, 0.02)
    points = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    targets = np.stack([kind == 1, np.where(kind < 2, 1, -1)], axis=1).astype(float)
    kernel = fit_kernel(points, targets, "bank")
    for place, wanted in ((0, [0, 1]), (1, [1, 1]), (2, [0, -1]), (3, [0, -1])):
        assert kernel.scores(points @ np.eye(4, dtype=np.float32)[place]) == pytest.approx(wanted, abs=0.1)
    nowhere = -np.full(4, 0.5, dtype=np.float32)
    assert kernel.scores(points @ nowhere) == pytest.approx(kernel.base, abs=0.01)


def test_a_writer_stays_in_one_fold() -> None:
    """Of the questions about one sentence, so that held-out questions have another hand; styles of absence likewise."""
    fold = folds_of(BANK)
    assert set(fold.tolist()) == set(range(FOLDS))
    hands: dict[tuple[str, ...], set[int]] = {}
    writers = {q.writer for q in BANK if len(q.addresses) == 1 and q.writer != "brief-overview"}
    for question, number in zip(BANK, fold.tolist(), strict=True):
        if question.writer in writers:
            hands.setdefault((question.writer,), set()).add(number)
        elif not question.addresses:
            hands.setdefault((question.label, question.style), set()).add(number)
    assert {hand: numbers for hand, numbers in hands.items() if len(numbers) > 1} == {}


def test_every_address_is_in_every_fold() -> None:
    """And outside it in both languages, so that no fold asks what the rest never heard of."""
    fold = folds_of(BANK)
    addresses = {sentence.address for sentence in DOCUMENT.sentences}
    for number in range(FOLDS):
        inside = {a for q, n in zip(BANK, fold, strict=True) if n == number for a in q.addresses}
        assert inside >= addresses, number
        for language in ("en", "ja"):
            outside = {
                a
                for q, n in zip(BANK, fold, strict=True)
                if n != number and q.language == language
                for a in q.addresses
            }
            assert outside >= addresses, (number, language)


def test_folds_do_not_depend_on_the_order() -> None:
    """A line moved in the file changes nothing."""
    forth, back = folds_of(BANK), folds_of(BANK[::-1])
    assert np.array_equal(forth, back[::-1])


def sample(answered: list[bool], needed: np.ndarray, tolerated: np.ndarray | None = None) -> Sample:
    count = len(answered)
    measures = [Measures(np.zeros((needed.shape[1], 0)), {}, {})] * count
    return Sample(
        measures,
        needed,
        needed if tolerated is None else tolerated,
        np.array(answered),
        np.array(["en"] * count),
        np.array([str(number) for number in range(count)]),
    )


def test_the_cheapest_thresholds_are_found() -> None:
    """Between what is needed and what is not; between answered and unanswered questions."""
    chosen = np.array([[0.9, 0.45, 0.3], [0.8, 0.1, 0.28]])
    needed = np.array([[True, True, False], [True, False, False]])
    assert 0.3 < fit._cheapest_show(chosen, sample([True, True], needed)) <= 0.45
    # A sentence that does no harm may be shown, so the threshold need not keep it out.
    harmless = np.array([[True, True, True], [True, False, True]])
    assert fit._cheapest_show(chosen, sample([True, True], needed, harmless)) <= 0.3
    probability = np.array([0.9, 0.62, 0.58, 0.1])
    assert 0.58 < fit._cheapest_answer(probability, np.array([True, True, False, False])) <= 0.62


def test_of_equally_cheap_thresholds_the_middle_is_taken() -> None:
    """Not the lowest, at the edge of what the next question may lie beyond."""
    probability = np.array([0.9, 0.8, 0.2, 0.1])
    assert fit._cheapest_answer(probability, np.array([True, True, False, False])) == pytest.approx(0.5, abs=0.02)


def test_refusing_an_answer_costs_more_than_showing_one_too_many() -> None:
    """Where they cannot be told apart, the question is answered."""
    even = np.full(10, 0.5)
    assert fit._cheapest_answer(even, np.array([True] * 5 + [False] * 5)) <= 0.5


def test_a_fact_never_judges_itself() -> None:
    """Cross-fitting holds all questions of a fact out together: what only copies of itself could tell is not learnt."""
    rng = np.random.default_rng(3)
    facts = np.repeat(np.arange(40), 3)
    answered = np.repeat(rng.random(40) < 0.5, 3)
    # Forty columns that name the fact and nothing else: seen, they give the label away; unseen, they say nothing.
    rows = np.eye(40)[facts]
    names = [f"fact{number}" for number in range(40)]
    made = sample(answered.tolist(), answered[:, None])
    honest = fit._cross_fitted(names, rows, replace(made, fact=facts.astype(str)))
    careless = fit._cross_fitted(names, rows, made)
    gap = [float(p[answered].mean() - p[~answered].mean()) for p in (honest, careless)]
    assert gap[0] < 0.02 < gap[1]


def test_weights_are_in_the_units_of_the_features() -> None:
    """Standardised while fitting, then turned back: the same odds for features measured in thousands."""
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(200, 2))
    target = rows[:, 0] + 0.3 * rng.normal(size=200) > 0
    small = fit._logistic(["a", "b"], rows, target, 1.0)
    large = fit._logistic(["a", "b"], rows * [1000, 1] + [5000, 0], target, 1.0)
    assert small.weights["a"] > abs(small.weights["b"])
    assert large.weights["a"] == pytest.approx(small.weights["a"] / 1000, rel=1e-3)
    features: dict[str, Any] = {"a": 0.4, "b": -1.0}
    moved = {"a": 0.4 * 1000 + 5000, "b": -1.0}
    assert large.log_odds(moved) == pytest.approx(small.log_odds(features), abs=1e-3)


def test_the_models_were_fitted_on_the_committed_questions() -> None:
    """A changed bank, dev or routes file without a new fit fails here."""
    assert COMMITTED["bank_sha256"] == hashlib.sha256(bank.BANK.read_bytes()).hexdigest(), AGAIN
    assert COMMITTED["dev_sha256"] == hashlib.sha256(cases.path_of("dev").read_bytes()).hexdigest(), AGAIN
    assert COMMITTED["routes_sha256"] == hashlib.sha256(cases.path_of("routes").read_bytes()).hexdigest(), AGAIN
    assert COMMITTED["document_sha256"] == DOCUMENT.sha256, AGAIN
    assert COMMITTED["seed"] == fit.SEED, AGAIN
    digests = {f"{name}_sha256" for name in ("document", "bank", "dev", "routes")}
    assert set(COMMITTED) == {*digests, "embedding", "seed", "levels"}


def test_the_committed_classifier_knows_the_bank() -> None:
    """Its classes are the bank's, and it gives its own questions the right one: weights and names are not mixed up."""
    _, head = scoring.load(COMMITTED["document_sha256"], COMMITTED["embedding"])
    assert head is not None, AGAIN
    reasons = sorted({question.reason for question in BANK if question.reason})
    assert head.classes == (*(sentence.address for sentence in DOCUMENT.passages), *reasons), AGAIN
    shipped = vectors._load(vectors.VECTORS, COMMITTED["embedding"])
    rows = [question for question in BANK if len(question.addresses) < 2][::7]
    right = 0
    for question in rows:
        scores = head.class_scores(shipped[text_key(question.text, query=True)])
        right += head.classes[int(scores.argmax())] in (question.reason, *question.addresses)
    assert right / len(rows) > 0.85


def test_test_questions_are_not_read() -> None:
    """Nothing in the module names the test suite: it is for measuring."""
    source = (cases.QUESTIONS.parent / "fit.py").read_text(encoding="utf-8")
    assert 'load("dev")' in source
    assert '"test"' not in source
