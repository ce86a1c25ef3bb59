"""The last word where no rule speaks: a few named measures of a claim, combined by a fitted logistic regression.

``python -m evals.fit_gate`` fits it on the labelled dev claims; coefficients are committed with the digests of what
they were fitted on.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.gate.support import Support
from assistant.gate.words import LEXICON
from assistant.scoring import Logistic, sigmoid

COEFFICIENTS = Path(__file__).parent.parent / "models" / "gate.json"
FEATURES = ("missing", "missing_names", "rules", "cause")
_MOST_MISSING = 6.0  # beyond this a claim is as unsupported as can be


@dataclass(frozen=True)
class Weights:
    """The fitted combination and the probability from which a claim that breaks no rule is shown."""

    model: Logistic
    show_from: float


def measures(support: Support, reasons: Sequence[str], cause: bool) -> Mapping[str, float]:
    """The features of one claim: what is missing, which rules it breaks, whether it names a cause."""
    return {
        "missing": min(support.weight, _MOST_MISSING),
        "missing_names": float(min(len(support.names), 3)),
        "rules": float(min(len(reasons), 2)),
        "cause": float(cause),
    }


def probability(features: Mapping[str, float]) -> float:
    """How likely the claim is supported: 0..1, 3 decimals."""
    return round(sigmoid(weights().model.log_odds(features)), 3)


@cache
def weights() -> Weights:
    """The shipped coefficients."""
    data = json.loads(COEFFICIENTS.read_text(encoding="utf-8"))
    return Weights(Logistic(data["intercept"], data["weights"]), data["show_from"])


def lexicon_sha256() -> str:
    """The digest of the lexicon, by which coefficients say what they were fitted with."""
    return hashlib.sha256(LEXICON.read_bytes()).hexdigest()
