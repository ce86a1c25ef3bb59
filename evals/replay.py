"""LLM mode: against recordings (``replay``), against the configured model (``llm``), and making recordings anew."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.config import Config
from evals import cases as case_files
from evals import gates, liars, metrics, recordings, runner, stored
from evals.cases import Case
from evals.conclusion import Conclusion
from evals.fakellm import FakeLlm
from evals.gates import Verdict
from evals.measured import Measured
from evals.outcomes import NotRun, Result, Scored
from evals.recordings import STALE_AT_MOST, Player, Recorder, Recording
from evals.running import Wish, finish, identity_of
from evals.scorers import Measure
from evals.smol import SmolServer
from evals.stored import Suite
from index.document import Document
from index.errors import ConfigError

# The small model is asked with the likely sentences only: the whole document confuses it and takes ten times as long.
_PROMPT_TOKENS = "500"
RECORDED_FACTS = 60  # of dev, a question each: what ten minutes of the small model suffice for
# A recorder waits for the whole answer, on a machine that may be busy.
_PATIENT = {
    "MOC_LLM_FIRST_TOKEN_SECONDS": "580",
    "MOC_LLM_GAP_SECONDS": "580",
    "MOC_LLM_TOTAL_SECONDS": "590",
}


def settings(base_url: str, more: Mapping[str, str] | None = None) -> Config:
    """The settings of the environment, with LLM mode at this address whatever it says."""
    own = ("MOC_LLM_", "OPENAI_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return Config.from_env(
        environ
        | {"MOC_LLM_MODEL": recordings.MODEL, "OPENAI_BASE_URL": base_url, "MOC_LLM_PROMPT_TOKENS": _PROMPT_TOKENS}
        | dict(more or {})
    )


def replay(
    document: Document, chosen: Mapping[str, tuple[Case, ...]], wish: Wish, kept: Sequence[Recording]
) -> Conclusion:
    """Ask what was recorded; stale cases count as not run, more than a tenth of a suite is exit 4."""
    started = time.monotonic()
    player = Player.of(kept)
    recorded = {recording.case for recording in player.by_request.values()}
    measure = Measure.of(document)
    suites: dict[str, Suite] = {}
    verdicts: list[Verdict] = []
    stale: str | None = None
    with FakeLlm(default=player.script) as server:
        assistant = runner.Watched.open(settings(server.base_url))
        identity = identity_of(document, assistant)
        for suite, cases in chosen.items():
            asking = [case for case in cases if case.id in recorded]
            if not asking:
                continue
            results, milliseconds, left = _ask(assistant, player, asking)
            if len(left) > STALE_AT_MOST * len(asking):
                counts = f"{len(left)} of {len(asking)} recordings of {suite}"
                stale = f"{counts} are stale; 'python -m evals record' remakes them"
            if not results:
                continue
            measured = metrics.measure_run(results, measure, {})
            verdict = gates.judge(suite, measured, gates.load(), partial=True)
            suites[suite] = _store(
                wish, suite, "replay", measured, verdict, identity, results, milliseconds, left, measure
            )
            verdicts.append(verdict)
        lies = liars.listen(assistant, server, liars.pick(case_files.load("dev")))
    stored.write_json(wish.out / "liars.json", liars.as_data(lies))
    verdicts.append(liars.judge(lies))
    return finish(
        document, identity, "replay", suites, verdicts, replace(wish, partial=True), time.monotonic() - started, stale
    )


def _ask(
    assistant: runner.Answering, player: Player, cases: Sequence[Case]
) -> tuple[list[Result], list[float], list[NotRun]]:
    """Results, how long they took, and the cases whose recording is stale."""
    results: list[Result] = []
    milliseconds: list[float] = []
    left: list[NotRun] = []
    for case in cases:
        player.missed = 0
        asked = runner.ask(assistant, (case,), mode="llm")
        if player.missed:
            left.append(NotRun(case, "its recording is stale: the request is another one now"))
        else:
            results += asked.results
            milliseconds += asked.milliseconds
    return results, milliseconds, left


def live(
    document: Document, chosen: Mapping[str, tuple[Case, ...]], wish: Wish, repeats: int, max_seconds: float
) -> Conclusion:
    """Ask the configured model, each question ``repeats`` times, until the time is used up.

    Raises:
        ConfigError: no model is configured, or fewer than three repeats.
    """
    if repeats < 3:
        raise ConfigError(f"--repeats is {repeats}; an answer that varies needs at least 3")
    config = Config.from_env()
    if config.llm is None:
        raise ConfigError(
            "llm mode needs MOC_LLM_MODEL and OPENAI_BASE_URL or OPENAI_API_KEY; replay mode needs nothing"
        )
    started = time.monotonic()
    assistant = runner.Watched.open(config)
    identity = {**identity_of(document, assistant), "model": config.llm.model}
    measure = Measure.of(document)
    suites: dict[str, Suite] = {}
    verdicts: list[Verdict] = []
    for suite, cases in chosen.items():
        results: list[Result] = []
        milliseconds: list[float] = []
        left: list[NotRun] = []
        for case in cases:
            for number in range(repeats):
                one = replace(case, id=f"{case.id}#{number + 1}")
                if time.monotonic() - started > max_seconds:
                    left.append(NotRun(one, f"the budget of {max_seconds:g} seconds was used up"))
                    continue
                asked = runner.ask(assistant, (one,), config.public_url, "llm")
                results += asked.results
                milliseconds += asked.milliseconds
        if not results:
            continue
        measured = metrics.measure_run(results, measure, {})
        verdict = gates.judge(suite, measured, gates.load(), partial=True)
        suites[suite] = _store(wish, suite, "llm", measured, verdict, identity, results, milliseconds, left, measure)
        stored.write_json(wish.out / suite / "repeats.json", variation(results, measure))
        verdicts.append(verdict)
    return finish(document, identity, "llm", suites, verdicts, replace(wish, partial=True), time.monotonic() - started)


def variation(results: Sequence[Result], measure: Measure) -> dict[str, dict[str, float]]:
    """Metric → mean over cases, variance between cases and within a case (over its repeats).

    With p_i the share of perfect repeats of case i: mean(p), var(p), mean(p · (1 - p)).
    """
    found: dict[str, dict[str, float]] = {}
    for definition in metrics.METRICS:
        perfect: dict[str, list[bool]] = {}
        for result in results:
            score = definition.score(result, measure)
            if score is not None:
                good = score.k == score.n if definition.better == "more" else score.k == 0
                perfect.setdefault(result.case.id.partition("#")[0], []).append(good)
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


def record(max_seconds: float) -> str:
    """Ask the small model the recorded questions again and write the file; returns a line that says how much."""
    with SmolServer() as model:
        known = recordings.load() if recordings.RECORDINGS.exists() else ()
        kept, line = record_from(model.base_url, to_record(), max_seconds, known)
    recordings.save(kept)
    return line


def record_from(
    base_url: str,
    cases: Sequence[Case],
    max_seconds: float,
    known: Sequence[Recording] = (),
    say: Callable[[str], None] = print,
) -> tuple[tuple[Recording, ...], str]:
    """What the server at this address writes to the cases, and a line that says how much; stops when time is up.

    Requests that ``known`` recordings answer are not asked again.
    """
    started = time.monotonic()
    written = dropped = asked = 0
    recorder = Recorder(base_url, {recording.request: recording for recording in known})
    with FakeLlm(default=recorder.script) as server:
        assistant = runner.Watched.open(settings(server.base_url, _PATIENT))
        for case in cases:
            if time.monotonic() - started > max_seconds:
                break
            recorder.case = case.id
            # A clock that stands: how long a busy machine takes is no fault of the answer.
            (result,) = runner.ask(assistant, (case,), mode="llm", clock=lambda: 0.0).results
            asked += 1
            if isinstance(result, Scored):
                written += sum(claim["kind"] == "statement" for claim in result.answer["claims"])
                dropped += len(result.answer["dropped"])
            say(f"{case.id}: {time.monotonic() - started:.0f} s, {len(recorder.kept)} recordings")
    line = (
        f"{len(recorder.kept)} recordings of {asked} questions in {time.monotonic() - started:.0f} s; "
        f"{written} statements shown, {dropped} withheld"
    )
    return tuple(recorder.kept.values()), line


def to_record() -> tuple[Case, ...]:
    """An answerable dev question of each fact, the languages in turn."""
    by_fact: dict[str, list[Case]] = {}
    for case in case_files.load("dev"):
        if case.expectation == "answerable" and not case.history:
            by_fact.setdefault(case.fact, []).append(case)
    chosen = []
    for number, cases in enumerate(by_fact.values()):
        wanted = ("en", "ja")[number % 2]
        chosen.append(next((case for case in cases if case.language == wanted), cases[0]))
    return tuple(chosen[:RECORDED_FACTS])


def _store(
    wish: Wish,
    suite: str,
    mode: str,
    measured: Measured,
    verdict: Verdict,
    identity: Mapping[str, Any],
    results: Sequence[Result],
    milliseconds: Sequence[float],
    left: Sequence[NotRun],
    measure: Measure,
) -> Suite:
    content = stored.metrics_object(suite, mode, measured, verdict, identity, left)
    rows = stored.result_rows(results, measure)
    return stored.write_suite(wish.out / suite, content, rows, stored.timings(results, milliseconds))
