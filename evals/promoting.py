"""``python -m evals promote``: a reader's report or a failing answer becomes a draft case for an editor to reword.

A draft is never asked. ``validate`` refuses it until an editor has put it into words of their own, with an expectation
and gold as any case has them, and marked it reviewed; then its row may move into one of the files of questions.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from assistant import personal_data
from evals import tables
from evals.cases import ANSWERING, QUESTIONS, Case, row_problems, wrong_addresses
from evals.cases import HEADER as CASE_HEADER
from index import parse
from index.bank import normalised
from index.errors import UserError

DRAFTS = QUESTIONS / "drafts.tsv"
HEADER = ("id", "language", "expect", "gold", "source", "drafted_from", "history", "reviewed", "question")
_SUGGESTED = 3  # gold sentences at most


class DraftError(UserError):
    """The source holds nothing that may become a case (exit 2)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A case to be: ``drafted_from`` is the digest of the words it came in, which an editor has to change.

    ``history`` holds the turns before it, as in a question file.
    """

    id: str
    language: str
    question: str
    suggested_gold: tuple[str, ...]
    suggested_expect: str
    source: str
    drafted_from: str
    history: str
    reviewed: bool

    @property
    def reworded(self) -> bool:
        """Whether the words are no longer the reader's."""
        return words_digest(self.question) != self.drafted_from


def promote(source: Path, id_: str | None = None, drafts: Path = DRAFTS) -> str:
    """Append a draft; returns a line that says what to do with it.

    Raises:
        DraftError: no such line, no question, or no consent to make it public.
    """
    found = _line(source, id_) if id_ else _report(source)
    draft = from_row(found) if "suite" in found else from_feedback(found)
    known = list(read(drafts)) if drafts.exists() else []
    if any(other.drafted_from == draft.drafted_from for other in known):
        raise DraftError(f"a draft of this question is already in {drafts}")
    with drafts.open("a", encoding="utf-8") as file:
        if not known:
            file.write("\t".join(HEADER) + "\n")
        file.write(as_row(draft) + "\n")
    return f"{draft.id} is in {drafts}: put the question into your own words, check the gold, set reviewed to true"


def from_feedback(report: Mapping[str, Any]) -> Draft:
    """A draft of a feedback report; a question is in it only when the reader agreed that it may become public."""
    question = report.get("question")
    if not isinstance(question, str) or not question.strip():
        raise DraftError("the report holds no question: the reader did not agree that it may become a public test case")
    answer = _asked_again(question)
    return _draft(question, answer, f"feedback on {report.get('answer_id', 'an answer')}")


def from_row(row: Mapping[str, Any]) -> Draft:
    """A draft of a line of results.jsonl: what the search ranked first is suggested as gold."""
    answer = dict(row.get("answer", {}))
    answer["ranking"] = row.get("ranking", ())
    return _draft(row["question"], answer, f"{row['suite']} {row['id']}", row.get("history", ()))


def read(path: Path = DRAFTS) -> Iterator[Draft]:
    """The drafts; raises DraftError naming the line that is malformed."""
    drafts, problems = _drafts(path)
    if problems:
        raise DraftError(problems[0])
    yield from (draft for _, draft in drafts)


def _drafts(path: Path) -> tuple[list[tuple[int, Draft]], list[str]]:
    """(line, draft) of every well-formed row, and every problem as ``file:line:field: what``."""
    rows, problems = tables.rows(path, HEADER, edited=True)
    drafts = []
    for number, row in rows:
        if row["reviewed"].lower() not in ("true", "false"):
            problems.append(f"{path}:{number}:reviewed: {row['reviewed']!r} is not 'true' or 'false'")
            continue
        draft = Draft(
            id=row["id"],
            language=row["language"],
            question=row["question"],
            suggested_gold=() if row["gold"] == "-" else tuple(row["gold"].split("+")),
            suggested_expect=row["expect"],
            source=row["source"],
            drafted_from=row["drafted_from"],
            history=row["history"],
            reviewed=row["reviewed"].lower() == "true",
        )
        drafts.append((number, draft))
    return drafts, problems


def problems(
    path: Path = DRAFTS, order: Mapping[str, int] = MappingProxyType({}), cases: Iterable[tuple[str, Case]] = ()
) -> Iterator[str]:
    """Why ``validate`` refuses: drafts that nobody has reviewed or reworded, reviewed ones that would be no good case,
    and cases that are asked in the words of a draft that nobody has reviewed.

    ``order`` is the place of each address in the document, ``cases`` where each case stands (``file:line``) and
    the case.
    """
    if not path.exists():
        return
    drafts, malformed = _drafts(path)
    yield from malformed
    for number, draft in drafts:
        at = f"{path}:{number}"
        if not draft.reviewed:
            yield f"{at}:reviewed: {draft.id} is not; an editor has to reword the question and check its gold"
        elif not draft.reworded:
            yield f"{at}:question: {draft.id} still has the reader's own words; put it differently"
        else:
            yield from (f"{at}:{field}: {what}" for field, what in _as_case(draft, order))
    unreviewed = {draft.drafted_from: draft for _, draft in drafts if not draft.reviewed}
    unreviewed |= {words_digest(draft.question): draft for _, draft in drafts if not draft.reviewed}
    for at, case in cases:
        words = unreviewed.get(words_digest(case.question))
        # A draft of a case that failed has the words of that very case.
        if words and words.source.partition("#")[0] != f"{case.suite} {case.id}":
            yield f"{at}:question: has the words of {words.id}, which nobody has reviewed; review or delete it"


def _as_case(draft: Draft, order: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """(field, what is wrong) by the rules of any case, for what a draft has of one."""
    row = dict.fromkeys(CASE_HEADER, "draft") | {
        "id": draft.id,
        "language": draft.language,
        "expect": draft.suggested_expect,
        "gold": "+".join(draft.suggested_gold) or "-",
        "also": "-",
        "history": draft.history,
        "question": draft.question,
    }
    yield from row_problems(row)
    yield from wrong_addresses(draft.suggested_gold, (), order)


def as_row(draft: Draft) -> str:
    """A line of the file."""
    reviewed = str(draft.reviewed).lower()
    gold = "+".join(draft.suggested_gold) or "-"
    cells = (draft.id, draft.language, draft.suggested_expect, gold, draft.source, draft.drafted_from, draft.history)
    return "\t".join((*cells, reviewed, draft.question))


def words_digest(question: str) -> str:
    """Digest of the letters and digits of a question: punctuation and case are no rewording."""
    return hashlib.sha256(normalised(question).encode("utf-8")).hexdigest()[:16]


def _draft(question: str, answer: Mapping[str, Any], source: str, history: Sequence[Sequence[str]] = ()) -> Draft:
    redacted = _redacted(question)
    turns = [[role, _redacted(said)] for role, said in history]
    status = str(answer.get("status", "error"))
    expect = "/".join(filter(None, (status, answer.get("reason") if status not in ANSWERING else None)))
    digest = words_digest(redacted)
    # A case that is to be refused has no gold; of an error nothing is known, so an editor gets what was found.
    refuses = status not in (*ANSWERING, "error")
    order = parse.load().order
    ranked = [address for address in answer.get("ranking", ()) if address in order][:_SUGGESTED]
    return Draft(
        id=f"draft-{digest[:8]}",
        language=str(answer.get("language") or "en"),
        question=redacted,
        suggested_gold=() if refuses else tuple(sorted(ranked, key=order.__getitem__)),
        suggested_expect=expect,
        source=source,
        drafted_from=digest,
        history=json.dumps(turns, ensure_ascii=False) if turns else "",
        reviewed=False,
    )


def _redacted(text: str) -> str:
    return personal_data.redact(" ".join(text.split()))


def _asked_again(question: str) -> Mapping[str, Any]:
    """The answer of today, with the ranking behind it."""
    from assistant.config import Config
    from assistant.render import answer_object
    from assistant.types import Request
    from evals.runner import Watched

    assistant = Watched.open(Config.from_env())
    answer = answer_object(assistant.answer(Request(question, None, "quote")))
    return {**answer, "ranking": getattr(assistant, "ranking", ())}


def _line(path: Path, id_: str) -> Mapping[str, Any]:
    for line in _read(path).split("\n"):
        if f'"{id_}"' in line:
            row = _object(line, path)
            if row.get("id") == id_:
                return row
    raise DraftError(f"{str(path)!r} has no line with the id {id_!r}")


def _report(path: Path) -> Mapping[str, Any]:
    text = _read(path).strip()
    if "\n{" in text:
        raise DraftError(f"{str(path)!r} holds several reports; --id says which (its ids begin with feedback-)")
    return _object(text, path)


def _object(text: str, path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise DraftError(f"{str(path)!r} is not a feedback report: {error}") from None
    if not isinstance(found, Mapping):
        raise DraftError(f"{str(path)!r} is not a feedback report: not an object")
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DraftError(f"{str(path)!r} cannot be read: {error}") from None
