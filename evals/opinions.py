"""The weights that tell a wish for an opinion from a question of fact: part of ``python -m evals.fit``.

Fitted on the dev questions and on the rounds of the routes that are read for tuning; the fresh round is never read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from assistant.answerable import OPINION_FROM
from assistant.evidence import OPINION_FEATURES
from assistant.scoring import Logistic, opinion_features, opinion_words
from evals.cases import Case
from evals.meet import Met

_OPINION = "declined/opinion"
_STRENGTH = 1.0  # inverse L2, on standardised features


@dataclass(frozen=True)
class Wishes:
    """Questions (n): ``features`` (n, OPINION_FEATURES), ``opinion`` and ``answered`` (n,) bool, ``fact`` (n,)."""

    features: np.ndarray
    opinion: np.ndarray
    answered: np.ndarray
    fact: np.ndarray


def wishes(met: Sequence[Met]) -> Wishes:
    """Of dev and routes questions as the assistant meets them those that tell."""
    rows = [one for one in met if tells(one.case)]
    features = []
    for one in rows:
        measured = opinion_features(one.measures, opinion_words(one.question.standalone))
        features.append([measured[name] for name in OPINION_FEATURES])
    return Wishes(
        np.array(features),
        np.array([_wants_opinion(one.case) for one in rows]),
        np.array([one.case.expectation == "answerable" for one in rows]),
        np.array([one.case.fact for one in rows]),
    )


def fit_opinion(rows: Wishes) -> tuple[Logistic, str]:
    """The weights, and a line on how they do on facts they were not fitted on."""
    mean, scale = rows.features.mean(axis=0), rows.features.std(axis=0) + 1e-9
    standard = (rows.features - mean) / scale
    model = LogisticRegression(C=_STRENGTH, max_iter=1000)
    held = cross_val_predict(model, standard, rows.opinion, groups=rows.fact, cv=GroupKFold(8), method="predict_proba")
    likely = held[:, 1]
    fitted = model.fit(standard, rows.opinion)
    weights = fitted.coef_[0] / scale
    line = (
        f"opinion: declined {(likely >= OPINION_FROM)[rows.opinion].mean():.3f} of {rows.opinion.sum()}"
        f" | answerable declined {(likely >= OPINION_FROM)[rows.answered].mean():.3f} of {rows.answered.sum()}"
        f" | AUROC {roc_auc_score(rows.opinion, likely):.4f} (cross-fitted by fact)"
    )
    named = {name: round(float(w), 8) for name, w in zip(OPINION_FEATURES, weights, strict=True)}
    return Logistic(float(fitted.intercept_[0] - (weights * mean).sum()), named), line


def tells(case: Case) -> bool:
    """Whether a case says clearly if an opinion is wanted, stands alone and is read for tuning."""
    factual = case.expectation in ("answerable", "unanswerable") and _OPINION not in map(str, case.expect)
    clear = _wants_opinion(case) or factual
    return clear and not case.fresh and not case.history


def _wants_opinion(case: Case) -> bool:
    return [str(outcome) for outcome in case.expect] == [_OPINION]
