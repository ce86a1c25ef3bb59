"""Each room of the gate: a true and a false version of a sentence are told apart, with the reason that fits."""

import pytest

from assistant.gate import causes, legal, negation, quantities, roles, scope, sides
from assistant.gate.words import plain
from assistant.verify import check
from tests.gate.made import AID, DOCUMENT, RECORD, language_of

# reason, address, true version, false version
PAIRS = [
    ("number_mismatch", "iv.p1.s4", "If no date can be determined, it is expected 180 days after delivery of notice.",
     "If no date can be determined, it is expected 90 days after delivery of notice."),
    ("number_mismatch", "iv.p1.s4", "日を決定できない場合、通知の百八十日後に開始が見込まれる。",
     "日を決定できない場合、通知の９０日後に開始が見込まれる。"),
    ("number_mismatch", "iv.p1.s4",
     "If no date can be determined, it is expected about half a year after the notice.",
     "If no date can be determined, it is expected half a year after the notice."),
    ("number_mismatch", "ii.ai.p1.s1", "Three sectors are named.", "Seven sectors are named."),
    ("number_mismatch", "closing.p2.s1", "英語で二通に署名された。", "英語で三通に署名された。"),
    ("date_mismatch", "closing.p2.s1",
     "It was signed at Tokyo on 28 October 2025.",
     "It was signed at Tokyo on 29 October 2025."),
    ("date_mismatch", "closing.p2.s1", "令和7年10月28日に東京で署名された。", "令和6年10月28日に東京で署名された。"),
    ("party_swap", "preamble.p1.s1", "OSTP represents the U.S. Government and the Cabinet Office that of Japan.",
     "OSTP represents the Government of Japan and the Cabinet Office that of the United States."),
    ("party_swap", "ii.trusted.telecom.p1.s1",
     "米国の電気通信情報庁と日本の総務省のパートナーシップを通じて協力する意図です。",
     "日本の電気通信情報庁と米国の総務省のパートナーシップを通じて協力する意図です。"),
    ("party_swap", "ii.trusted.telecom.p1.s4", "Japan is recognized as a connectivity hub.",
     "The United States is recognized as a connectivity hub."),
    ("party_swap", "iv.p1.s3",
     "If Japan discontinues the MOC, it should provide the United States with written notice.",
     "If Japan discontinues the MOC, the United States should provide written notice."),
    ("party_swap", "iii.p1.s5", "両国はそれぞれ自国の国内法を遵守する意図を宣言しています。",
     "両国はそれぞれ相手国の国内法を遵守する意図を宣言しています。"),
    ("modality_upgrade", "ii.trusted.quantum.p1.s2", "They plan to support the next generation of scientists.",
     "They are going to support the next generation of scientists."),
    ("modality_upgrade", "ii.trusted.space.p1.s3",
     "両国は更なる協力の取組を奨励する方針です。",
     "両国は更なる協力の取組を奨励します。"),
    ("modality_upgrade", "iv.p1.s3", "終了させる参加者は書面で通知すべきであるとされています。",
     "終了させる参加者は書面で通知しなければならないとされています。"),
    ("legal_upgrade", "iv.p1.s1", "The MOC becomes operative when both Participants have signed.",
     "The treaty becomes operative when both Participants have signed."),
    ("legal_upgrade", "iii.p1.s1", "It is no treaty and creates no binding rights under international law.",
     "It creates binding rights under international law."),
    ("negation_flip", "iii.p1.s4",
     "どちらの政府も資金の支出を義務付けられていません。",
     "どちらの政府も資金の支出を義務付けられています。"),
    ("negation_flip", "iii.p1.s2", "Existing agreements are left unaffected.", "Existing agreements are affected."),
    ("negation_flip", "iv.p1.s1", "This MOC becomes operative after both have signed.",
     "This MOC becomes operative before both have signed."),
    ("negation_flip", "iv.p1.s4", "If they cannot determine a date, it is expected after 180 days.",
     "If they can determine a date, it is expected after 180 days."),
    ("scope_change", "ii.p1.s1", "Collaboration is not limited to the following disciplines.",
     "Collaboration is limited to the following disciplines."),
    ("scope_change", "iv.p1.s4",
     "Where no date can be determined, it is expected 180 days after delivery of the notice.",
     "It is expected 180 days after delivery of the notice."),
    ("scope_change", "iv.p1.s2",
     "双方の書面による決定により修正することができる。",
     "一方の書面による決定により修正することができる。"),
    ("scope_change", "ii.ai.b3.s1",
     "The AI ecosystem is to be led by the U.S. and Japan.",
     "The AI ecosystem is to be led by the U.S."),
    ("causal_invention", "ii.ai.b8.s1", "将来の世代を明日の職場に備えさせることが挙げられています。",
     "AIに仕事を奪われたことから、将来の世代を明日の職場に備えさせることが挙げられています。"),
    ("entity_mismatch", "ii.trusted.fusion.p1.s3", "JT-60SA is the test facility.", "ITER is the test facility."),
    ("entity_mismatch", "closing.p2.s1", "署名の場所は東京です。", "署名の場所はワシントンです。"),
    ("added_content", "ii.ai.b5.s1", "Existing protection measures are to be rigorously enforced.",
     "Existing protection measures are to be rigorously enforced by armed customs inspectors."),
    ("added_content", "ii.trusted.pharma.p1.s1", "脆弱性の特定と是正を加速する意図です。",
     "脆弱性の特定と是正を加速し、後発薬の承認審査を一本化する意図です。"),
    ("wrong_citation", "ii.trusted.space.p1.s3",
     "They intend to improve coordination on space situational awareness.",
     "Areas of collaboration include the International Space Station and commercial space."),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "address", "true", "false"), PAIRS)
def test_a_true_and_a_false_version_are_told_apart(reason: str, address: str, true: str, false: str) -> None:
    """The true one stands, the false one has the reason a reader is given."""
    evidence = [DOCUMENT.by_address[address].text]
    language = language_of(true)
    assert check(true, evidence, language).reasons == ()
    assert reason in check(false, evidence, language).reasons


@pytest.mark.parametrize("address", DOCUMENT.by_address)
def test_every_sentence_bears_itself_and_its_rendering(address: str) -> None:
    """The document's own words are never withheld."""
    text = DOCUMENT.by_address[address].text
    assert check(text, [text], "en").supported
    assert check(AID.sentences[address], [text], "ja").supported


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("180 days", (180, "day")),
        ("one hundred and eighty days", (180, "day")),
        ("百八十日", (180, "day")),
        ("１８０日間", (180, "day")),
        ("六か月", (6, "month")),
        ("six months", (6, "month")),
        ("half a year", (0.5, "year")),
        ("$5.5 billion", (5.5e9, "")),
        ("5500億円", (5.5e11, "")),
        ("180 business days", (180, "workday")),
    ],
)
def test_numbers_are_read_in_every_writing(text: str, amount: tuple[float, str]) -> None:
    """Digits, words, kanji, full width."""
    assert [found[:2] for found in quantities.read(plain(text)).amounts] == [amount]


def test_lists_are_counted() -> None:
    """Others named in passing make one more than those named."""
    assert quantities.listed("a, b, c, and other d") == {4, 3}
    assert quantities.listed("no list here") == frozenset()


def test_rules_of_one_document_stay_silent_on_another() -> None:
    """Hub, notice, laws, conditions are rules about sentences that another text does not hold."""
    cited = RECORD.cited(("The club meets in the green house and members bring tea.",))
    assert cited.addresses == ()
    said = "Members bring tea to the green house."
    assert not sides.swaps(said, cited)
    assert not roles.turned(said, cited)
    assert not scope.changes(said, cited)
    assert not negation.flips(said, cited)
    assert not legal.upgrades(said, cited)
    assert not causes.invents_cause(said, cited)
