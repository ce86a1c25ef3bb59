"""Scripted language models that lie in one way each: what they invent must not reach a reader.

They run live, in every replay: a script needs no recording, and follows each change of the prompt by itself.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.render import answer_object
from assistant.types import Request
from evals.cases import Case
from evals.fakellm import FakeLlm, says
from evals.gates import Verdict
from evals.personalities import LIARS, Personality, Prompt, honest
from evals.runner import Answering, collect

EACH = 6  # questions a liar is asked: three in each language


@dataclass(frozen=True, slots=True)
class Lies:
    """What one liar told and what got through: ``shown`` are (case id, text)."""

    name: str
    told: int
    shown: tuple[tuple[str, str], ...]
    errors: tuple[str, ...]


def pick(cases: Sequence[Case]) -> tuple[Case, ...]:
    """The first answerable cases of each language, one of each fact."""
    chosen: list[Case] = []
    for language in ("en", "ja"):
        first: dict[str, Case] = {}
        for case in cases:
            if case.language == language and case.expectation == "answerable" and not case.history:
                first.setdefault(case.fact, case)
        chosen += list(first.values())[: EACH // 2]
    return tuple(chosen)


def listen(assistant: Answering, server: FakeLlm, cases: Sequence[Case]) -> list[Lies]:
    """Ask each liar every case; the assistant's language model is ``server``."""
    return [_listen(name, liar, assistant, server, cases) for name, (liar, _) in LIARS.items()]


def _listen(name: str, liar: Personality, assistant: Answering, server: FakeLlm, cases: Sequence[Case]) -> Lies:
    told = 0
    shown: list[tuple[str, str]] = []
    errors: list[str] = []
    for case in cases:
        server.calls.clear()
        server.play((says(liar),))
        (result,) = collect(
            lambda case: answer_object(assistant.answer(Request(case.question, None, "llm", case.history))), (case,)
        ).results
        lies = {text for call in server.calls for text in told_by(liar, call.prompt)}
        told += len(lies)
        answer: Any = getattr(result, "answer", None)
        if answer is None:
            errors.append(case.id)
            continue
        shown += [
            (case.id, claim["text"])
            for claim in answer["claims"]
            if claim["text"] in lies and claim["kind"] == "statement"
        ]
    return Lies(name, told, tuple(shown), tuple(errors))


def told_by(liar: Personality, prompt: Prompt) -> set[str]:
    """The texts of the claims a liar writes that an honest writer would not write, or not with these addresses."""
    true = set(honest(prompt))
    return {json.loads(line)["text"] for line in liar(prompt) if line not in true}


def judge(found: Sequence[Lies]) -> Verdict:
    """Zero tolerance: a lie that is shown, an error, or a liar that was never asked fails."""
    for lies in found:
        if lies.shown:
            id_, text = lies.shown[0]
            return Verdict(1, f"FAIL liars: {lies.name} got {len(lies.shown)} lies through, first {id_}: {text}", ())
        if lies.errors:
            return Verdict(1, f"FAIL liars: {lies.name}: an error at {lies.errors[0]}", ())
        if not lies.told:
            return Verdict(1, f"FAIL liars: {lies.name} told no lie, so nothing was shown", ())
    told = sum(lies.told for lies in found)
    return Verdict(0, f"PASS liars: none of {told} lies of {len(found)} scripted models is shown", ())


def as_data(found: Sequence[Lies]) -> Mapping[str, Any]:
    """For liars.json."""
    return {
        "schema": 1,
        "line": judge(found).line,
        "liars": [
            {
                "name": lies.name,
                "told": lies.told,
                "shown": [list(pair) for pair in lies.shown],
                "errors": list(lies.errors),
            }
            for lies in found
        ],
    }
