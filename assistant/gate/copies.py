"""Copies with a slip in them: whoever copies a sentence word for word has nothing of his own to say.

Small models copy the sentence they were given and go wrong on the way: a word twice, another name in its place, the end
of another clause, a head without its body. Where a claim is so near to its sentences, every difference is held to be a
slip, unless it only leaves something out.
"""

import re
from difflib import SequenceMatcher

from assistant.gate.record import Cited
from assistant.gate.words import is_japanese, plain, runs

_NEARLY = 0.85  # share of a claim's pieces of four characters, from which it is a copy with slips
_LONG_COPY = 20  # characters; as long a stretch is copied, not found by chance
_UNFINISHED = re.compile(r"\b(?:the|a|an|and|or|that's|which|including|between)$")
_KATAKANA = re.compile(r"[ァ-ヺー・]+")
_POINTS_BACK = re.compile(r"(?:それ|これ|あれ|彼|彼女)ら?(?=[のをがはにで])")
_MODALITY = frozenset(("意図", "有", "見込"))  # behind the predicate of a sentence
_SAME_END = 5  # characters by which two sentences end alike
_TOPICS = re.compile(r"(?:(?:^|(?<=。))|(?<=は、))(?:[^。、]{1,14}は、){3}")


def slipped(claim: str, cited: Cited, *, missing: bool) -> bool:
    """Whether a claim is a long copy of its sentences with a slip in it; ``missing``: some word of it is not theirs."""
    said = plain(claim)
    pieces = [said[i : i + 4] for i in range(len(said) - 3)]
    held = sum(piece in cited.everything for piece in pieces)
    if len(said) < _LONG_COPY or held < _NEARLY * len(pieces) or said in cited.everything:
        return False
    return (missing and len(said) >= 2 * _LONG_COPY) or (is_japanese(said) and _slipped_japanese(said, cited.japanese))


def broken_off(claim: str, cited: Cited) -> bool:
    """A bracket left open, a last word that needs another, or a copy that ends inside a word."""
    said = plain(claim).rstrip("。. ")
    if any(said.count(opened) > said.count(closed) for opened, closed in ("()", "「」", "『』", "[]")):
        return True
    if _UNFINISHED.search(said) or (said.endswith("、") and said not in cited.everything):
        return True
    if len(said) < _LONG_COPY or said not in cited.everything:
        return False
    after = cited.everything[cited.everything.index(said) + len(said) :][:1]
    joined = runs(said[-1] + after)
    return bool(joined) and joined[0] == said[-1] + after


def stammers(claim: str) -> bool:
    """Whether a Japanese claim names one topic after the other and says nothing of the first (…は、…は、…は、)."""
    return _TOPICS.search(plain(claim)) is not None


def _slipped_japanese(said: str, held: str) -> bool:
    if any(run not in held for run in _KATAKANA.findall(said)):
        return True  # two names grown together
    if any(0 < held.count(run) < said.count(run) for run in runs(said) if len(run) > 1):
        return True  # a word twice, mostly in the place of another
    if any(match.group() not in held for match in _POINTS_BACK.finditer(said)):
        return True
    return _other_predicate(said, held) or _headless(said, held)


def _other_predicate(said: str, held: str) -> bool:
    """The end of the sentence behind the verb of another of its clauses."""
    said, held = said.rstrip("。. "), held.rstrip("。. ")
    return said[-_SAME_END:] == held[-_SAME_END:] and _predicate(said) != _predicate(held)


def _predicate(text: str) -> str:
    return next((run for run in reversed(runs(text)) if run not in _MODALITY), "")


def _headless(said: str, held: str) -> bool:
    """What belongs to the topic of the sentence (…の) is there, and the topic itself (…は、) is not."""
    for kind, begin, end, _, _ in SequenceMatcher(None, held, said, autojunk=False).get_opcodes():
        if (
            kind in ("delete", "replace")
            and "の" in held[begin - 1 : begin + 1]
            and re.match(r"[^、。]*[はが]、", held[begin:end])
        ):
            return True
    return False
