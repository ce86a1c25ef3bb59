"""python -m evals.fit_gate: fit the gate's last word on the labelled dev claims; what it writes is committed.

The rules of the gate need no fitting. What they leave open is weighed by a logistic regression over few measures; its
threshold is the cheapest on dev, judged by models that did not see the claim's group. Nothing here reads test claims.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from assistant.gate import checks, weigh
from assistant.gate.record import Record
from evals import claims
from evals.claims import LabelledClaim
from index import parse, reading_aid

SEED = 20251028
FOLDS = 10
STRENGTH = 1.0  # inverse L2 strength on standardised measures
COST_SHOWN, COST_BLOCKED = 1.0, 1.0  # what an unsupported claim shown costs against a supported one withheld


def rows_of(labelled: Sequence[LabelledClaim], record: Record) -> tuple[np.ndarray, np.ndarray]:
    """Measures (n, features) and whether a rule is broken (n,) bool."""
    found = [checks.check(c.text, record.at(c.addresses), c.language, record) for c in labelled]
    measures = np.array([[one.measures[name] for name in weigh.FEATURES] for one in found])
    return measures, np.array([bool(one.rules) for one in found])


def fit(measures: np.ndarray, supported: np.ndarray) -> tuple[float, dict[str, float]]:
    """Intercept and weights in the measures' own units."""
    mean, scale = measures.mean(axis=0), measures.std(axis=0) + 1e-9
    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit((measures - mean) / scale, supported)
    weights = model.coef_[0] / scale
    named = {name: round(float(w), 6) for name, w in zip(weigh.FEATURES, weights, strict=True)}
    return round(float(model.intercept_[0] - (weights * mean).sum()), 6), named


def cross_fitted(measures: np.ndarray, supported: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """The probability of each claim by a model that saw no version of it."""
    out = np.zeros(len(measures))
    for train, held in GroupKFold(FOLDS).split(measures, groups=groups):
        intercept, weights = fit(measures[train], supported[train])
        odds = measures[held] @ np.array([weights[name] for name in weigh.FEATURES]) + intercept
        out[held] = 1 / (1 + np.exp(-odds))
    return out


def cheapest(probability: np.ndarray, supported: np.ndarray, broken: np.ndarray) -> float:
    """The threshold with the least cost over claims that break no rule; the middle of a stretch of equal cost."""

    def cost(threshold: float) -> float:
        shown = (probability >= threshold) & ~broken
        return float(COST_SHOWN * (shown & ~supported).sum() + COST_BLOCKED * (~shown & supported).sum())

    thresholds = [round(t, 2) for t in np.arange(0.05, 0.96, 0.01)]
    least = min(cost(threshold) for threshold in thresholds)
    best = [threshold for threshold in thresholds if cost(threshold) == least]
    return best[len(best) // 2]


def main(argv: Sequence[str] | None = None) -> int:
    """Fit and write ``assistant/models/gate.json``; ``--dry`` only reports."""
    parser = argparse.ArgumentParser(prog="python -m evals.fit_gate")
    parser.add_argument("--dry", action="store_true", help="report without writing")
    arguments = parser.parse_args(argv)
    document = parse.load()
    labelled = claims.load("dev")
    measures, broken = rows_of(labelled, Record(document, reading_aid.load(document)))
    supported = np.array([claim.is_supported for claim in labelled])
    honest = cross_fitted(measures, supported, [claim.group for claim in labelled])
    show_from = cheapest(honest, supported, broken)
    intercept, weights = fit(measures, supported)
    shown = (honest >= show_from) & ~broken
    print(
        f"show_from {show_from:.2f} | caught {(~shown & ~supported).sum()}/{(~supported).sum()}"
        f" blocked {(~shown & supported).sum()}/{supported.sum()}"
        f" | AUROC {roc_auc_score(supported, honest):.4f} (cross-fitted by group)"
    )
    print(intercept, weights)
    if not arguments.dry:
        content = {
            "document_sha256": document.sha256,
            "lexicon_sha256": weigh.lexicon_sha256(),
            "dev_sha256": hashlib.sha256((claims.CLAIMS / "dev.tsv").read_bytes()).hexdigest(),
            "seed": SEED,
            "show_from": show_from,
            "intercept": intercept,
            "weights": weights,
        }
        weigh.COEFFICIENTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
