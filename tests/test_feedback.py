"""Feedback: redacted before it is kept, bounded, and gone when it is due; exported as a report a line."""

import json
import sqlite3
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant import feedback as module
from assistant.__main__ import main
from assistant.feedback import Feedback, FeedbackStore, Full, reports
from index.errors import ConfigError

ANSWER = "a_" + "0" * 64
START = date(2026, 1, 10)


class Calendar:
    """A day that can be moved."""

    def __init__(self) -> None:
        self.day = START

    def __call__(self) -> date:
        return self.day


@pytest.fixture
def calendar() -> Calendar:
    """A calendar that stands at START."""
    return Calendar()


@pytest.fixture
def store(tmp_path: Path, calendar: Calendar) -> FeedbackStore:
    """An empty store that keeps feedback for 30 days."""
    return FeedbackStore(tmp_path / "kept", 30, calendar)


def test_feedback_comes_back_as_it_was_given(store: FeedbackStore) -> None:
    """All fields, and the day it came on."""
    given = Feedback(ANSWER, "not_helpful", "wrong_passage", "Section IV would be right", "Can Japan leave?")
    store.add(given)
    store.add(Feedback(ANSWER, "helpful"))
    first, second = store.all()
    assert (first.day, first.feedback) == (START, given)
    assert second.feedback == Feedback(ANSWER, "helpful", None, None, None)


def test_personal_data_never_reaches_the_file(store: FeedbackStore, tmp_path: Path) -> None:
    """Comment and question are redacted first; no byte of the file holds what was taken out."""
    comment = "write to jane.roe@example.com or call +1 202 555 0143"
    store.add(Feedback(ANSWER, "helpful", None, comment, "私のメールは taro@example.jp です。拘束力は？"))
    [kept] = store.all()
    assert kept.feedback.comment is not None
    assert "[email]" in kept.feedback.comment
    assert "[phone]" in kept.feedback.comment
    files = b"".join(path.read_bytes() for path in (tmp_path / "kept").iterdir())
    assert b"jane.roe" not in files
    assert b"555" not in files
    assert b"taro@" not in files


def test_a_number_is_seen_whole_before_the_text_is_cut(store: FeedbackStore) -> None:
    """A comment that is cut in the middle of a card number keeps no part of that number."""
    store.add(Feedback(ANSWER, "helpful", None, "x " * 144 + "card 4111 1111 1111 1111"))
    [kept] = store.all()
    assert "4111" not in (kept.feedback.comment or "")


@pytest.mark.parametrize(("days", "left"), [(29, 1), (30, 0), (31, 0)])
def test_feedback_goes_after_its_days(store: FeedbackStore, calendar: Calendar, days: int, left: int) -> None:
    """On the 30th day it is deleted, whoever touches the store next."""
    store.add(Feedback(ANSWER, "helpful"))
    calendar.day = START + timedelta(days=days)
    assert len(store.all()) == left


def test_what_is_deleted_is_overwritten(store: FeedbackStore, calendar: Calendar, tmp_path: Path) -> None:
    """Not only forgotten: its words are in no byte of the directory any more."""
    store.add(Feedback(ANSWER, "helpful", None, "unforgettable words"))
    file = tmp_path / "kept" / "feedback.sqlite3"
    assert b"unforgettable" in file.read_bytes()
    calendar.day = START + timedelta(days=40)
    assert store.purge() == 1
    assert b"unforgettable" not in b"".join(path.read_bytes() for path in file.parent.iterdir())


def test_only_the_owner_may_read_the_file(store: FeedbackStore, tmp_path: Path) -> None:
    """The file is closed to other users of the machine."""
    assert store.all() == ()
    assert (tmp_path / "kept" / "feedback.sqlite3").stat().st_mode & 0o077 == 0


def test_there_is_a_limit(store: FeedbackStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open door must not fill the disk."""
    monkeypatch.setattr(module, "MAX_ENTRIES", 2)
    store.add(Feedback(ANSWER, "helpful"))
    store.add(Feedback(ANSWER, "helpful"))
    with pytest.raises(Full):
        store.add(Feedback(ANSWER, "helpful"))
    assert len(store.all()) == 2


def test_many_at_once(store: FeedbackStore) -> None:
    """Threads writing together lose nothing."""
    threads = [threading.Thread(target=store.add, args=(Feedback(ANSWER, "helpful"),)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.all()) == 12


def test_a_place_that_cannot_be_written_is_a_setting_error(tmp_path: Path) -> None:
    """The variable is named, at the start and not at the first reader's click."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="MOC_FEEDBACK_DIR"):
        FeedbackStore(tmp_path / "file" / "below")
    (tmp_path / "feedback.sqlite3").write_text("no database")
    with pytest.raises(ConfigError, match="MOC_FEEDBACK_DIR"):
        FeedbackStore(tmp_path)


def test_exported_feedback_is_a_report_a_line(store: FeedbackStore) -> None:
    """One object a line, with an id that is never used twice, and the question only where it was given."""
    store.add(Feedback(ANSWER, "helpful"))
    store.purge(everything=True)
    store.add(Feedback(ANSWER, "not_helpful", "should_have_answered", "why\u2028so?", "日本は離脱できますか？"))
    store.add(Feedback(ANSWER, "helpful"))
    rows = [json.loads(line) for line in reports(store.all())]
    assert rows == [
        {
            "id": "feedback-2",
            "day": "2026-01-10",
            "answer_id": ANSWER,
            "verdict": "not_helpful",
            "reason": "should_have_answered",
            "comment": "why so?",
            "question": "日本は離脱できますか?",
        },
        {
            "id": "feedback-3",
            "day": "2026-01-10",
            "answer_id": ANSWER,
            "verdict": "helpful",
            "reason": None,
            "comment": None,
            "question": None,
        },
    ]


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """python -m assistant feedback export | purge, on the directory of the settings."""
    assert main(["feedback", "export"]) == 2
    assert "MOC_FEEDBACK_DIR" in capsys.readouterr().err
    monkeypatch.setenv("MOC_FEEDBACK_DIR", str(tmp_path))
    FeedbackStore(tmp_path).add(Feedback(ANSWER, "helpful", None, None, "Can Japan leave?"))
    assert main(["feedback", "export"]) == 0
    assert "Can Japan leave?" in capsys.readouterr().out
    assert main(["feedback", "export", "--out", str(tmp_path / "reports.jsonl")]) == 0
    assert "Can Japan leave?" in (tmp_path / "reports.jsonl").read_text(encoding="utf-8")
    assert main(["feedback", "export", "--all"]) == 2
    assert main(["feedback", "purge"]) == 0
    assert capsys.readouterr().out == "deleted: 0\n"
    assert main(["feedback", "purge", "--all"]) == 0
    assert capsys.readouterr().out == "deleted: 1\n"
    assert FeedbackStore(tmp_path).all() == ()


def test_an_unwritable_file_is_an_error_for_the_caller(store: FeedbackStore, tmp_path: Path) -> None:
    """Nothing is lost silently."""
    (tmp_path / "kept" / "feedback.sqlite3").write_bytes(b"damaged" * 200)
    with pytest.raises(sqlite3.Error):
        store.add(Feedback(ANSWER, "helpful"))
