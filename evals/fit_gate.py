"""python -m evals.fit_gate: fit the gate's last word on the labelled dev claims; what it writes is committed.

The rules of the gate need no fitting. What they leave open is weighed by a logistic regression over few measures; its
threshold is the cheapest on dev, judged by models that did not see the claim's group. Nothing here reads test claims.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from assistant.gate import checks, usage, weigh
from assistant.gate.record import Record
from assistant.gate.words import plain, stems
from evals import claims
from evals.claims import LabelledClaim
from index import bank, parse, reading_aid
from index.document import Document

SEED = 20251028
FOLDS = 10
STRENGTH = 1.0  # inverse L2 strength on standardised measures
ABSENT = ("absent_topic", "absent_detail", "after_document")
MOST_ADDRESSES = 2  # a question about many sentences says little of each
# A word is at home everywhere when questions about that many sentences use it, at a sentence when that many of its
# questions do; and when it is asked that much more often of what the document says than of what it does not.
ANYWHERE_FROM, ANYWHERE_LIFT = 5, 1.5
AT_FROM, AT_LIFT = 2, 1.0
# What an unsupported claim shown costs against a supported one withheld: of the latter the quote is still to be read.
COST_SHOWN, COST_BLOCKED = 2.0, 1.0


def count_words(document: Document) -> dict[str, object]:
    """Words of bank questions that are at home in the document's subjects, everywhere or at one sentence."""
    answered: Counter[str] = Counter()
    absent: Counter[str] = Counter()
    at: dict[str, Counter[str]] = {}
    questions = bank.load(document)
    totals = [0, 0]
    for question in questions:
        text = plain(question.text)
        words = usage.unit_words(text, stems(text))
        if question.addresses:
            totals[0] += 1
            answered.update(words)
            for address in question.addresses if len(question.addresses) <= MOST_ADDRESSES else ():
                at.setdefault(address, Counter()).update(words)
        elif question.reason in ABSENT:
            totals[1] += 1
            absent.update(words)

    def lift(word: str) -> float:
        """How much more often a word is asked of what the document says than of what it does not say."""
        return ((answered[word] + 0.5) / totals[0]) / ((absent[word] + 0.5) / totals[1])

    spread = Counter(word for words in at.values() for word in words)
    return {
        "document_sha256": document.sha256,
        "bank_sha256": hashlib.sha256(bank.BANK.read_bytes()).hexdigest(),
        "anywhere": sorted(w for w, n in spread.items() if n >= ANYWHERE_FROM and lift(w) >= ANYWHERE_LIFT),
        "at": {
            address: sorted(w for w, n in at[address].items() if n >= AT_FROM and lift(w) >= AT_LIFT)
            for address in document.by_address
            if address in at
        },
    }


def rows_of(labelled: Sequence[LabelledClaim], record: Record) -> tuple[np.ndarray, np.ndarray]:
    """Measures (n, features) and whether a rule is broken (n,) bool."""
    found = [checks.check(c.text, record.at(c.addresses), c.language, record) for c in labelled]
    measures = np.array([[one.measures[name] for name in weigh.FEATURES] for one in found])
    return measures, np.array([bool(one.rules) for one in found])


def fit(measures: np.ndarray, supported: np.ndarray) -> tuple[float, dict[str, float]]:
    """Intercept and weights in the measures' own units: logistic regression of which no weight may be positive.

    Every measure speaks against a claim. Two that go together may otherwise get weights of opposite signs, and a claim
    of which nothing is supported looks better than one of which half is.
    """
    mean, scale = measures.mean(axis=0), measures.std(axis=0) + 1e-9
    rows = np.hstack([(measures - mean) / scale, np.ones((len(measures), 1))])
    sign = np.where(supported, 1.0, -1.0)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (rows @ flat)
        gradient = -(rows.T @ (sign * expit(-margin)))
        gradient[:-1] += flat[:-1] / STRENGTH
        return float(np.logaddexp(0, -margin).sum() + 0.5 * (flat[:-1] ** 2).sum() / STRENGTH), gradient

    bounds = [(None, 0.0)] * measures.shape[1] + [(None, None)]
    found = minimize(
        loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000}
    )
    weights = found.x[:-1] / scale
    named = {name: round(float(w), 6) for name, w in zip(weigh.FEATURES, weights, strict=True)}
    return round(float(found.x[-1] - (weights * mean).sum()), 6), named


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
    """Fit and write ``gate.json`` and ``gate_words.json`` in ``assistant/models``; ``--dry`` only reports."""
    parser = argparse.ArgumentParser(prog="python -m evals.fit_gate")
    parser.add_argument("--dry", action="store_true", help="report without writing")
    arguments = parser.parse_args(argv)
    document = parse.load()
    words = count_words(document)
    if not arguments.dry:
        usage.USAGE.write_text(json.dumps(words, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
        usage.usage.cache_clear()
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
