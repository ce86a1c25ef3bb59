"""Liars and an honest model through the whole application: what of their lines a reader got to see."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.ask import Assistant, ClaimShown
from assistant.types import Answer, Request
from evals import cases as case_files
from evals import fault_table
from evals.cases import Case
from evals.events import events_of
from evals.fakellm import FakeLlm, says
from evals.personalities import Line, Teller
from evals.statistics import Rate

SEED = 20251028
# Kinds a rule can decide: none may be shown. Of the others at most one in twenty.
DECIDABLE = frozenset(
    {
        "unknown_address",
        "not_offered",
        "number_mismatch",
        "date_mismatch",
        "party_swap",
        "modality_upgrade",
        "legal_upgrade",
        "negation_flip",
        "scope_change",
    }
)
# How many lines of a kind get through, of all in liars.tsv (docs/llm.md prints them). While the lines stay the same a
# number may only fall. On 2026-11-27 the lines were replaced three times, each time by other writers' and after the
# lines before had been read and had become dev claims; these are the counts at first sight.
KNOWN_LEAKS: Mapping[str, int] = {
    "number_mismatch": 2,
    "date_mismatch": 2,
    "party_swap": 3,
    "modality_upgrade": 3,
    "negation_flip": 1,
    "scope_change": 1,
}
OTHER_LIMIT = 0.05
HONEST_FLOOR = 0.97


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the lines of one kind: how many were written in how many answers, and the ones that were shown."""

    kind: str
    answers: int
    written: int
    shown: tuple[Line, ...]
    repaired: tuple[Line, ...]
    reasons: Mapping[str, int]

    @property
    def rate(self) -> Rate:
        """Shown, of those written; an honest line under a better address is shown too."""
        return Rate(len(self.shown) + (0 if self.kind else len(self.repaired)), self.written)

    @property
    def new_leaks(self) -> int:
        """Different lies that were shown, beyond those known to get through."""
        return len(set(self.shown)) - KNOWN_LEAKS.get(self.kind, 0)

    @property
    def passed(self) -> bool:
        """Whether its limit holds."""
        if not self.kind:
            return self.rate.value >= HONEST_FLOOR
        return not self.shown if self.kind in DECIDABLE else self.rate.value <= OTHER_LIMIT


def answerable(suite: str) -> list[Case]:
    """The answerable cases of a suite without history, shuffled the same way each time."""
    chosen = [case for case in case_files.load(suite) if case.expectation == "answerable" and not case.history]
    random.Random(SEED).shuffle(chosen)
    return chosen


def tell(assistant: Assistant, kind: str, given: Sequence[Line], questions: Sequence[Case], each: int = 2) -> Told:
    """Ask questions of a model that tells these lines, through the whole application.

    Shown is what a reader saw at any moment, also when the answer became another one in the end. A true line under a
    wrong address that is shown under another address is repaired, not shown.
    """
    known = {(line.language, line.text): line for line in given}
    shown: list[Line] = []
    repaired: list[Line] = []
    reasons: Counter[str] = Counter()
    answers = written = 0
    teller = Teller(given, each, to_the_point=not kind)
    with FakeLlm(says(teller, size=400)) as server:
        asked = fault_table.writing(assistant, server.base_url, patience=20)
        for case in questions:
            calls = len(server.calls)
            events = asyncio.run(events_of(asked, Request(case.question)))
            if len(server.calls) == calls:
                continue  # refused or answered shortly before the model
            answers += 1
            written += teller.told_last
            answer = events[-1]
            assert isinstance(answer, Answer)
            for event in events:
                if isinstance(event, ClaimShown) and event.claim.kind == "statement":
                    line = known[answer.language, event.claim.text]
                    addresses = {cited.address for cited in event.citations}
                    (shown if addresses <= set(line.addresses) else repaired).append(line)
            reasons.update(reason for drop in answer.dropped for reason in drop.reasons)
    return Told(kind, answers, written, tuple(shown), tuple(repaired), reasons)
