"""python -m evals.suggest: choose the follow-up questions shown to readers, each one the assistant answers rightly.

Candidates are plain and polite bank questions. One is taken for a sentence when the whole assistant, which has the same
question in its bank, answers it with exactly that sentence and high confidence, and when it reads well on a button.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from assistant import suggest
from assistant.ask import Assistant
from assistant.config import Config
from assistant.types import LANGUAGES, Language, Request
from index import bank

PER_SENTENCE = 2
CONFIDENT = 0.8
SHORTEST: dict[Language, int] = {"en": 25, "ja": 12}
LONGEST: dict[Language, int] = {"en": 90, "ja": 45}
STYLES: dict[Language, tuple[str, ...]] = {"en": ("direct", "plain"), "ja": ("direct", "polite")}
ENDINGS: dict[Language, tuple[str, ...]] = {"en": ("?",), "ja": ("?", "？", "か", "か。")}


def choose(assistant: Assistant, questions: Sequence[bank.BankQuestion], address: str, language: Language) -> list[str]:
    """Up to PER_SENTENCE questions about one sentence, the most confidently answered first."""
    found = []
    for question in questions:
        if question.label != address or question.language != language or question.style not in STYLES[language]:
            continue
        if not SHORTEST[language] <= len(question.text) <= LONGEST[language]:
            continue
        if not question.text.endswith(ENDINGS[language]):
            continue
        answer = assistant.answer(Request(question.text, mode="quote"))
        quotes = [claim for claim in answer.claims if claim.kind == "quote"]
        quoted = {answer.citation(number).address for claim in quotes for number in claim.citations}
        if answer.status == "answered" and quoted == {address} and answer.confidence >= CONFIDENT:
            found.append((-answer.confidence, len(question.text), question.text))
    return [text for *_, text in sorted(found)[:PER_SENTENCE]]


def main(argv: Sequence[str] | None = None) -> int:
    """Write ``index/texts/follow_ups.json``."""
    argparse.ArgumentParser(prog="python -m evals.suggest").parse_args(argv)
    assistant = Assistant.open(Config.from_env())
    questions = bank.load(assistant.document)
    chosen = {
        sentence.address: {language: choose(assistant, questions, sentence.address, language) for language in LANGUAGES}
        for sentence in assistant.document.passages
    }
    kept = {address: rows for address, rows in chosen.items() if all(rows.values())}
    body = {"document_sha256": assistant.document.sha256, "questions": kept}
    suggest.FOLLOW_UPS.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(kept)} of {len(chosen)} sentences have follow-up questions in both languages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
