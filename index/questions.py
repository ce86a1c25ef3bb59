"""Drafts a question bank for a document with a language model; what breaks a bank's rules is dropped and counted.

The shipped bank was written to separate briefs; this is the same document expansion (``index.bank``) for a text nobody
has written questions for. A model's drafts are a start: a person should read them before they are relied on.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import bank, parse
from index.bank import BankQuestion, normalised
from index.document import Document, Part, Sentence
from index.errors import ConfigError, UserError
from index.prompts import fill
from index.settings import read_secret

if TYPE_CHECKING:
    from openai import OpenAI

PER_SENTENCE = 8  # questions in each language
MOST_PER_SENTENCE = 50
STYLES = frozenset("plain paraphrase keyword casual polite premise typo rambling".split())
NONE_REASONS = frozenset("absent_topic absent_detail after_document opinion".split())
_WHOLE_DOCUMENT = 20_000  # characters; of a longer document only the part in question is shown
_PART = 40  # sentences of it
_NEAR_COPY = 0.9  # share of characters in common, of letters and digits alone
_PATIENCE_SECONDS = 120.0
_FAILURES_IN_A_ROW = 3
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")


class DraftingFailed(UserError):
    """The model gave nothing that may stand in a bank, or its server stopped answering (exit 1)."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Model:
    """The language model that drafts."""

    name: str
    base_url: str | None
    api_key: str | None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Model":
        """Read MOC_LLM_MODEL, OPENAI_BASE_URL and OPENAI_API_KEY.

        Raises:
            ConfigError: no model, or neither address nor key.
        """
        name = " ".join(environ.get("MOC_LLM_MODEL", "").split())
        if not name:
            raise ConfigError("MOC_LLM_MODEL is not set; questions are drafted by a language model, so name one")
        base_url = environ.get("OPENAI_BASE_URL", "").strip() or None
        api_key = read_secret("OPENAI_API_KEY", environ)
        if not base_url and not api_key:
            raise ConfigError("MOC_LLM_MODEL is set; set OPENAI_BASE_URL or OPENAI_API_KEY too")
        if base_url and not base_url.startswith(("http://", "https://")):
            raise ConfigError(f"OPENAI_BASE_URL is {base_url!r}; it must start with http:// or https://")
        return cls(name, base_url, api_key)

    def client(self) -> "OpenAI":
        """A client of its server; it tries each request up to three times."""
        from openai import OpenAI

        return OpenAI(api_key=self.api_key or "none", base_url=self.base_url, max_retries=2, timeout=_PATIENCE_SECONDS)


@dataclass(frozen=True, slots=True)
class Task:
    """One request to the model: the prompt, and the label of what it asks for (None: the drafts carry a reason)."""

    prompt: str
    label: str | None


@dataclass(slots=True)
class Drafts:
    """What was kept, why the rest was not (reason → how many), and why the model was asked no more, if so."""

    document: Document
    writer: str
    kept: list[BankQuestion] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None

    def add(self, reply: str, label: str | None) -> None:
        """Take in a reply to a task, line by line."""
        for line in reply.split("\n"):
            text = re.sub(r"^(```\w*|[-*\d.)\s]+(?=\{))", "", line.strip()).rstrip(",")
            if text:
                self._add_line(text, label)

    def _add_line(self, line: str, label: str | None) -> None:
        question = self._read(line, label)
        problem = question if isinstance(question, str) else self._problem(question)
        if problem:
            self.dropped[problem] += 1
        elif isinstance(question, BankQuestion):
            self.kept.append(question)

    def _read(self, line: str, label: str | None) -> BankQuestion | str:
        """The question on a line, or what is wrong with the line."""
        try:
            row: Any = json.loads(line)
            fields = [row["language"], row["style"], row["question"]] + ([] if label else [row["reason"]])
        except (ValueError, KeyError, TypeError, RecursionError):
            return "not a line of the form asked for"
        if not all(isinstance(value, str) for value in fields):
            return "not a line of the form asked for"
        try:
            "".join(fields).encode("utf-8")
        except UnicodeEncodeError:
            return "not valid Unicode"
        # Tabs and line breaks of any kind would break the file.
        language, style, text, *reason = (" ".join(value.split()) for value in fields)
        return BankQuestion(label or f"none/{reason[0]}", style, language, self.writer, text)

    def _problem(self, question: BankQuestion) -> str | None:
        """Why a question may not stand in this bank: its rules, and near copies of what is already there."""
        for _, problem in bank.problems(self.document, [question]):
            return f"{problem.partition(':')[0]} against the rules of a bank"
        if question.reason is None and question.style not in STYLES:
            return "style is none of those asked for"
        if question.reason is not None and (question.reason not in NONE_REASONS or not 0 < len(question.style) <= 40):
            return "reason or topic is none of those asked for"
        if question.language == "ja" and not _JAPANESE.search(question.text):
            return "says Japanese and is not"
        if question.language == "en" and (_KANA.search(question.text) or not re.search("[A-Za-z]", question.text)):
            return "says English and is not"
        plain = normalised(question.text)
        if not plain:
            return "no letters or digits"
        for address in question.addresses:
            if _alike(plain, normalised(self.document.by_address[address].text)):
                return "a copy of the sentence"
        for other in self.kept:
            if other.label == question.label and _alike(plain, normalised(other.text)):
                return "a near copy of another question"
            if other.label != question.label and plain == normalised(other.text):
                return "also drafted under another label"
        return None


def tasks(document: Document, per_sentence: int) -> Iterator[Task]:
    """One request for every sentence, and one for every part that has sentences of its own: what it does not say."""
    whole = len(document.source) <= _WHOLE_DOCUMENT
    for sentence in document.passages:
        part = document.part_of.get(sentence.address)
        shown = document.passages if whole else part.sentences[:_PART] if part else (sentence,)
        values = {
            "document": _listed(shown),
            "count": str(per_sentence),
            "part": _name(document, part),
            "address": sentence.address,
            "sentence": sentence.text,
        }
        yield Task(fill("questions.md", values), sentence.address)
    for part in document.walk():
        if part.blocks:
            shown = document.passages if whole else part.sentences[:_PART]
            # About half as many as are drafted for the part's sentences: the shipped bank has that share.
            count = max(1, per_sentence * len(part.sentences) // 2)
            values = {"document": _listed(shown), "count": str(count), "part": _name(document, part)}
            yield Task(fill("questions_absent.md", values), None)


def draft(document: Document, model: Model, per_sentence: int = PER_SENTENCE) -> Drafts:
    """Ask the model for the questions of every sentence and part; after three failures in a row it is asked no more.

    A reply that failed or was cut is counted in ``dropped``; the whole lines of a cut one are used.
    """
    import openai

    drafts = Drafts(document, model.name)
    failures = 0
    with model.client() as client:
        for task in tasks(document, per_sentence):
            try:
                text, whole = _reply(client, model.name, task.prompt)
            except (openai.OpenAIError, ValueError, TypeError, AttributeError, LookupError) as error:
                drafts.dropped[f"no reply ({type(error).__name__})"] += 1
                failures += 1
                if failures == _FAILURES_IN_A_ROW:
                    drafts.stopped = f"{model.name!r} failed {failures} times in a row ({type(error).__name__})"
                    break
                continue
            failures = 0
            if not whole:
                drafts.dropped["last line of a cut reply"] += 1
                text = text.rpartition("\n")[0]
            drafts.add(text, task.label)
    return drafts


def run(source: Path, out: Path, per_sentence: int, model: Model) -> str:
    """The command: draft the bank of ``source``, write it to ``out``; returns the line to print.

    Raises:
        ConfigError: ``out`` exists or cannot be written, or ``per_sentence`` is out of bounds.
        DocumentError: the source cannot be parsed.
        DraftingFailed: the server stopped answering (what came before is written), or nothing was left to write.
    """
    if not 1 <= per_sentence <= MOST_PER_SENTENCE:
        raise ConfigError(f"--per-sentence is {per_sentence}; it must be 1 to {MOST_PER_SENTENCE}")
    if out.exists():
        raise ConfigError(f"--out {str(out)!r} exists; it is not overwritten, so choose another file")
    drafts = draft(parse.load(source), model, per_sentence)
    counts = ", ".join(f"{n} {why}" for why, n in sorted(drafts.dropped.items(), key=lambda item: (-item[1], item[0])))
    told = f"{len(drafts.kept)} questions kept, {drafts.dropped.total()} drafts dropped ({counts or 'none'})"
    if drafts.kept:
        write(drafts, out)
    if drafts.stopped:
        raise DraftingFailed(f"{drafts.stopped}; check OPENAI_BASE_URL and OPENAI_API_KEY; {told}")
    if not drafts.kept:
        raise DraftingFailed(f"{model.name!r} drafted nothing that may stand in a bank; nothing was written; {told}")
    return f"{told}; {out} written"


def write(drafts: Drafts, path: Path) -> None:
    """Write the bank as a new file in the form that ``index.bank.load`` reads.

    Raises:
        ConfigError: the file exists or cannot be written.
    """
    rows = [(q.label, q.style, q.language, q.writer, q.text) for q in drafts.kept]
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines("\t".join(row) + "\n" for row in (bank.HEADER, *rows))
    except OSError as error:
        raise ConfigError(f"--out {str(path)!r} cannot be written: {error.strerror}; choose another file") from None
    bank.load(drafts.document, path)


def _reply(client: "OpenAI", model: str, prompt: str) -> tuple[str, bool]:
    """(text, whether it was finished) of one request."""
    reply = client.chat.completions.create(model=model, messages=[{"role": "user", "content": prompt}])
    choice = reply.choices[0]
    text = choice.message.content or ""
    if not isinstance(text, str):
        raise TypeError(f"content is {type(text).__name__}")
    return text, choice.finish_reason == "stop"


def _alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= _NEAR_COPY <= matcher.quick_ratio() and matcher.ratio() >= _NEAR_COPY


def _listed(sentences: Iterable[Sentence]) -> str:
    return "\n".join(f"[{sentence.address}] {sentence.text}" for sentence in sentences)


def _name(document: Document, part: Part | None) -> str:
    return (part.title or part.kind) if part else document.title.text
