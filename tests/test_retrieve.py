"""Retrieval: the right sentences first, in both languages; exact, repeatable, and said by which evidence."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from assistant import glossary, scoring
from assistant.answerable import OPINION_FROM
from assistant.evidence import LEVELS, Level, levels_up_to
from assistant.retrieve import Evidence, Retriever, greatest, keyword_texts
from assistant.types import Question
from index import library, parse
from index.embed import Embedder
from index.store import Store

Opened = tuple[Store, Embedder]
WORDS = glossary.load()


@pytest.fixture(scope="module")
def retriever(opened_index: Opened) -> Retriever:
    return Retriever.open(*opened_index, WORDS)


def asked(retriever: Retriever, text: str) -> Evidence:
    return retriever.evidence(Question(text, text, text, "en"))


@pytest.mark.parametrize(
    ("question", "address"),
    [
        ("Is the memorandum legally binding?", "iii.p1.s1"),
        ("この覚書に法的拘束力はありますか", "iii.p1.s1"),
        ("How many days after notice does it end?", "iv.p1.s4"),
        ("脱退の通告から終了まで何日かかりますか", "iv.p1.s4"),
        ("Which test facility for fusion is named?", "ii.trusted.fusion.p1.s3"),
        ("JT-60SAについて", "ii.trusted.fusion.p1.s3"),
        ("Where was it signed?", "closing.p2.s1"),
        ("Does anyone have to pay?", "iii.p1.s4"),
    ],
)
def test_the_sentence_that_settles_it_comes_first(retriever: Retriever, question: str, address: str) -> None:
    """And the question counts as answered."""
    found = asked(retriever, question)
    assert found.best.address == address
    assert found.answerable >= found.scoring.answer_from


@pytest.mark.parametrize(
    "question", ["What does it say about tariffs?", "Who is the CEO of Toyota?", "関税について何と書いてありますか"]
)
def test_what_is_not_there_counts_as_absent(retriever: Retriever, question: str) -> None:
    """Below the threshold, with shares of the reasons of absence."""
    found = asked(retriever, question)
    assert found.answerable < found.scoring.answer_from
    assert set(found.reasons) >= {"absent_topic", "absent_detail"}


def test_all_passages_are_ranked_and_none_is_lost(retriever: Retriever, opened_index: Opened) -> None:
    """51 of them, best first, ties in document order, each with the evidence that found it."""
    found = asked(retriever, "How can it be modified?")
    document = opened_index[0].document
    assert sorted(found.addresses, key=document.order.__getitem__) == list(document.by_address)
    keys = [(-passage.score, document.order[passage.address]) for passage in found.passages]
    assert keys == sorted(keys)
    assert len(keys) == 51
    assert set(found.best.found_by) == {"vector", "keyword", "reading_aid", "question_bank", "classifier"}
    assert all(0 <= passage.score <= 1 for passage in found.passages)


@pytest.mark.usefixtures("embedded_anew")
def test_the_same_question_is_measured_the_same(retriever: Retriever, opened_index: Opened) -> None:
    """Twice, and by a second retriever, to the last digit."""
    again = Retriever.open(*opened_index, WORDS)
    for question in ("What about space debris?", "量子について", "hello"):
        first, second, third = asked(retriever, question), asked(retriever, question), asked(again, question)
        assert np.array_equal(first.probabilities, second.probabilities)
        assert np.array_equal(first.probabilities, third.probabilities)
        assert first.answerable == second.answerable == third.answerable
        assert first.passages == second.passages == third.passages


@pytest.mark.parametrize("question", ["", "?", "\U0001f9ff" * 500, "ꙮ" * 500, "a" * 500, "x\u0000y"[:1]])
def test_any_question_can_be_measured(retriever: Retriever, question: str) -> None:
    """500 characters of rare script exceed the model's tokens and are measured all the same; nothing is NaN."""
    found = asked(retriever, question)
    assert np.isfinite(found.probabilities).all()
    assert 0 <= found.answerable <= 1


def test_it_is_a_llamaindex_retriever(retriever: Retriever) -> None:
    """Nodes named by their address, with the same order and scores."""
    nodes = retriever.retrieve("Is it binding?")
    found = asked(retriever, "Is it binding?")
    assert [(node.node.node_id, node.score) for node in nodes] == [(p.address, p.score) for p in found.passages]


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_of_evidence_works_alone(opened_index: Opened, level: Level) -> None:
    """The ablation: from bare vectors to everything, each uses its own evidence and finds who may leave."""
    found = asked(Retriever.open(*opened_index, WORDS, level), "Either Participant may discontinue this MOC: how?")
    assert found.scoring.level == level
    assert "iv.p1.s3" in {passage.address for passage in found.passages[:3]}
    names = {"vectors": "vector", "keywords": "keyword"}
    allowed = {names.get(used, used) for used in levels_up_to(level)}
    assert {source for passage in found.passages for source in passage.found_by} <= allowed


def test_another_document_is_searched_with_what_it_has(opened_index: Opened, tmp_path: object) -> None:
    """Passages and keywords only; the models that know this document's addresses stay out of it."""
    other = parse.parse("T\n\nOctober 1, 2030\n\nI. Aim\n\nFish are counted. Whales are not.\n")
    identity, entries = library.expected("made-up", other, "file")
    from index.store import Manifest

    rows = opened_index[1].encode([entry.text for entry in entries], query=False)
    store = Store(other, Manifest(identity, "", 384, {}), entries, rows)
    found = asked(Retriever.open(store, opened_index[1], WORDS), "What about the whales?")
    assert found.scoring.level == "keywords"
    assert found.best.address == "i.p1.s2"
    assert found.reasons == {}


def test_keyword_search_knows_renderings_and_other_names(opened_index: Opened) -> None:
    """A sentence is found by its Japanese and by names the text does not use; bare vectors get none of that."""
    texts = keyword_texts(opened_index[0], WORDS, "classifier")
    assert "OSTP" in texts["preamble.p1.s1"]
    assert "宇宙" in texts["ii.trusted.space.p1.s1"]
    assert "宇宙" not in keyword_texts(opened_index[0], WORDS, "vectors")["ii.trusted.space.p1.s1"]


def test_the_models_belong_to_this_document_and_embedding(opened_index: Opened) -> None:
    """For what is shipped there is a classifier; for any other document or embedding there is none."""
    store = opened_index[0]
    fitted, head = scoring.load(store.document.sha256, store.embedding)
    assert fitted.level == "classifier"
    assert head is not None
    assert head.classes[:51] == tuple(store.document.by_address)
    for sha256, embedding in (("0" * 64, store.embedding), (store.document.sha256, "other")):
        fitted, head = scoring.load(sha256, embedding)
        assert (fitted.level, head) == ("keywords", None)


def test_questions_begun_together_are_judged_as_alone(retriever: Retriever) -> None:
    """The same vectors to the last bit, so the same evidence, where they are no longer than parts may be."""
    texts = ["Is it binding?", "覚書はいつ終了しますか", "Which ministry is named, and for what?"]
    questions = [Question(text, text, text, "en") for text in texts]
    together = retriever.begin(questions)()
    for question, found in zip(questions, together, strict=True):
        alone = retriever.evidence(question)
        assert np.array_equal(found.probabilities, alone.probabilities)
        assert (found.answerable, found.reasons, found.passages) == (alone.answerable, alone.reasons, alone.passages)
    assert retriever.begin([])() == []


def test_only_a_whole_question_may_want_an_opinion(retriever: Retriever) -> None:
    """Its own words tell, also with what was asked before; of a part of a question nobody asks whether it does."""
    text = "Do you think it is a good deal for Japan?"
    question = Question(text, text, text, "en", f"What does it say about fusion? {text}")
    assert retriever.evidence(question).opinion > OPINION_FROM
    assert retriever.begin([question])()[0].opinion == 0


def test_questions_begun_while_all_threads_are_busy_are_not_waited_for(retriever: Retriever) -> None:
    """They are then embedded by whoever asks for them."""
    held = threading.Event()
    busy = retriever._beside
    retriever._beside = ThreadPoolExecutor(1)
    try:
        retriever._beside.submit(held.wait, 60)
        question = Question("Is it binding?", "Is it binding?", "Is it binding?", "en")
        assert retriever.begin([question])()[0].best.address == "iii.p1.s1"
    finally:
        held.set()
        retriever._beside.shutdown()
        retriever._beside = busy


@pytest.mark.parametrize("count", [1, 3, 7, 500, 1000, 2000])
def test_the_greatest_are_those_of_a_whole_sort(count: int) -> None:
    """Ties in order too, of which there are many here."""
    values = np.random.default_rng(count).integers(0, 40, 1000).astype(np.float64)
    assert np.array_equal(greatest(values, count), np.argsort(-values, kind="stable")[:count])


def test_a_follow_up_lies_between_itself_and_its_context(retriever: Retriever) -> None:
    """Every probability between the two; a fragment that says little is understood from the question before."""
    before = "Through which agencies is joint 6G research meant to run?"
    fragment = "And who on the Japanese side?"
    alone, joined = asked(retriever, fragment), asked(retriever, f"{before} {fragment}")
    found = retriever.evidence(Question(fragment, fragment, fragment, "en", f"{before} {fragment}"))
    low, high = (
        np.minimum(alone.probabilities, joined.probabilities),
        np.maximum(alone.probabilities, joined.probabilities),
    )
    assert ((low - 1e-9 <= found.probabilities) & (found.probabilities <= high + 1e-9)).all()
    assert found.best.address == "ii.trusted.telecom.p1.s2" != alone.best.address
    assert alone.answerable != found.answerable != joined.answerable
    assert [p.score for p in found.passages] == sorted((p.score for p in found.passages), reverse=True)
