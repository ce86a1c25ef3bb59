"""The measurements of language-model mode, small: the page is made from what happened, and leaks are seen."""

from pathlib import Path

import pytest

from assistant.ask import Assistant
from assistant.types import Request
from assistant.verify import Finding, Verifier
from evals import llm_page, recording, small_model, told
from evals.personalities import lines_of
from evals.recording import Recorded
from evals.scorers import Measure


def test_lines_are_of_every_kind_and_both_languages() -> None:
    """The liars' file has each kind in English and Japanese, and the honest one only addresses that exist."""
    lies = lines_of("liars")
    assert {line.language for line in lies} == {"en", "ja"}
    for kind in {line.kind for line in lies}:
        assert {line.language for line in lies if line.kind == kind} == {"en", "ja"}, kind
    assert told.DECIDABLE - {"not_offered"} <= {line.kind for line in lies}


def test_no_lie_a_rule_can_decide_is_shown(assistant: Assistant) -> None:
    """A few answers of each such liar through the whole application: nothing is shown beyond the known leaks."""
    lies = lines_of("liars")
    questions = told.answerable("dev")[:3]
    for kind in sorted(told.DECIDABLE - {"not_offered"}):
        found = told.tell(assistant, kind, [line for line in lies if line.kind == kind], questions)
        assert found.written > 0
        assert found.new_leaks <= 0, (kind, found.shown)


def test_a_leak_is_counted_and_printed(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a gate that lets everything pass, the lies are counted as shown and stand on the page."""
    lies = [line for line in lines_of("liars") if line.kind == "added_content"]
    monkeypatch.setattr(Verifier, "finding", lambda *_: Finding((), 1.0))
    found = told.tell(assistant, "added_content", lies, told.answerable("dev")[:2])
    assert found.shown
    assert not found.passed
    assert found.new_leaks > 0
    assert all(line.text in llm_page.lies_section([found]) for line in found.shown)


def test_a_recording_is_replayed_word_for_word(assistant: Assistant, tmp_path: Path) -> None:
    """The recorded text goes through the gate like any other; figures compare it with quote mode."""
    case = told.answerable("dev")[0]
    text = '{"claims": [{"addresses": ["v.p9.s9"], "text": "It must be obeyed."}]}'
    path = tmp_path / "dev.jsonl"
    recording.append(path, Recorded(case.id, case.question, case.language, text, "stop", 0.5, 1.5))
    (one,) = small_model.replay(assistant, "dev", path)
    assert (one.answer.mode, one.written) == ("quote", [])
    assert one.answer.dropped[0].text == "It must be obeyed."
    section = llm_page.small_section([one], "dev", Measure.of(assistant.document))
    assert "gate_dropped_all 1" in section


def test_every_labelled_claim_was_really_written() -> None:
    """It stands in a recorded answer, under the addresses the model named, and says who labelled it."""
    written = {
        (recorded.id, claim.addresses, claim.text)
        for suite in ("dev", "test", "earlier")
        for recorded in recording.load(small_model.RECORDINGS / f"{suite}.smol.jsonl")
        for claim in recording.claims(recorded)
    }
    labelled = recording.labelled()
    assert labelled
    assert [one.id for one in labelled if (one.id, one.addresses, one.text) not in written] == []
    assert {one.label for one in labelled} <= {"supported", "unsupported", "elsewhere"}
    assert all(one.by for one in labelled)


def test_a_sample_of_what_was_shown_is_labelled(assistant: Assistant, tmp_path: Path) -> None:
    """A shown sentence is looked up by its question and words; an unsupported one is printed."""
    case = next(case for case in told.answerable("dev") if case.language == "en")
    address = assistant.answer(Request(case.question)).citations[0].address
    text = assistant.document.by_address[address].text
    path = tmp_path / "dev.jsonl"
    recording.append(path, Recorded(case.id, case.question, "en", f"[{address}] {text}", "stop", 0.5, 1.5))
    replayed = small_model.replay(assistant, "dev", path)
    label = recording.Labelled(case.id, "en", (address,), "unsupported", "a test", text)
    assert len(replayed[0].written) == 1
    section = llm_page.sample_section(replayed, [label])
    assert "1 are labelled unsupported and 0 have no label" in section
    assert text in section
    assert "0 sentences" in llm_page.sample_section([], [label])


def test_an_unsupported_claim_that_passes_is_named(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page lists what the gate let through against its label."""
    monkeypatch.setattr(Verifier, "finding", lambda *_: Finding((), 1.0))
    wrong = next(one for one in recording.labelled() if not one.is_supported)
    section = llm_page.labels_section(assistant, [wrong])
    assert f"- {wrong.id}" in section
    assert "of these 1 are labelled unsupported" in section
