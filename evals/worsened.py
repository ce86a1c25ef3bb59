"""python -m evals.worsened: the assistant made worse on purpose in four places; each time the suite has to say where.

The selftest breaks made-up answers. Here the real assistant is spoilt: its retrieval, its threshold, its gate, its
prompt. What the suite concludes (exit code and first line) is printed, and the command fails when one goes unnoticed.
"""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from assistant.config import Config
from assistant.retrieve import Evidence
from assistant.types import Claim, Language, Question
from assistant.verify import Finding, Verifier
from evals import cases as case_files
from evals import compare, gates, liars, metrics, replay, runner, stored
from evals.cases import Case
from evals.compare import Comparison, Snapshot
from evals.conclusion import Conclusion, conclude
from evals.fakellm import FakeLlm
from evals.outcomes import Result
from evals.runner import Watched
from evals.scorers import Measure
from evals.seen import Remembering
from index.embed import Embedder
from index.library import open_index
from index.store import Store

STEP = 8  # every eighth dev question
SUITE = "dev"
_WORDS, _CHARACTERS = 2, 5  # what is left of a question that is cut short, in English and in Japanese


class CutShort(Watched):
    """Retrieval made worse: only the beginning of a question is searched for."""

    def _evidence(self, question: Question) -> Evidence:
        text = question.corrected
        cut = text[:_CHARACTERS] if question.language == "ja" else " ".join(text.split()[:_WORDS])
        return replace(super()._evidence(replace(question, corrected=cut)), question=question)


class Reckless(Watched):
    """The threshold made worse: every question counts as answerable."""

    def _evidence(self, question: Question) -> Evidence:
        found = super()._evidence(question)
        return replace(found, scoring=replace(found.scoring, answer_from=0.0))


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


def trials(opened: tuple[Store, Embedder], cases: Sequence[Case]) -> list[Trial]:
    """The assistant as it is, then four times worse."""
    store, embedder = opened
    shared = (store, cast(Any, Remembering(embedder)))
    measure = Measure.of(store.document)
    good = _asked(Watched.open(Config.from_env(), shared), cases)
    found = [
        _compared(name, good, _asked(assistant.open(Config.from_env(), shared), cases), measure, wanted)
        for name, assistant, wanted in (
            ("as it is", Watched, ""),
            ("retrieval (questions cut short)", CutShort, "completeness"),
            ("threshold (everything is answered)", Reckless, "refusal_recall"),
        )
    ]
    with FakeLlm() as server:
        for name, spoil, wanted in _MODEL_TRIALS:
            assistant = Watched.open(replay.settings(server.base_url), shared)
            spoil(assistant)
            found.append(_heard(name, assistant, server, liars.pick(cases), wanted))
    return found


def _asked(assistant: Watched, cases: Sequence[Case]) -> tuple[Result, ...]:
    return runner.ask(assistant, cases).results


def _compared(name: str, before: Sequence[Result], after: Sequence[Result], measure: Measure, wanted: str) -> Trial:
    """As a run is judged: by the gates, then against what was there before."""
    verdict = gates.judge(SUITE, metrics.measure_run(after, measure, {}), gates.load(), partial=True)
    comparison: Comparison = compare.compare(_snapshot(before, measure), _snapshot(after, measure))
    reasons = [finding.gate.metric for finding in verdict.findings if finding.state == "broken"]
    reasons += [change.metric for change in comparison.regressions]
    return Trial(name, conclude([verdict], comparison), tuple(reasons), wanted)


def _snapshot(results: Sequence[Result], measure: Measure) -> Snapshot:
    rows = stored.result_rows(results, measure)
    return Snapshot({}, {}, {SUITE: {row["id"]: compare.record(row) for row in rows}})


def _heard(name: str, assistant: Watched, server: FakeLlm, cases: Sequence[Case], wanted: str) -> Trial:
    """As a replay is judged by its scripted models."""
    lies, truth = liars.listen(assistant, server, cases), liars.hear_out(assistant, server, cases)
    verdicts = {"liars": liars.judge(lies), "honest model": liars.judge_truth(truth)}
    reasons = tuple(reason for reason, verdict in verdicts.items() if verdict.exit_code)
    # What is shown of lies is the gate's failure, what cannot be written the prompt's: the latter is told first.
    ordered = sorted(verdicts.values(), key=lambda verdict: not verdict.line.startswith("FAIL honest"))
    return Trial(name, conclude(ordered), reasons, wanted)


def _keep(assistant: Watched) -> None:
    """As it is."""


def _open_gate(assistant: Watched) -> None:
    assistant.verifier = OpenGate(assistant.document, assistant.reading_aid, assistant.index)


def _withhold_sentences(assistant: Watched) -> None:
    """The prompt made worse: it no longer says which sentences there are."""
    assert assistant.writer is not None
    briefing = assistant.writer.briefing
    good = briefing.brief

    def brief(*arguments: Any) -> Any:
        found = good(*arguments)
        return replace(found, asked=re.sub(r"^\[[a-z0-9.-]+\] .+$", "", found.asked, flags=re.MULTILINE))

    briefing.brief = brief  # type: ignore[method-assign]


_MODEL_TRIALS: tuple[tuple[str, Callable[[Watched], None], str], ...] = (
    ("language model, as it is", _keep, ""),
    ("gate (lets everything through)", _open_gate, "liars"),
    ("prompt (without the sentences)", _withhold_sentences, "honest model"),
)


def main() -> int:
    """Exit 1 when something that was made worse goes unnoticed, or the assistant as it is does not pass."""
    found = trials(open_index(Config.from_env().index), case_files.load(SUITE)[::STEP])
    for trial in found:
        print(trial.line + ("" if trial.noticed else "  <- UNNOTICED"))
    return 0 if all(trial.noticed for trial in found) else 1


if __name__ == "__main__":
    sys.exit(main())
