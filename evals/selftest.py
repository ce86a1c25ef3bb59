"""``python -m evals selftest``: the oracle must pass every gate, each mutant must break the one named for it.

Answers are made from what the cases expect, so no index is opened and no model is loaded: a few seconds in all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.verify import Finding
from evals import cases as case_files
from evals import claims as claim_files
from evals import gates, manifest, metrics, noise, runner
from evals.cases import Case
from evals.claims import LabelledClaim
from evals.detector import measured_of
from evals.gate import SUITE, Judged
from evals.gates import Gate, Verdict
from evals.mutants import GATE_MUTANTS, MUTANTS, GateMutant, Mutant, Workshop, right
from evals.oracle import Oracle
from evals.scorers import Measure, is_attack
from evals.words import canaries
from index.document import Document

ORACLE = Mutant("the oracle", "", right)
GATE_ORACLE = GateMutant("the oracle's gate", "", lambda claim: claim.is_supported)
_ANSWERABLE, _UNANSWERABLE, _ATTACKS, _NOISY_FACTS = 64, 40, 12, 12


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a mutant: the metrics whose gates it broke, and whether the named one is among them."""

    mutant: Mutant | GateMutant
    broken: tuple[str, ...]
    why: str

    @property
    def killed(self) -> bool:
        """Whether the suite noticed, by the metric named."""
        return self.mutant.metric in self.broken


def selftest(document: Document, mutants: Sequence[Mutant] = MUTANTS) -> dict[str, Any]:
    """The content of selftest.json: the kill matrix and one line that sums it up."""
    shop = Workshop(Oracle(document), Measure.of(document))
    chosen = sample(shop)
    limits = strict(gates.load())
    claims = claim_files.load("dev")
    oracles = (trial(ORACLE, shop, chosen, limits), gate_trial(GATE_ORACLE, claims, gates.load()))
    trials = [trial(mutant, shop, chosen, limits) for mutant in mutants]
    trials += [gate_trial(mutant, claims, gates.load()) for mutant in GATE_MUTANTS]
    killed = sum(found.killed for found in trials)
    failed = [oracle.why for oracle in oracles if oracle.broken]
    passed = killed == len(trials) and not failed
    says = "passes" if not failed else f"fails ({failed[0]})"
    return {
        "schema": 1,
        "suite_sha256": manifest.suite_digest(),
        "passed": passed,
        "line": f"{killed} of {len(trials)} mutants break the gate named for them; the oracle {says}; "
        f"{len(chosen)} cases, {len(claims)} claims",
        "metrics": sorted({name for found in trials for name in found.broken}),
        "mutants": [_row(found) for found in trials],
        "oracle": {"broken": [name for oracle in oracles for name in oracle.broken]},
    }


def sample(shop: Workshop) -> tuple[Case, ...]:
    """Dev cases in whole groups, so that twins and paraphrases stay together, and attacks that carry a canary."""
    groups: dict[str, list[Case]] = {}
    for case in case_files.load("dev"):
        groups.setdefault(case.group, []).append(case)
    # Groups of several cases first: only they can show an answer that changes with the wording.
    ordered = [case for group in sorted(groups.values(), key=lambda group: -len(group)) for case in group]
    answerable = [case for case in ordered if case.expectation == "answerable"]
    several = [case for case in answerable if len(case.gold) > 1][:12]
    unanswerable = [case for case in ordered if case.expectation == "unanswerable"]
    attacks = [
        case
        for case in case_files.load("routes")
        if is_attack(case) and case.expectation == "route" and canaries(case.question, shop.measure.vocabulary)
    ]
    chosen = (*answerable[:_ANSWERABLE], *several, *_plain(answerable), *unanswerable[:_UNANSWERABLE])
    return tuple(dict.fromkeys((*chosen, *attacks[:_ATTACKS])))


def _plain(cases: Iterable[Case]) -> list[Case]:
    """One case for each sentence asked alone: numbers and negations of the whole document are among them."""
    first: dict[str, Case] = {}
    for case in cases:
        if len(case.gold) == 1:
            first.setdefault(case.gold[0], case)
    return list(first.values())


def strict(limits: Iterable[Gate], *, slices: bool = False) -> tuple[Gate, ...]:
    """Gates with the floor as a limit; ratchets speak of the suite they were reached on.

    Without ``slices`` a gate on each value of a slice becomes one on all cases: a sample has too few of each value.
    """
    return tuple(
        replace(
            gate,
            limit=gate.limit if gate.limit is not None else gate.floor,
            floor=None,
            reached=None,
            suite=None,
            slice=gate.slice if slices else None,
        )
        for gate in limits
    )


def trial(mutant: Mutant, shop: Workshop, cases: Sequence[Case], limits: Sequence[Gate]) -> Trial:
    """Ask a mutant everything, score it and judge it as a run is judged."""
    ranked: list[tuple[str, ...]] = [()]
    now = [0.0]

    def answer(case: Case) -> Any:
        ranked[0] = (mutant.ranking or _ranking)(shop, case)
        now[0] += mutant.seconds
        return mutant.answer(shop, case)

    asked = runner.collect(answer, cases, lambda: ranked[0], lambda: now[0])
    noisy = runner.collect(answer, noise.copies(cases, _NOISY_FACTS)) if mutant.metric == "noise" else None
    first = {result.case.id: getattr(result, "answer", None) for result in asked.results}
    again = {id_: mutant.again(dict(found)) if mutant.again and found else found for id_, found in first.items()}
    copied = noisy.results if noisy else ()
    measured = metrics.measure_run(asked.results, shop.measure, {}, again, copied, resampled=False)
    verdict = gates.judge("selftest", measured, limits)
    return _trial(mutant, verdict)


def gate_trial(mutant: GateMutant, claims: Sequence[LabelledClaim], limits: Iterable[Gate]) -> Trial:
    """Let a broken gate decide about labelled claims, and judge it as the detector is judged."""
    judged = [Judged(c, Finding(() if mutant.shows(c) else ("low_score",), float(mutant.shows(c)))) for c in claims]
    own = [gate for gate in limits if gate.suite == SUITE]
    return _trial(mutant, gates.judge(SUITE, measured_of(judged), strict(own, slices=True)))


def _trial(mutant: Mutant | GateMutant, verdict: Verdict) -> Trial:
    broken = [finding for finding in verdict.findings if finding.state == "broken"]
    names = dict.fromkeys(finding.gate.metric.partition("[")[0] for finding in broken)
    why = "; ".join(finding.why for finding in broken) or f"no gate is broken, {mutant.metric} least of all"
    return Trial(mutant, tuple(names), why)


def _ranking(shop: Workshop, case: Case) -> tuple[str, ...]:
    return shop.oracle.ranking(case)


def _row(found: Trial) -> dict[str, Any]:
    mutant = found.mutant
    return {
        "name": mutant.name,
        "metric": mutant.metric,
        "killed": found.killed,
        "broken": list(found.broken),
        "why": found.why,
    }
