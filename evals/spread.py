"""python -m evals.spread: is the question bank varied, or a few templates repeated? Writes docs/bank-spread.md.

Questions of a bank that look alike teach a classifier one wording. The limits: after masking content words no pattern
covers more than 1 % of the bank, no opening more than 2 % of its language, questions of one address are not near copies
of each other, and every address has enough of them in both languages.
"""

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index import bank, parse
from index.bank import BankQuestion
from index.document import Document
from index.errors import UserError

REPORT = Path(__file__).parent.parent / "docs" / "bank-spread.md"
PATTERN_SHARE = 0.01
OPENING_SHARE = 0.02
NEAREST_MEDIAN = 0.95
ENOUGH: Mapping[str, int] = {"en": 30, "ja": 20}
UNANSWERABLE = 1500
_SHOWN = 8

# Grammar of English questions: what a template consists of. Everything else is content and is masked.
_FUNCTION_WORDS = frozenset(
    "a about after all also an and any anything are as at be because been before being between both but by can "
    "could did do does doesn't don't each else ever every for from get gets give given had has have having how i "
    "if in into is isn't it its just like me might more most much many must my need no not of off on one only or "
    "other our out over really same say says should so some someone something such tell than that the their them "
    "then there these they this those through to too under up us was we were what what's when where whether which "
    "who whom whose why will with within without would yes you your please explain describe list show name find "
    "know want mean means".split()
)
_LATIN = re.compile(r"[a-z0-9]+(?:['’\-][a-z0-9]+)*|[?!.,:;]")
_JAPANESE_CONTENT = re.compile(r"[\u30a0-\u30ff\u3400-\u9fff々〆ーa-z0-9・\-.,/ &'’]+")


@dataclass(frozen=True, slots=True)
class Spread:
    """What the report shows, and ``broken``: a line for each limit that does not hold."""

    questions: int
    unanswerable: int
    patterns: tuple[tuple[str, int], ...]
    openings: Mapping[str, tuple[tuple[str, int], ...]]
    languages: Mapping[str, int]
    medians: Mapping[str, float]
    counts: Mapping[str, Mapping[str, int]]
    styles: tuple[tuple[str, int], ...]
    writers: tuple[tuple[str, int], ...]
    broken: tuple[str, ...]


def pattern(text: str, language: str) -> str:
    """The frame of a question: content words masked as ``*``, neighbours run together; empty when nothing else is left.

    English keeps a closed list of function words and the marks; Japanese keeps hiragana and marks and masks kanji,
    katakana, Latin letters and digits.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    if language == "ja":
        masked = _JAPANESE_CONTENT.sub("*", plain)
        return masked if re.search(r"[\u3040-\u309f]", masked) else ""
    words = [word if not word[0].isalnum() or word in _FUNCTION_WORDS else "*" for word in _LATIN.findall(plain)]
    merged = [word for place, word in enumerate(words) if word != "*" or words[place - 1 : place] != ["*"]]
    return " ".join(merged) if any(word in _FUNCTION_WORDS for word in merged) else ""


def opening(text: str, language: str) -> str:
    """The first four words of an English, the first eight characters of a Japanese question."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    return plain[:8] if language == "ja" else " ".join(plain.split()[:4])


def nearest_medians(questions: Sequence[BankQuestion], vectors: np.ndarray) -> dict[str, float]:
    """Address → median over its questions of the cosine to the nearest other question of that address.

    ``vectors`` is (n, d) with unit rows, in the order of ``questions``; a question that needs several addresses counts
    in each, and addresses with fewer than two questions are left out.
    """
    members: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        for address in question.addresses:
            members.setdefault(address, []).append(place)
    found = {}
    for address, places in members.items():
        if len(places) > 1:
            cosines = vectors[places] @ vectors[places].T
            np.fill_diagonal(cosines, -1)
            found[address] = float(np.median(cosines.max(axis=1)))
    return found


def spread(document: Document, questions: Sequence[BankQuestion], vectors: np.ndarray) -> Spread:
    """Measure a bank against the limits."""
    frames = Counter(frame for question in questions if (frame := pattern(question.text, question.language)))
    languages = Counter(question.language for question in questions)
    openings = {
        language: tuple(
            Counter(opening(q.text, language) for q in questions if q.language == language).most_common(_SHOWN)
        )
        for language in sorted(languages)
    }
    counts = _counts(document, questions)
    medians = nearest_medians(questions, vectors)
    unanswerable = sum(question.reason is not None for question in questions)
    total = len(questions)
    broken = [
        f"the pattern {frame!r} covers {n} of {total} questions ({n / total:.1%}; at most {PATTERN_SHARE:.0%})"
        for frame, n in frames.items()
        if n > PATTERN_SHARE * total
    ]
    broken += [
        f"{n} of {languages[language]} questions in {language!r} open with {start!r} (at most {OPENING_SHARE:.0%})"
        for language, rows in openings.items()
        for start, n in rows
        if n > OPENING_SHARE * languages[language]
    ]
    broken += [
        f"{address}: the median nearest question has cosine {median:.3f} (must be below {NEAREST_MEDIAN})"
        for address, median in medians.items()
        if median >= NEAREST_MEDIAN
    ]
    broken += [
        f"{sentence.address}: {counts[sentence.address][language]} questions in {language!r} (at least {enough})"
        for sentence in document.sentences
        for language, enough in ENOUGH.items()
        if counts[sentence.address][language] < enough
    ]
    if unanswerable < UNANSWERABLE:
        broken.append(f"{unanswerable} unanswerable questions (at least {UNANSWERABLE})")
    return Spread(
        questions=total,
        unanswerable=unanswerable,
        patterns=tuple(frames.most_common(_SHOWN)),
        openings=openings,
        languages=dict(languages),
        medians=medians,
        counts=counts,
        styles=_ranked(question.style for question in questions if question.reason is None),
        writers=_ranked(question.writer for question in questions),
        broken=tuple(broken),
    )


def render(found: Spread) -> str:
    """The report as Markdown."""
    medians = sorted(found.medians.items(), key=lambda row: -row[1])
    lines = [
        "# Spread of the question bank",
        "",
        "Written by `python -m evals.spread`, which fails when a limit below is broken.",
        "",
        f"{found.questions} questions "
        f"({', '.join(f'{n} {language}' for language, n in sorted(found.languages.items()))}), "
        f"{found.unanswerable} of them the document does not answer (limit: at least {UNANSWERABLE}).",
        "",
        f"**{'Every limit holds.' if not found.broken else f'{len(found.broken)} limits are broken.'}**",
        *[f"- {_code(line)}" for line in found.broken],
        "",
        "## Patterns",
        "",
        f"Content words masked; limit {PATTERN_SHARE:.0%} of the bank. Questions without a function word have none.",
        "",
        *_table(("pattern", "questions", "share"), found.patterns, found.questions),
    ]
    for language, rows in found.openings.items():
        unit = "First eight characters" if language == "ja" else "First four words"
        lines += ["", f"## Openings, {language}", "", f"{unit}; limit {OPENING_SHARE:.0%} of the language.", ""]
        lines += _table(("opening", "questions", "share"), rows, found.languages[language])
    lines += [
        "",
        "## Nearest question of the same address",
        "",
        f"Median cosine to the nearest other question; limit: {NEAREST_MEDIAN}, for each of {len(medians)} addresses.",
        f"Highest: {', '.join(f'{address} {median:.3f}' for address, median in medians[:5])}; "
        f"middle: {float(np.median([median for _, median in medians])):.3f}.",
        "",
        "## Questions for each address",
        "",
        f"Limits: {ENOUGH['en']} en and {ENOUGH['ja']} ja for every sentence and list item; a question that needs "
        "several addresses counts for each.",
        "",
        "| address | en | ja |",
        "|---|---|---|",
        *[f"| {address} | {row['en']} | {row['ja']} |" for address, row in found.counts.items()],
        "",
        "## Styles of answerable questions",
        "",
        *_table(("style", "questions", "share"), found.styles, found.questions - found.unanswerable),
        "",
        "## Writers",
        "",
        *_table(("writer", "questions", "share"), found.writers, found.questions),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure the shipped bank, write the report; 1 when a limit is broken."""
    try:
        document = parse.load()
        questions = bank.load(document)
        # Opening the index imports LlamaIndex and Chroma.
        from index.library import open_index
        from index.settings import IndexSettings

        store, _ = open_index(IndexSettings.from_env())
    except UserError as error:
        print(f"evals.spread: {error}", file=sys.stderr)
        return error.exit_code
    place = {entry.id: number for number, entry in enumerate(store.entries)}
    vectors = store.vectors[[place[f"question:{question.id}"] for question in questions]]
    found = spread(document, questions, vectors)
    REPORT.write_text(render(found), encoding="utf-8")
    for line in found.broken:
        print(line)
    print(f"{found.questions} questions, {len(found.broken)} limits broken; {REPORT.name} written")
    return 1 if found.broken else 0


def _counts(document: Document, questions: Iterable[BankQuestion]) -> dict[str, dict[str, int]]:
    counts = {address: dict.fromkeys(ENOUGH, 0) for address in document.by_address}
    for question in questions:
        for address in question.addresses:
            counts[address][question.language] += 1
    return counts


def _ranked(values: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(values).items(), key=lambda row: (-row[1], row[0])))


def _table(header: Sequence[str], rows: Iterable[tuple[str, int]], total: int) -> list[str]:
    lines = ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    return lines + [f"| {_code(value)} | {n} | {n / total:.2%} |" for value, n in rows]


def _code(text: str) -> str:
    return "`" + text.replace("`", "'").replace("|", "/") + "`"


if __name__ == "__main__":
    sys.exit(main())
