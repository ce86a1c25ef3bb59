"""Eval questions as the assistant meets them: understood, embedded and measured, for fitting."""

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.evidence import Measures, Space
from assistant.overview import Overviews
from assistant.types import Question, Request, ShortReply
from assistant.understand import Understanding
from evals.cases import Case
from index.embed import Embedder


@dataclass(frozen=True, slots=True)
class Met:
    """A case, its question as understood, and what was measured for it."""

    case: Case
    question: Question
    measures: Measures


def meet(
    cases: Iterable[Case], space: Space, embedder: Embedder, understanding: Understanding, overviews: Overviews
) -> list[Met]:
    """The cases that are looked up, each asked without a history; those that a rule answers are left out."""
    rows: list[tuple[Case, Question]] = []
    for case in cases:
        understood = understanding.understand(Request(case.question))
        if not isinstance(understood, ShortReply) and not overviews.asked(understood.standalone):
            rows.append((case, understood))
    vectors = embedder.encode([question.corrected for _, question in rows], query=True)
    return [
        Met(case, question, space.measure(vector, question.corrected))
        for (case, question), vector in zip(rows, vectors, strict=True)
    ]
