"""Scores of single cases → metrics of a run: each rate with k/n, its interval, and how many facts stand behind it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.types import LANGUAGES
from evals import abstention, consistency, retrieval, scorers, statements, statistics
from evals.cases import Case
from evals.measured import Better, Measured, Metric, Sheet, Unit, plain, rate
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
    Definition("downgrades", "modality downgrades", "less", scorers.downgraded),
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
# What stands in brackets after a metric's name, and what the cases of a run are sliced by.
CUTS = ("en", "ja", "fresh", "unseen", "seen", "en,unseen", "ja,unseen")
SLICES = ("kind", "section", "reason")
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
    *,
    resampled: bool = True,
) -> Measured:
    """Score a run.

    ``seen`` says per id whether the bank holds a near copy; ``again`` maps ids to the answer objects of a second run;
    ``noisy`` are results of noisy copies of some of the cases (see ``evals.noise``). Not ``resampled``: rates and AUROC
    have no interval by fact, where nobody reads it.
    """
    metrics: dict[str, Metric] = {}
    sheet = score(results, measure)
    for label, places in _cuts(results, seen):
        chosen = [results[place] for place in places]
        for definition in METRICS:
            found = _units(definition.name, results, sheet, places)
            _put(metrics, definition.name + label, rate(found, definition.better, len(places), resampled=resampled))
        for name, metric in retrieval.metrics(chosen, [sheet[place].ranks for place in places]).items():
            metrics[name + label] = metric
        _put(metrics, "auroc" + label, abstention.auroc(chosen, resampled=resampled))
    for label, places in _cuts(results, {}):
        alike = consistency.paraphrase_units([results[place] for place in places], measure)
        _put(metrics, "paraphrases" + label, rate(alike, "more", 0))
    _put(metrics, "twins", rate(consistency.twin_units(results, measure, sections=True), "more", 0))
    _put(metrics, "twins_parts", rate(consistency.twin_units(results, measure, sections=False), "more", 0))
    _put(metrics, "noise", rate(consistency.noise_units(results, noisy, measure), "more", 0))
    points = abstention.risk_points(results)
    curve = statistics.risk_coverage([p for p, _ in points], [right for _, right in points]) if points else ()
    if curve:
        metrics["aurc"] = plain(statistics.area_under_risk(curve), len(points))
        metrics["augrc"] = plain(statistics.area_under_undetected(curve), len(points))
    measured = Measured(
        cases=len(results),
        errors=tuple(result for result in results if isinstance(result, Failed)),
        metrics=metrics,
        slices=_slices(results, sheet, measure),
        curve=curve,
        operating_point=abstention.operating_point(results),
        sheet=sheet,
    )
    return measured if again is None else compared(measured, results, again)


def compared(measured: Measured, results: Sequence[Result], again: Mapping[str, Any]) -> Measured:
    """The same with the metric of a second run, which may end later than everything else is measured."""
    metrics = dict(measured.metrics)
    _put(metrics, "determinism", rate(consistency.determinism_units(results, again), "more", 0))
    return replace(measured, metrics=metrics, repeated=True)


def score(results: Sequence[Result], measure: Measure) -> tuple[Sheet, ...]:
    """Every case on every metric of single cases, in order."""
    ranks = retrieval.case_values(results)
    return tuple(
        Sheet(
            {definition.name: definition.score(result, measure) for definition in METRICS},
            {name: values[result.case.id] for name, values in ranks.items() if result.case.id in values},
        )
        for result in results
    )


def _units(name: str, results: Sequence[Result], sheet: Sequence[Sheet], places: Iterable[int]) -> list[Unit]:
    """The scores of those cases at ``places`` that a metric applies to."""
    scored = ((results[place].case, sheet[place].scores[name]) for place in places)
    return [Unit((case.id,), case.fact, found) for case, found in scored if found is not None]


def section_of(case: Case, measure: Measure) -> str:
    """The innermost part that holds all gold sentences of a case, ``several``, or ``none``."""
    parts = {
        measure.document.part_of[address].address if address in measure.document.part_of else address
        for address in case.gold
    }
    return "none" if not parts else parts.pop() if len(parts) == 1 else "several"


_SLICED = ("completeness", "precision", "sections", "status", "reason", "refusal_recall", "over_refusal")


def _slices(
    results: Sequence[Result], sheet: Sequence[Sheet], measure: Measure
) -> dict[str, dict[str, dict[str, Metric]]]:
    kinds: dict[str, Callable[[Case], str]] = {
        "kind": lambda case: case.kind,
        "section": lambda case: section_of(case, measure),
        "reason": lambda case: "|".join(str(o) for o in case.expect) if not case.gold else "none",
    }
    found: dict[str, dict[str, dict[str, Metric]]] = {}
    for name, value_of in kinds.items():
        members: dict[str, list[int]] = {}
        for place, result in enumerate(results):
            members.setdefault(value_of(result.case), []).append(place)
        for value in sorted(members):
            row: dict[str, Metric] = {}
            for metric in _SLICED:
                applied = _units(metric, results, sheet, members[value])
                _put(row, metric, rate(applied, BETTER[metric], len(members[value]), resampled=False))
            found.setdefault(name, {})[value] = row
    return found


def _cuts(results: Sequence[Result], seen: Mapping[str, bool]) -> list[tuple[str, list[int]]]:
    """(suffix of the metric's name, places of its cases): all, each language, both for what the bank has not seen, and
    fresh ones.
    """

    def those(*, language: str | None = None, copied: bool | None = None) -> list[int]:
        return [
            place
            for place, case in enumerate(result.case for result in results)
            if language in (None, case.language) and copied in (None, seen.get(case.id, False))
        ]

    cuts = [("", those())]
    cuts += [(f"[{language}]", those(language=language)) for language in LANGUAGES]
    if fresh := [place for place, result in enumerate(results) if result.case.fresh]:
        cuts.append(("[fresh]", fresh))
    if seen:
        cuts += [("[unseen]", those(copied=False)), ("[seen]", those(copied=True))]
        cuts += [(f"[{language},unseen]", those(language=language, copied=False)) for language in LANGUAGES]
    return cuts


def _put(metrics: dict[str, Metric], name: str, metric: Metric | None) -> None:
    if metric is not None:
        metrics[name] = metric
