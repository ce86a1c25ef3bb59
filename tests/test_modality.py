"""The ladder of modal verbs: every rung recognised, harmless uses left out, no claim above its sentence."""

import pytest

from assistant.modality import Modality, modality, upgrades
from index import parse, reading_aid

DOCUMENT = parse.load()
AID = reading_aid.load(DOCUMENT)


@pytest.mark.parametrize(
    ("text", "rung"),
    [
        ("The Participants will cooperate.", Modality.BOUND),
        ("Each side is required to give notice.", Modality.BOUND),
        ("They agreed to cooperate.", Modality.BOUND),
        ("They pledged 5 billion.", Modality.BOUND),
        ("The Participants intend to collaborate.", Modality.INTENDED),
        ("It is expected to commence later.", Modality.EXPECTED),
        ("It should provide written notice.", Modality.SHOULD),
        ("Either Participant may discontinue it.", Modality.MAY),
        ("It becomes operative when both have signed.", Modality.NONE),
        ("Nothing in it commits the Participants to anything.", Modality.NONE),
        ("with a shared commitment to a secure ecosystem", Modality.NONE),
        ("通報しなければならない。", Modality.BOUND),
        ("両国は協力することに合意した。", Modality.BOUND),
        ("協力する意図を有する。", Modality.INTENDED),
        ("開始されることが見込まれる。", Modality.EXPECTED),
        ("通告を行うべきである。", Modality.SHOULD),
        ("終了することができる。", Modality.MAY),
        ("義務を生じさせない。", Modality.NONE),
        ("", Modality.NONE),
    ],
)
def test_rungs(text: str, rung: Modality) -> None:
    """May, should, expected, intended, bound; a denied duty is none."""
    assert modality(text) == rung


@pytest.mark.parametrize("address", list(DOCUMENT.by_address))
def test_no_sentence_of_the_record_binds(address: str) -> None:
    """The text of record and its rendering never reach the top rung, so whatever does has strengthened it."""
    assert modality(DOCUMENT.by_address[address].text) < Modality.BOUND
    assert modality(AID.sentences[address]) < Modality.BOUND


@pytest.mark.parametrize("address", list(DOCUMENT.by_address))
def test_the_reading_aid_stands_no_higher_than_the_record(address: str) -> None:
    """Its Japanese is no upgrade of the English sentence it renders."""
    assert not upgrades(AID.sentences[address], DOCUMENT.by_address[address].text)


@pytest.mark.parametrize(
    ("claim", "address", "upgraded"),
    [
        ("The Participants will encourage efforts on orbital debris.", "ii.trusted.space.p1.s3", True),
        ("The Participants intend to encourage efforts on orbital debris.", "ii.trusted.space.p1.s3", False),
        ("A Participant must provide written notice.", "iv.p1.s3", True),
        ("A Participant should provide written notice.", "iv.p1.s3", False),
        ("The discontinuation will commence 180 days after notice.", "iv.p1.s4", True),
        ("The discontinuation is expected to commence 180 days after notice.", "iv.p1.s4", False),
        ("Either Participant intends to discontinue it.", "iv.p1.s3", True),
        ("Either Participant can discontinue it.", "iv.p1.s3", False),
        ("両国は軌道上デブリの除去に合意した。", "ii.trusted.space.p1.s3", True),
        ("書面で通告しなければならない。", "iv.p1.s3", True),
    ],
)
def test_upgrades(claim: str, address: str, upgraded: bool) -> None:
    """A claim may say less than its sentence, never more."""
    assert upgrades(claim, DOCUMENT.by_address[address].text) == upgraded
