"""The gate: only what the document says is shown, quotes are filled in from it, a saved answer can be checked again."""

import copy
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from assistant import render
from assistant.receipt import digest_of_object
from assistant.types import MODE_NOTES, Answer, Claim, Draft, IndexIdentity, Language, Question, ShortReply
from assistant.verify import Verifier, check
from index import parse, reading_aid

DOCUMENT = parse.load()
AID = reading_aid.load(DOCUMENT)
VERIFIER = Verifier(DOCUMENT, AID, IndexIdentity("f", "e"))


def question(language: Language = "en") -> Question:
    return Question("Q?", "Q?", "Q?", language)


def made(*claims: Claim, language: Language = "en", **changes: Any) -> Answer:
    return VERIFIER.answer(Draft(question(language), "answered", 0.98765, claims=claims, **changes), {"total": 1.0})


@pytest.mark.parametrize(
    ("claim", "address", "language", "reason"),
    [
        ("Either Participant may discontinue the MOC with written notice.", "iv.p1.s3", "en", None),
        ("Without an agreed date it is expected to end 180 days after notice is delivered.", "iv.p1.s4", "en", None),
        ("いずれの参加者もこの覚書を終了することができる。", "iv.p1.s3", "ja", None),
        (
            "Without an agreed date it is expected to end 90 days after notice is delivered.",
            "iv.p1.s4",
            "en",
            "number_mismatch",
        ),
        (
            "The Participants will collaborate on fusion research and development.",
            "ii.trusted.fusion.p1.s3",
            "en",
            "modality_upgrade",
        ),
        ("The MOC creates legally binding rights and obligations.", "iii.p1.s1", "en", "legal_upgrade"),
        ("この覚書は法的拘束力のある権利及び義務を生じさせる。", "iii.p1.s1", "ja", "legal_upgrade"),
        ("This treaty becomes operative when both Participants have signed.", "iv.p1.s1", "en", "legal_upgrade"),
        ("資金の支出は約束されていない。", "iii.p1.s4", "en", "wrong_language"),
        ("Nothing commits the Participants to the expenditure of funds.", "iii.p1.s4", "ja", "wrong_language"),
        ("Toyota builds electric vehicles in Kentucky factories.", "iii.p1.s4", "en", "entity_mismatch"),
    ],
)
def test_a_claim_is_compared_with_what_it_cites(
    claim: str, address: str, language: Language, reason: str | None
) -> None:
    """Numbers, modal verbs, legal force, language, shared words."""
    found = VERIFIER.finding(Claim(claim, "statement", (address,)), language)
    assert found.supported == (reason is None), found
    assert reason is None or reason in found.reasons


@pytest.mark.parametrize(("claim", "evidence"), [("", ["x"]), (" ", ["x"]), ("x", []), ("x", ["", " "])])
def test_nothing_said_or_cited_is_not_supported(claim: str, evidence: list[str]) -> None:
    """A reason, and no score where none can be given."""
    found = check(claim, evidence, "en")
    assert (found.supported, found.reasons, found.score) == (False, ("wrong_citation",), None)


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        ((), "unknown_address"),
        (("v.p1.s1",), "unknown_address"),
        (("iii.p1.s1", "iii"), "unknown_address"),
        (("iii.p1.s2",), "not_offered"),
    ],
)
def test_addresses_must_be_known_and_offered(addresses: tuple[str, ...], reason: str) -> None:
    """A part is no address of a sentence, and what the writer was not shown it cannot cite."""
    claim = Claim("Nothing affects existing agreements.", "statement", addresses)
    assert VERIFIER.finding(claim, "en", ("iii.p1.s1",)).reasons == (reason,)


def test_every_sentence_can_be_quoted() -> None:
    """The quote is filled in from the source, whatever text the draft holds; citations are numbered in order."""
    answer = made(*(Claim("made up", "quote", (address,)) for address in DOCUMENT.by_address), language="ja")
    assert [cited.address for cited in answer.citations] == list(DOCUMENT.by_address)
    assert [cited.number for cited in answer.citations] == list(range(1, 52))
    for claim, cited in zip(answer.claims, answer.citations, strict=True):
        assert claim.text == cited.quote == DOCUMENT.source[cited.start : cited.end]
        assert cited.reading_aid == AID.sentences[cited.address]
    assert answer.confidence == 0.988
    assert VERIFIER.problems(render.answer_object(answer)) == []


def test_a_citation_is_numbered_once() -> None:
    """Two claims on one sentence share its number."""
    statement = Claim("Either Participant may discontinue the MOC.", "statement", ("iv.p1.s3",))
    answer = made(statement, Claim("", "quote", ("iv.p1.s2",)), Claim("", "quote", ("iv.p1.s3",)))
    assert [claim.citations for claim in answer.claims] == [(1,), (2,), (1,)]
    assert len(answer.citations) == 2


def test_what_fails_is_dropped_with_its_reason() -> None:
    """And the answer stands on the rest; with nothing left but a note there is no answer."""
    bad = Claim("The Participants will spend 5 billion.", "statement", ("iii.p1.s4",))
    answer = made(bad, Claim("", "quote", ("iii.p1.s4",)), Claim("", "quote", ("v.p1.s1",)))
    assert [claim.kind for claim in answer.claims] == ["quote"]
    assert [drop.addresses for drop in answer.dropped] == [("iii.p1.s4",), ("v.p1.s1",)]
    assert {"number_mismatch", "modality_upgrade"} <= set(answer.dropped[0].reasons)
    for claims in ((), (bad,), (Claim("Note.", "note", ("iii.p1.s1",)),)):
        with pytest.raises(ValueError, match="no claim left"):
            made(*claims)


def test_absence_has_no_citations() -> None:
    """Only related passages, cut at a word; claims of such a draft are not shown."""
    draft = Draft(question(), "not_in_document", 0.1, reason="absent_topic", related=("ii.ai.p1.s2", "iii.p1.s4"))
    answer = VERIFIER.answer(draft, {})
    assert (answer.claims, answer.citations, answer.compared) == ((), (), 49)
    long, short = (near.snippet for near in answer.related)
    assert long.endswith(" …")
    assert len(long) <= 162
    assert DOCUMENT.by_address["ii.ai.p1.s2"].text.startswith(long.removesuffix(" …") + " ")
    assert short == DOCUMENT.by_address["iii.p1.s4"].text


def test_a_short_reply_is_an_answer_without_claims() -> None:
    """It holds together as a saved object too."""
    answer = VERIFIER.short_reply(ShortReply("hi", "en", "small_talk", "greeting"), 0.0, {}, "llm_off")
    assert (answer.status, answer.reason, answer.mode_note) == ("small_talk", "greeting", "llm_off")
    assert VERIFIER.problems(render.answer_object(answer)) == []


def saved() -> dict[str, Any]:
    """A good answer object with a quote, a statement and a note."""
    statement = Claim("Either Participant may discontinue the MOC with written notice.", "statement", ("iv.p1.s3",))
    note = Claim(render.wording("note.not_binding", "en"), "note", ("iii.p1.s1",))
    return copy.deepcopy(render.answer_object(made(statement, Claim("", "quote", ("iv.p1.s4",)), note, mode="llm")))


TAMPERINGS: dict[str, Callable[[dict[str, Any]], object]] = {
    "schema": lambda a: a.update(schema=2),
    "id": lambda a: a.update(id="a_0"),
    "question": lambda a: a.update(question="Other?"),
    "status": lambda a: a.update(status="partial"),
    "a status without citations": lambda a: a.update(status="not_in_document"),
    "quote": lambda a: a["citations"][1].update(quote="The discontinuation is immediate."),
    "offset": lambda a: a["citations"][0].update(start=0),
    "unknown address": lambda a: a["citations"][0].update(address="v.p1.s1"),
    "claim of a quote": lambda a: a["claims"][1].update(text="The discontinuation is immediate."),
    "dangling number": lambda a: a["claims"][0].update(citations=[9]),
    "no number": lambda a: a["claims"][0].update(citations=[]),
    "another document": lambda a: a["document"].update(sha256="0" * 64),
    "index": lambda a: a["index"].update(fingerprint="g"),
}


def test_a_saved_answer_holds() -> None:
    """As long as nothing in it is changed."""
    assert VERIFIER.problems(saved()) == []


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_changed_answer_does_not_hold(name: str) -> None:
    """Each change is named."""
    answer = saved()
    TAMPERINGS[name](answer)
    assert VERIFIER.problems(answer)


def test_a_statement_is_judged_again_even_with_a_fitting_id() -> None:
    """The id is unkeyed, so anyone can make one: the gate decides."""
    answer = saved()
    answer["claims"][0]["text"] = "Either Participant must discontinue the MOC within 30 days."
    answer["id"] = digest_of_object(answer)
    assert any("the gate refuses it" in problem for problem in VERIFIER.problems(answer))


NEAR = asdict(VERIFIER._related("iii.p1.s1", "en"))
FORGERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a note of other words": lambda a: a["claims"][2].update(text="Japan must pay 5 billion dollars."),
    "a claim of no known kind": lambda a: a["claims"][1].update(kind="fact", text="Japan must pay 5 billion dollars."),
    "a forged quote under a number used twice": lambda a: a["citations"].insert(
        0, a["citations"][1] | {"quote": "Japan must pay 5 billion dollars."}
    ),
    "a label of another section": lambda a: a["citations"][0].update(label="Section IX, sentence 9"),
    "true for a citation's number": lambda a: (
        a["citations"][0].update(number=True),
        a["claims"][0].update(citations=[True]),
    ),
    "true in a claim": lambda a: a["claims"][0].update(citations=[True]),
    "a fraction for an offset": lambda a: a["citations"][0].update(start=float(a["citations"][0]["start"])),
    "true for the schema": lambda a: a.update(schema=True),
    "more than sure": lambda a: a.update(confidence=1.5),
    "true for the confidence": lambda a: a.update(confidence=True),
    "words for the confidence": lambda a: a.update(confidence="high"),
    "no number for the confidence": lambda a: a.update(confidence=float("nan")),
    "a near passage": lambda a: a.update(related=[NEAR]),
    "a withheld sentence": lambda a: a.update(
        mode="quote", dropped=[{"text": "Pay.", "addresses": [], "reasons": ["low_score"]}]
    ),
    "withheld for no reason": lambda a: a.update(
        mode="llm", dropped=[{"text": "Pay.", "addresses": [], "reasons": ["because"]}]
    ),
    "withheld of another shape": lambda a: a.update(
        mode="llm", dropped=[{"text": 7, "addresses": [], "reasons": ["low_score"]}]
    ),
    "a reason of another status": lambda a: a.update(reason="opinion"),
    "a mode note of one's own": lambda a: a.update(mode_note="certified"),
    "a question that is no text": lambda a: a.update(follow_ups=[{"text": "Pay?"}]),
    "a time of words": lambda a: a.update(timings_ms={"total": "short"}),
    "other words for people to read": lambda a: a.update(text="Japan must pay 5 billion dollars."),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_with_a_fitting_id_does_not_hold(name: str) -> None:
    """Whatever a reader of a saved answer takes for the document's words is checked, not only what the id covers."""
    answer = saved()
    FORGERIES[name](answer)
    answer["id"] = digest_of_object(answer)
    assert VERIFIER.problems(answer)


@pytest.mark.parametrize(
    "value", [{}, {"schema": 1}, {"schema": 1, "document": None}, {"schema": 1, "document": {"sha256": 5}}]
)
def test_what_is_no_answer_is_said_to_be_none(value: dict[str, Any]) -> None:
    """Any JSON object gets an answer, never a traceback."""
    assert VERIFIER.problems(value)
    broken = saved() | {"claims": 5}
    assert VERIFIER.problems(broken)
    assert VERIFIER.problems(saved() | {"citations": [{"number": []}]})


def test_what_is_said_word_for_word_stands() -> None:
    """However few words it has; and only of the sentence it cites, in the reader's language."""
    assert check("It may end.", ["It may end."], "en").supported
    assert not check("It may end.", ["It may go on."], "en").supported
    assert not check("It may end.", ["It may end."], "ja").supported


@pytest.mark.parametrize(
    "change",
    [{"snippet": "Japan must pay."}, {"label": "Section IX"}, {"section": "IX"}, {"address": "ix.p1.s1"}],
    ids=str,
)
def test_a_forged_near_passage_does_not_hold(change: dict[str, Any]) -> None:
    """Where nothing was found, what is said to be nearest is held against the document too."""
    draft = Draft(question(), "not_in_document", 0.1, reason="absent_topic", related=("iii.p1.s1", "iv.p1.s1"))
    answer = render.answer_object(VERIFIER.answer(draft, {}))
    assert VERIFIER.problems(answer) == []
    answer["related"][1] |= change
    assert any("nearest passage 2" in problem for problem in VERIFIER.problems(answer))


@pytest.mark.parametrize("note", [None, *MODE_NOTES])
def test_only_what_a_model_wrote_is_withheld(note: str | None) -> None:
    """Each note says whether one was asked before quote mode answered."""
    answer = saved()
    answer.update(mode="quote", mode_note=note, dropped=[{"text": "P.", "addresses": [], "reasons": ["low_score"]}])
    answer["id"] = digest_of_object(answer)
    told = "a sentence is said to be withheld where no model wrote any" in VERIFIER.problems(answer)
    assert told is (note in (None, "llm_off", "llm_busy", "llm_budget", "refused_before_llm"))
