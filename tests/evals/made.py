"""Cases and answer objects made by hand, on the real document, for tests of the eval suite."""

from collections.abc import Sequence
from typing import Any

from evals.cases import ANSWERING, Case, Outcome
from evals.outcomes import Failed, Result, result
from evals.scorers import Measure
from evals.words import Vocabulary
from index import parse

DOCUMENT = parse.load()
MEASURE = Measure(DOCUMENT, Vocabulary((DOCUMENT.source, "参加者は、協力する意図を有する。関税")))


def case(
    id_: str = "c1",
    expect: str = "answered",
    gold: Sequence[str] = ("iii.p1.s1",),
    *,
    also: Sequence[str] = (),
    language: Any = "en",
    question: str = "Is it binding?",
    group: str = "g1",
    fact: str = "f1",
    suite: str = "dev",
    kind: str = "plain",
) -> Case:
    """A case; ``expect`` as in the files."""
    outcomes = []
    for part in expect.split("|"):
        status, _, reason = part.partition("/")
        outcomes.append(Outcome(status, reason or None))  # type: ignore[arg-type]
    answerable = any(outcome.status in ANSWERING for outcome in outcomes)
    return Case(
        id=id_,
        suite=suite,
        group=group,
        language=language,
        expect=tuple(outcomes),
        gold=tuple(gold) if answerable else (),
        also=tuple(also),
        kind=kind,
        topic="topic",
        fact=fact,
        history=(),
        question=question,
        line=2,
    )


def answer(
    *addresses: str, status: str = "answered", confidence: float = 0.9, reason: str | None = None, **changes: Any
) -> dict[str, Any]:
    """An answer object that quotes these sentences and is right in every other way."""
    sentences = [DOCUMENT.by_address[address] for address in addresses]
    return {
        "schema": 1,
        "id": "a_1",
        "question": "?",
        "standalone": "?",
        "language": "en",
        "mode": "quote",
        "status": status,
        "reason": reason,
        "confidence": confidence,
        "text": "\n".join(sentence.text for sentence in sentences),
        "claims": [
            {"text": sentence.text, "kind": "quote", "citations": [number]}
            for number, sentence in enumerate(sentences, 1)
        ],
        "citations": [
            {
                "number": number,
                "address": sentence.address,
                "quote": sentence.text,
                "start": sentence.start,
                "end": sentence.end,
            }
            for number, sentence in enumerate(sentences, 1)
        ],
        "related": [],
        "follow_ups": [],
        "missing_words": [],
        "dropped": [],
        "document": {"sha256": DOCUMENT.sha256},
        "index": {"fingerprint": "x"},
        "timings_ms": {"total": 1.0},
    } | changes


def refusal(confidence: float = 0.1, reason: str = "absent_topic", **changes: Any) -> dict[str, Any]:
    """An answer object that says the document does not answer."""
    return answer(status="not_in_document", reason=reason, confidence=confidence, **changes)


def scored(of: Case, *addresses: str, **changes: Any) -> Result:
    """The result of a case whose answer quotes these sentences."""
    return result(of, answer(*addresses, **changes))


def failed(of: Case) -> Failed:
    """A case the assistant crashed on."""
    return Failed(of, "RuntimeError: broken")


def stated(address: str, text: str, **changes: Any) -> dict[str, Any]:
    """An answer object with one written statement that cites this sentence."""
    given = answer(address, **changes)
    given["claims"][0] |= {"kind": "statement", "text": text}
    return given
