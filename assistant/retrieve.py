"""Question → ranked passages: vectors, keywords, reading aid, question bank and classifier, fused by one score."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from assistant import scoring
from assistant.evidence import Level, Measures, Space
from assistant.glossary import Glossary
from assistant.scoring import Scoring
from assistant.types import FoundBy, Passage, Question
from index.embed import Embedder
from index.store import Store

_TOP_FOUND = 5  # a source "found" a passage when it ranks it this high
# Tokens that are embedded, milliseconds each. Bank and dev questions have 89 at most and their parts 58; 500 characters
# of rare script have 506, and again as many in their parts. Of a follow-up two texts are embedded.
MOST_TOKENS, MOST_TOKENS_OF_PART = 128, 64
_SURE_ALONE = 0.95  # whoever asks a whole new question is not held to the one before
_OWN_SHARE = 0.7  # of the follow-up itself in whether there is an answer; the rest is what it says in context
_MOST_RANKED = 1000  # of a document with more passages the others are not ranked: nobody looks that far down


@dataclass(frozen=True)
class Evidence:
    """Everything measured for one question.

    ``probabilities`` (addresses,): how likely each sentence is needed, in document order; ``answerable``: how likely
    the document answers the question at all; ``opinion``: how likely it wants an opinion, 0 for a part of
    a question; ``reasons``: the classifier's probability of each reason of absence.
    """

    question: Question
    addresses: tuple[str, ...]
    probabilities: np.ndarray
    answerable: float
    opinion: float
    reasons: Mapping[str, float]
    scoring: Scoring
    passages: tuple[Passage, ...]

    @property
    def best(self) -> Passage:
        """The passage most likely needed."""
        return self.passages[0]


class Retriever(BaseRetriever):
    """Ranks the sentences of one document for a question.

    As a LlamaIndex retriever it takes a query string and returns nodes with scores; the assistant itself calls
    ``evidence``. Exact and deterministic; no language model and no network behind it.
    """

    def __init__(self, store: Store, embedder: Embedder, space: Space, fitted: Scoring) -> None:
        super().__init__()
        self._store = store
        self._embedder = embedder
        self._space = space
        self._scoring = fitted
        # The embedding engine lets other threads run: the parts of a question cost no time of their own while a second
        # core is free.
        self._beside = ThreadPoolExecutor(thread_name_prefix="embed-parts")

    @classmethod
    def open(cls, store: Store, embedder: Embedder, glossary: Glossary, level: Level = "classifier") -> "Retriever":
        """A retriever over an opened index, with the evidence of ``level`` and below."""
        fitted, head = scoring.load(store.document.sha256, store.embedding, level)
        space = Space(store.entries, store.vectors, keyword_texts(store, glossary, fitted.level), head, fitted.level)
        return cls(store, embedder, space, fitted)

    def evidence(self, question: Question) -> Evidence:
        """Measure and score a question; a follow-up lies between what it says alone and what it says in context."""
        words = scoring.opinion_words(question.standalone)
        alone = self._alone(question, words)
        if question.in_context is None or alone.answerable >= _SURE_ALONE:
            return alone
        # Embedded one by one: in a batch a text's vector may differ in its last bits.
        return self._between(alone, self._alone(replace(question, corrected=question.in_context), words))

    def _alone(self, question: Question, words: Mapping[str, float]) -> Evidence:
        return self._judged(question, self._vectors([question.corrected], MOST_TOKENS)[0], words)

    def begin(self, questions: Sequence[Question]) -> Callable[[], list[Evidence]]:
        """Start to embed parts of a question beside what the caller does next; what is returned gives their evidence.

        It says nothing of opinions: only of a whole question it matters whether it wants one.
        """
        if not questions:
            return list
        texts = [question.corrected for question in questions]
        embedding = self._beside.submit(self._vectors, texts, MOST_TOKENS_OF_PART)

        def finish() -> list[Evidence]:
            # Not begun, because every core is busy: then nobody is waited for.
            vectors = self._vectors(texts, MOST_TOKENS_OF_PART) if embedding.cancel() else embedding.result()
            return [self._judged(question, vector) for question, vector in zip(questions, vectors, strict=True)]

        return finish

    def _vectors(self, texts: Sequence[str], most: int) -> np.ndarray:
        return self._embedder.encode([self._embedder.shortened(text, most) for text in texts], query=True)

    def _judged(self, question: Question, vector: np.ndarray, words: Mapping[str, float] | None = None) -> Evidence:
        measures = self._space.measure(vector, question.corrected)
        probabilities = self._scoring.choose(measures, self._space.choice_names)
        return Evidence(
            question,
            self._space.addresses,
            probabilities,
            self._scoring.answers(measures, float(probabilities.max())),
            self._scoring.wants_opinion(measures, words) if words else 0.0,
            measures.reasons,
            self._scoring,
            self._ranked(probabilities, measures),
        )

    def _between(self, alone: Evidence, joined: Evidence) -> Evidence:
        """The mean of the log odds; whether there is an answer depends more on what the follow-up says itself."""
        probabilities = scoring.between(alone.probabilities, joined.probabilities, 0.5)
        sources = {passage.address: passage.found_by for passage in (*joined.passages, *alone.passages)}
        return replace(
            alone,
            probabilities=probabilities,
            answerable=float(scoring.between(alone.answerable, joined.answerable, _OWN_SHARE)),
            opinion=float(scoring.between(alone.opinion, joined.opinion, _OWN_SHARE)),
            reasons={
                reason: _OWN_SHARE * share + (1 - _OWN_SHARE) * joined.reasons[reason]
                for reason, share in alone.reasons.items()
            },
            passages=tuple(
                self._passage(place, probabilities, sources.get(self._space.addresses[place], ()))
                for place in greatest(probabilities, _MOST_RANKED)
            ),
        )

    def _ranked(self, probabilities: np.ndarray, measures: Measures) -> tuple[Passage, ...]:
        """The passages, best first, ties in document order, with the sources that rank each of them high."""
        sources = self._sources(measures)
        return tuple(
            self._passage(place, probabilities, tuple(name for name, ranked in sources.items() if place in ranked))
            for place in greatest(probabilities, _MOST_RANKED)
        )

    def _passage(self, place: int, probabilities: np.ndarray, found_by: tuple[FoundBy, ...]) -> Passage:
        address = self._space.addresses[place]
        text = self._store.document.by_address[address].text
        return Passage(address, text, float(probabilities[place]), found_by)

    def _sources(self, measures: Measures) -> Mapping[FoundBy, frozenset[int]]:
        column = {name: measures.choice[:, number] for number, name in enumerate(self._space.choice_names)}
        by_source: dict[FoundBy, str] = {
            "vector": "passage_gap",
            "keyword": "keyword_score",
            "reading_aid": "aid_gap",
            "question_bank": "bank_gap",
            "classifier": "class_log",
        }
        found = {}
        for source, name in by_source.items():
            if name in column:
                top = greatest(column[name], _TOP_FOUND)
                found[source] = frozenset(int(n) for n in top if source != "keyword" or column[name][n] > 0)
        return found

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        text = query_bundle.query_str
        passages = self.evidence(Question(text, text, text, "en")).passages
        return [
            NodeWithScore(node=TextNode(id_=passage.address, text=passage.text), score=passage.score)
            for passage in passages
        ]


def greatest(values: np.ndarray, count: int) -> np.ndarray:
    """The places of the ``count`` greatest of ``values`` (n,), greatest first, ties in order."""
    places = np.arange(len(values))
    if count < len(values):
        places = np.flatnonzero(values >= np.partition(values, -count)[-count])
    return places[np.argsort(-values[places], kind="stable")][:count]


def keyword_texts(store: Store, glossary: Glossary, level: Level) -> dict[str, str]:
    """Address → the words keyword search looks in: the sentence, its rendering, and other names of its terms."""
    texts = {address: sentence.text for address, sentence in store.document.by_address.items()}
    if store.manifest.identity.origin != "shipped" or level == "vectors":
        return texts
    for entry in store.entries:
        if entry.role == "reading_aid":
            texts[entry.label] += " " + entry.text
    return {address: " ".join((text, *glossary.search_words_at(address))) for address, text in texts.items()}
