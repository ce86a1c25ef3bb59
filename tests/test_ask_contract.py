"""An answer object keeps its contract: fields, codes, id; the same from a stream, a thread and another process."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant import glossary, render, types
from assistant.ask import Assistant, ClaimShown, Stage
from assistant.retrieve import Retriever
from assistant.types import Answer, Mode, Question, Request
from evals.events import events_of
from tests.asking import BINDING_JA, LEAVING, SAMPLE, TARIFFS, ask
from tests.index.running import run

if TYPE_CHECKING:
    from index.embed import Embedder
    from index.store import Store

FIELDS = {
    "schema": int,
    "id": str,
    "question": str,
    "standalone": str,
    "language": str,
    "mode": str,
    "mode_note": str | None,
    "status": str,
    "reason": str | None,
    "confidence": float,
    "text": str,
    "claims": list,
    "citations": list,
    "related": list,
    "follow_ups": list,
    "missing_words": list,
    "dropped": list,
    "document": dict,
    "index": dict,
    "model": dict | None,
    "timings_ms": dict,
}
CITATION_FIELDS = {"number", "address", "section", "label", "quote", "start", "end", "reading_aid"}
CODES = {  # the contract's own lists
    "partial": "partly_absent",
    "not_in_document": "absent_topic absent_detail after_document",
    "small_talk": "greeting thanks about_assistant",
    "declined": "opinion injection personal_data abuse empty too_long unclear other_language",
    "mode_note": "llm_off llm_timeout llm_unavailable llm_busy llm_budget llm_cut llm_invalid gate_dropped_all "
    "refused_before_llm",
    "gate": "unknown_address not_offered number_mismatch date_mismatch entity_mismatch party_swap modality_upgrade "
    "negation_flip scope_change added_content causal_invention legal_upgrade wrong_citation wrong_language low_score",
}


def test_code_lists_are_those_of_the_contract() -> None:
    """No code more or less; clients tell cases apart by them."""
    for status, reasons in types.REASONS.items():
        assert " ".join(reasons) == CODES.get(status, "")
    assert " ".join(types.MODE_NOTES) == CODES["mode_note"]
    assert " ".join(types.GATE_REASONS) == CODES["gate"]


@pytest.mark.parametrize("question", SAMPLE)
def test_every_answer_keeps_the_contract(question: str, assistant: Assistant) -> None:
    """Fields and types, codes, quotes at their offsets, numbers, links in the text, no citations where none may be."""
    body = json.loads(
        json.dumps(render.answer_object(ask(assistant, question), "https://moc.example"), allow_nan=False)
    )
    assert set(body) == set(FIELDS)
    assert {name: value for name, value in body.items() if not isinstance(value, FIELDS[name])} == {}
    assert body["schema"] == 1
    assert body["question"] == question
    assert body["language"] in types.LANGUAGES
    assert (body["mode"], body["mode_note"], body["model"], body["dropped"]) == ("quote", None, None, [])
    assert (body["reason"] or "") in (CODES.get(body["status"], "").split() or [""])
    assert 0 <= body["confidence"] <= 1
    assert round(body["confidence"], 3) == body["confidence"]
    assert set(body["timings_ms"]) == {"understand", "retrieve", "draft", "verify", "total"}
    assert set(body["document"]) == {"title", "date", "sha256"}
    assert set(body["index"]) == {"fingerprint", "embedding"}
    assert body["document"]["date"] == "2025-10-28"
    assert body["document"]["sha256"] == hashlib.sha256(assistant.document.source.encode()).hexdigest()
    assert_citations_hold(body, assistant.document.source)
    if body["status"] in ("answered", "partial"):
        assert any(claim["kind"] == "quote" for claim in body["claims"])
        assert body["related"] == []
    else:
        assert body["claims"] == body["citations"] == []
    assert all(set(near) == {"address", "label", "section", "snippet"} for near in body["related"])


def assert_citations_hold(body: Mapping[str, Any], source: str) -> None:
    used = {number for claim in body["claims"] for number in claim["citations"]}
    assert [cited["number"] for cited in body["citations"]] == sorted(used)
    assert sorted(used) == list(range(1, len(used) + 1))
    for cited in body["citations"]:
        assert set(cited) == CITATION_FIELDS
        assert source[cited["start"] : cited["end"]] == cited["quote"]
        assert f"[{cited['label']}](https://moc.example/document#{cited['address']})" in body["text"]
        assert (cited["reading_aid"] is not None) == (body["language"] == "ja")
    for claim in body["claims"]:
        assert set(claim) == {"text", "kind", "citations"}
        assert claim["kind"] in ("quote", "note")
        if claim["kind"] == "quote":
            (number,) = claim["citations"]
            assert claim["text"] == body["citations"][number - 1]["quote"]


@pytest.mark.parametrize("question", SAMPLE)
def test_the_id_can_be_computed_by_anybody(question: str, assistant: Assistant) -> None:
    """From the object alone, by the contract's own words; and the whole object can be verified."""
    body = render.answer_object(ask(assistant, question))
    names = ("schema", "question", "standalone", "language", "mode", "status", "reason", "model")
    address_of = {cited["number"]: cited["address"] for cited in body["citations"]}
    covered = {name: body[name] for name in names} | {
        "claims": [
            {"text": claim["text"], "kind": claim["kind"], "addresses": [address_of[n] for n in claim["citations"]]}
            for claim in body["claims"]
        ],
        "document": {"sha256": body["document"]["sha256"]},
        "index": {"fingerprint": body["index"]["fingerprint"]},
    }
    canonical = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body["id"] == "a_" + hashlib.sha256(canonical.encode()).hexdigest()
    assert assistant.verifier.problems(body) == []


@pytest.mark.parametrize("question", [LEAVING, TARIFFS, "What do you think?", "opinion on tariffs, honestly"])
def test_confidence_is_measured_before_routing(question: str, assistant: Assistant) -> None:
    """How likely the document answers, also where the question is declined; only what may not be searched has none."""
    asked = Question(question, question, question, "en")
    answer = ask(assistant, question)
    if answer.status != "partial":
        assert answer.confidence == pytest.approx(assistant._retriever.evidence(asked).answerable, abs=0.001)


@pytest.mark.parametrize(("mode", "note"), [(None, None), ("quote", None), ("llm", "llm_off")])
def test_without_a_model_every_mode_quotes(mode: Mode | None, note: str | None, assistant: Assistant) -> None:
    """Asking for a model that is not switched on is answered by quotes, and said."""
    for question in (LEAVING, TARIFFS, "Hello"):
        answer = assistant.answer(Request(question, mode=mode))
        assert (answer.mode, answer.mode_note, answer.model) == ("quote", note, None)


@pytest.mark.parametrize("question", [LEAVING, BINDING_JA, TARIFFS, "Hello"])
def test_the_stream_ends_with_the_same_answer(question: str, assistant: Assistant) -> None:
    """A stage first, each claim of the answer in order, the answer last and once."""
    first, *shown, last = asyncio.run(events_of(assistant, Request(question)))
    assert first == Stage("searching")
    assert isinstance(last, Answer)
    assert lasting(last) == lasting(ask(assistant, question))
    assert [event.claim for event in shown if isinstance(event, ClaimShown)] == list(last.claims)
    assert len(shown) == len(last.claims)


def lasting(answer: Answer) -> dict[str, Any]:
    """The answer object less what differs from run to run."""
    return {name: value for name, value in render.answer_object(answer).items() if name != "timings_ms"}


@pytest.mark.usefixtures("embedded_anew")
def test_threads_do_not_disturb_each_other(assistant: Assistant) -> None:
    """The same answers from four threads at once, in any order, as one after the other."""
    alone = [lasting(ask(assistant, question)) for question in SAMPLE]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda question: lasting(ask(assistant, question)), SAMPLE + SAMPLE[::-1]))
    assert together == alone + alone[::-1]


MEASURING = """
import json, sys
from assistant import glossary
from assistant.retrieve import Retriever
from assistant.types import Question
from index.library import open_index
from index.settings import IndexSettings
retriever = Retriever.open(*open_index(IndexSettings.from_env()), glossary.load())
for text in json.loads(sys.argv[1]):
    found = retriever.evidence(Question(text, text, text, "en"))
    row = [found.answerable.hex(), [float(p).hex() for p in found.probabilities], [p.address for p in found.passages]]
    print(json.dumps([*row, [p.found_by for p in found.passages], sorted(found.reasons.items())]))
"""


@pytest.mark.usefixtures("embedded_anew")
def test_another_process_measures_the_same(opened_index: "tuple[Store, Embedder]", index_directory: Path) -> None:
    """Every probability to the last bit, every order, every source; with another hash seed and number of threads."""
    texts = [text for text in SAMPLE if text != "Hello"]
    here = []
    retriever = Retriever.open(*opened_index, glossary.load())
    for text in texts:
        found = retriever.evidence(Question(text, text, text, "en"))
        row = [found.answerable.hex(), [float(p).hex() for p in found.probabilities]]
        order = [[p.address for p in found.passages], [list(p.found_by) for p in found.passages]]
        here.append([*row, *order, [list(pair) for pair in sorted(found.reasons.items())]])
    settings = {"MOC_INDEX_DIR": str(index_directory), "MOC_INDEX_BUILD": "never"}
    done = run("-c", MEASURING, json.dumps(texts), PYTHONHASHSEED="4242", OMP_NUM_THREADS="1", **settings)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == here
