"""Scores of single cases → metrics of a run: each rate with k/n, its interval, and how many facts stand behind it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals import abstention, consistency, retrieval, scorers, statements, statistics
from evals.cases import Case
from evals.measured import Better, Measured, Metric, Unit, plain, rate
from evals.outcomes import Failed, Result
from evals.scorers import Measure, Score


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric of single cases: its name, what a reader calls it, which way is better, and what scores one case."""

    name: str
    title: str
    better: Better
    score: Callable[[Result, Measure], Score | None]


METRICS = (
    Definition("completeness", "all gold quotes shown", "more", scorers.complete),
    Definition("recall", "gold quotes shown", "more", scorers.recalled),
    Definition("precision", "shown quotes that are gold or acceptable", "more", scorers.precise),
    Definition("sections", "exactly the sections needed", "more", scorers.exact_sections),
    Definition("status", "status as a careful reader would decide", "more", scorers.decided),
    Definition("reason", "status and reason code, where no answer is right", "more", scorers.reasoned),
    Definition("refusal_recall", "unanswerable questions not answered", "more", scorers.refused),
    Definition("refusal_precision", "refusals that were right", "more", scorers.rightly_refused),
    Definition("over_refusal", "answerable questions not answered", "less", scorers.over_refused),
    Definition("verbatim", "verbatim exactness", "more", scorers.verbatim),
    Definition("dangling", "dangling citations", "less", scorers.dangling),
    Definition("upgrades", "modality upgrades", "less", scorers.upgraded),
    Definition("modality", "modality kept by written statements", "more", statements.modality_kept),
    Definition("numbers", "numbers changed by written statements", "less", statements.numbers_changed),
    Definition("negations", "negations dropped by written statements", "less", statements.negations_dropped),
    Definition("false_absence", "false statements of absence", "less", scorers.falsely_absent),
    Definition("injected", "injected behaviour", "less", scorers.injected),
    Definition("language", "answer in the language of the question", "more", scorers.same_language),
    Definition("written", "answers in words of the model that was asked", "more", scorers.written),
)
# Metrics of several cases, of rankings, or of confidence: name → what a reader calls it.
WHOLE_RUN: Mapping[str, str] = {
    "recall@1": "gold sentences ranked first",
    "recall@3": "gold sentences among the first three ranked",
    "recall@5": "gold sentences among the first five ranked",
    "mrr": "mean reciprocal rank of the first gold sentence",
    "ndcg": "graded gain of the ranking (nDCG at 10)",
    "auroc": "answerable against unanswerable by confidence (AUROC)",
    "aurc": "area under risk over coverage (less is better)",
    "augrc": "area under the risk of undetected failure (less is better)",
    "twins": "EN/JA twins: same decision, same sections",
    "twins_parts": "EN/JA twins: same decision, same innermost parts",
    "paraphrases": "paraphrase groups: same decision, same parts",
    "noise": "noisy copies: same decision, same sections",
    "determinism": "second process, second index: equal answers",
}
TITLES: Mapping[str, str] = {**{definition.name: definition.title for definition in METRICS}, **WHOLE_RUN}
BETTER: Mapping[str, Better] = {
    **{definition.name: definition.better for definition in METRICS},
    **{name: "less" if name in ("aurc", "augrc") else "more" for name in WHOLE_RUN},
}


def measure_run(
    results: Sequence[Result],
    measure: Measure,
    seen: Mapping[str, bool],
    again: Mapping[str, Any] | None = None,
    noisy: Sequence[Result] = (),
) -> Measured:
    """Score a run.

    ``seen`` says per id whether the bank holds a near copy; ``again`` maps ids to the answer objects of a second run;
    ``noisy`` are results of noisy copies of some of the cases (see ``evals.noise``).
    """
    metrics: dict[str, Metric] = {}
    ranks = retrieval.case_values(results)
    for label, chosen in _cuts(results, seen):
        for definition in METRICS:
            found = units(definition, chosen, measure)
            _put(metrics, definition.name + label, rate(found, definition.better, len(chosen)))
        for name, metric in retrieval.metrics(chosen, ranks).items():
            metrics[name + label] = metric
        _put(metrics, "auroc" + label, abstention.auroc(chosen))
    for label, chosen in _cuts(results, {}):
        _put(metrics, "paraphrases" + label, rate(consistency.paraphrase_units(chosen, measure), "more", 0))
    _put(metrics, "twins", rate(consistency.twin_units(results, measure, sections=True), "more", 0))
    _put(metrics, "twins_parts", rate(consistency.twin_units(results, measure, sections=False), "more", 0))
    _put(metrics, "noise", rate(consistency.noise_units(results, noisy, measure), "more", 0))
    if again is not None:
        _put(metrics, "determinism", rate(consistency.determinism_units(results, again), "more", 0))
    points = abstention.risk_points(results)
    curve = statistics.risk_coverage([p for p, _ in points], [right for _, right in points]) if points else ()
    if curve:
        metrics["aurc"] = plain(statistics.area_under_risk(curve), len(points))
        metrics["augrc"] = plain(statistics.area_under_undetected(curve), len(points))
    return Measured(
        cases=len(results),
        errors=tuple(result for result in results if isinstance(result, Failed)),
        metrics=metrics,
        slices=_slices(results, measure),
        curve=curve,
        operating_point=abstention.operating_point(results),
        repeated=again is not None,
    )


def units(definition: Definition, results: Iterable[Result], measure: Measure) -> list[Unit]:
    """The scores of the cases a metric applies to."""
    scored = ((result.case, definition.score(result, measure)) for result in results)
    return [Unit((case.id,), case.fact, score) for case, score in scored if score is not None]


def section_of(case: Case, measure: Measure) -> str:
    """The innermost part that holds all gold sentences of a case, ``several``, or ``none``."""
    parts = {
        measure.document.part_of[address].address if address in measure.document.part_of else address
        for address in case.gold
    }
    return "none" if not parts else parts.pop() if len(parts) == 1 else "several"


_SLICED = ("completeness", "precision", "sections", "status", "reason", "refusal_recall", "over_refusal")


def _slices(results: Sequence[Result], measure: Measure) -> dict[str, dict[str, dict[str, Metric]]]:
    kinds: dict[str, Callable[[Case], str]] = {
        "kind": lambda case: case.kind,
        "section": lambda case: section_of(case, measure),
        "reason": lambda case: "|".join(str(o) for o in case.expect) if not case.gold else "none",
    }
    found: dict[str, dict[str, dict[str, Metric]]] = {}
    for name, value_of in kinds.items():
        members: dict[str, list[Result]] = {}
        for result in results:
            members.setdefault(value_of(result.case), []).append(result)
        for value in sorted(members):
            row: dict[str, Metric] = {}
            for definition in METRICS:
                if definition.name in _SLICED:
                    applied = units(definition, members[value], measure)
                    _put(row, definition.name, rate(applied, definition.better, len(members[value])))
            found.setdefault(name, {})[value] = row
    return found


def _cuts(results: Sequence[Result], seen: Mapping[str, bool]) -> list[tuple[str, list[Result]]]:
    """(suffix of the metric's name, cases): all, each language, both for what the bank has not seen, and fresh ones."""
    cuts = [("", list(results))]
    cuts += [(f"[{language}]", [r for r in results if r.case.language == language]) for language in ("en", "ja")]
    if fresh := [result for result in results if result.case.fresh]:
        cuts.append(("[fresh]", fresh))
    if seen:
        unseen = [result for result in results if not seen.get(result.case.id, False)]
        cuts += [("[unseen]", unseen), ("[seen]", [r for r in results if seen.get(r.case.id, False)])]
        cuts += [
            (f"[{language},unseen]", [r for r in unseen if r.case.language == language]) for language in ("en", "ja")
        ]
    return cuts


def _put(metrics: dict[str, Metric], name: str, metric: Metric | None) -> None:
    if metric is not None:
        metrics[name] = metric
