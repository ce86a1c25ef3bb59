"""python -m evals.suggest: choose the follow-up questions shown to readers, each one the assistant answers rightly.

Candidates are plain and polite bank questions. One is taken for a sentence when the whole assistant, which has the same
question in its bank, answers it with exactly that sentence and high confidence, when it reads well on a button, and
when it is most like all that the bank asks about that sentence. Sentences asked about in like words are near.
"""

import argparse
import json
import re
import sys
from collections.abc import Sequence

import numpy as np

from assistant import suggest
from assistant.ask import Assistant
from assistant.config import Config
from assistant.types import LANGUAGES, Language, Request
from index import bank
from index.library import open_index
from index.settings import IndexSettings

PER_SENTENCE = 2
NEAREST = 8
CONFIDENT = 0.8
SHORTEST: dict[Language, int] = {"en": 20, "ja": 10}
LONGEST: dict[Language, int] = {"en": 70, "ja": 36}
STYLES: dict[Language, tuple[str, ...]] = {"en": ("direct", "plain"), "ja": ("direct", "polite")}
# One sentence that asks from its first word on, with no story before it and no "right?" behind.
ASKING: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"(?:In wh\w+|Wh\w+|How|Is|Are|Do|Does|Will|Can|Could|Must|May|Has|Have)\b[^;:.?]*(?<!, right)(?<!, correct)\?"
    ),
    "ja": re.compile(r"[^。？?]+(?:か|か。|[？?])"),
}


def choose(
    assistant: Assistant,
    questions: Sequence[bank.BankQuestion],
    vectors: np.ndarray,
    address: str,
    language: Language,
) -> list[str]:
    """Up to PER_SENTENCE questions about one sentence, the most typical first; ``vectors`` (n, d) of ``questions``."""
    asked = [n for n, q in enumerate(questions) if q.label == address and q.language == language]
    middle = vectors[asked].mean(axis=0)
    found: list[str] = []
    for number in sorted(asked, key=lambda number: -float(vectors[number] @ middle)):
        question = questions[number]
        if question.style not in STYLES[language] or not ASKING[language].fullmatch(question.text):
            continue
        if not SHORTEST[language] <= len(question.text) <= LONGEST[language]:
            continue
        answer = assistant.answer(Request(question.text, mode="quote"))
        quotes = [claim for claim in answer.claims if claim.kind == "quote"]
        quoted = {answer.citation(number).address for claim in quotes for number in claim.citations}
        if answer.status == "answered" and quoted == {address} and answer.confidence >= CONFIDENT:
            found.append(question.text)
            if len(found) == PER_SENTENCE:
                break
    return found


def near(questions: Sequence[bank.BankQuestion], vectors: np.ndarray, addresses: Sequence[str]) -> dict[str, list[str]]:
    """Address → the NEAREST others by cosine between what is asked about them, the mean of all addresses taken away."""
    middles = np.stack(
        [
            sum(
                _unit(vectors[[n for n, q in enumerate(questions) if q.label == a and q.language == language]].mean(0))
                for language in LANGUAGES
            )
            for a in addresses
        ]
    )
    middles = np.stack([_unit(row) for row in middles - middles.mean(axis=0)])
    cosines = middles @ middles.T
    np.fill_diagonal(cosines, -np.inf)
    return {a: [addresses[m] for m in np.argsort(-row)[:NEAREST]] for a, row in zip(addresses, cosines, strict=True)}


def main(argv: Sequence[str] | None = None) -> int:
    """Write ``index/texts/follow_ups.json``."""
    argparse.ArgumentParser(prog="python -m evals.suggest").parse_args(argv)
    assistant = Assistant.open(Config.from_env())
    questions = bank.load(assistant.document)
    store, _ = open_index(IndexSettings.from_env())
    vectors = store.vectors[store.rows("question")]
    addresses = [sentence.address for sentence in assistant.document.passages]
    chosen = {
        address: {language: choose(assistant, questions, vectors, address, language) for language in LANGUAGES}
        for address in addresses
    }
    kept = {address: rows for address, rows in chosen.items() if all(rows.values())}
    body = {
        "document_sha256": assistant.document.sha256,
        "near": near(questions, vectors, addresses),
        "questions": kept,
    }
    suggest.FOLLOW_UPS.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(kept)} of {len(chosen)} sentences have follow-up questions in both languages")
    return 0


def _unit(vector: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vector / np.linalg.norm(vector)
    return unit


if __name__ == "__main__":
    sys.exit(main())
