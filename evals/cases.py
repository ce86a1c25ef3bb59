"""Eval cases: tab-separated files that a person edits in a spreadsheet, read strictly.

One row is one question with every outcome a careful reader would accept, the sentences that settle it, and the fact it
asks about. Rows about one fact (paraphrases, English/Japanese twins) share ``fact``, the unit splits and intervals use.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from assistant.types import LANGUAGES, REASONS, Language, Status, Turn
from evals import tables
from index.bank import normalised
from index.errors import UserError

QUESTIONS = Path(__file__).parent / "questions"
SUITES = ("dev", "test", "routes", "follow_ups")
HEADER = ("id", "group", "language", "expect", "gold", "also", "kind", "topic", "fact", "history", "question")
# How the groups begin whose questions nobody who tunes has read: written and labelled last, by other writers.
FRESH = {"test": "k.", "routes": "j.", "follow_ups": "j."}
ANSWERING: frozenset[str] = frozenset({"answered", "partial"})

Expectation = Literal["answerable", "unanswerable", "open", "route"]


class CaseError(UserError):
    """A file of eval cases is not as it should be (exit 2); names file, line and field."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome a case accepts: a status and, where it has one, the reason code."""

    status: Status
    reason: str | None

    def __str__(self) -> str:
        return f"{self.status}/{self.reason}" if self.reason else self.status


@dataclass(frozen=True, slots=True)
class Case:
    """One eval question. ``line`` is its line in the file, for messages."""

    id: str
    suite: str
    group: str
    language: Language
    expect: tuple[Outcome, ...]
    gold: tuple[str, ...]
    also: tuple[str, ...]
    kind: str
    topic: str
    fact: str
    history: tuple[Turn, ...]
    question: str
    line: int

    @property
    def statuses(self) -> frozenset[str]:
        """Every accepted status."""
        return frozenset(outcome.status for outcome in self.expect)

    @property
    def expectation(self) -> Expectation:
        """What the case is about.

        ``answerable``: only answers are right · ``unanswerable``: no answer is right, and ``not_in_document`` is one of
        the right outcomes · ``open``: readers differ on whether the document answers it · ``route``: only a typed
        short reply is right (small talk, declined).
        """
        if self.statuses <= ANSWERING:
            return "answerable"
        if self.statuses & ANSWERING:
            return "open"
        return "unanswerable" if "not_in_document" in self.statuses else "route"

    @property
    def fresh(self) -> bool:
        """Whether it belongs to a group that was held out from everyone who tunes."""
        begins = FRESH.get(self.suite)
        return begins is not None and self.group.startswith(begins)

    @property
    def key(self) -> tuple[str, str]:
        """Two cases with equal keys ask the same: normalised question and history."""
        return normalised(self.question) or self.question, json.dumps([[t.role, t.content] for t in self.history])


def path_of(suite: str, directory: Path = QUESTIONS) -> Path:
    """The file of a suite."""
    return directory / f"{suite}.tsv"


def load(suite: str, directory: Path = QUESTIONS) -> tuple[Case, ...]:
    """Read a suite.

    Raises:
        CaseError: the file is missing, not UTF-8, or a row is malformed (the first problem is named).
    """
    cases, problems = read(suite, directory)
    if problems:
        raise CaseError(problems[0])
    return cases


def read(suite: str, directory: Path = QUESTIONS) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """Well-formed cases of a suite, and every problem as ``file:line:field: what``."""
    path = path_of(suite, directory)
    rows, problems = tables.rows(path, HEADER, edited=True)
    cases: list[Case] = []
    for number, row in rows:
        found = [f"{path}:{number}:{field}: {what}" for field, what in row_problems(row)]
        problems += found
        if not found:
            cases.append(_case(row, suite, number))
    return tuple(cases), tuple(problems)


def row_problems(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(field, what is wrong) for everything that can be seen without the document."""
    for field in ("id", "group", "fact"):
        if not row[field] or any(character.isspace() for character in row[field]):
            yield field, f"{row[field]!r} must be one word without spaces"
    for field in ("kind", "topic"):
        if not row[field].strip():
            yield field, "is empty"
    if row["language"] not in LANGUAGES:
        yield "language", f"{row['language']!r} is not one of {', '.join(LANGUAGES)}"
    try:
        statuses = {outcome.status for outcome in _expect(row["expect"])}
    except ValueError as error:
        statuses = set()
        yield "expect", str(error)
    try:
        gold, also = _addresses(row["gold"]), _addresses(row["also"])
    except ValueError as error:
        yield "gold", str(error)
    else:
        if set(gold) & set(also):
            yield "also", f"repeats {sorted(set(gold) & set(also))[0]!r} of gold"
        if len(set(gold)) != len(gold) or len(set(also)) != len(also):
            yield "gold", "names an address twice"
        if statuses & ANSWERING and not gold:
            yield "gold", "an answerable question needs the addresses that settle it"
        if statuses and not statuses & ANSWERING and gold:
            yield "gold", "must be - when no outcome is an answer"
    try:
        _history(row["history"])
    except ValueError as error:
        yield "history", str(error)
    if any(unicodedata.category(character) == "Cs" for character in row["question"]):
        yield "question", "holds an unpaired surrogate"
    if not row["question"] and "declined" not in statuses:
        yield "question", "is empty"


def wrong_addresses(gold: Sequence[str], also: Sequence[str], order: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """(field, what is wrong): addresses that the document lacks, or gold out of its ``order`` (address → place)."""
    for field, addresses in (("gold", gold), ("also", also)):
        yield from (
            (field, f"no sentence has the address {address!r}") for address in addresses if address not in order
        )
    places = [order[address] for address in gold if address in order]
    if places != sorted(places):
        yield "gold", f"{'+'.join(gold)} must be in document order"


def _case(row: Mapping[str, str], suite: str, line: int) -> Case:
    return Case(
        id=row["id"],
        suite=suite,
        group=row["group"],
        language=cast(Language, row["language"]),
        expect=_expect(row["expect"]),
        gold=_addresses(row["gold"]),
        also=_addresses(row["also"]),
        kind=row["kind"],
        topic=row["topic"],
        fact=row["fact"],
        history=_history(row["history"]),
        question=row["question"],
        line=line,
    )


def _expect(cell: str) -> tuple[Outcome, ...]:
    outcomes = []
    for part in cell.split("|"):
        status, _, reason = part.partition("/")
        if status not in REASONS:
            raise ValueError(f"unknown status {status!r}; known: {', '.join(REASONS)}")
        known = REASONS[cast(Status, status)]
        if status not in ANSWERING and reason not in known:
            raise ValueError(f"{part!r} needs a reason; known for {status}: {', '.join(known)}")
        if reason and reason not in known:
            raise ValueError(f"{status!r} has no reason {reason!r}")
        outcomes.append(Outcome(cast(Status, status), reason or None))
    return tuple(outcomes)


def _addresses(cell: str) -> tuple[str, ...]:
    if cell == "-":
        return ()
    addresses = tuple(cell.split("+"))
    if not all(addresses) or any(address != address.strip() for address in addresses):
        raise ValueError(f"{cell!r} must be addresses joined by '+', or '-'")
    return addresses


def _history(cell: str) -> tuple[Turn, ...]:
    if not cell or cell == "-":
        return ()
    shape = 'must be a JSON list of ["user" or "assistant", "text"] pairs, or empty'
    try:
        pairs = json.loads(cell)
    except ValueError as error:
        raise ValueError(f"{shape} ({error})") from None
    turns = []
    for pair in pairs if isinstance(pairs, Sequence) and not isinstance(pairs, str) else [None]:
        match pair:
            case ["user" | "assistant" as role, str(content)]:
                turns.append(Turn(role, content))
            case _:
                raise ValueError(f"{shape}; found {pair!r}")
    return tuple(turns)
