"""Kinds of wording: where rules were too eager with honest claims, and where lies of a class had passed."""

import pytest

from assistant.gate import copies
from assistant.gate.support import support
from assistant.types import Claim
from tests.gate.made import VERIFIER, at, language_of


def reasons(claim: str, address: str) -> tuple[str, ...]:
    return VERIFIER.judge(Claim(claim, "statement", (address,)), language_of(claim))[1].reasons


@pytest.mark.parametrize(
    ("address", "claim"),
    [
        ("iii.p1.s1", "Legally binding duties do not arise from this memorandum."),
        ("iii.p1.s1", "It would be wrong to read the MOC as a source of binding legal obligations."),
        ("iii.p1.s4", "参加者に支出を義務付ける内容は、本MOCにはありません。"),
        ("iii.p1.s2", "Older agreements between the two are left as they are."),
        (
            "ii.p1.s1",
            "Participants intend to work together in a number of disciplines, and the ones named are not the limit.",
        ),
        ("ii.p1.s1", "挙げられている分野は、すべてを網羅したものではありません。"),
        ("ii.ai.p1.s3", "The listed AI focus areas are introduced as intended inclusions, not as fixed duties."),
        ("date", "The MOC bears the date 28/10/2025."),
        ("iv.p1.s4", "180日は、通知を書いた日ではなく、届いた日から数えます。"),
        ("iv.p1.s1", "片方だけの署名では、運用は始まりません。"),
        (
            "iv.p1.s3",
            "There is no requirement of consent: either Participant may discontinue, but should notify the other.",
        ),
        ("iv.p1.s3", "When one Participant discontinues, the other should be notified in writing."),
        ("ii.ai.b3.s1", "米国だけでなく、日本も主導するAIエコシステムの導入の支援が挙げられています。"),
        ("ii.p1.s1", "The list of disciplines isn't closed."),
        ("ii.p1.s1", "The fields named aren't a limit."),
        (
            "preamble.p1.s1",
            "It is the United States that is represented by the Office of Science and Technology Policy.",
        ),
        ("iv.p1.s3", "Either Participant may discontinue this MOC without mutual consent."),
        ("iv.p1.s1", "MOCが運用に入るのは、参加者の双方が署名を終えたときです。"),
        ("iv.p1.s2", "A written decision of both Participants is required to modify the MOC."),
        ("ii.trusted.telecom.p1.s3", "Open testbeds are given as one setting for close partnership with industry."),
    ],
)
def test_an_honest_wording_is_shown(address: str, claim: str) -> None:
    """Denials behind what they deny, open lists, what is left alone, numbers in other forms."""
    assert reasons(claim, address) == ()


@pytest.mark.parametrize(
    ("address", "claim", "reason"),
    [
        ("iv.p1.s2", "The Participants are required to modify the MOC by written decision.", "modality_upgrade"),
        (
            "ii.trusted.telecom.p1.s2",
            "The Participants promise joint research on quantum networks.",
            "modality_upgrade",
        ),
        ("iv.p1.s3", "A Participant that discontinues the MOC need not tell the other in writing.", "negation_flip"),
        ("ii.ai.b4.s1", "Export promotion covers just AI hardware and models.", "scope_change"),
        ("iv.p1.s4", "終了は、どんな場合でも通知が届いてから180日後に始まる見込みです。", "scope_change"),
        ("iv.p1.s1", "Its operation starts on the first day of the month following signature.", "date_mismatch"),
        ("preamble.p1.s1", "「参加者」とは、三つの政府をまとめて呼ぶ言葉です。", "number_mismatch"),
        ("preamble.p1.s1", "内閣府は、科学技術政策に関して日米両政府を代表している。", "party_swap"),
        ("iv.p1.s3", "MOCを終わらせることができるのは米国の側です。", "party_swap"),
        (
            "ii.trusted.fusion.p1.s3",
            "Since JT-60SA is the world's largest tokamak, it is included in the fusion research.",
            "causal_invention",
        ),
        (
            "ii.ai.b7.s1",
            "The partnership is that between the U.S. National Science Foundation and the Japan AI Safety Institute.",
            "entity_mismatch",
        ),
        (
            "iv.p1.s3",
            "When one Participant discontinues, it is the other Participant that should provide the written notice.",
            "party_swap",
        ),
        (
            "iv.p1.s3",
            "A Participant that wishes to discontinue should be given written notice by its counterpart.",
            "party_swap",
        ),
        ("iv.p1.s3", "通知を出すべきなのは、終了を知らされた参加者です。", "party_swap"),
        ("iii.p1.s5", "American domestic laws are what Japan declares its intention to abide by.", "party_swap"),
        (
            "ii.trusted.security.p1.s2",
            "Universities and industry are to support the capacity of the Participants.",
            "party_swap",
        ),
        ("ii.trusted.telecom.p1.s3", "世界の電気通信標準は参加者の優先事項どおりに形作られます。", "modality_upgrade"),
        ("i.p1.s1", "この覚書により、戦略的な分野の協力は強化されました。", "modality_upgrade"),
        (
            "ii.trusted.telecom.p1.s2",
            "All-photonics networks link the two countries under the telecom item.",
            "modality_upgrade",
        ),
        (
            "ii.trusted.telecom.p1.s3",
            "Global telecommunications standards now reflect the Participants' shared priorities.",
            "modality_upgrade",
        ),
        ("iv.p1.s2", "参加者は書面による決定で本MOCを修正するものとされています。", "modality_upgrade"),
        ("iii.p1.s3", "Cooperation is not intended to be confined to the respective legal framework.", "negation_flip"),
        ("ii.p1.s1", "Disciplines beyond those listed fall outside the cooperation.", "negation_flip"),
        (
            "ii.trusted.telecom.p1.s4",
            "海底ケーブルに関する進行中の協力は、現状のままにとどめる意図です。",
            "negation_flip",
        ),
        ("iii.p1.s2", "既存の協定は、本MOCの内容に合わせることが意図されています。", "negation_flip"),
        ("iv.p1.s3", "The MOC cannot be discontinued by one Participant.", "negation_flip"),
        ("iv.p1.s3", "Leaving the MOC takes the consent of the other Participant.", "scope_change"),
        ("ii.trusted.space.p1.s2", "協力の分野には、二つの国際宇宙ステーションが含まれます。", "number_mismatch"),
        (
            "ii.trusted.space.p1.s2",
            "Space cooperation covers three future Artemis lunar surface missions.",
            "number_mismatch",
        ),
    ],
)
def test_a_lie_of_a_class_is_withheld(address: str, claim: str, reason: str) -> None:
    """In any order of words, by what is done instead, or by what the sentence names elsewhere."""
    assert reason in reasons(claim, address)


@pytest.mark.parametrize(
    ("address", "claim"),
    [
        ("iii.p1.s2", "既存のいかなる内容も、参加者の間の既存のいかなる協定にも影響を及ぼすことを意図されていない。"),
        ("iii.p1.s3", "本MOCの下での法的枠組みの範囲内で行われることが意図されている。"),
        (
            "ii.ai.b5.s1",
            "既存の保護措置の厳格な執行を確保し、重要・機微技術に関連する保護措置を強化し、及びAI技術スタックの"
            "サプライチェーンのサプライチスタックを高めるために連携すること；",
        ),
        (
            "ii.trusted.telecom.p1.s2",
            "参加者はまた、オール光ネットワーク及び量子ネットワークについて協力する意図を有し、"
            "並びに米国国立科学財団（NSF）、日本の情報通信研究機構（NICT）及びそれらの関連機関を通じて、"
            "Beyond 5G/6Gに関連する技術における共同研究開発を"
            "可能にする意図を有する。",
        ),
    ],
)
def test_a_garbled_copy_is_withheld(address: str, claim: str) -> None:
    """A word twice, a topic without its head, a pronoun for a name, two words grown together."""
    assert copies.slipped(claim, at(address), missing=False)


def test_a_shortened_copy_is_no_slip() -> None:
    """Leaving something out is allowed, and so is the whole sentence; topics in a row are not."""
    cited = at("ii.ai.b3.s1")
    assert not copies.slipped(
        "米国及び日本が主導するAI技術エコシステムの導入を支援するため、イノベーション促進型のAI政策枠組みを推進すること；",
        cited,
        missing=False,
    )
    assert not copies.slipped(cited.japanese, cited, missing=False)
    assert copies.stammers("本MOCのときは、まずは、これらのものでは、義務を生じない。")
    assert not copies.stammers("参加者は、日を決定できない場合には、180日後に終了する見込みです。")


def test_a_citation_is_moved_only_to_where_nothing_is_missing() -> None:
    """A sentence that bears half of a claim does not take it over."""
    claim = "Joint R&D in 6G-relevant technologies is intended to be enabled through NTIA and Japan's MIC."
    assert reasons(claim, "ii.trusted.telecom.p1.s2")
    moved, found = VERIFIER.judge(
        Claim("Neutronics modeling is an area of collaboration.", "statement", ("ii.trusted.fusion.p1.s1",)), "en"
    )
    assert (moved.addresses, found.supported) == (("ii.trusted.fusion.p1.s2",), True)


def test_a_date_or_a_duration_is_a_word_of_its_sentences() -> None:
    """Short claims may share nothing else with what they cite."""
    assert support("覚書の日付は2025年10月28日です。", at("date")).anchored
    assert support("180日です。", at("iv.p1.s4")).anchored
    assert not support("90日です。", at("iv.p1.s4")).anchored
