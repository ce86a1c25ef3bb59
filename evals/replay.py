"""LLM mode: against recordings (``replay``), against the configured model (``llm``), and making recordings anew."""

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from assistant.config import Config
from assistant.types import LANGUAGES
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
_SETTLED_SECONDS = 10.0  # for a connection that the assistant has left to be closed on the other side too
# A recorder waits longer than a reader would, on a machine that may be busy; no answer may use up the ten minutes.
_PATIENT = {
    "MOC_LLM_FIRST_TOKEN_SECONDS": "100",
    "MOC_LLM_GAP_SECONDS": "100",
    "MOC_LLM_TOTAL_SECONDS": "110",
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
    """Ask what was recorded; stale cases count as not run; more than a tenth of a suite, or all, is exit 4."""
    started = time.monotonic()
    player = Player.of(kept)
    recorded = {recording.case for recording in player.by_request.values()}
    measure = Measure.of(document)
    suites: dict[str, Suite] = {}
    verdicts: list[Verdict] = []
    stale: list[str] = []
    with FakeLlm(default=player.script) as server:
        assistant = runner.Watched.open(settings(server.base_url))
        identity = identity_of(document, assistant)
        for suite, cases in chosen.items():
            asking = [case for case in cases if case.id in recorded]
            if not asking:
                continue
            results, milliseconds, left = _ask(assistant, player, asking)
            if len(left) > STALE_AT_MOST * len(asking):
                counts = f"{len(left)} of {len(asking)} recordings of {suite} are stale"
                stale.append(f"{counts}; 'python -m evals record --suite {suite}' remakes them")
            if not results:
                continue
            measured = metrics.measure_run(results, measure, {})
            verdict = gates.judge(suite, measured, gates.load(), partial=wish.partial, mode="replay")
            verdict = replace(verdict, line=f"{verdict.line} ({len(results)} replayed, {len(left)} stale and not run)")
            suites[suite] = _store(
                wish, suite, "replay", measured, verdict, identity, results, milliseconds, left, measure
            )
            verdicts.append(verdict)
        asked = liars.pick(case_files.load("dev"))
        lies, truth = liars.listen(assistant, server, asked), liars.hear_out(assistant, server, asked)
    if not suites and not stale:
        stale.append(f"nothing of {', '.join(chosen)} is recorded; 'python -m evals record --suite …' does it")
    stored.write_json(wish.out / "liars.json", liars.as_data(lies, truth))
    verdicts += [liars.judge(lies), liars.judge_truth(truth)]
    seconds = time.monotonic() - started
    return finish(
        document, identity, "replay", suites, verdicts, replace(wish, partial=True), seconds, "; ".join(stale) or None
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
        verdict = gates.judge(suite, measured, gates.load(), mode="llm")
        suites[suite] = _store(wish, suite, "llm", measured, verdict, identity, results, milliseconds, left, measure)
        stored.write_json(wish.out / suite / "repeats.json", variation(results, measure, repeats))
        verdicts.append(verdict)
    return finish(document, identity, "llm", suites, verdicts, replace(wish, partial=True), time.monotonic() - started)


def variation(results: Sequence[Result], measure: Measure, repeats: int) -> dict[str, dict[str, float]]:
    """Metric → mean over cases, variance between cases and within a case (over its repeats).

    Cases that the budget cut short, with fewer than ``repeats``, are left out. With p_i the share of perfect
    repeats of case i: mean(p), var(p), mean(p · (1 - p)).
    """
    found: dict[str, dict[str, float]] = {}
    times = Counter(result.case.id.partition("#")[0] for result in results)
    whole = [result for result in results if times[result.case.id.partition("#")[0]] >= repeats]
    for definition in metrics.METRICS:
        perfect: dict[str, list[bool]] = {}
        for result in whole:
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


def record(suite: str, count: int, max_seconds: float, path: Path = recordings.RECORDINGS) -> str:
    """Ask the small model questions of a suite and write the file; returns a line that says how much.

    Recordings of other suites stay, and those of questions that were not reached in time.
    """
    cases = in_order(case_files.load(suite))
    before = recordings.load(path) if path.exists() else ()
    with SmolServer() as model:
        made = record_from(model.base_url, cases, count, max_seconds, before)
    recordings.save(merged(before, made, {case.id for case in cases}), path)
    return made.line


@dataclass(frozen=True, slots=True)
class Made:
    """What was recorded, which cases were asked for it, whether time ran out before, and all that in a line."""

    kept: tuple[Recording, ...]
    asked: frozenset[str]
    in_time: bool
    line: str


def merged(before: Iterable[Recording], made: Made, ids: Collection[str]) -> tuple[Recording, ...]:
    """The file after recording: new recordings in place of the old ones of these ids, others as they were."""
    kept = [old for old in before if old.case not in ids or (not made.in_time and old.case not in made.asked)]
    requests = {old.request for old in made.kept}
    return (*(old for old in kept if old.request not in requests), *made.kept)


def record_from(
    base_url: str,
    cases: Iterable[Case],
    count: int,
    max_seconds: float,
    known: Sequence[Recording] = (),
    say: Callable[[str], None] = print,
) -> Made:
    """What the server at this address writes, until ``count`` cases have a recording or the time is up.

    Requests that ``known`` recordings answer are not asked again; a question that reaches no model leaves no recording.
    """
    started = time.monotonic()
    written = dropped = 0
    asked: set[str] = set()
    in_time = True
    recorder = Recorder(base_url, {recording.request: recording for recording in known})
    with FakeLlm(default=recorder.script) as server:
        assistant = runner.Watched.open(settings(server.base_url, _PATIENT))
        for case in cases:
            if recorder.cases >= count:
                break
            in_time = time.monotonic() - started <= max_seconds
            if not in_time:
                break
            recorder.case = case.id
            # A clock that stands: how long a busy machine takes is no fault of the answer.
            (result,) = runner.ask(assistant, (case,), mode="llm", clock=lambda: 0.0).results
            server.wait(lambda server: all(call.ended is not None for call in server.calls), _SETTLED_SECONDS)
            asked.add(case.id)
            if isinstance(result, Scored):
                written += sum(claim["kind"] == "statement" for claim in result.answer["claims"])
                dropped += len(result.answer["dropped"])
            say(f"{case.id}: {time.monotonic() - started:.0f} s, {recorder.cases} recorded")
    line = (
        f"{recorder.cases} of {count} questions recorded in {time.monotonic() - started:.0f} s ({len(asked)} asked); "
        f"{written} statements shown, {dropped} withheld"
    )
    if not in_time:
        line += "; the time was up: run it again, what is recorded is not asked twice"
    return Made(tuple(recorder.kept.values()), frozenset(asked), in_time, line)


def in_order(cases: Iterable[Case]) -> tuple[Case, ...]:
    """Answerable questions without history: one of each fact, the languages in turn, then a second of each …"""
    by_fact: dict[str, list[Case]] = {}
    for case in cases:
        if case.expectation == "answerable" and not case.history:
            by_fact.setdefault(case.fact, []).append(case)
    for number, members in enumerate(by_fact.values()):
        wanted = LANGUAGES[number % 2]
        first = next((place for place, case in enumerate(members) if case.language == wanted), 0)
        members.insert(0, members.pop(first))
    rounds = zip_longest(*by_fact.values())
    return tuple(case for one_of_each in rounds for case in one_of_each if case is not None)


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
