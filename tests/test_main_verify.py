"""python -m assistant verify: receipts that hold, and every way in which one does not."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant import render
from assistant.receipt import digest_of_object
from assistant.types import Claim, Draft, Question
from tests.command import VERIFIER, assistant, program


def saved() -> dict[str, Any]:
    """An answer of two quotes and a written statement, as a surface would give it."""
    claims = (
        Claim("", "quote", ("iv.p1.s3",)),
        Claim("", "quote", ("iv.p1.s4",)),
        Claim("Either Participant may discontinue the MOC.", "statement", ("iv.p1.s3",)),
    )
    question = Question("Can Japan leave?", "Can Japan leave?", "Can Japan leave?", "en")
    answer = VERIFIER.answer(Draft(question, "answered", 0.9, mode="llm", claims=claims), {"total": 1.0})
    return dict(copy.deepcopy(render.answer_object(answer)))


def _change(*steps: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(body: Any) -> None:
        for step in steps[:-1]:
            body = body[step]
        body[steps[-1]] = to(body[steps[-1]]) if callable(to) else to

    return change


def _quote(body: dict[str, Any]) -> None:
    """Claim and citation together, so that only the record tells."""
    for place in (body["claims"][0], body["citations"][0]):
        name = "text" if "text" in place else "quote"
        place[name] = place[name].replace("may", "must")


def _absent(body: dict[str, Any]) -> None:
    body.update(status="not_in_document", reason="absent_topic")


TAMPERED: dict[str, tuple[Callable[[dict[str, Any]], None], bool]] = {  # name → change, and whether the id is redone
    "quote": (_quote, True),
    "quote of the claim alone": (_change("claims", 0, "text", to="Japan must leave."), True),
    "start": (_change("citations", 0, "start", to=lambda start: start + 1), True),
    "end": (_change("citations", 1, "end", to=lambda end: end - 1), True),
    "address": (_change("citations", 0, "address", to="iii.p1.s1"), True),
    "unknown address": (_change("citations", 0, "address", to="v.p1.s1"), True),
    "number": (_change("claims", 0, "citations", to=[9]), False),
    "no citation": (_change("claims", 0, "citations", to=[]), True),
    "id": (_change("id", to=lambda identity: identity[:-1] + ("0" if identity[-1] != "0" else "1")), False),
    "status": (_change("status", to="partial"), False),
    "status and id": (_absent, True),
    "question": (_change("question", to="Must Japan leave?"), False),
    "statement": (_change("claims", 2, "text", to="Either Participant must discontinue the MOC."), True),
    "claim left out": (lambda body: body["claims"].pop(), False),
    "document": (_change("document", "sha256", to="0" * 64), True),
    "schema": (_change("schema", to=2), False),
}


def test_a_good_receipt_holds(tmp_path: Path) -> None:
    """Exit 0, and says how many quotes were compared."""
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(saved()), encoding="utf-8")
    done = program("verify", receipt)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 quotes" in done.stdout


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_receipt_does_not_hold(name: str) -> None:
    """Whatever was changed, also where the id was computed anew."""
    change, redo = TAMPERED[name]
    body = saved()
    change(body)
    if redo:
        body["id"] = digest_of_object(body)
    assert VERIFIER.problems(body)


@pytest.mark.parametrize("name", ["quote", "start", "id", "status and id", "statement"])
def test_the_command_says_what_does_not_hold(name: str, tmp_path: Path) -> None:
    """Exit 1 and the same words as the verifier's, one a line; no traceback."""
    change, redo = TAMPERED[name]
    body = saved()
    change(body)
    if redo:
        body["id"] = digest_of_object(body)
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(body), encoding="utf-8")
    done = assistant("verify", receipt)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == VERIFIER.problems(body)


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"schema": 1}', '"a_"'])
def test_what_is_no_answer_does_not_hold(text: str, tmp_path: Path) -> None:
    """Exit 1 with a reason, never a traceback."""
    receipt = tmp_path / "receipt.json"
    receipt.write_text(text, encoding="utf-8")
    done = assistant("verify", receipt)
    assert (done.returncode, done.stderr) == (1, "")
    assert "answer object" in done.stdout
