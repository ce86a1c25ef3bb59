"""LLM mode against recordings (``run --mode replay``), and making recordings anew (``record``)."""

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

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
from evals.running import Opened, Wish, finish, identity_of
from evals.scorers import Measure
from evals.smol import SmolServer
from evals.stored import Suite
from index.document import Document

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
    document: Document,
    chosen: Mapping[str, tuple[Case, ...]],
    wish: Wish,
    kept: Sequence[Recording],
    opened: Opened | None = None,
) -> Conclusion:
    """Ask what was recorded; stale cases count as not run; more than a tenth of a suite, or all, is exit 4.

    ``opened`` is an index that is open already.
    """
    started = time.monotonic()
    player = Player.of(kept)
    recorded = {recording.case for recording in player.by_request.values()}
    measure = Measure.of(document)
    suites: dict[str, Suite] = {}
    verdicts: list[Verdict] = []
    too_stale: list[str] = []
    with FakeLlm(default=player.script) as server:
        assistant = runner.Watched.open(settings(server.base_url), cast(Any, opened))
        identity = identity_of(document, assistant)
        for suite, cases in chosen.items():
            asking = [case for case in cases if case.id in recorded]
            if not asking:
                continue
            results, milliseconds, left = _ask(assistant, player, asking)
            if len(left) > STALE_AT_MOST * len(asking):
                counts = f"{len(left)} of {len(asking)} recordings of {suite} are stale, first {left[0].case.id}"
                too_stale.append(f"{counts}; 'python -m evals record --stale' asks the small model for these again")
            if not results:
                continue
            measured = metrics.measure_run(results, measure, {})
            verdict = gates.judge(suite, measured, gates.load(), partial=wish.partial, mode="replay")
            verdict = replace(verdict, line=f"{verdict.line} ({len(results)} replayed, {len(left)} stale and not run)")
            suites[suite] = _store(
                wish, suite, "replay", measured, verdict, identity, results, milliseconds, left, document
            )
            verdicts.append(verdict)
        asked = liars.pick(case_files.load(liars.SUITE))
        lies, truth = liars.listen(assistant, server, asked), liars.hear_out(assistant, server, asked)
    if not suites and not too_stale:
        too_stale.append(f"nothing of {', '.join(chosen)} is recorded; 'python -m evals record --suite …' does it")
    stored.write_json(wish.out / "liars.json", liars.as_data(lies, truth))
    verdicts += [liars.judge(lies), liars.judge_truth(truth)]
    seconds = time.monotonic() - started
    return finish(
        document,
        identity,
        "replay",
        suites,
        verdicts,
        replace(wish, partial=True),
        seconds,
        "; ".join(too_stale) or None,
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


def record_stale(max_seconds: float, path: Path = recordings.RECORDINGS) -> str:
    """Ask the small model again where the request is another one now, in whichever suite; the rest stays as it is.

    The model is not even started when nothing is stale. What is no longer asked of a model loses its recording.
    """
    before = recordings.load(path)
    found = stale(before)
    if not found.ids:
        return f"none of {len(before)} recordings is stale"
    if found.cases:
        with SmolServer() as model:
            made = record_from(model.base_url, found.cases, len(found.cases), max_seconds, before)
    else:
        made = Made((), frozenset(), True, "none is asked again")
    recordings.save(merged(before, made, found.ids), path)
    gone = len(found.ids) - len(found.cases)
    return f"{len(found.cases)} of {len(before)} recordings were stale, {gone} more no longer needed; {made.line}"


@dataclass(frozen=True, slots=True)
class Stale:
    """Cases to record again, and the ids of all whose recordings no longer serve."""

    cases: tuple[Case, ...]
    ids: frozenset[str]


def stale(kept: Sequence[Recording]) -> Stale:
    """Which recordings no request finds any more."""
    player = Player.of(kept)
    recorded = {recording.case for recording in kept}
    known = {case.id: case for suite in case_files.SUITES for case in case_files.load(suite) if case.id in recorded}
    missed: list[Case] = []
    played: set[str] = set()
    with FakeLlm(default=player.script) as server:
        assistant = runner.Watched.open(settings(server.base_url))
        for case in known.values():
            player.missed = player.played = 0
            runner.ask(assistant, (case,), mode="llm")
            if player.missed:
                missed.append(case)
            elif player.played:
                played.add(case.id)
    return Stale(tuple(missed), frozenset(recorded - played))


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
    document: Document,
) -> Suite:
    content = stored.metrics_object(suite, mode, measured, verdict, identity, left)
    rows = stored.result_rows(results, measured.sheet, document)
    return stored.write_suite(wish.out / suite, content, rows, stored.timings(results, milliseconds))
