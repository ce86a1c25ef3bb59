"""Claims out of streamed text: both shapes, at any cut into pieces, each claim as early as it can be known."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.claim_stream import MAX_CLAIMS, ClaimStream
from assistant.types import Claim

FIRST = Claim("It may {end} \\ [soon].", "statement", ("iv.p1.s3",))
SECOND = Claim("通知の日から「180日」後。", "statement", ("iv.p1.s4", "iv.p1.s3"))
ROWS = [{"addresses": list(claim.addresses), "text": claim.text} for claim in (FIRST, SECOND)]
OBJECT = json.dumps({"claims": ROWS}, ensure_ascii=False)
SHAPES = {
    "object": OBJECT,
    "object, ASCII": json.dumps({"claims": ROWS}),
    "object on many lines": json.dumps({"claims": ROWS}, indent=1),
    "object in a fence": f"```json\n{OBJECT}\n```",
    "lines of objects": "\n".join(json.dumps(row) for row in ROWS),
    "lines of objects in a list": "\n".join(f"- {json.dumps(row)}," for row in ROWS),
    "plain lines": f"[iv.p1.s3] {FIRST.text}\n[iv.p1.s4, iv.p1.s3] {SECOND.text}\n",
    "plain lines in a list": f"1. [iv.p1.s3] {FIRST.text}\n2. [iv.p1.s4 iv.p1.s3] {SECOND.text}",
}


def read(text: str, cuts: list[int]) -> tuple[list[Claim], bool]:
    """The claims of a text that comes in pieces, and whether anything in it is malformed."""
    stream, found, last = ClaimStream(), [], 0
    for cut in [*sorted(cut % (len(text) + 1) for cut in cuts), len(text)]:
        found += stream.feed(text[last:cut])
        last = cut
    return [*found, *stream.rest()], stream.malformed


@pytest.mark.parametrize("shape", sorted(SHAPES))
@given(st.lists(st.integers(0, 10_000), max_size=6))
def test_the_pieces_do_not_matter(shape: str, cuts: list[int]) -> None:
    """However the text is cut, the same two claims come out, and nothing is malformed."""
    assert read(SHAPES[shape], cuts) == ([FIRST, SECOND], False)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_claim_comes_before_the_rest_is_written(shape: str) -> None:
    """The first claim is there before a character of the second."""
    stream, found = ClaimStream(), []
    for character in SHAPES[shape].partition("180" if "ASCII" in shape else "通知")[0].partition("\\u901a")[0]:
        found += stream.feed(character)
    assert found == [FIRST]


@pytest.mark.parametrize("text", [f" {FIRST.text}\n", f"[iv.p1.s3] {FIRST.text}\n"])
@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_what_was_begun_for_the_model_belongs_to_its_answer(text: str, pieces: int) -> None:
    """Whether the server goes on where the answer was begun or lets the model begin anew; without a word, nothing."""
    stream = ClaimStream(opening="[iv.p1.s3]")
    cut = [text[start : start + pieces] for start in range(0, len(text), pieces)]
    assert [claim for piece in cut for claim in stream.feed(piece)] == [FIRST]
    silent = ClaimStream(opening="[iv.p1.s3]")
    assert (silent.feed(" "), silent.rest(), silent.malformed) == ([], [], False)


@pytest.mark.parametrize("pieces", [1, 3, 1000])
@pytest.mark.parametrize(
    ("first", "malformed"),
    [("(none)", False), ("Here is the sentence you asked for:", True), ("以下が回答です。", True), (" (none)", False)],
)
def test_talk_under_the_address_that_was_begun_is_no_claim(first: str, malformed: bool, pieces: int) -> None:
    """A server that begins anew without an address; the claims after its talk stand, and talk alone is no answer."""
    for text, found in ((first, []), (f"{first}\n[iv.p1.s3] {FIRST.text}\n", [FIRST])):
        stream = ClaimStream(opening="[iv.p1.s4]")
        cut = [text[start : start + pieces] for start in range(0, len(text), pieces)]
        claims = [claim for piece in cut for claim in stream.feed(piece)]
        assert [*claims, *stream.rest()] == found
        assert stream.malformed is (malformed and not found)


@pytest.mark.parametrize("text", ['{"claims": []}', "", "(none)", "\n\n", '```json\n{"claims": []}\n```'])
def test_nothing_to_say_is_not_malformed(text: str) -> None:
    """An empty list and the word for it are whole answers without claims."""
    assert read(text, [1]) == ([], False)


@pytest.mark.parametrize(
    "text",
    [
        OBJECT[:-1],
        OBJECT[:-2],
        OBJECT[:-9],
        OBJECT + " I hope this helps.",
        '{"claims": [7]}',
        '{"claims": {"a": 1}}',
        '{"claims": [{"text": "x"}]}',
        '{"claims": ' + "[" * 5000,
        "I am sorry.",
        "[iv.p1.s3]",
        "[]",
        '["iv.p1.s3"] words',
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    """What is cut, surrounded by talk, or of another shape is never a whole answer."""
    assert read(text, [5])[1]


def test_it_has_enough_of_many_claims_and_of_repetition() -> None:
    """A model that goes on for ever, or round in circles, is not followed."""
    stream = ClaimStream()
    found = stream.feed("".join(f"[iii.p1.s1] Claim {number}.\n" for number in range(40)))
    assert (len(found), stream.enough) == (MAX_CLAIMS, True)
    again = ClaimStream()
    assert len(again.feed("[iii.p1.s1] The same.\n" * 3)) == 1
    assert again.enough


def test_talk_beside_plain_lines_is_passed_over() -> None:
    """A preamble or an afterthought of a chatty model does not cost the claims their place."""
    text = f"Here are the claims:\n[iv.p1.s3] {FIRST.text}\n\nI hope this helps."
    assert read(text, [7]) == ([FIRST], False)


def test_a_loop_ends_the_reading() -> None:
    """A claim that goes round in circles is never whole; the claims before it stand."""
    stream = ClaimStream()
    found = stream.feed(f"[iv.p1.s3] {FIRST.text}\n[iv.p1.s4] It is" + " the date of the date" * 6)
    assert (found, stream.enough) == ([FIRST], True)
    japanese = ClaimStream()
    assert japanese.feed("[iii.p1.s1] " + "コミットで" * 8) == []
    assert japanese.enough


def test_no_more_claims_than_sentences_were_offered() -> None:
    """The limit of a question is kept."""
    stream = ClaimStream(most=1)
    assert stream.feed(f"[iv.p1.s3] {FIRST.text}\n[iv.p1.s4] Another.\n") == [FIRST]
    assert stream.enough


@given(st.text(alphabet='{}[]":,claims \\n\\textades1.', max_size=80), st.lists(st.integers(0, 100), max_size=3))
def test_no_text_makes_it_fail(text: str, cuts: list[int]) -> None:
    """Whatever comes, it ends in claims or in ``malformed``, never in an exception."""
    read('{"claims": [' + text, cuts)
    read(text, cuts)
