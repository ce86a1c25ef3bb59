"""Scores of single cases → metrics of a run: each rate with k/n, its interval, and how many facts stand behind it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from evals import scorers, statistics
from evals.cases import Case
from evals.outcomes import Failed, Result, Scored
from evals.scorers import Measure, Score
from evals.statistics import CurvePoint, Interval, Rate


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric: its name, what a reader calls it, which way is better, and the function that scores one case."""

    name: str
    title: str
    better: Literal["more", "less"]
    score: Callable[[Result, Measure], Score | None]


METRICS = (
    Definition("completeness", "all gold quotes shown", "more", scorers.complete),
    Definition("precision", "shown quotes that are gold or acceptable", "more", scorers.precise),
    Definition("status", "status as a careful reader would decide", "more", scorers.decided),
    Definition("reason", "status and reason code, where no answer is right", "more", scorers.reasoned),
    Definition("refusal_recall", "unanswerable questions not answered", "more", scorers.refused),
    Definition("over_refusal", "answerable questions not answered", "less", scorers.over_refused),
    Definition("verbatim", "verbatim exactness", "more", scorers.verbatim),
    Definition("dangling", "dangling citations", "less", scorers.dangling),
    Definition("upgrades", "modality upgrades", "less", scorers.upgraded),
    Definition("false_absence", "false statements of absence", "less", scorers.falsely_absent),
    Definition("injected", "injected behaviour", "less", scorers.injected),
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A score with the fact it is about and the ids of the cases it was made from."""

    ids: tuple[str, ...]
    fact: str
    score: Score


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric over some cases.

    ``k``, ``n`` and the Wilson ``interval`` are those of a rate; a metric that is none (AUROC, areas) has ``k`` None.
    ``by_fact`` is the cluster bootstrap by fact, None where resampling shows nothing (see statistics). ``worse`` are
    the ids that keep the metric from being perfect.
    """

    value: float
    k: int | None
    n: int
    interval: Interval | None
    by_fact: Interval | None
    facts: int
    effective_facts: float
    not_applicable: int
    worse: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """Everything measured in one run. ``metrics`` holds only what applied; ``slices`` group → value → name → metric."""

    cases: int
    errors: tuple[Failed, ...]
    metrics: Mapping[str, Metric]
    slices: Mapping[str, Mapping[str, Mapping[str, Metric]]]
    curve: tuple[CurvePoint, ...]
    operating_point: CurvePoint | None
    repeated: bool = field(default=False)


def measure_run(
    results: Sequence[Result],
    measure: Measure,
    seen: Mapping[str, bool],
    again: Mapping[str, Any] | None = None,
) -> Measured:
    """Score a run.

    ``seen`` says per id whether the bank holds a near copy; ``again`` maps ids to the answer objects of a second run.
    """
    metrics: dict[str, Metric] = {}
    for label, chosen in _cuts(results, seen):
        for definition in METRICS:
            _put(
                metrics,
                definition.name + label,
                rate(units(definition, chosen, measure), definition.better, len(chosen)),
            )
        _put(metrics, "auroc" + label, auroc(chosen))
    for label, chosen in _cuts(results, {}):
        _put(metrics, "paraphrases" + label, rate(paraphrase_units(chosen, measure), "more", 0))
    _put(metrics, "twins", rate(twin_units(results, measure, sections=True), "more", 0))
    _put(metrics, "twins_parts", rate(twin_units(results, measure, sections=False), "more", 0))
    if again is not None:
        _put(metrics, "determinism", rate(determinism_units(results, again), "more", 0))
    points = risk_points(results)
    curve = statistics.risk_coverage([p for p, _ in points], [right for _, right in points]) if points else ()
    if curve:
        _put(metrics, "aurc", _plain(statistics.area_under_risk(curve), len(points)))
    return Measured(
        cases=len(results),
        errors=tuple(result for result in results if isinstance(result, Failed)),
        metrics=metrics,
        slices=_slices(results, measure),
        curve=curve,
        operating_point=operating_point(results),
        repeated=again is not None,
    )


def units(definition: Definition, results: Iterable[Result], measure: Measure) -> list[Unit]:
    """The scores of the cases a metric applies to."""
    scored = ((result.case, definition.score(result, measure)) for result in results)
    return [Unit((case.id,), case.fact, score) for case, score in scored if score is not None]


def rate(found: Sequence[Unit], better: Literal["more", "less"], cases: int) -> Metric | None:
    """Σk / Σn with both intervals; None when the metric applies to nothing. ``cases`` is how many were looked at."""
    if not found:
        return None
    whole = Rate(sum(unit.score.k for unit in found), sum(unit.score.n for unit in found))
    facts = [unit.fact for unit in found]
    worse = (unit for unit in found if (unit.score.k < unit.score.n if better == "more" else unit.score.k > 0))
    return Metric(
        value=whole.value,
        k=whole.k,
        n=whole.n,
        interval=whole.interval,
        by_fact=statistics.cluster_interval([(unit.score.k, unit.score.n) for unit in found], facts),
        facts=len(set(facts)),
        effective_facts=statistics.effective_clusters(facts),
        not_applicable=max(cases - len(found), 0),
        worse=tuple(id_ for unit in worse for id_ in unit.ids),
    )


def auroc(results: Sequence[Result]) -> Metric | None:
    """AUROC of ``confidence``, answerable against unanswerable; None unless both occur.

    Cases that accept a typed reply (small talk, declined) are left out: their route scores them. An error ranks where
    it hurts most: confidence 0 for an answerable case, 1 for an unanswerable one.
    """
    chosen = [r for r in results if r.case.expectation == "answerable" or r.case.statuses == {"not_in_document"}]
    truth = [result.case.expectation == "answerable" for result in chosen]
    scores = [
        float(result.answer["confidence"]) if isinstance(result, Scored) else float(not answerable)
        for result, answerable in zip(chosen, truth, strict=True)
    ]
    above = [score for score, answerable in zip(scores, truth, strict=True) if answerable]
    below = [score for score, answerable in zip(scores, truth, strict=True) if not answerable]
    if not above or not below:
        return None
    facts = [result.case.fact for result in chosen]
    return Metric(
        value=statistics.auroc(above, below),
        k=None,
        n=len(chosen),
        interval=None,
        by_fact=statistics.auroc_interval(scores, truth, facts),
        facts=len(set(facts)),
        effective_facts=statistics.effective_clusters(facts),
        not_applicable=len(results) - len(chosen),
        worse=(),
    )


def twin_units(results: Sequence[Result], measure: Measure, *, sections: bool) -> list[Unit]:
    """EN/JA twins: the n-th English and the n-th Japanese case of a group agree in decision and cited sections.

    Without ``sections`` the innermost parts must agree: space and fusion are two parts of section II.
    """
    found = []
    for members in _groups(results).values():
        english = [result for result in members if result.case.language == "en"]
        japanese = [result for result in members if result.case.language == "ja"]
        for pair in zip(english, japanese, strict=False):
            agrees = len({_behaviour(result, measure, sections=sections) for result in pair}) == 1
            ids = tuple(result.case.id for result in pair)
            found.append(Unit(ids, pair[0].case.fact, scorers.one(agrees and not _any_failed(pair))))
    return found


def paraphrase_units(results: Sequence[Result], measure: Measure) -> list[Unit]:
    """Paraphrases: groups of at least two cases in one language that all agree in decision and cited parts."""
    found = []
    for (_, language), members in _groups(results, by_language=True).items():
        if len(members) > 1:
            agrees = len({_behaviour(result, measure, sections=False) for result in members}) == 1
            ids = tuple(result.case.id for result in members)
            fact = f"{members[0].case.fact}/{language}"
            found.append(Unit(ids, fact, scorers.one(agrees and not _any_failed(members))))
    return found


def determinism_units(results: Sequence[Result], again: Mapping[str, Any]) -> list[Unit]:
    """Determinism: answer objects of the second run (new process, new index) equal the first's, less ``timings_ms``."""
    found = []
    for result in results:
        same = isinstance(result, Scored) and _timeless(again.get(result.case.id)) == _timeless(result.answer)
        found.append(Unit((result.case.id,), result.case.fact, scorers.one(same)))
    return found


def risk_points(results: Sequence[Result]) -> list[tuple[float, bool]]:
    """(confidence, right to answer) of the cases AUROC looks at, for the risk-coverage curve.

    Answering is wrong for an unanswerable case and for an answerable one whose answer misses a gold sentence; what a
    refused answerable case would have shown is not known and counts as right. An error is wrong at confidence 1.
    """
    points = []
    for result in results:
        case = result.case
        if case.expectation != "answerable" and case.statuses != {"not_in_document"}:
            continue
        if isinstance(result, Failed):
            points.append((1.0, False))
        else:
            missed = result.answers and not set(case.gold) <= set(result.shown_addresses)
            points.append((float(result.answer["confidence"]), case.expectation == "answerable" and not missed))
    return points


def operating_point(results: Sequence[Result]) -> CurvePoint | None:
    """Coverage and risk of the run as shipped; the threshold is the lowest confidence that was answered."""
    scored = [r for r in results if r.case.expectation == "answerable" or r.case.statuses == {"not_in_document"}]
    answered = [result for result in scored if isinstance(result, Failed) or result.answers]
    if not answered:
        return None
    wrong = sum(not right for _, right in risk_points(answered))
    lowest = min(float(r.answer["confidence"]) if isinstance(r, Scored) else 1.0 for r in answered)
    return CurvePoint(lowest, len(answered) / len(scored), wrong / len(answered))


def section_of(case: Case, measure: Measure) -> str:
    """The innermost part that holds all gold sentences of a case, ``several``, or ``none``."""
    parts = {
        measure.document.part_of[address].address if address in measure.document.part_of else address
        for address in case.gold
    }
    return "none" if not parts else parts.pop() if len(parts) == 1 else "several"


_SLICED = ("completeness", "precision", "status", "reason", "refusal_recall", "over_refusal")


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
    """(suffix of the metric's name, cases): all, each language, and both for what the bank has not seen."""
    cuts = [("", list(results))]
    cuts += [(f"[{language}]", [r for r in results if r.case.language == language]) for language in ("en", "ja")]
    if seen:
        unseen = [result for result in results if not seen.get(result.case.id, False)]
        cuts += [("[unseen]", unseen), ("[seen]", [r for r in results if seen.get(r.case.id, False)])]
        cuts += [
            (f"[{language},unseen]", [r for r in unseen if r.case.language == language]) for language in ("en", "ja")
        ]
    return cuts


def _groups(results: Iterable[Result], *, by_language: bool = False) -> dict[tuple[str, str], list[Result]]:
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        language = result.case.language if by_language else ""
        groups.setdefault((f"{result.case.suite}:{result.case.group}", language), []).append(result)
    return groups


def _behaviour(result: Result, measure: Measure, *, sections: bool) -> tuple[str, frozenset[str]]:
    if isinstance(result, Failed):
        return "error", frozenset()
    return scorers.decision(result), scorers.places_shown(result, measure.document, sections=sections)


def _any_failed(results: Iterable[Result]) -> bool:
    return any(isinstance(result, Failed) for result in results)


def _timeless(answer: Any) -> Any:
    return {key: value for key, value in answer.items() if key != "timings_ms"} if isinstance(answer, Mapping) else None


def _put(metrics: dict[str, Metric], name: str, metric: Metric | None) -> None:
    if metric is not None:
        metrics[name] = metric


def _plain(value: float, n: int) -> Metric:
    return Metric(value, None, n, None, None, 0, 0.0, 0, ())
