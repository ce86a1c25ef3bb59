"""Cases that must agree: translations, paraphrases, noisy copies, and the same case asked in another process."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evals import scorers
from evals.measured import Unit
from evals.outcomes import Failed, Result, Scored
from evals.scorers import Measure


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
        if len({member.case.id.partition("#")[0] for member in members}) > 1:  # repeats are no paraphrases
            agrees = len({_behaviour(result, measure, sections=False) for result in members}) == 1
            ids = tuple(result.case.id for result in members)
            fact = f"{members[0].case.fact}/{language}"
            found.append(Unit(ids, fact, scorers.one(agrees and not _any_failed(members))))
    return found


def noise_units(results: Sequence[Result], noisy: Sequence[Result], measure: Measure) -> list[Unit]:
    """Noise: copies of a case (same group and fact, id ``ID~KIND``) agree with it in decision and cited sections."""
    original = {result.case.id: result for result in results}
    found = []
    for copy in noisy:
        source = original[copy.case.id.partition("~")[0]]
        same = _behaviour(copy, measure, sections=True) == _behaviour(source, measure, sections=True)
        agrees = same and not _any_failed((copy, source))
        found.append(Unit((copy.case.id,), copy.case.fact, scorers.one(agrees)))
    return found


def determinism_units(results: Sequence[Result], again: Mapping[str, Any]) -> list[Unit]:
    """Determinism: answer objects of the second run (new process, new index) equal the first's, less ``timings_ms``."""
    found = []
    for result in results:
        same = isinstance(result, Scored) and _timeless(again.get(result.case.id)) == _timeless(result.answer)
        found.append(Unit((result.case.id,), result.case.fact, scorers.one(same)))
    return found


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
