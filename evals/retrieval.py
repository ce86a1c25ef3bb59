"""How high the search ranks the gold sentences, computed by ir-measures from the assistant's own ranking.

Gold sentences have grade 2, acceptable ones grade 1. Ranks, not scores, are handed on (the k-th passage of n scores
n - k), so that no tie is left to the library. A case that was never searched (an error, a reply before the search) has
no ranking and counts as 0, which ir-measures does too; raw trec_eval drops it.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import ir_measures
from ir_measures import RR, Qrel, R, ScoredDoc, nDCG

from evals.measured import Metric, mean
from evals.outcomes import Result, Scored

GOLD, ACCEPTABLE = 2, 1
DEPTH = 10  # ranks that are looked at and stored
MEASURES = {
    "recall@1": R(rel=GOLD) @ 1,
    "recall@3": R(rel=GOLD) @ 3,
    "recall@5": R(rel=GOLD) @ 5,
    "mrr": RR(rel=GOLD) @ DEPTH,
    "ndcg": nDCG @ DEPTH,
}


def ranking_of(result: Result) -> tuple[str, ...]:
    """The addresses the search ranked for a case, best first; empty when it was not searched."""
    return result.ranking if isinstance(result, Scored) else ()


def applies(result: Result) -> bool:
    """Retrieval is judged on answerable cases: only they say which sentences should be found."""
    return result.case.expectation == "answerable"


def case_values(results: Iterable[Result]) -> dict[str, dict[str, float]]:
    """Name → case id → value 0..1, over the answerable cases."""
    chosen = tuple(
        (result.case.id, ranking_of(result), tuple(_grades(result))) for result in results if applies(result)
    )
    return {name: dict(values) for name, values in _calculated(chosen).items()}


@lru_cache(maxsize=4)  # most mutants of the selftest rank alike
def _calculated(
    ranked: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, int], ...]], ...],
) -> dict[str, dict[str, float]]:
    """The same of (case id, ranking, grades by address) of each case."""
    values: dict[str, dict[str, float]] = {name: {id_: 0.0 for id_, *_ in ranked} for name in MEASURES}
    if not ranked:
        return values
    qrels = [Qrel(id_, address, grade) for id_, _, grades in ranked for address, grade in grades]
    run = [
        ScoredDoc(id_, address, float(len(ranking) - place))
        for id_, ranking, _ in ranked
        for place, address in enumerate(ranking)
    ]
    for name, measure in MEASURES.items():
        # One measure at a time: to tell them apart by their names takes the library longer than to compute them.
        for found in ir_measures.iter_calc([measure], qrels, run):
            values[name][found.query_id] = float(found.value)
    return values


def metrics(results: Sequence[Result], ranks: Sequence[Mapping[str, float]]) -> dict[str, Metric]:
    """Name → mean over the answerable cases; ``ranks`` are the values of each result. Empty when there are none."""
    found = {}
    for name in MEASURES:
        rows = [(r.case.id, r.case.fact, own[name]) for r, own in zip(results, ranks, strict=True) if name in own]
        metric = mean(rows, len(results) - len(rows))
        if metric is not None:
            found[name] = metric
    return found


def _grades(result: Result) -> Iterable[tuple[str, int]]:
    yield from ((address, GOLD) for address in result.case.gold)
    yield from ((address, ACCEPTABLE) for address in result.case.also)
