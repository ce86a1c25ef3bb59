"""python -m evals.worsened: the assistant made worse on purpose in four places; each time the suite has to say where.

The selftest breaks made-up answers. Here the real assistant is spoilt: its retrieval, its threshold, its gate, its
prompt. What the suite concludes (exit code and first line) is printed, and the command fails when one goes unnoticed.
``--write`` keeps it in docs/evals.md. Of ``dev`` an eighth is asked; ``--suite test`` asks everything, so that the
ratchets speak.
"""

import argparse
import re
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

from assistant.ask import Assistant
from assistant.config import Config
from assistant.retrieve import Evidence
from assistant.types import Claim, Language, Question
from assistant.verify import Finding, Verifier
from evals import baseline, compare, gates, liars, metrics, replay, runner, stored
from evals import cases as case_files
from evals import remembering as remembered
from evals.cases import Case
from evals.compare import CaseRecord, Snapshot
from evals.conclusion import Conclusion, conclude
from evals.fakellm import FakeLlm
from evals.marked import insert
from evals.measured import Measured
from evals.outcomes import Result
from evals.remembering import Remembering
from evals.runner import Watched
from evals.scorers import Measure
from evals.seen import seen
from index.document import Document
from index.embed import Embedder
from index.library import open_index
from index.store import Store

PAGE = Path(__file__).parent.parent / "docs" / "evals.md"
STEP = 8  # every eighth dev question
SUITE, RATCHETED = "dev", "test"
_WORDS, _CHARACTERS = 2, 5  # what is left of a question that is cut short, in English and in Japanese


class CutShort(Watched):
    """Retrieval made worse: only the beginning of a question is searched for."""

    def _evidence(self, question: Question) -> Evidence:
        def cut(text: str) -> str:
            return text[:_CHARACTERS] if question.language == "ja" else " ".join(text.split()[:_WORDS])

        context = None if question.in_context is None else cut(question.in_context)
        shortened = replace(question, corrected=cut(question.corrected), in_context=context)
        return replace(super()._evidence(shortened), question=question)


class Reckless(Watched):
    """The thresholds made worse: no confidence is too low to answer, no doubt too strong."""

    def _evidence(self, question: Question) -> Evidence:
        found = super()._evidence(question)
        return replace(found, reasons={}, scoring=replace(found.scoring, answer_from=0.0))


class OpenGate(Verifier):
    """The gate made worse: it lets everything through."""

    def judge(self, claim: Claim, language: Language, offered: Any = None) -> tuple[Claim, Finding]:
        """Supported, whatever it says."""
        return claim, Finding((), 1.0)


@dataclass(frozen=True, slots=True)
class Trial:
    """What was made worse, what the suite concluded, and the reasons it had, and the one wanted."""

    name: str
    conclusion: Conclusion
    reasons: tuple[str, ...]
    wanted: str

    @property
    def noticed(self) -> bool:
        """Exit 1 or 10 for the reason that is wanted; the control is noticed when it passes."""
        if not self.wanted:
            return self.conclusion.exit_code == 0
        return self.conclusion.exit_code in (1, 10) and self.wanted in self.reasons

    @property
    def line(self) -> str:
        """For a person."""
        reasons = f" [{', '.join(self.reasons)}]" if self.reasons else ""
        return f"{self.name}: exit {self.conclusion.exit_code}: {self.conclusion.line}{reasons}"


def trials(opened: tuple[Store, Embedder], cases: Sequence[Case], suite: str = SUITE) -> list[Trial]:
    """The assistant as it is, then four times worse.

    ``test``, asked as a whole, is held against its ratchets and the committed baseline, a part of ``dev`` against what
    the assistant as it is answers.
    """
    store, embedder = opened
    # Stored vectors are checked here as in a run: with them the assistant as it is has to answer as the baseline says.
    remembering = Remembering(embedder, remembered.load(embedder))
    shared = (store, cast(Any, remembering))
    measure = Measure.of(store.document)
    whole = suite == RATCHETED
    good = runner.ask(Watched.open(Config.from_env(), shared), cases).results
    near = seen(cases, store, remembering) if whole else {}
    measured = metrics.measure_run(good, measure, near)
    before = baseline.load().cases[suite] if whole else _records(good, measured, store.document)
    judge = partial(_judged, suite, {case.id: before[case.id] for case in cases if case.id in before}, store.document)
    found = [judge("as it is", good, measured, "")]
    for name, assistant, wanted in (
        ("retrieval (questions cut short)", CutShort, "completeness"),
        ("threshold (everything is answered)", Reckless, "refusal_recall"),
    ):
        worse = runner.ask(assistant.open(Config.from_env(), shared), cases).results
        found.append(judge(name, worse, metrics.measure_run(worse, measure, near), wanted))
    with FakeLlm() as server:
        for name, spoil, wanted in _MODEL_TRIALS:
            spoilt = Watched.open(replay.settings(server.base_url), shared)
            spoil(spoilt)
            found.append(_heard(name, spoilt, server, liars.pick(case_files.load(SUITE)), wanted))
    return found


def _judged(
    suite: str,
    before: Mapping[str, CaseRecord],
    document: Document,
    name: str,
    results: Sequence[Result],
    measured: Measured,
    wanted: str,
) -> Trial:
    """As a run is judged: by the gates, then against what was there before."""
    verdict = gates.judge(suite, measured, gates.load(), partial=suite != RATCHETED)
    after = _records(results, measured, document)
    comparison = compare.compare(Snapshot({}, {}, {suite: before}), Snapshot({}, {}, {suite: after}))
    reasons = [finding.gate.metric for finding in verdict.findings if finding.state == "broken"]
    reasons += [change.metric for change in comparison.regressions]
    names = dict.fromkeys(reason.partition("[")[0] for reason in reasons)
    return Trial(name, conclude([verdict], comparison), tuple(names), wanted)


def _records(results: Sequence[Result], measured: Measured, document: Document) -> dict[str, CaseRecord]:
    return {row["id"]: compare.record(row) for row in stored.result_rows(results, measured.sheet, document)}


def _heard(name: str, assistant: Assistant, server: FakeLlm, cases: Sequence[Case], wanted: str) -> Trial:
    """As a replay is judged by its scripted models."""
    lies, truth = liars.listen(assistant, server, cases), liars.hear_out(assistant, server, cases)
    verdicts = {"liars": liars.judge(lies), "honest model": liars.judge_truth(truth)}
    reasons = tuple(reason for reason, verdict in verdicts.items() if verdict.exit_code)
    # What is shown of lies is the gate's failure, what cannot be written the prompt's: the latter is told first.
    ordered = sorted(verdicts.values(), key=lambda verdict: not verdict.line.startswith("FAIL honest"))
    return Trial(name, conclude(ordered), reasons, wanted)


def _keep(assistant: Assistant) -> None:
    """As it is."""


def _open_gate(assistant: Assistant) -> None:
    assistant.verifier = OpenGate(assistant.document, assistant.reading_aid, assistant.index)


def _withhold_sentences(assistant: Assistant) -> None:
    """The prompt made worse: it no longer says which sentences there are."""
    assert assistant.writer is not None
    briefing = assistant.writer.briefing
    good = briefing.brief

    def brief(*arguments: Any) -> Any:
        found = good(*arguments)
        return replace(found, asked=re.sub(r"^\[[a-z0-9.-]+\] .+$", "", found.asked, flags=re.MULTILINE))

    briefing.brief = brief  # type: ignore[method-assign, assignment]


_MODEL_TRIALS: tuple[tuple[str, Callable[[Assistant], None], str], ...] = (
    ("language model, as it is", _keep, ""),
    ("gate (lets everything through)", _open_gate, "liars"),
    ("prompt (without the sentences)", _withhold_sentences, "honest model"),
)


def markers(suite: str) -> tuple[str, str]:
    """Between which lines of the page a suite's run stands."""
    return f"<!-- python -m evals.worsened --suite {suite} --write -->", f"<!-- end of {suite} -->"


def page(found: Sequence[Trial], suite: str, cases: int) -> str:
    """What the suite said, as it stands in the page about the evals."""
    lines = [line for trial in found for line in textwrap.wrap(trial.line, 118, subsequent_indent="  ")]
    return f"{cases} questions of `{suite}`, {datetime.now(UTC).date()}:\n\n```\n" + "\n".join(lines) + "\n```"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit 1 when something that was made worse goes unnoticed, or the assistant as it is does not pass."""
    parser = argparse.ArgumentParser(prog="python -m evals.worsened", description="Is a worse assistant noticed?")
    parser.add_argument("--suite", choices=(SUITE, RATCHETED), default=SUITE, help="an eighth of dev, or all of test")
    parser.add_argument("--write", action="store_true", help=f"keep what is said in docs/{PAGE.name}")
    arguments = parser.parse_args(argv)
    suite = arguments.suite
    cases = case_files.load(suite)[:: STEP if suite == SUITE else 1]
    found = trials(open_index(Config.from_env().index), cases, suite)
    for trial in found:
        print(trial.line + ("" if trial.noticed else "  <- UNNOTICED"))
    if arguments.write:
        text = insert(PAGE.read_text(encoding="utf-8"), *markers(suite), page(found, suite, len(cases)))
        PAGE.write_text(text, encoding="utf-8")
    return 0 if all(trial.noticed for trial in found) else 1


if __name__ == "__main__":
    sys.exit(main())
