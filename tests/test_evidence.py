"""What is measured for a question, on a document of three sentences with vectors made by hand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.classifiers import Head, Kernel
from assistant.evidence import (
    ABSENCE_FEATURES,
    CHOICE_FEATURES,
    LEVELS,
    NEIGHBOUR_TEMPERATURE,
    Level,
    Measures,
    Space,
    bank_digest,
    levels_up_to,
)
from index.entries import Entry
from index.errors import DocumentError

A, B, C = "i.p1.s1", "i.p1.s2", "ii.p1.s1"
TEXTS = {
    A: "Quantum networks join both countries.",
    B: "Fusion needs magnets.",
    C: "Nothing here is binding.",
}


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, dtype=np.float32)
    return np.asarray(vector / np.linalg.norm(vector))


PASSAGES = [
    (Entry(f"passage:{address}", "passage", "en", address, text), vector)
    for (address, text), vector in zip(
        TEXTS.items(), (unit(1, 0, 0, 0), unit(0, 1, 0, 0), unit(0, 0, 1, 0)), strict=True
    )
]
AIDS = [
    (Entry(f"aid:{entry.label}", "reading_aid", "ja", entry.label, "訳"), unit(*(vector + np.float32(0.1))))
    for entry, vector in PASSAGES
]
# (label, text, vector): questions filed under one sentence, two sentences, and none.
BANK = [
    ("quantum?", A, unit(0.9, 0.1, 0, 0.2)),
    ("networks?", A, unit(0.7, 0.0, 0.3, 0.2)),
    ("magnets?", B, unit(0.1, 0.9, 0, 0.2)),
    ("binding?", C, unit(0, 0.1, 0.9, 0.2)),
    ("all areas?", f"{A}+{B}", unit(0.6, 0.6, 0, 0.2)),
    ("tariffs?", "none/absent_topic", unit(0.1, 0.1, 0.1, 0.9)),
    ("who signed?", "none/absent_detail", unit(0.2, 0.0, 0.2, 0.8)),
]
QUESTIONS = [
    (Entry(f"question:{number}", "question", "en", label, text), vector)
    for number, (text, label, vector) in enumerate(BANK)
]
CLASSES = (A, B, C, "absent_detail", "absent_topic")
HEAD = Head(
    CLASSES,
    np.zeros(4, dtype=np.float32),
    1.0,
    np.array([[4, 0, 0, 0, 0], [0, 4, 0, 0, 0], [0, 0, 4, 0, 0], [0, 0, 0, 3, 4], [0, 0, 0, 0, 0]], dtype=np.float32),
    np.array([[1], [1], [-1], [0], [0]], dtype=np.float32),
    Kernel(
        # Outputs: a, b, c, opinion, answered.
        np.array([[share, 0, 0, -share, share] for share in (1, 1, 1, 1, 1, -2, -2)], dtype=float),
        np.array([0.25, 0, 0, 0, 0.25]),
        0.1,
        bank_digest([entry for entry, _ in QUESTIONS]),
    ),
)
NEAR_A = unit(0.95, 0.05, 0, 0.1)


def space_of(rows: list[tuple[Entry, np.ndarray]], head: Head | None = HEAD, level: Level = "classifier") -> Space:
    return Space([entry for entry, _ in rows], np.stack([vector for _, vector in rows]), TEXTS, head, level)


def linear(rows: Sequence[tuple[Entry, np.ndarray]]) -> Head:
    """The classifier for a bank that its kernel was not fitted on: of that bank the kernel knows nothing."""
    bank = bank_digest([entry for entry, _ in rows])
    return replace(HEAD, kernel=Kernel(np.zeros((len(rows), 5)), np.zeros(5), 0.1, bank))


def whole(level: Level = "classifier", head: Head = HEAD) -> Space:
    return space_of([*PASSAGES, *AIDS, *QUESTIONS], head=head, level=level)


def column(space: Space, measures: Measures, name: str) -> np.ndarray:
    values: np.ndarray = measures.choice[:, space.choice_names.index(name)]
    return values


def same(first: Measures, second: Measures) -> bool:
    return (
        np.array_equal(first.choice, second.choice)
        and dict(first.absence) == dict(second.absence)
        and dict(first.reasons) == dict(second.reasons)
    )


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_brings_its_features(level: Level) -> None:
    """A column for each named feature of the sentences and a value for each of the question; all finite."""
    space = whole(level)
    measures = space.measure(NEAR_A, "quantum networks", hidden=None)
    below = levels_up_to(level)
    assert space.levels == below
    assert space.choice_names == tuple(name for part in below for name in CHOICE_FEATURES[part])
    assert measures.choice.shape == (3, len(space.choice_names))
    # choice_best needs the scores, so it is not measured here.
    assert {*measures.absence, "choice_best"} == {name for part in below for name in ABSENCE_FEATURES[part]}
    assert np.isfinite(measures.choice).all()
    assert np.isfinite(list(measures.absence.values())).all()
    assert bool(measures.reasons) == (level == "classifier")


def test_the_kernel_knows_the_questions_of_the_bank() -> None:
    """Of a bank question: it knows whether that is answered, and which sentence it needs."""
    space = whole()
    answered, absent = (space.measure(BANK[number][2], BANK[number][0]) for number in (0, 5))
    assert answered.absence["kernel_answered"] > 1 > -1 > absent.absence["kernel_answered"]
    assert absent.absence["kernel_opinion"] > 1 > -1 > answered.absence["kernel_opinion"]
    assert column(space, answered, "kernel_score")[0] > 1 > -1 > column(space, absent, "kernel_score")[0]
    several = column(space, answered, "several")
    assert column(space, answered, "several_kernel") == pytest.approx(several * column(space, answered, "kernel_score"))


def test_weights_of_another_bank_are_refused() -> None:
    """The kernel's weights belong to single questions: with one question more or less they would mean nothing."""
    with pytest.raises(DocumentError, match=r"evals\.fit"):
        space_of([*PASSAGES, *AIDS, *QUESTIONS[:-1]])


def test_what_an_index_lacks_is_left_out() -> None:
    """An index of another document has sentences only: no aid, no bank, no classifier, and nothing measured by them."""
    space = space_of(PASSAGES, head=None)
    assert space.levels == ("vectors", "keywords")
    assert space.measure(NEAR_A, "quantum").choice.shape == (3, 4)
    assert space_of([*PASSAGES, *QUESTIONS], head=None).levels == ("vectors", "keywords", "question_bank")


@pytest.mark.parametrize("feature", ["passage_gap", "aid_gap", "bank_gap", "class_gap", "kernel_gap"])
def test_a_gap_is_measured_from_the_best(feature: str) -> None:
    """0 for the best sentence, below 0 for the others."""
    space = whole()
    gaps = column(space, space.measure(NEAR_A, "quantum"), feature)
    assert gaps[0] == 0
    assert (gaps[1:] < 0).all()


def test_cosines_are_those_of_the_vectors() -> None:
    """Compared with the dot products worked out here, to six digits."""
    space = whole()
    measures = space.measure(NEAR_A, "quantum")
    passages = np.array([vector @ NEAR_A for _, vector in PASSAGES])
    bank = {text: float(vector @ NEAR_A) for text, _, vector in BANK}
    assert measures.absence["passage_best"] == pytest.approx(passages.max(), abs=1e-6)
    assert column(space, measures, "passage_lift") == pytest.approx(passages - passages.mean(), abs=1e-5)
    nearest = np.array(
        [
            max(bank["quantum?"], bank["networks?"], bank["all areas?"]),
            max(bank["magnets?"], bank["all areas?"]),
            bank["binding?"],
        ]
    )
    assert column(space, measures, "bank_gap") == pytest.approx(nearest - nearest.max(), abs=1e-5)
    assert measures.absence["bank_best"] == pytest.approx(nearest.max(), abs=1e-6)
    none_best = max(bank["tariffs?"], bank["who signed?"])
    assert measures.absence["bank_none_best"] == pytest.approx(none_best, abs=1e-6)
    assert measures.absence["bank_margin"] == pytest.approx(nearest.max() - none_best, abs=1e-6)


def test_the_nearest_questions_share_one_vote() -> None:
    """Votes for sentences and for "none" add up to 1; a question about two sentences gives each a half."""
    space = whole()
    measures = space.measure(NEAR_A, "quantum")
    similar = np.array([vector @ NEAR_A for _, _, vector in BANK])
    weights = np.exp((similar - similar.max()) / NEIGHBOUR_TEMPERATURE)
    weights /= weights.sum()
    vote = column(space, measures, "bank_vote")
    assert vote.sum() + measures.absence["bank_none_vote"] == pytest.approx(1, abs=1e-5)
    assert vote[0] == pytest.approx(weights[0] + weights[1] + weights[4] / 2, abs=1e-4)
    assert vote[1] == pytest.approx(weights[2] + weights[4] / 2, abs=1e-4)
    several = column(space, measures, "bank_several_vote")
    assert several == pytest.approx([weights[4], weights[4], 0], abs=1e-4)


def test_classes_are_probabilities() -> None:
    """Those of the reasons and of the sentences add up to 1; the reasons are named."""
    space = whole()
    measures = space.measure(unit(0, 0, 0, 1), "tariffs")
    none = sum(measures.reasons.values())
    scores = np.array([0, 0, 0, 3, 4])
    expected = np.exp(scores) / np.exp(scores).sum()
    assert measures.reasons == pytest.approx({"absent_detail": expected[3], "absent_topic": expected[4]}, rel=1e-5)
    assert measures.absence["none_log_odds"] == pytest.approx(np.log(none / (1 - none)), rel=1e-4)
    assert np.exp(column(space, measures, "class_log")).sum() == pytest.approx(1, rel=1e-5)
    assert measures.absence["class_best"] == pytest.approx(np.log(expected[0]), rel=1e-4)


def test_words_nobody_wrote_or_asked_are_counted() -> None:
    """Unknown: not in the text; unheard: not in two answered questions of the bank either; at most six count."""
    more = [
        (Entry(f"question:x{n}", "question", "en", A, f"hovercraft {n}"), unit(0.5, 0.5, 0, 0.1 * n)) for n in (1, 2)
    ]
    space = space_of([*PASSAGES, *AIDS, *QUESTIONS, *more], head=linear([*QUESTIONS, *more]))
    found = space.measure(NEAR_A, "quantum hovercraft tariffs").absence
    assert found["unknown_share"] == pytest.approx(2 / 3)
    assert found["unheard_share"] == pytest.approx(1 / 3)
    assert found["unheard_words"] == 1
    assert space.measure(NEAR_A, "zq1 zq2 zq3 zq4 zq5 zq6 zq7 zq8").absence["unheard_words"] == 6
    assert space.measure(NEAR_A, "").absence["unknown_share"] == 0


def test_keywords_find_the_sentence() -> None:
    """The sentence that has the word, share 1; nothing anywhere where no word occurs."""
    space = whole()
    found = space.measure(NEAR_A, "magnets")
    assert column(space, found, "keyword_score").argmax() == 1
    assert column(space, found, "keyword_share").tolist() == [0, 1, 0]
    nothing = space.measure(NEAR_A, "hovercraft")
    assert not column(space, nothing, "keyword_share").any()
    assert nothing.absence["keyword_best"] == 0


HIDDEN = np.array([True, False, True, False, True, True, False])


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param("vector", id="where it lies"),
        pytest.param("label", id="what it is filed under"),
    ],
)
def test_a_hidden_question_does_not_influence_a_measure(changed: str) -> None:
    """Whatever is hidden could as well say anything else, or weights would be fitted on what they will never see."""
    rows = []
    for place, (entry, vector) in enumerate(QUESTIONS):
        if HIDDEN[place] and changed == "vector":
            vector = NEAR_A
        if HIDDEN[place] and changed == "label" and entry.addresses:
            entry = replace(entry, label=C)
        rows.append((entry, vector))
    text = "quantum hovercraft"
    before = whole(head=linear(QUESTIONS)).measure(NEAR_A, text, hidden=HIDDEN)
    after = space_of([*PASSAGES, *AIDS, *rows], head=linear(rows)).measure(NEAR_A, text, hidden=HIDDEN)
    # Fewer visible questions than neighbours leave the hidden ones a vote of e^-90.
    assert after.choice == pytest.approx(before.choice, abs=1e-9)
    assert dict(after.absence) == pytest.approx(dict(before.absence), abs=1e-9)
    assert not same(before, whole(head=linear(QUESTIONS)).measure(NEAR_A, text)), "hiding has to change something here"


def test_a_hidden_question_is_as_good_as_none() -> None:
    """Vectors and votes are those of a bank without it."""
    space = whole()
    left = [row for row, hide in zip(QUESTIONS, HIDDEN, strict=True) if not hide]
    rest = space_of([*PASSAGES, *AIDS, *left], head=linear(left))
    hidden, gone = space.measure(NEAR_A, "x", hidden=HIDDEN), rest.measure(NEAR_A, "x")
    for name in ("bank_vote", "bank_several_vote"):
        assert column(space, hidden, name) == pytest.approx(column(rest, gone, name), abs=1e-6)
    for name in CHOICE_FEATURES["classifier"][:4]:
        assert np.array_equal(column(space, hidden, name), column(rest, gone, name))
    for name in ABSENCE_FEATURES["question_bank"]:
        assert hidden.absence[name] == pytest.approx(gone.absence[name], abs=1e-6)
    # B lost both its questions: it is as far off as can be, and nothing is infinite.
    assert column(space, hidden, "bank_gap")[1] == column(rest, gone, "bank_gap")[1] < -1


def test_another_head_replaces_the_own_one() -> None:
    """For fitting: only what the classifier brings changes."""
    space = whole()
    turned = replace(HEAD, weights=HEAD.weights[:, [1, 0, 2, 3, 4]])
    own, other = space.measure(NEAR_A, "quantum"), space.measure(NEAR_A, "quantum", head=turned)
    assert column(space, own, "class_log").argmax() == 0
    assert column(space, other, "class_log").argmax() == 1
    for level in LEVELS[:-1]:
        for name in CHOICE_FEATURES[level]:
            assert np.array_equal(column(space, own, name), column(space, other, name))


def test_the_order_of_the_bank_does_not_matter() -> None:
    """The same questions in another order measure the same, to the rounding of sums."""
    order = list(reversed(QUESTIONS))
    turned = space_of([*PASSAGES, *AIDS, *order], head=linear(order))
    first, second = whole(head=linear(QUESTIONS)).measure(NEAR_A, "quantum"), turned.measure(NEAR_A, "quantum")
    assert first.choice == pytest.approx(second.choice, abs=1e-6)
    assert dict(first.absence) == pytest.approx(dict(second.absence), abs=1e-6)


def test_nobody_asked_about_a_sentence() -> None:
    """A sentence without bank questions is measured, as far off as can be; the others are not disturbed."""
    asked = [row for row in QUESTIONS if C not in row[0].addresses]
    space = space_of([*PASSAGES, *AIDS, *asked], head=linear(asked))
    measures = space.measure(unit(0, 0, 1, 0), "binding")
    assert column(space, measures, "bank_gap")[2] < -1
    assert column(space, measures, "bank_vote")[2] == 0
    assert column(space, measures, "passage_gap")[2] == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4), st.text(max_size=60))
def test_any_question_is_measured(values: list[float], text: str) -> None:
    """Finite, and twice the same, for any direction and any text."""
    vector = np.array(values, dtype=np.float32)
    vector /= max(float(np.linalg.norm(vector)), 1e-6)
    space = whole()
    first = space.measure(vector, text)
    assert np.isfinite(first.choice).all()
    assert np.isfinite(list(first.absence.values())).all()
    assert same(first, space.measure(vector, text))
