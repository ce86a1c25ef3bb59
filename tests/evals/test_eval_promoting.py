"""Drafts: what may become a case, what an editor has to do, and that validate insists on it."""

import json
from datetime import date
from pathlib import Path

import pytest

from assistant.feedback import Feedback, Kept, reports
from evals import promoting
from evals.promoting import DraftError
from tests.evals.made import DOCUMENT, case
from tests.evals.stored_run import store


def row_of(folder: Path, question: str) -> Path:
    path = folder / "results.jsonl"
    row = {
        "id": "t1", "suite": "test", "question": question, "ranking": ["iii.p1.s1", "iv.p1.s1", "title", "date"],
        "answer": {"status": "not_in_document", "reason": "absent_topic", "language": "en"},
    }  # fmt: skip
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return path


def test_a_failing_answer_becomes_a_redacted_draft(tmp_path: Path) -> None:
    """Personal data is gone, the first ranked sentences are suggested, and nobody has reviewed it."""
    drafts = tmp_path / "drafts.tsv"
    said = promoting.promote(row_of(tmp_path, "I am jane.doe@example.com, is it\tbinding?"), "t1", drafts)
    (draft,) = promoting.read(drafts)
    assert draft.id in said
    assert draft.question == "I am [email], is it binding?"
    assert draft.suggested_gold == ()  # what is refused has no gold
    assert (draft.suggested_expect, draft.source, draft.reviewed) == ("not_in_document/absent_topic", "test t1", False)
    with pytest.raises(DraftError, match="already"):
        promoting.promote(row_of(tmp_path, "I am jane.doe@example.com, is it binding?!"), "t1", drafts)


@pytest.mark.parametrize(
    ("status", "gold"),
    [("answered", "title+iii.p1.s1+iv.p1.s1"), ("partial", "title+iii.p1.s1+iv.p1.s1"), ("declined", "-")],
)
def test_the_gold_that_is_suggested_would_pass(status: str, gold: str, tmp_path: Path) -> None:
    """The first three ranked in document order, whatever their ranks; none where the status suggested refuses."""
    row = {
        "id": "t1", "suite": "test", "question": "Is it binding?",
        "ranking": ["iii.p1.s1", "iv.p1.s1", "title", "date"],
        "answer": {"status": status, "reason": "opinion", "language": "en"},
    }  # fmt: skip
    path = tmp_path / "results.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    drafts = tmp_path / "drafts.tsv"
    promoting.promote(path, "t1", drafts)
    text = drafts.read_text(encoding="utf-8")
    assert f"\t{gold}\t" in text
    drafts.write_text(text.replace("\tfalse\t", "\ttrue\t").replace("Is it", "Would it be"), encoding="utf-8")
    assert list(promoting.problems(drafts, DOCUMENT.order)) == []


def test_validate_refuses_until_an_editor_has_reworded_and_reviewed(tmp_path: Path) -> None:
    """Not reviewed; reviewed with the reader's words; reviewed and reworded passes, unless it would be no good case."""
    drafts = tmp_path / "drafts.tsv"
    assert list(promoting.problems(drafts)) == []
    promoting.promote(row_of(tmp_path, "Is it binding?"), "t1", drafts)
    text = drafts.read_text(encoding="utf-8")
    assert ":2:reviewed: draft-" in next(promoting.problems(drafts))
    drafts.write_text(
        text.replace("\tfalse\t", "\tTRUE\t").replace("Is it binding?", "is it BINDING"), encoding="utf-8"
    )
    assert "own words" in next(promoting.problems(drafts))
    good = text.replace("\tfalse\t", "\ttrue\t").replace("Is it", "Would it be")
    drafts.write_text(good, encoding="utf-8")
    assert list(promoting.problems(drafts, DOCUMENT.order)) == []
    drafts.write_text(good.replace("absent_topic\t-", "absent_topik\tiii.p9.s9"), encoding="utf-8")
    found = [line.removeprefix(f"{drafts}:2:") for line in promoting.problems(drafts, DOCUMENT.order)]
    assert [line.partition(":")[0] for line in found] == ["expect", "gold"]
    assert found[1] == "gold: no sentence has the address 'iii.p9.s9'"


def test_empty_lines_between_drafts_are_no_drafts(tmp_path: Path) -> None:
    """As an editor or a spreadsheet leaves them; what follows keeps its line."""
    drafts = tmp_path / "drafts.tsv"
    promoting.promote(row_of(tmp_path, "Is it binding?"), "t1", drafts)
    header, row = drafts.read_text(encoding="utf-8").splitlines()
    empty = "\t" * (len(promoting.HEADER) - 1)
    drafts.write_text(f"{header}\n\n{empty}\n{row}\n\n", encoding="utf-8")
    assert len(list(promoting.read(drafts))) == 1
    assert [line.partition(": ")[0] for line in promoting.problems(drafts)] == [f"{drafts}:4:reviewed"]


def test_words_of_an_unreviewed_draft_are_no_case(tmp_path: Path) -> None:
    """A reader's question pasted into a question file is refused; the very case that a draft was made of is not."""
    drafts = tmp_path / "drafts.tsv"
    promoting.promote(row_of(tmp_path, "Is it binding?"), "t1", drafts)
    pasted, own = case("p", question="is it BINDING?!"), case("t1", question="Is it binding?", suite="test")
    first, *more = promoting.problems(drafts, DOCUMENT.order, [("dev.tsv:2", pasted), ("test.tsv:9", own)])
    assert first.startswith(f"{drafts}:2:reviewed: ")
    assert [line.partition(": ")[0] for line in more] == ["dev.tsv:2:question"]


def test_without_consent_there_is_no_draft(tmp_path: Path) -> None:
    """A report without a question was not meant to be published."""
    path = tmp_path / "report.json"
    path.write_text('{"answer_id": "a_1", "verdict": "not_helpful"}', encoding="utf-8")
    with pytest.raises(DraftError, match="did not agree"):
        promoting.promote(path, None, tmp_path / "drafts.tsv")
    with pytest.raises(DraftError, match="no line with the id 'x'"):
        promoting.promote(store(tmp_path / "run").folder / "dev" / "results.jsonl", "x", tmp_path / "drafts.tsv")


def test_a_line_of_the_export_is_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m assistant feedback export`` writes lines; --id names one, and consent is asked of each."""
    kept = (
        Kept(1, date(2026, 11, 1), Feedback("a_1", "not_helpful", None, "wrong", "Is it a treaty?")),
        Kept(2, date(2026, 11, 2), Feedback("a_2", "helpful")),
    )
    path, drafts = tmp_path / "export.jsonl", tmp_path / "drafts.tsv"
    path.write_text("".join(f"{line}\n" for line in reports(kept)), encoding="utf-8")
    monkeypatch.setattr(promoting, "_asked_again", lambda _: {"status": "answered", "ranking": ["iii.p1.s1"]})
    promoting.promote(path, "feedback-1", drafts)
    (draft,) = promoting.read(drafts)
    assert (draft.question, draft.source, draft.suggested_gold) == (
        "Is it a treaty?",
        "feedback on a_1",
        ("iii.p1.s1",),
    )
    with pytest.raises(DraftError, match="did not agree"):
        promoting.promote(path, "feedback-2", drafts)
    with pytest.raises(DraftError, match="--id"):
        promoting.promote(path, None, drafts)


def test_turns_before_come_along_redacted(tmp_path: Path) -> None:
    """A follow-up makes no sense without what it follows, and that is a reader's words too."""
    row = {"id": "t1", "suite": "follow_ups", "question": "And Japan?", "history": [["user", "I am a@b.jp. Binding?"]]}
    (tmp_path / "results.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    promoting.promote(tmp_path / "results.jsonl", "t1", tmp_path / "drafts.tsv")
    (draft,) = promoting.read(tmp_path / "drafts.tsv")
    assert json.loads(draft.history) == [["user", "I am [email]. Binding?"]]


@pytest.mark.parametrize("text", ["id\tquestion\n", "\t".join(promoting.HEADER) + "\na\tb\n"])
def test_a_malformed_file_is_named(tmp_path: Path, text: str) -> None:
    """With its line."""
    path = tmp_path / "drafts.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DraftError, match=r"drafts\.tsv:\d:\w+: "):
        list(promoting.read(path))
    assert list(promoting.problems(path, DOCUMENT.order))
