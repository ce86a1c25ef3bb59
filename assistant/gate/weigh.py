"""The last word where no rule speaks: a few named measures of a claim, combined by a fitted logistic regression.

``python -m evals.fit_gate`` fits it on the labelled dev claims; coefficients are committed with the digests of what
they were fitted on.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.gate.places import Place
from assistant.gate.support import Support
from assistant.gate.words import LEXICON
from assistant.scoring import Logistic, sigmoid

COEFFICIENTS = Path(__file__).parent.parent / "models" / "gate.json"
FEATURES = ("missing", "missing_share", "missing_names", "pull", "rules", "cause", "missing_ja")
_MOST_MISSING = 6.0  # beyond this a claim is as unsupported as can be


@dataclass(frozen=True)
class Weights:
    """The fitted combination and the probability from which a claim that breaks no rule is shown."""

    model: Logistic
    show_from: float


def measures(
    support: Support, place: Place | None, reasons: Sequence[str], cause: bool, japanese: bool
) -> Mapping[str, float]:
    """The features of one claim: what is missing, where else it belongs, which rules it breaks."""
    missing = min(support.weight, _MOST_MISSING)
    pull = math.log((place.near + 2) / (place.cited_near + 2)) if place is not None else 0.0
    return {
        "missing": missing,
        "missing_share": 1 - support.share,
        "missing_names": float(min(len(support.names), 3)),
        "pull": max(pull, -1.0),
        "rules": float(min(len(reasons), 2)),
        "cause": float(cause),
        "missing_ja": missing if japanese else 0.0,
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
