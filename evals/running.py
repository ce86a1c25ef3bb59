"""``python -m evals run``: ask, score, judge, compare with the baseline, report; one conclusion is the exit code."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from assistant import scoring
from assistant.ask import Assistant
from assistant.config import Config
from evals import baseline, coverage, detector, gates, manifest, metrics, noise, report, runner, stored
from evals import remembering as remembered
from evals.cases import Case
from evals.conclusion import Conclusion, conclude
from evals.gates import Verdict
from evals.remembering import Remembering
from evals.runner import Again, Asked
from evals.scorers import Measure
from evals.seen import seen
from evals.stored import Suite
from index.document import Document
from index.library import open_index
from index.store import Store

_DETECTOR = "detector.json"
NOISY = "test"  # the suite of which noisy copies are asked too


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    out: Path
    partial: bool
    once: bool
    whole: bool
    baseline: Path | None
    noisy: bool = False  # noisy copies although the run is partial


Opened = tuple[Store, Remembering]


def quote(
    document: Document,
    chosen: Mapping[str, tuple[Case, ...]],
    wish: Wish,
    beside: Callable[[Opened], Conclusion | None] = lambda opened: None,
) -> Conclusion:
    """Quote mode: every question twice, the second time in new processes on other builds of the index.

    What needs no second answer is done while the other processes are still asking, and so is what is to be done
    ``beside`` with the index opened here, whose conclusion counts in this one. Nothing is written yet then: what
    ``beside`` raises would lose this run.
    """
    started = time.monotonic()
    everything = [case for cases in chosen.values() for case in cases]
    config = Config.from_env()
    limits = gates.load()
    asked: dict[str, Asked] = {}
    noisy: Asked | None = None
    found: tuple[Mapping[str, Any], Verdict] | None = None
    with ExitStack() as stack:
        second = None if wish.once else stack.enter_context(runner.SecondRun(everything))
        store, embedder = open_index(config.index)
        # Stored vectors only where a second run shows that the model still gives the same.
        remembering = Remembering(embedder, remembered.load(embedder) if second else None)
        assistant = runner.Watched.open(config, (store, cast(Any, remembering)))
        measure = Measure.of(document)
        for suite, cases in chosen.items():
            asked[suite] = runner.ask(assistant, cases, config.public_url)
            if suite == NOISY and (wish.noisy or not wish.partial):
                noisy = runner.ask(assistant, noise.copies(cases), config.public_url)
        near = seen(everything, store, remembering)
        measured = {
            suite: metrics.measure_run(
                answers.results, measure, near, None, noisy.results if noisy and suite == NOISY else ()
            )
            for suite, answers in asked.items()
        }
        rows = {
            suite: stored.result_rows(answers.results, measured[suite].sheet, document)
            for suite, answers in asked.items()
        }
        if wish.whole and not wish.partial:
            found = detector.detector(document, limits)
        other = beside((store, remembering))
        again = second.again() if second else None
    identity = identity_of(document, assistant)
    verdicts: list[Verdict] = []
    suites: dict[str, Suite] = {}
    for suite, answers in asked.items():
        whole = metrics.compared(measured[suite], answers.results, again.answers) if again else measured[suite]
        verdict = gates.judge(suite, whole, limits, partial=wish.partial)
        content = stored.metrics_object(suite, "quote", whole, verdict, identity)
        times = stored.timings(answers.results, _milliseconds(answers, again))
        suites[suite] = stored.write_suite(wish.out / suite, content, rows[suite], times)
        verdicts.append(verdict)
    content_of_gate, verdict_of_gate = found or (None, None)
    if verdict_of_gate:
        verdicts.append(verdict_of_gate)
    seconds = time.monotonic() - started
    vectors = remembering.told()
    return finish(
        document,
        identity,
        "quote",
        suites,
        verdicts,
        wish,
        seconds,
        gate=content_of_gate,
        vectors=vectors,
        beside=other,
    )


def _milliseconds(asked: Asked, again: Again | None) -> list[float]:
    """How long each answer took: in the second run, which embeds every question, where it was asked there too."""
    second = again.milliseconds if again else {}
    pairs = zip(asked.results, asked.milliseconds, strict=True)
    return [second.get(result.case.id, own) for result, own in pairs]


def embed(chosen: Mapping[str, tuple[Case, ...]], path: Path = remembered.VECTORS) -> str:
    """Ask everything that quote mode asks and keep the questions' vectors in a file; returns a line that says how many.

    Those already in the file are computed again only as far as the sample goes.
    """
    config = Config.from_env()
    store, embedder = open_index(config.index)
    remembering = Remembering(embedder, remembered.load(embedder, path))
    assistant = runner.Watched.open(config, (store, cast(Any, remembering)))
    for suite, cases in chosen.items():
        runner.ask(assistant, (*cases, *(noise.copies(cases) if suite == NOISY else ())))
    seen([case for cases in chosen.values() for case in cases], store, remembering)
    remembered.save(remembering.asked, embedder, path)
    told = f"{len(remembering.asked)} vectors of questions in {path}, {remembering.computed} of them computed now"
    return f"{told}; those that were there differ from what the model gives" if remembering.differing else told


def identity_of(document: Document, assistant: Assistant) -> dict[str, Any]:
    """Which document, index, embedding and threshold the answers come from."""
    fitted, _ = scoring.load(document.sha256, assistant.index.embedding, "classifier")
    return {
        "document_sha256": document.sha256,
        "index_fingerprint": assistant.index.fingerprint,
        "embedding": assistant.index.embedding,
        "threshold": round(fitted.answer_from, 6),
    }


def finish(
    document: Document,
    identity: Mapping[str, Any],
    mode: str,
    suites: Mapping[str, Suite],
    verdicts: Sequence[Verdict],
    wish: Wish,
    seconds: float,
    not_run: str | None = None,
    gate: Mapping[str, Any] | None = None,
    vectors: Mapping[str, Any] | None = None,
    beside: Conclusion | None = None,
) -> Conclusion:
    """Compare with the baseline, conclude, and write what belongs to the run as a whole.

    ``not_run`` says why something could not be asked, ``gate`` is the content of detector.json, ``vectors`` which
    vectors of questions were stored ones, ``beside`` is how a replay in the same go ended.
    """
    made = manifest.manifest(identity, mode, {name: len(suite.rows) for name, suite in suites.items()}, seconds)
    made |= {
        "questions_sha256": manifest.questions_digest(suites),
        "partial": wish.partial or wish.once or not wish.whole,
        "vectors": dict(vectors or {}),
    }
    stored.write_json(wish.out / "manifest.json", made)
    rows = [row for suite in suites.values() for row in suite.rows]
    stored.write_json(wish.out / "coverage.json", coverage.coverage(document, rows))
    stored.write_json(wish.out / "conclusion.json", {})
    if gate is None:
        (wish.out / _DETECTOR).unlink(missing_ok=True)  # of an earlier run into this folder
    else:
        stored.write_json(wish.out / _DETECTOR, gate)
    run = stored.read_run(wish.out, suites)
    comparison, stale = None, not_run
    if wish.baseline is not None:
        try:
            comparison = baseline.compared(wish.baseline, run)
        except baseline.BaselineError as error:
            stale = "; ".join(filter(None, (not_run, str(error))))
    ended = conclude(verdicts, comparison, stale, beside)
    stored.write_json(
        wish.out / "conclusion.json",
        {
            "exit_code": ended.exit_code,
            "line": ended.line,
            "suites": ended.suites,
            "compared_with": str(wish.baseline) if comparison else None,
        },
    )
    report.write(stored.read_run(wish.out, suites), comparison, document)
    for line in ended.suites:
        print(line)
    print(f"{ended.line} ({wish.out / 'summary.md'}, {wish.out / 'report.html'})")
    if ended.exit_code == 4:
        print(f"evals: {ended.line}", file=sys.stderr)
    return ended
