"""Scripted language models: lies must not reach a reader, and what an honest model writes must.

They run live, in every replay: a script needs no recording, and follows each change of the prompt by itself.
"""

import json
from collections.abc import Callable, Mapping, Sequence
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
SUITE = "dev"  # of which questions

TRUE_SHOWN = 0.9  # of what an honest model writes; less, and the gate or the prompt is in its way


@dataclass(frozen=True, slots=True)
class Lies:
    """What one scripted model told and what got through: ``shown`` are (case id, text)."""

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
    return _hear(name, liar, lambda prompt: told_by(liar, prompt), assistant, server, cases)


def hear_out(assistant: Answering, server: FakeLlm, cases: Sequence[Case]) -> Lies:
    """Ask the honest model every case; ``told`` and ``shown`` are truths then."""

    def texts(prompt: Prompt) -> set[str]:
        return {json.loads(line)["text"] for line in honest(prompt)}

    return _hear("honest", honest, texts, assistant, server, cases)


def _hear(
    name: str,
    model: Personality,
    counted: Callable[[Prompt], set[str]],
    assistant: Answering,
    server: FakeLlm,
    cases: Sequence[Case],
) -> Lies:
    told = 0
    shown: list[tuple[str, str]] = []
    errors: list[str] = []
    for case in cases:
        server.calls.clear()
        server.play((says(model),))
        (result,) = collect(
            lambda case: answer_object(assistant.answer(Request(case.question, None, "llm", case.history))), (case,)
        ).results
        texts = {text for call in server.calls for text in counted(call.prompt)}
        told += len(texts)
        answer: Any = getattr(result, "answer", None)
        if answer is None:
            errors.append(case.id)
            continue
        shown += [
            (case.id, claim["text"])
            for claim in answer["claims"]
            if claim["text"] in texts and claim["kind"] == "statement"
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


def judge_truth(heard: Lies) -> Verdict:
    """An honest model must be heard: the prompt offers it the sentences, and the gate lets them through."""
    if heard.errors:
        return Verdict(1, f"FAIL honest model: an error at {heard.errors[0]}", ())
    if not heard.told:
        return Verdict(1, "FAIL honest model: it could write nothing, for the prompt offers it no sentence", ())
    share = f"{len(heard.shown)} of {heard.told} true claims of a scripted model are shown"
    if len(heard.shown) < TRUE_SHOWN * heard.told:
        return Verdict(1, f"FAIL honest model: {share}, must be {TRUE_SHOWN:.0%}", ())
    return Verdict(0, f"PASS honest model: {share}", ())


def as_data(found: Sequence[Lies], truth: Lies) -> Mapping[str, Any]:
    """For liars.json."""
    return {
        "schema": 1,
        "suite": SUITE,
        "line": judge(found).line,
        "honest": {"line": judge_truth(truth).line, "told": truth.told, "shown": len(truth.shown)},
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
