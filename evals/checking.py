"""``python -m evals validate``: may these questions be trusted as a measure? Every problem is named at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals import cases as case_files
from evals import lock, promoting, sources, ties
from evals.cases import QUESTIONS, SUITES, Case
from evals.sources import Places
from index import parse
from index.document import Document

# (expectation, language) → how many cases the test split needs, so that its intervals are narrow enough.
MINIMUM: Mapping[tuple[str, str], int] = {
    ("answerable", "en"): 150,
    ("answerable", "ja"): 100,
    ("unanswerable", "en"): 120,
    ("unanswerable", "ja"): 80,
}


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found: ``stale`` are ties to another text (exit 4), ``problems`` everything else (exit 1)."""

    suites: Mapping[str, tuple[Case, ...]]
    problems: tuple[str, ...]
    stale: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 when nothing is wrong."""
        return 4 if self.stale else 1 if self.problems else 0


def validate(directory: Path = QUESTIONS, document: Document | None = None, places: Places | None = None) -> Validation:
    """Check every file of eval questions against its schema, the document, the lock and the other files, and all else
    the suite stands on. A file that cannot be read is a problem like any other.
    """
    document = document or parse.load()
    suites: dict[str, tuple[Case, ...]] = {}
    problems: list[str] = []
    for suite in SUITES:
        suites[suite], found = case_files.read(suite, directory)
        problems += found
    everything = [case for suite in suites.values() for case in suite]
    problems += address_problems(everything, document, directory)
    problems += duplicate_problems(everything, directory)
    problems += split_problems(suites["dev"], suites["test"], directory)
    problems += count_problems(suites["test"], directory)
    problems += group_problems(everything, directory)
    drafts = directory / promoting.DRAFTS.name
    problems += promoting.problems(drafts, document.order, [(_at(case, directory), case) for case in everything])
    # Recordings are of the questions in the repository, not of those in another folder.
    ids = {case.id for case in everything} if directory == QUESTIONS else ()
    problems += sources.problems(document, places or Places(), ids)
    try:
        stale = lock.differences(document, directory / lock.LOCK.name)
        if stale:
            stale += tuple(ties.broken(lock.changed(document, directory / lock.LOCK.name), everything))
    except lock.StaleLock as error:
        stale = (str(error),)
    return Validation(suites, tuple(problems), stale)


def address_problems(cases: Iterable[Case], document: Document, directory: Path) -> Iterator[str]:
    """Gold and acceptable addresses that the document lacks, or gold out of document order."""
    for case in cases:
        found = case_files.wrong_addresses(case.gold, case.also, document.order)
        yield from (f"{_at(case, directory)}:{field}: {what}" for field, what in found)


def duplicate_problems(cases: Iterable[Case], directory: Path) -> Iterator[str]:
    """Ids used twice, and questions (after normalisation, with their history) asked twice."""
    ids: dict[str, Case] = {}
    questions: dict[tuple[str, str], Case] = {}
    for case in cases:
        if case.id in ids:
            yield f"{_at(case, directory)}:id: {case.id!r} is used by {_at(ids[case.id], directory)} too"
        if case.key in questions:
            yield f"{_at(case, directory)}:question: the same as {_at(questions[case.key], directory)}"
        ids.setdefault(case.id, case)
        questions.setdefault(case.key, case)


def split_problems(dev: Sequence[Case], test: Sequence[Case], directory: Path) -> Iterator[str]:
    """Facts and groups on both sides of the split: what is tuned on may not be measured on."""
    for field in ("fact", "group"):
        tuned = {getattr(case, field) for case in dev}
        shared: dict[str, Case] = {}
        for case in test:
            if getattr(case, field) in tuned:
                shared.setdefault(getattr(case, field), case)
        for value, case in shared.items():
            yield f"{_at(case, directory)}:{field}: {value!r} is in dev too; a {field} stays on one side of the split"


def shared_gold(dev: Iterable[Case], test: Iterable[Case]) -> str:
    """One line: how many answerable test questions need exactly the sentences that a dev question needs too.

    No mistake, for overviews and the sides of one sentence are facts of their own; but of these test knows less.
    """
    tuned = {frozenset(case.gold) for case in dev if case.expectation == "answerable"}
    answerable = [case for case in test if case.expectation == "answerable"]
    shared = [frozenset(case.gold) for case in answerable if frozenset(case.gold) in tuned]
    return (
        f"{len(shared)} of {len(answerable)} answerable test questions need exactly the sentences of a dev question "
        f"({len(set(shared))} sets of sentences)"
    )


def group_problems(cases: Iterable[Case], directory: Path) -> Iterator[str]:
    """A group holds questions of one meaning: one fact and one gold."""
    first: dict[tuple[str, str], Case] = {}
    for case in cases:
        other = first.setdefault((case.suite, case.group), case)
        for field in ("fact", "gold"):
            if getattr(case, field) != getattr(other, field):
                yield f"{_at(case, directory)}:{field}: differs from line {other.line}, also in group {case.group!r}"


def count_problems(test: Sequence[Case], directory: Path) -> Iterator[str]:
    """Fewer test cases than the intervals need."""
    for (expectation, language), needed in MINIMUM.items():
        there = sum(case.expectation == expectation and case.language == language for case in test)
        if there < needed:
            path = case_files.path_of("test", directory)
            yield f"{path}:1:expect: {there} {expectation} questions in {language!r}, needs at least {needed}"


def counts(cases: Sequence[Case]) -> str:
    """One line: how many cases of which kind, and how many facts stand behind them."""
    parts = []
    for expectation in ("answerable", "unanswerable", "open", "route"):
        chosen = [case for case in cases if case.expectation == expectation]
        if chosen:
            english = sum(case.language == "en" for case in chosen)
            parts.append(f"{len(chosen)} {expectation} ({english} en, {len(chosen) - english} ja)")
    return f"{len(cases)} cases, {len({case.fact for case in cases})} facts: {', '.join(parts)}"


def _at(case: Case, directory: Path) -> str:
    return f"{case_files.path_of(case.suite, directory)}:{case.line}"
