"""Keyword search over both languages at once: stems of Latin words, character pairs of Japanese."""

import logging
import re
from collections.abc import Iterable, Sequence
from functools import cache

import bm25s
import numpy as np
import Stemmer

from assistant.folding import plain

# The library turns its own logger to DEBUG when it is imported, and would tell every log that it builds an index.
logging.getLogger("bm25s").setLevel(logging.WARNING)

_TOKEN = re.compile(r"[a-z0-9]+(?:[-/'][a-z0-9]+)*|[\u3040-\u30ff\u3400-\u9fff々ー]+")
# Function words of questions; the list is closed and short, so that no word of the document is lost.
_STOP = frozenset(
    (
        "a an and any are as at be been being but by can could did do does done for from had has have he her his "
        "how i if in into is it its itself just me might my of on or our ours she should so some than that the "
        "their them then there these they this those to us was we were what when where which who whom whose why "
        "will with would you your about tell please say says said anything something moc memorandum document text "
        "deal agreement"
    ).split()
)
_JAPANESE_STOP = frozenset(
    (
        "です ます ださ さい くだ につ つい いて てい いる する した され れて ると とい いう うこ "
        "こと もの のは のが とは には では でし ょう しょ でき きま すか ます この その どの どん "
        "んな なに 何で 覚書 文書 ください"
    ).split()
)


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def tokens(text: str) -> list[str]:
    """Index terms of a text: stemmed Latin words and numbers (compounds also in parts), overlapping Japanese pairs."""
    found: list[str] = []
    for match in _TOKEN.finditer(plain(text)):
        word = match.group()
        if word[0].isascii():
            parts = re.split(r"[-/']", word)
            words = [word.replace("'s", "")] + (parts if len(parts) > 1 else [])
            found += _stemmer().stemWords([part for part in words if part and part not in _STOP])
        else:
            pairs = [word[i : i + 2] for i in range(len(word) - 1)] or [word]
            found += [pair for pair in pairs if pair not in _JAPANESE_STOP]
    return found


def stems(text: str) -> list[str]:
    """The stem of every Latin word, function words included, in order."""
    return [str(stem) for stem in _stemmer().stemWords(re.findall(r"[a-z0-9]+", plain(text)))] or [""]


class Keywords:
    """BM25 (Robertson and Zaragoza 2009, by bm25s) over a few texts, scaled to 0..1 by the question's best match."""

    def __init__(self, texts: Iterable[str]) -> None:
        corpus = [tokens(text) for text in texts]
        self._vocabulary = {token for row in corpus for token in row}
        self._size = len(corpus)
        self._model = bm25s.BM25()
        self._model.index(corpus, show_progress=False)

    def scores(self, question: str) -> np.ndarray:
        """BM25 score of every text → (n,) float32; all zero when no term of the question occurs anywhere."""
        terms: Sequence[str] = [token for token in tokens(question) if token in self._vocabulary]
        if not terms:
            return np.zeros(self._size, dtype=np.float32)
        scores: np.ndarray = self._model.get_scores(list(terms))
        return scores.astype(np.float32)
