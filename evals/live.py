"""``python -m evals run --mode llm``: the configured model, each question several times, within a budget.

What varies is said beside what is reached: the variance between cases, and within a case over its repeats.
"""

import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from assistant.admission import NotAdmitted, Usage
from assistant.config import Config
from evals import gates, metrics, runner, stored
from evals.cases import Case
from evals.conclusion import Conclusion
from evals.gates import Verdict
from evals.measured import Sheet
from evals.outcomes import NotRun, Result, Scored
from evals.running import Wish, finish, identity_of
from evals.scorers import Measure
from evals.statistics import SEED
from evals.stored import Suite
from index.document import Document
from index.errors import ConfigError

LEAST_REPEATS = 3
NOTHING_ASKED = "budget was used up before anything was asked"


@dataclass
class Budget:
    """What a run may use of the model. Time runs from the first question; tokens are those the server tells.

    Of a call whose tokens it does not tell, the most it can have taken is counted.
    """

    seconds: float
    tokens: int
    used: int = 0
    started: float | None = None

    def spent(self) -> str | None:
        """Which part is used up, for the reason of a case that was not run."""
        self.started = time.monotonic() if self.started is None else self.started
        if time.monotonic() - self.started > self.seconds:
            return f"the budget of {self.seconds:g} seconds was used up"
        return f"the budget of {self.tokens} tokens was used up" if self.used >= self.tokens else None

    @asynccontextmanager
    async def __call__(self, most_tokens: int) -> AsyncIterator[Usage]:
        """Let one question to the model and count what it took."""
        if self.used >= self.tokens:
            raise NotAdmitted("llm_budget")
        usage = Usage()
        try:
            yield usage
        finally:
            told = usage.calls == usage.told
            self.used += usage.tokens if told else max(usage.tokens, most_tokens)


@dataclass(frozen=True)
class Asked:
    """What became of a suite's repeats."""

    results: tuple[Result, ...]
    milliseconds: tuple[float, ...]
    left: tuple[NotRun, ...]


def live(
    document: Document, chosen: Mapping[str, Sequence[Case]], wish: Wish, repeats: int, budget: Budget
) -> Conclusion:
    """Ask the configured model, each question ``repeats`` times, until the budget is used up.

    Raises:
        ConfigError: no model is configured, or too few repeats.
    """
    if repeats < LEAST_REPEATS:
        raise ConfigError(f"--repeats is {repeats}; an answer that varies needs at least {LEAST_REPEATS}")
    config = Config.from_env()
    if config.llm is None:
        raise ConfigError(
            "llm mode needs MOC_LLM_MODEL and OPENAI_BASE_URL or OPENAI_API_KEY; replay mode needs nothing"
        )
    started = time.monotonic()
    assistant = runner.Watched.limited(config, budget)
    identity = {**identity_of(document, assistant), "model": config.llm.model}
    measure = Measure.of(document)
    suites: dict[str, Suite] = {}
    verdicts: list[Verdict] = []
    everything: list[Result] = []
    for suite, cases in chosen.items():
        asked = ask(assistant, cases, repeats, budget, config.public_url)
        if not asked.results:
            continue
        everything += asked.results
        measured = metrics.measure_run(asked.results, measure, {})
        verdict = gates.judge(suite, measured, gates.load(), mode="llm")
        content = stored.metrics_object(suite, "llm", measured, verdict, identity, asked.left)
        content["repeats"] = variation(asked.results, measured.sheet, repeats)
        rows = stored.result_rows(asked.results, measured.sheet, document)
        times = stored.timings(asked.results, asked.milliseconds)
        suites[suite] = stored.write_suite(wish.out / suite, content, rows, times)
        verdicts.append(verdict)
    seconds = time.monotonic() - started
    wish = replace(wish, partial=True)
    return finish(document, identity, "llm", suites, verdicts, wish, seconds, nothing_written(everything))


def ask(assistant: runner.Answering, cases: Sequence[Case], repeats: int, budget: Budget, base_url: str = "") -> Asked:
    """Every case so many times, ids ``ID#1`` …, in the order of the cases.

    They are asked in an order drawn once and for all: when the budget ends, what was asked is a fair part of the suite.
    """
    found: dict[str, tuple[Result, float]] = {}
    left: dict[str, NotRun] = {}
    for case in random.Random(SEED).sample(cases, len(cases)):
        for number in range(repeats):
            one = replace(case, id=f"{case.id}#{number + 1}")
            if why := budget.spent():
                left[one.id] = NotRun(one, why)
                continue
            asked = runner.ask(assistant, (one,), base_url, "llm")
            found[one.id] = (asked.results[0], asked.milliseconds[0])
    ids = [f"{case.id}#{number + 1}" for case in cases for number in range(repeats)]
    return Asked(
        tuple(found[id_][0] for id_ in ids if id_ in found),
        tuple(found[id_][1] for id_ in ids if id_ in found),
        tuple(left[id_] for id_ in ids if id_ in left),
    )


def nothing_written(results: Sequence[Result]) -> str | None:
    """Why a run says nothing about the model: not one answer is in its words. None when one is."""
    if any(isinstance(result, Scored) and result.answer["mode"] == "llm" for result in results):
        return None
    if not results:
        return f"the {NOTHING_ASKED}"
    notes = Counter(str(result.answer.get("mode_note")) for result in results if isinstance(result, Scored))
    told = ", ".join(f"{count} {note}" for note, count in notes.most_common())
    return f"none of {len(results)} answers is in the model's words ({told or 'all are errors'})"


def variation(results: Sequence[Result], sheet: Sequence[Sheet], repeats: int) -> dict[str, dict[str, float]]:
    """Metric → mean over cases, variance between cases and within a case (over its repeats).

    Cases that the budget cut short, with fewer than ``repeats``, are left out. With p_i the share of perfect
    repeats of case i: mean(p), var(p), mean(p · (1 - p)).
    """
    found: dict[str, dict[str, float]] = {}
    names = [result.case.id.partition("#")[0] for result in results]
    times = Counter(names)
    for definition in metrics.METRICS:
        perfect: dict[str, list[bool]] = {}
        for name, own in zip(names, sheet, strict=True):
            score = own.scores[definition.name]
            if score is not None and times[name] >= repeats:
                good = score.k == score.n if definition.better == "more" else score.k == 0
                perfect.setdefault(name, []).append(good)
        if perfect:
            shares = [sum(goods) / len(goods) for goods in perfect.values()]
            mean = sum(shares) / len(shares)
            found[definition.name] = {
                "cases": len(shares),
                "mean": round(mean, 6),
                "between_cases": round(sum((share - mean) ** 2 for share in shares) / len(shares), 6),
                "within_cases": round(sum(share * (1 - share) for share in shares) / len(shares), 6),
            }
    return found
