"""python -m evals.fit: fit the classifier and the scoring weights; what it writes is committed.

The classifier (softmax regression with soft targets over addresses and reasons of absence) is fitted on the question
bank. The scoring weights need features as they are for questions never seen before, so the bank is cut into folds of
whole writers and each fold's features come from a classifier and a bank without it. The writer of overviews is spread
over the folds question by question, those who wrote only of what is absent by label and style; styles are not held out,
for most writers use the same ones.
The weights of the question as a whole and both thresholds are fitted on the dev questions, those that tell an opinion
on dev and routes; nothing here reads the test questions.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from assistant import glossary, scoring
from assistant.classifiers import Head
from assistant.evidence import (
    ABSENCE_FEATURES,
    CHOICE_FEATURES,
    LEVELS,
    Level,
    Measures,
    Space,
    bank_digest,
    levels_up_to,
)
from assistant.overview import Overviews
from assistant.retrieve import keyword_texts
from assistant.understand import Understanding
from evals import cases
from evals.classifiers import as_shipped, fit_head, save
from evals.meet import Met, meet
from evals.opinions import fit_opinion, tells, wishes
from index import bank, reading_aid
from index.library import open_index
from index.settings import IndexSettings

SEED = 20251028
FOLDS = 4
# Inverse L2 strengths on standardised features. Judging the whole question on dev alone was better than on dev
# and bank together: the bank's unanswerable questions are harder than what readers ask, and calibration suffers.
CHOICE_STRENGTH, ABSENCE_STRENGTH = 1.0, 0.3
# What an error costs: an answer kept back and a quote that answers nothing, each as a share of its own questions.
COST_REFUSED, COST_UNANSWERED_SHOWN = 1.0, 1.0
FLAT = 0.01  # costs that differ by less are equal: two of the dev split's answerable, or four of its other questions
# An answer that lacks a sentence misleads; a needless one is read and passed over.
COST_MISSED, COST_NEEDLESS = 10.0, 1.0


@dataclass(frozen=True)
class Sample:
    """Questions with their measures: ``needed`` and ``tolerated`` (n, addresses) bool, ``answered`` (n,) bool."""

    measures: list[Measures]
    needed: np.ndarray
    tolerated: np.ndarray
    answered: np.ndarray
    language: np.ndarray
    fact: np.ndarray


def folds_of(questions: Sequence[bank.BankQuestion]) -> np.ndarray:
    """Fold of each bank question: writers of single-sentence questions stay together, the rest by style or text."""
    writers = sorted({q.writer for q in questions if len(q.addresses) == 1 and q.writer != "brief-overview"})

    def fold(question: bank.BankQuestion) -> int:
        if question.writer in writers:
            return writers.index(question.writer) % FOLDS
        whole = question.text if question.addresses else question.label + question.style
        return int(hashlib.sha256(whole.encode()).hexdigest(), 16) % FOLDS

    return np.array([fold(question) for question in questions])


def bank_sample(space: Space, questions: Sequence[bank.BankQuestion], vectors: np.ndarray) -> Sample:
    """The bank's answerable questions with out-of-fold measures, from classifiers and banks without their writer."""
    needed = _addresses_matrix([q.addresses for q in questions], space.addresses)
    answered = needed.any(axis=1)
    reasons = [q.reason or "" for q in questions]
    fold = folds_of(questions)
    measures: list[Measures | None] = [None] * len(questions)
    for number in range(FOLDS):
        seen = fold != number
        head = _spread_over_bank(
            fit_head(
                vectors[seen], needed[seen], [r for r, s in zip(reasons, seen, strict=True) if s], space.addresses, ""
            ),
            seen,
        )
        for place in map(int, np.flatnonzero(~seen & answered)):
            measures[place] = space.measure(vectors[place], questions[place].text, head=head, hidden=~seen)
    chosen = [question for question in questions if question.addresses]
    return Sample(
        [m for m in measures if m is not None],
        needed[answered],
        needed[answered],
        np.ones(len(chosen), dtype=bool),
        np.array([q.language for q in chosen]),
        np.array([q.label for q in chosen]),
    )


def _spread_over_bank(head: Head, seen: np.ndarray) -> Head:
    """A classifier fitted on a part of the bank, its kernel in the places of the whole; ``seen`` (bank questions,)."""
    weights = np.zeros((len(seen), head.kernel.weights.shape[1]))
    weights[seen] = head.kernel.weights
    return replace(head, kernel=replace(head.kernel, weights=weights))


def dev_sample(met: Sequence[Met], addresses: Sequence[str]) -> Sample:
    """The dev questions, measured as readers' are; rows where readers differ are left out."""
    kept = [one for one in met if one.case.expectation in ("answerable", "unanswerable")]
    needed = _addresses_matrix([one.case.gold for one in kept], addresses)
    tolerated = needed | _addresses_matrix([one.case.also for one in kept], addresses)
    return Sample(
        [one.measures for one in kept],
        needed,
        tolerated,
        np.asarray(needed.any(axis=1)),
        np.array([one.case.language for one in kept]),
        np.array([one.case.fact for one in kept]),
    )


def fit_level(level: Level, bank_rows: Sample, dev: Sample, all_names: Sequence[str]) -> tuple[scoring.Scoring, str]:
    """Weights and thresholds of one level, and a line on how it does on dev."""
    names = [name for below in levels_up_to(level) for name in CHOICE_FEATURES[below]]
    columns = [all_names.index(name) for name in names]
    features = np.concatenate([measures.choice[:, columns] for measures in bank_rows.measures])
    choice = _logistic(names, features, bank_rows.needed.ravel(), CHOICE_STRENGTH)
    fitted = scoring.Scoring(level, choice, scoring.Logistic(0.0, {}), 0.5, 0.5)
    chosen = np.stack([_choose(fitted, m, columns) for m in dev.measures])

    absent_names = [name for below in levels_up_to(level) for name in ABSENCE_FEATURES[below]]
    whole = _absence_rows(dev, chosen, absent_names)
    answerable = _logistic(absent_names, whole, dev.answered, ABSENCE_STRENGTH)
    fitted = replace(fitted, answerable=answerable)

    honest = _cross_fitted(absent_names, whole, dev)
    show_from = _cheapest_show(chosen[dev.answered], dev)
    answer_from = _cheapest_answer(honest, dev.answered)
    line = _report(level, chosen, dev, honest, show_from, answer_from)
    return replace(fitted, show_from=show_from, answer_from=answer_from), line


def _cross_fitted(names: Sequence[str], rows: np.ndarray, dev: Sample) -> np.ndarray:
    """Probability of an answer for each dev question from a model that did not see its fact."""
    out = np.zeros(len(rows))
    for train, held in GroupKFold(8).split(rows, groups=dev.fact):
        model = _logistic(names, rows[train], dev.answered[train], ABSENCE_STRENGTH)
        out[held] = [scoring.sigmoid(model.log_odds(dict(zip(names, row, strict=True)))) for row in rows[held]]
    return out


def _absence_rows(sample: Sample, chosen: np.ndarray, names: Sequence[str]) -> np.ndarray:
    best = [scoring.log_odds(float(p.max())) for p in chosen]
    return np.array(
        [
            [value if name == "choice_best" else measures.absence[name] for name in names]
            for measures, value in zip(sample.measures, best, strict=True)
        ]
    )


def _choose(fitted: scoring.Scoring, measures: Measures, columns: Sequence[int]) -> np.ndarray:
    odds = measures.choice[:, columns] @ np.array(list(fitted.choice.weights.values())) + fitted.choice.intercept
    probabilities: np.ndarray = 1 / (1 + np.exp(-odds))
    return probabilities


def _logistic(names: Sequence[str], rows: np.ndarray, target: np.ndarray, strength: float) -> scoring.Logistic:
    """Logistic regression on standardised rows, its weights turned back to the features' own units."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=strength, max_iter=2000).fit((rows - mean) / scale, target)
    weights = model.coef_[0] / scale
    intercept = float(model.intercept_[0] - (weights * mean).sum())
    return scoring.Logistic(intercept, {name: round(float(w), 8) for name, w in zip(names, weights, strict=True)})


def _cheapest_show(chosen: np.ndarray, dev: Sample) -> float:
    needed, tolerated = dev.needed[dev.answered], dev.tolerated[dev.answered]

    def cost(threshold: float) -> float:
        shown = (chosen >= threshold) | (chosen == chosen.max(axis=1, keepdims=True))
        missed = (needed & ~shown).any(axis=1)
        needless = (shown & ~tolerated).sum(axis=1)
        return float((COST_MISSED * missed + COST_NEEDLESS * needless).mean())

    return min((round(t, 2) for t in np.arange(0.1, 0.7, 0.02)), key=lambda t: (cost(t), t))


def _cheapest_answer(probability: np.ndarray, answered: np.ndarray) -> float:
    def cost(threshold: float) -> float:
        refused = (probability[answered] < threshold).mean()
        shown = (probability[~answered] >= threshold).mean()
        return float(COST_REFUSED * refused + COST_UNANSWERED_SHOWN * shown)

    thresholds = np.round(np.arange(0.05, 0.95, 0.01), 2)
    costs = np.array([cost(t) for t in thresholds])
    # The cost is flat over a wide range, where its least value jumps about with a single question: take the middle.
    return round(float(np.median(thresholds[costs <= costs.min() + FLAT])), 3)


def _report(
    level: Level, chosen: np.ndarray, dev: Sample, honest: np.ndarray, show_from: float, answer_from: float
) -> str:
    parts = [f"{level}: show_from {show_from:.2f}, answer_from {answer_from:.2f}"]
    shown = (chosen >= show_from) | (chosen == chosen.max(axis=1, keepdims=True))
    for language in ("en", "ja"):
        rows = dev.answered & (dev.language == language)
        absent = ~dev.answered & (dev.language == language)
        complete = (~dev.needed | shown)[rows].all(axis=1).mean()
        precise = (shown & dev.tolerated)[rows].sum() / shown[rows].sum()
        parts.append(
            f"{language} complete {complete:.3f} precise {precise:.3f}"
            f" refused {(honest[rows] < answer_from).mean():.3f}"
            f" absent refused {(honest[absent] < answer_from).mean():.3f}"
        )
    return " | ".join((*parts, f"AUROC {roc_auc_score(dev.answered, honest):.4f} (cross-fitted by fact)"))


def _addresses_matrix(rows: Sequence[Sequence[str]], addresses: Sequence[str]) -> np.ndarray:
    return np.array([[address in row for address in addresses] for row in rows], dtype=bool)


def main(argv: Sequence[str] | None = None) -> int:
    """Fit every level and write ``assistant/models/``; ``--dry`` only reports."""
    parser = argparse.ArgumentParser(prog="python -m evals.fit")
    parser.add_argument("--dry", action="store_true", help="report without writing")
    arguments = parser.parse_args(argv)
    store, embedder = open_index(IndexSettings.from_env())
    words, aid = glossary.load(), reading_aid.load(store.document)
    questions = bank.load(store.document)
    vectors = store.vectors[store.rows("question")]
    texts = keyword_texts(store, words, "classifier")
    blank = Space(store.entries, store.vectors, texts, None)
    needed = _addresses_matrix([q.addresses for q in questions], blank.addresses)
    reasons = [q.reason or "" for q in questions]
    head = as_shipped(fit_head(vectors, needed, reasons, blank.addresses, bank_digest(blank.questions)))
    space = Space(store.entries, store.vectors, texts, head)
    bank_rows = bank_sample(space, questions, vectors)
    understanding, overviews = Understanding(store.document, words, aid), Overviews(store.document, aid)
    met = meet(cases.load("dev"), space, embedder, understanding, overviews)
    dev = dev_sample(met, space.addresses)
    levels: dict[str, dict[str, Any]] = {}
    for level in LEVELS:
        fitted, line = fit_level(level, bank_rows, dev, space.choice_names)
        levels[level] = {
            "show_from": fitted.show_from,
            "answer_from": fitted.answer_from,
            "choice": asdict(fitted.choice),
            "answerable": asdict(fitted.answerable),
        }
        print(line, flush=True)
    met += meet(filter(tells, cases.load("routes")), space, embedder, understanding, overviews)
    opinion, line = fit_opinion(wishes(met))
    levels["classifier"]["opinion"] = asdict(opinion)
    print(line, flush=True)
    if not arguments.dry:
        provenance = {
            "document_sha256": store.document.sha256,
            "embedding": store.embedding,
            "bank_sha256": hashlib.sha256(bank.BANK.read_bytes()).hexdigest(),
            "dev_sha256": hashlib.sha256((cases.QUESTIONS / "dev.tsv").read_bytes()).hexdigest(),
            "routes_sha256": hashlib.sha256((cases.QUESTIONS / "routes.tsv").read_bytes()).hexdigest(),
            "seed": SEED,
        }
        scoring.MODELS.mkdir(exist_ok=True)
        scoring.COEFFICIENTS.write_text(json.dumps({**provenance, "levels": levels}, indent=1) + "\n", encoding="utf-8")
        save(head)
    return 0


if __name__ == "__main__":
    sys.exit(main())
