"""What readers say about answers: little, redacted, the question only where they ticked it, and gone after a month.

One SQLite file. No address, session, browser or time of day is kept, so no line can be traced to a person.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, get_args

from assistant import personal_data
from assistant.understand import MAX_CHARACTERS, clean
from index.errors import ConfigError

Verdict = Literal["helpful", "not_helpful"]
Reason = Literal[
    "wrong_passage", "missing_passage", "not_faithful", "should_have_answered", "should_not_have_answered",
    "hard_to_understand", "other",
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)
MAX_COMMENT = 300  # characters
MAX_ENTRIES = 20_000  # of at most 1.5 kB or so: an open door must not fill the disk
_BUSY = 2.0  # seconds to wait for another process

_TABLE = """
create table if not exists feedback (
    number integer primary key autoincrement, day text not null, answer_id text not null, verdict text not null,
    reason text, comment text, question text
)
"""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One reader's word on one answer; ``question`` is given only with their consent to publish it as a test case."""

    answer_id: str
    verdict: Verdict
    reason: Reason | None = None
    comment: str | None = None
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Feedback as it is kept: redacted, with a number and the day it came on."""

    number: int
    day: date
    feedback: Feedback


class Full(Exception):
    """No more is taken until older feedback is deleted."""


def _today() -> date:
    return datetime.now(UTC).date()


class FeedbackStore:
    """Feedback in one SQLite file; safe for several threads and processes.

    Raises (on construction):
        ConfigError: the directory cannot be written to.
    """

    def __init__(self, directory: Path, days: int = 30, today: Callable[[], date] = _today) -> None:
        self._path = directory / "feedback.sqlite3"
        self._days = days
        self._today = today
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600, exist_ok=True)
            with self._open() as database:
                database.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"MOC_FEEDBACK_DIR is {str(directory)!r}, where feedback cannot be written: {error}"
            ) from None
        self.purge()

    def add(self, feedback: Feedback) -> None:
        """Keep one piece of feedback, redacted.

        Raises:
            Full: there is too much already.
            sqlite3.Error: the file cannot be written.
        """
        self.purge()
        row = (
            self._today().isoformat(),
            feedback.answer_id,
            feedback.verdict,
            feedback.reason,
            _redacted(feedback.comment, MAX_COMMENT),
            _redacted(feedback.question, MAX_CHARACTERS),
        )
        with self._open() as database:
            (entries,) = database.execute("select count(*) from feedback").fetchone()
            if entries >= MAX_ENTRIES:
                raise Full(f"{entries} entries are kept already")
            database.execute(
                "insert into feedback (day, answer_id, verdict, reason, comment, question) values (?, ?, ?, ?, ?, ?)",
                row,
            )

    @property
    def full(self) -> bool:
        """Whether no more is taken now.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        with self._open() as database:
            (entries,) = database.execute("select count(*) from feedback").fetchone()
        return bool(entries >= MAX_ENTRIES)

    def all(self) -> tuple[Kept, ...]:
        """Everything kept and not yet due for deletion, oldest first."""
        self.purge()
        with self._open() as database:
            rows = database.execute(
                "select number, day, answer_id, verdict, reason, comment, question from feedback order by number"
            ).fetchall()
        return tuple(Kept(number, date.fromisoformat(day), Feedback(*rest)) for number, day, *rest in rows)

    def purge(self, everything: bool = False) -> int:
        """Delete what is older than the retention, or everything; returns how many entries went."""
        last_deleted = self._today() - timedelta(days=self._days)
        with self._open() as database:
            if everything:
                return database.execute("delete from feedback").rowcount
            return database.execute("delete from feedback where day <= ?", (last_deleted.isoformat(),)).rowcount

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=_BUSY)
        try:
            database.execute("pragma secure_delete = on")  # what is deleted is overwritten, not only forgotten
            with database:
                yield database
        finally:
            database.close()


def reports(kept: tuple[Kept, ...]) -> Iterator[str]:
    """Feedback as lines of JSON, each with an id of its own: what ``python -m evals promote`` makes a draft case of.

    A draft needs the question, which only readers who agreed have given; a verdict is no label, so there is none here.
    """
    for entry in kept:
        row = {"id": f"feedback-{entry.number}", "day": entry.day.isoformat(), **asdict(entry.feedback)}
        yield json.dumps(row, ensure_ascii=False)


def _redacted(text: str | None, limit: int) -> str | None:
    """Cleaned, cut and without personal data; None for nothing.

    Redacted before it is cut, so that no half of a number slips through.
    """
    return personal_data.redact(clean(text))[:limit] or None if text else None
