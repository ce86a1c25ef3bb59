"""What speaks for each sentence: named features of a question against passages, reading aid, bank and classifier.

Levels add up: vectors, keywords, reading aid, question bank, classifier. An index of another document has only the
first two; the ablation switches them on one by one.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assistant.classifiers import Head
from assistant.keywords import Keywords, tokens
from index.entries import Entry
from index.errors import DocumentError

Level = Literal["vectors", "keywords", "reading_aid", "question_bank", "classifier"]
LEVELS: tuple[Level, ...] = ("vectors", "keywords", "reading_aid", "question_bank", "classifier")

# Features of one sentence for one question, by the level that brings them.
CHOICE_FEATURES: Mapping[Level, tuple[str, ...]] = {
    "vectors": ("passage_gap", "passage_lift"),
    "keywords": ("keyword_score", "keyword_share"),
    "reading_aid": ("aid_gap", "aid_lift"),
    "question_bank": ("bank_gap", "bank_vote", "bank_several_vote"),
    "classifier": (
        "class_log",
        "class_gap",
        "several",
        "several_class_gap",
        "several_bank_gap",
        "kernel_score",
        "kernel_gap",
        "several_kernel",
    ),
}
# Features of the question as a whole: is it answered anywhere?
ABSENCE_FEATURES: Mapping[Level, tuple[str, ...]] = {
    "vectors": ("choice_best", "passage_best"),
    "keywords": ("keyword_best", "unknown_share", "unheard_share", "unheard_words"),
    "reading_aid": ("aid_best",),
    "question_bank": ("bank_best", "bank_none_best", "bank_margin", "bank_none_vote"),
    "classifier": ("none_log_odds", "class_best", "several_asked", "kernel_answered", "kernel_opinion"),
}
# Features of a wish for an opinion; only the classifier can tell.
OPINION_FEATURES = ("kernel_opinion", "judgement", "about_text")
_LINE = 64  # bytes
NEIGHBOURS = 24
NEIGHBOUR_TEMPERATURE = 0.02  # in cosine; e5's cosines are crowded, a step of 0.02 is a clear difference


def levels_up_to(level: Level) -> tuple[Level, ...]:
    """A level and those below it."""
    return LEVELS[: LEVELS.index(level) + 1]


@dataclass(frozen=True, slots=True)
class Measures:
    """The features of one question: per address (rows in document order) and as a whole.

    ``choice`` is (addresses, features of the levels in use); ``absence`` lacks ``choice_best``, which needs the scores.
    ``reasons`` holds the classifier's probability of each reason of absence.
    """

    choice: np.ndarray
    absence: Mapping[str, float]
    reasons: Mapping[str, float]


class Space:
    """Everything a question is measured against."""

    def __init__(
        self,
        entries: Sequence[Entry],
        vectors: np.ndarray,
        keyword_texts: Mapping[str, str],
        head: Head | None,
        level: Level = "classifier",
    ) -> None:
        """``entries`` and ``vectors`` (n, d) as in the store; ``keyword_texts`` address → words to search."""
        self.addresses = tuple(entry.addresses[0] for entry in entries if entry.role == "passage")
        place = {address: number for number, address in enumerate(self.addresses)}
        rows = {
            role: [n for n, e in enumerate(entries) if e.role == role]
            for role in ("passage", "reading_aid", "question")
        }
        self.level: Level = level
        self._passages = vectors[rows["passage"]]
        self._aid = vectors[rows["reading_aid"]] if rows["reading_aid"] else None
        self._head = head
        self._keywords = Keywords(keyword_texts[address] for address in self.addresses)
        self.questions = [entries[n] for n in rows["question"]]
        if head is not None and head.kernel.bank != bank_digest(self.questions):
            raise DocumentError("the models were fitted on another question bank; run 'python -m evals.fit'")
        self._bank = _aligned(vectors[rows["question"]])
        self.unanswered = np.array([not entry.addresses for entry in self.questions], dtype=bool)
        self._share = np.zeros((len(self.questions), len(self.addresses)), dtype=np.float32)
        for number, entry in enumerate(self.questions):
            for address in entry.addresses:
                self._share[number, place[address]] = 1 / len(entry.addresses)
        pairs = np.argwhere(self._share.T > 0)  # (address, question), sorted by address
        self._pair_question = pairs[:, 1]
        self._pair_start = np.searchsorted(pairs[:, 0], np.arange(len(self.addresses)))
        self._covered = np.isin(np.arange(len(self.addresses)), pairs[:, 0])
        self._known = {token for text in keyword_texts.values() for token in tokens(text)}
        self._heard = _tokens_of(entry for entry in self.questions if entry.addresses)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels in use: those asked for that this index and its models have."""
        have = {
            "vectors": True,
            "keywords": True,
            "reading_aid": self._aid is not None,
            "question_bank": bool(self.questions),
            "classifier": self._head is not None,
        }
        return tuple(level for level in levels_up_to(self.level) if have[level])

    @property
    def choice_names(self) -> tuple[str, ...]:
        """Names of the columns of ``Measures.choice``."""
        return tuple(name for level in self.levels for name in CHOICE_FEATURES[level])

    def measure(
        self, vector: np.ndarray, text: str, *, head: Head | None = None, hidden: np.ndarray | None = None
    ) -> Measures:
        """Measure a question (unit vector (d,), its words) against everything.

        For fitting, ``hidden`` (bank questions,) masks bank questions the question may not see as neighbours, and
        ``head`` replaces the classifier by one that was fitted without them; ``unheard_*`` still counts their words,
        so the weights of these features are fitted on dev questions only.
        """
        head = head or self._head
        levels = self.levels
        vector = _aligned(vector)
        count = len(self.addresses)
        columns: list[np.ndarray] = []
        absence: dict[str, float] = {}
        reasons: dict[str, float] = {}

        passages = np.round(self._passages @ vector, 6)
        columns += [passages - passages.max(), passages - passages.mean()]
        absence["passage_best"] = float(passages.max())
        bank_gap = np.zeros(count)
        # Not by the matrix library, whose sums depend on its number of threads.
        cosines = np.round(np.einsum("qd,d->q", self._bank, vector), 6)
        if "keywords" in levels:
            scores = self._keywords.scores(text)
            best = float(scores.max())
            columns += [scores, scores / best if best > 0 else scores]
            words = set(tokens(text))
            unknown = [word for word in words if word not in self._known]
            unheard = [word for word in unknown if self._heard.get(word, 0) < 2]
            absence |= {
                "keyword_best": best,
                "unknown_share": len(unknown) / max(len(words), 1),
                "unheard_share": len(unheard) / max(len(words), 1),
                "unheard_words": float(min(len(unheard), 6)),
            }
        if "reading_aid" in levels and self._aid is not None:
            aid = np.round(self._aid @ vector, 6)
            columns += [aid - aid.max(), aid - aid.mean()]
            absence["aid_best"] = float(aid.max())
        if "question_bank" in levels:
            bank_gap, vote, several_vote, found = self._ask_bank(cosines, hidden)
            columns += [bank_gap, vote, several_vote]
            absence |= found
        if "classifier" in levels and head is not None:
            logs = _log_softmax(head.class_scores(vector))
            among = _log_softmax(logs[:count])
            several = head.several_probability(vector)
            gap = among - among.max()
            kernel = head.kernel.scores(cosines)
            near, opinion, answered = kernel[:count], float(kernel[-2]), float(kernel[-1])
            columns += [among, gap, np.full(count, several), several * gap, several * bank_gap]
            columns += [near, near - near.max(), several * near]
            reasons = dict(zip(head.classes[count:], np.exp(logs[count:]).tolist(), strict=True))
            none = min(max(sum(reasons.values()), 1e-9), 1 - 1e-9)
            absence |= {
                "none_log_odds": float(np.log(none / (1 - none))),
                "class_best": float(logs[:count].max()),
                "several_asked": several,
                "kernel_answered": answered,
                "kernel_opinion": opinion,
            }
        return Measures(np.stack(columns, axis=1), absence, reasons)

    def _ask_bank(
        self, cosines: np.ndarray, hidden: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, float]]:
        """Nearest bank question of each address, and the vote of the nearest questions overall."""
        similarities = cosines if hidden is None else np.where(hidden, -1.0, cosines)
        by_address = np.full(len(self.addresses), -1.0)
        by_address[self._covered] = np.maximum.reduceat(
            similarities[self._pair_question], self._pair_start[self._covered]
        )
        best = float(by_address.max())
        none_best = float(similarities[self.unanswered].max()) if self.unanswered.any() else 0.0
        count = min(NEIGHBOURS, len(similarities))
        near = np.argpartition(-similarities, count - 1)[:count]
        weights = np.exp((similarities[near] - similarities[near].max()) / NEIGHBOUR_TEMPERATURE)
        weights /= weights.sum()
        shares = self._share[near]
        vote = weights @ shares
        several = (shares > 0).sum(axis=1) > 1
        found = {
            "bank_best": best,
            "bank_none_best": none_best,
            "bank_margin": best - none_best,
            "bank_none_vote": float(weights[self.unanswered[near]].sum()),
        }
        return by_address - best, vote, (weights * several) @ (shares > 0), found


def bank_digest(questions: Iterable[Entry]) -> str:
    """Digest of bank questions in their order."""
    return hashlib.sha256("\n".join(entry.key for entry in questions).encode()).hexdigest()


def _tokens_of(entries: Iterable[Entry]) -> dict[str, int]:
    """In how many questions each index term occurs."""
    counts: dict[str, int] = {}
    for entry in entries:
        for token in set(tokens(entry.text)):
            counts[token] = counts.get(token, 0) + 1
    return counts


def _aligned(array: np.ndarray) -> np.ndarray:
    """A copy that begins at a whole line of memory.

    How a product rounds depends on where its numbers lie in one; the kernel adds up twenty thousand of them.
    """
    room = np.empty(array.nbytes + _LINE, dtype=np.uint8)
    begin = -room.ctypes.data % _LINE
    copy: np.ndarray = room[begin : begin + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max()
    logs: np.ndarray = shifted - np.log(np.exp(shifted).sum())
    return logs
