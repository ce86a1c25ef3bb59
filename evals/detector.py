"""The gate as a detector of unsupported claims: what it catches, what it wrongly blocks, and where its threshold lies.

The claims of ``evals/claims/`` are labelled: written to be wrong in one way each (synthetic), or really written by a
model and labelled afterwards (real). Both stand side by side; the gate is held to its floors on the test claims.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from assistant.types import Language
from evals import claims as claim_files
from evals import recording, statistics, stored
from evals.claims import LabelledClaim
from evals.gate import SUITE, Judged
from evals.gate import judge as judge_claims
from evals.gates import COLUMNS, SLICE_MINIMUM, Gate, Verdict, judge
from evals.measured import Measured, Metric, Unit, plain, rate
from evals.scorers import one
from index.document import Document

REAL = "small model"  # what the claims it wrote are called
HELD = "test"  # the file of claims that gates are held against
Judge = Callable[[Sequence[LabelledClaim], Document], Sequence[Judged]]
_MISSED_SHOWN = 200


def measure(judged: Sequence[Judged]) -> dict[str, Metric]:
    """Name → metric; only what applies.

    ``caught`` unsupported claims blocked / unsupported, ``blocked`` supported claims blocked /
    supported, ``pairs`` groups decided wholly right / groups with both labels, ``balanced`` the mean of
    detection and supported claims passed, ``auroc`` of the score. A group is the unit of the bootstrap.
    """
    bad = [one_ for one_ in judged if not one_.claim.is_supported]
    good = [one_ for one_ in judged if one_.claim.is_supported]
    groups: dict[str, list[Judged]] = {}
    for found in judged:
        groups.setdefault(found.claim.group, []).append(found)
    pairs = {name: members for name, members in groups.items() if len({m.claim.label for m in members}) == 2}
    metrics: dict[str, Metric | None] = {
        "caught": rate([_unit(f, not f.finding.supported) for f in bad], "more", len(judged)),
        "blocked": rate([_unit(f, not f.finding.supported) for f in good], "less", len(judged)),
        "pairs": rate(
            [
                Unit(tuple(m.claim.id for m in members), name, one(all(m.is_right for m in members)))
                for name, members in pairs.items()
            ],
            "more",
            len(groups),
        ),
    }
    if bad and good:
        caught = sum(not f.finding.supported for f in bad) / len(bad)
        passed = sum(f.finding.supported for f in good) / len(good)
        metrics["balanced"] = plain((caught + passed) / 2, len(judged))
        metrics["auroc"] = plain(statistics.auroc([f.score for f in good], [f.score for f in bad]), len(judged))
    return {name: metric for name, metric in metrics.items() if metric is not None}


def by_kind(judged: Sequence[Judged]) -> dict[str, dict[str, Metric]]:
    """Kind → detection (of a kind of lie) or false alarms (of a kind of supported claim)."""
    kinds = sorted({found.claim.kind for found in judged})
    return {kind: measure([found for found in judged if found.claim.kind == kind]) for kind in kinds}


def measured_of(judged: Sequence[Judged]) -> Measured:
    """As a run, for gates."""
    metrics = measure(judged)
    for language in ("en", "ja"):
        part = measure([found for found in judged if found.claim.language == language])
        metrics |= {f"{name}[{language}]": metric for name, metric in part.items()}
    return Measured(len(judged), (), metrics, {"kind": by_kind(judged)}, (), None)


def roc(judged: Sequence[Judged]) -> list[list[float]]:
    """[false alarms, caught] for every threshold on the score, from blocking nothing to blocking everything."""
    bad = sorted(found.score for found in judged if not found.claim.is_supported)
    good = sorted(found.score for found in judged if found.claim.is_supported)
    if not bad or not good:
        return []
    points = [[0.0, 0.0]]
    for threshold in sorted({*bad, *good}):
        points.append([bisect_right(good, threshold) / len(good), bisect_right(bad, threshold) / len(bad)])
    return points


def labelled() -> list[str]:
    """The files of claims that carry labels; the others are lines for scripted models."""
    paths = sorted(claim_files.CLAIMS.glob("*.tsv"))
    header = "\t".join(claim_files.HEADER)
    return [path.stem for path in paths if path.read_text(encoding="utf-8").startswith(header)]


def recorded(document: Document) -> tuple[LabelledClaim, ...]:
    """Claims that the small model really wrote, labelled afterwards by the sentences they name.

    A claim that another sentence bears is unsupported here; one that names no sentence needs no detector.
    """
    known = document.by_address
    return tuple(
        LabelledClaim(
            one.id,
            one.id,
            cast(Language, one.language),
            "supported" if one.is_supported else "unsupported",
            "recorded",
            one.addresses,
            one.text,
        )
        for one in recording.labelled()
        if all(address in known for address in one.addresses)
    )


def detector(
    document: Document, limits: Sequence[Gate], decide: Judge = judge_claims
) -> tuple[dict[str, Any], Verdict]:
    """The content of detector.json, and the verdict of the gates on the test claims (dev where there are none)."""
    judged = {name: decide(claim_files.load(name), document) for name in labelled()}
    if real := recorded(document):
        judged[REAL] = decide(real, document)
    held = HELD if HELD in judged else "dev"
    measured = measured_of(judged[held])
    verdict = judge(SUITE, measured, [limit for limit in limits if limit.suite == SUITE])
    if held != HELD:
        verdict = replace(verdict, line=f"{verdict.line} (held against {held}: there are no {HELD} claims)")
    rows = []
    for name, found in judged.items():
        for language in ("en", "ja", None):
            chosen = [one_ for one_ in found if language in (None, one_.claim.language)]
            if chosen:
                rows.append(_row(f"{name}, {language or 'all'}", measure(chosen)))
    wrong = [found for found in judged[held] if not found.is_right]
    kinds = measured.slices["kind"]
    content = {
        "schema": 1,
        "line": verdict.line,
        "held": held,
        "columns": COLUMNS,
        "rows": rows,
        "metrics": {name: stored.metric_object(metric) for name, metric in sorted(measured.metrics.items())},
        "gates": stored.gate_rows(verdict),
        "caught_by_kind": {kind: _plain(found["caught"]) for kind, found in kinds.items() if "caught" in found},
        "blocked_by_kind": {kind: _plain(found["blocked"]) for kind, found in kinds.items() if "blocked" in found},
        "roc": {name: curve for name, found in judged.items() if (curve := roc(found))},
        "roc_points": {
            name: {
                "caught": _plain(metrics["caught"]),
                "blocked": _plain(metrics["blocked"]),
            }
            for name, found in judged.items()
            if {"caught", "blocked"} <= set(metrics := measure(found))
        },
        "missed": [_missed(found) for found in wrong[:_MISSED_SHOWN]],
    }
    return content, verdict


def _unit(found: Judged, passed: bool) -> Unit:
    return Unit((found.claim.id,), found.claim.group, one(passed))


def _plain(metric: Metric) -> dict[str, Any]:
    return stored.metric_object(metric, short=True) | {"few": metric.n < SLICE_MINIMUM}


def _row(name: str, metrics: Mapping[str, Metric]) -> dict[str, str]:
    return {"name": name} | {column: _words(metrics[column]) if column in metrics else "" for column in COLUMNS}


def _words(metric: Metric) -> str:
    """The effective number is that of groups; what stands on pairs of claims has neither interval nor groups."""
    if metric.k is None or metric.interval is None:
        return f"{metric.value:.3f}"
    low, high = metric.interval.low, metric.interval.high
    told = f"{metric.k}/{metric.n}; {low:.3f} to {high:.3f}; n_eff {metric.effective_facts:.0f}"
    return f"{metric.value:.3f} ({told})"


def _missed(found: Judged) -> dict[str, Any]:
    claim = found.claim
    return {
        "id": claim.id,
        "kind": claim.kind,
        "language": claim.language,
        "label": claim.label,
        "claim": claim.text,
        "reasons": list(found.finding.reasons),
    }
