"""A question where a word stands is answered by looking it up; a question of anything else is left alone."""

import pytest

from assistant.ask import Assistant
from assistant.types import Request
from assistant.word_lookup import WordLookup
from index import bank, parse, reading_aid

DOCUMENT = parse.load()
WORDS = WordLookup(DOCUMENT, reading_aid.load(DOCUMENT))


@pytest.mark.parametrize(
    ("question", "addresses"),
    [
        ("Which sentences use 'may'?", "iv.p1.s2 iv.p1.s3"),
        ('Does it say "expected to" anywhere?', "ii.trusted.quantum.p1.s3 iv.p1.s4"),
        ("Which sentences say the sides ‘should’ do something?", "iv.p1.s3"),
        ("Where is the word trusted used?", "ii.trusted.security.p1.s2 ii.trusted.telecom.p1.s1 "
         "ii.trusted.telecom.p1.s3 ii.trusted.quantum.p1.s3"),
        ("Which paragraphs mention the word Agreement?", "preamble.p5.s1 iii.p1.s2"),
        ('How many times does "Golden Age" occur?', "preamble.p2.s1 ii.ai.p1.s1"),
        ("「インド太平洋」は何回出てきますか", "preamble.p6.s1 ii.trusted.telecom.p1.s4"),
        ("義務という語はどこに出てきますか。", "iii.p1.s1 iii.p1.s4"),
        ("どの文に『べきである』が使われていますか", "iv.p1.s3"),
    ],
)  # fmt: skip
def test_a_word_is_found_wherever_it_stands(question: str, addresses: str) -> None:
    """Whole words and their plurals, in the text; Japanese ones in the reading aid; in document order."""
    found = WORDS.asked(question)
    assert found is not None
    assert found.addresses == tuple(addresses.split())


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Does it use the word 'must'?", "must"),
        ("The word “Shall” appears where?", "Shall"),
        ("Where does the text use the term shall?", "shall"),
        ("「条約」という言葉は使われていますか？", "条約"),
    ],
)
def test_a_word_that_is_nowhere_is_said_to_be(question: str, word: str, assistant: Assistant) -> None:
    """The answer names it as missing, as it was written, and shows no sentence."""
    found = WORDS.asked(question)
    assert found is not None
    assert (found.word, found.addresses) == (word, ())
    answer = assistant.answer(Request(question, mode="quote"))
    assert (answer.status, answer.missing_words, answer.citations) == ("not_in_document", (word,), ())


@pytest.mark.parametrize(
    "question",
    [
        "Does the word 'agree' appear in the text?",  # Agreement does
        'Does the preamble say "have agreed as follows" or something softer?',
        'What does "the foregoing" represent?',
        'What does the word "Participants" mean?',
        "Who came up with the word 'Golden Age'?",
        "Where is the word 'recognition' used to describe what they reached?",
        "How often do they use the word Participants?",  # in more sentences than an answer shows
        "Does it say who pays?",
        "「以下の認識に達した」という言い回しは原文にありますか。",
        "末尾では「合意」ではなく「認識」という語が用いられているのでしょうか。",
        "「フルスタック」とは何ですか",
        "火星という言葉の意味は？",
    ],
)
def test_what_asks_for_more_than_a_place_is_left_to_likeness(question: str) -> None:
    """A meaning, a comparison, an origin, half a sentence remembered, or a word of which another form occurs."""
    found = WORDS.asked(question)
    assert found is None or found.addresses


@pytest.mark.parametrize(
    "question",
    [
        "Which terms are used?",
        "What terms does the document contain?",
        "In what terms is it used?",
        "Where does the phrase appear?",
        "What terms appear in the text?",
        "Where is the term first used?",
        "Where does the term end?",
        "Is the term length mentioned anywhere?",
        "Which phrases recur in the text?",
        "What words do they use?",
        "Which word would they use?",
        "Where should the term appear?",
        "Does the phrase ever occur?",
        "Where does the document use the term differently?",
        "Are any terms defined in the document?",
        "How is the term defined where it is used?",
        "The word should appear in which section?",
        "何という言葉が使われていますか",
        "なんという語句が出てきますか",
        "文書では何という用語が使われていますか",
        "これという表現は出てきますか",
        "どこで何という単語が使われていますか",
        "どういう言葉が使われていますか",
    ],
)
def test_what_follows_a_noun_is_not_always_the_word_asked_for(question: str) -> None:
    """Verbs, adverbs and questioning words go on with the sentence; unmarked, they name nothing."""
    assert WORDS.asked(question) is None


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Which sentences contain the word should?", "should"),
        ("Does the word shall occur anywhere?", "shall"),
        ("Where is the word will used?", "will"),
        ("Does the term treaty appear?", "treaty"),
    ],
)
def test_a_word_without_marks_is_looked_up(question: str, word: str) -> None:
    """Also one that would help a verb elsewhere, such as "should"."""
    found = WORDS.asked(question)
    assert found is not None
    assert found.word == word


def test_what_is_shown_is_found_where_the_bank_says(assistant: Assistant) -> None:
    """Every bank question of this kind but one, whose writer also counted another form of the word."""
    found = {q.text: (w.addresses, q.addresses) for q in bank.load(DOCUMENT) if (w := WORDS.asked(q.text))}
    assert len(found) >= 10
    assert len([text for text, (places, asked) in found.items() if places != asked]) <= 1
    answer = assistant.answer(Request("Which sentences use 'may'?", mode="quote"))
    shown = [answer.citation(n).address for c in answer.claims if c.kind == "quote" for n in c.citations]
    assert shown == ["iv.p1.s2", "iv.p1.s3"]
