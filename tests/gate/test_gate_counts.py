"""Rules that came late: things counted anew, one side alone, copies with a slip, institutions nobody knows."""

import pytest

from assistant.gate import checks, copies, institutions, kinds, numbers
from assistant.gate.record import Cited
from assistant.gate.support import support
from tests.gate.made import DOCUMENT, RECORD, at, language_of


@pytest.mark.parametrize(
    ("address", "claim", "counted"),
    [
        ("ii.trusted.fusion.p1.s3", "the participants support two test facilities.", True),
        ("ii.trusted.fusion.p1.s3", "the participants intend to collaborate at the jt-60sa test facility.", False),
        ("ii.trusted.fusion.p1.s3", "the two participants intend to collaborate on fusion.", False),
        ("ii.trusted.space.p1.s2", "アルテミスの探査ミッションを12回行う意図です。", True),
        ("iv.p1.s4", "180日の通知から100人が参加する。", True),
        ("ii.trusted.quantum.p1.s2", "人材を育てる。", False),
    ],
)
def test_what_a_sentence_does_not_count_is_not_counted(address: str, claim: str, counted: bool) -> None:
    """Two of what it speaks of once, or so many times, persons, pieces; the two participants may be counted."""
    assert ("number_mismatch" in checks.check(claim, at(address), language_of(claim), RECORD).reasons) is counted


@pytest.mark.parametrize(
    ("claim", "one_sided"),
    [
        ("japan intends to align its rules with those of the united states.", True),
        ("the united states and japan intend to align their practices.", False),
        ("the memorandum does not apply to japan.", True),
        ("この覚書は日本には適用されない。", True),
        ("国内法は両国に適用される。", False),
    ],
)
def test_no_side_falls_in_line_or_is_left_out(claim: str, one_sided: bool) -> None:
    """The document has both do what it says."""
    found = checks.check(claim, at("ii.ai.b6.s1" if "align" in claim else "iii.p1.s5"), language_of(claim), RECORD)
    assert bool({"party_swap", "scope_change"} & set(found.reasons)) is one_sided


def test_a_long_copy_with_a_slip_is_seen() -> None:
    """One word changed in a copied sentence; a short claim and one in its own words are no copies."""
    cited = at("ii.trusted.fusion.p1.s3")
    copy = DOCUMENT.by_address["ii.trusted.fusion.p1.s3"].text
    assert copies.slipped(copy.replace("deployment", "demolition"), cited, missing=True)
    assert not copies.slipped("Fusion research and demolition.", cited, missing=True)
    assert not copies.slipped(
        "Both sides want to bring fusion reactors to market, and JT-60SA is to help.", cited, missing=True
    )
    assert checks.check(copy.replace("deployment", "depoyment"), cited, "en", RECORD).reasons


@pytest.mark.parametrize(
    ("claim", "unknown"),
    [
        ("The Institute for Lunar Mining is named.", True),
        ("The Ministry of Agriculture joins the research.", True),
        ("The National Institute of Information and Communications Technology is named.", False),
        ("The Office of Science and Technology Policy is named.", True),
        ("総務省を通じた共同研究開発です。", True),
        ("NSFとNICTを通じた共同研究開発です。", False),
    ],
)
def test_an_institution_its_sentences_do_not_name_is_seen(claim: str, unknown: bool) -> None:
    """Nobody's, or of another sentence of the document; text of no document has no glossary."""
    assert institutions.wrong(claim, at("ii.trusted.telecom.p1.s2")) is unknown
    assert not institutions.wrong(claim, Cited.of(["Tea is served."]))


@pytest.mark.parametrize(
    ("address", "claim", "wrong"),
    [
        ("ii.trusted.telecom.p1.s2", "a third kind of network is among the topics.", True),
        ("ii.ai.p1.s1", "healthcare comes first, education is the third sector named.", False),
        ("ii.ai.p1.s1", "the fourth sector named is education.", True),
        ("closing.p2.s1", "the document is dated the twenty-eighth of october.", False),
        ("ii.trusted.telecom.p1.s2", "全光と量子のほか、第三のネットワークも対象です。", True),
        ("ii.trusted.pharma.p1.s2", "開発の二段階が対象です。", True),
        ("ii.ai.b8.s1", "every second child is to be prepared.", True),
        ("ii.trusted.fusion.p1.s1", "fusion could one day give safe energy.", False),
        ("iv.p1.s1", "a month after both have signed it becomes operative.", True),
        ("iv.p1.s1", "it becomes operative on new year's day.", True),
    ],
)
def test_ordinals_and_spans_in_words(address: str, claim: str, wrong: bool) -> None:
    """A third of what has two, a span the text does not know; "one day" is no date."""
    assert bool(numbers.mismatches(claim, at(address))) is wrong


@pytest.mark.parametrize(
    ("address", "claim", "reason"),
    [
        ("ii.ai.b1.s1", "NSFのほか、日本の三つの機関が名を連ねています。", "party_swap"),
        ("ii.trusted.security.p1.s2", "Universities should get help to spot threats to their research.", "party_swap"),
        ("ii.trusted.telecom.p1.s2", "光だけで動くネットワークで協力する意向です。", "scope_change"),
        ("iii.p1.s3", "Everything is supposed to happen within the laws of each country.", "scope_change"),
        ("ii.ai.b2.s1", "Better chips are wanted because AI rests on them.", "causal_invention"),
    ],
)
def test_what_is_true_is_left_alone(address: str, claim: str, reason: str) -> None:
    """Named beside another, helped, by light alone, all there is, a ground the sentence has."""
    assert reason not in checks.check(claim, at(address), language_of(claim), RECORD).reasons


@pytest.mark.parametrize(
    ("address", "claim", "reason"),
    [
        ("ii.p1.s1", "The disciplines of collaboration end with those in the list.", "scope_change"),
        (
            "ii.ai.p1.s1",
            "Healthcare and education, including biotechnology, are the whole of the AI promise.",
            "scope_change",
        ),
        ("iii.p1.s2", "Existing agreements do not survive this MOC.", "negation_flip"),
        ("ii.trusted.security.p1.s2", "Universities should lead the work on threats.", "party_swap"),
    ],
)
def test_what_is_false_is_named(address: str, claim: str, reason: str) -> None:
    """A list that ends, a part told as the whole, agreements that do not survive, a third that leads."""
    assert reason in checks.check(claim, at(address), language_of(claim), RECORD).reasons


@pytest.mark.parametrize(
    ("address", "claim"),
    [
        ("ii.p1.s1", "The disciplines named are examples rather than a closed list."),
        ("iv.p1.s2", "Neither government can modify the MOC alone; both decide in writing."),
        ("iv.p1.s2", "One side cannot modify the MOC by itself; both decide in writing."),
        ("iv.p1.s2", "一方だけの判断で修正することはできません。"),
        ("iv.p1.s3", "Neither side needs the other's permission to discontinue the MOC."),
        ("iv.p1.s3", "終了に相手の同意は要りませんが、書面での通知が望まれています。"),
        ("iii.p1.s4", "この覚書によって資金の支出が求められることはありません。"),
        ("preamble.p5.s1", "They did not begin from zero: an existing agreement links the two governments."),
        ("iii.p1.s3", "Cooperation is not intended to go beyond each country's legal framework."),
        ("iv.p1.s1", "Signature by only one Participant is not enough for it to become operative."),
        ("ii.ai.b7.s1", "CAISIと、日本側のAISIの提携を見直す方針です。"),
    ],
)
def test_denials_that_say_what_the_sentence_says(address: str, claim: str) -> None:
    """One alone cannot, nobody's consent, not from zero: no rule is broken by them."""
    assert checks.check(claim, at(address), language_of(claim), RECORD).rules == ()


def test_what_kind_a_missing_word_is() -> None:
    """Verbs by their forms, native words of Japanese by the kana behind them; they weigh less than things."""
    assert kinds.is_verb("disrupts")
    assert not kinds.is_verb("scholarship")
    assert kinds.is_native("見据", "え")
    assert kinds.is_native("争", "う")
    assert not kinds.is_native("奨学金", "で")
    assert not kinds.is_native("保有", "し")
    assert not kinds.is_native("ルール", "る")
    thing = support("Scholarships are intended.", at("ii.trusted.quantum.p1.s2"))
    deed = support("Hurrying is intended.", at("ii.trusted.quantum.p1.s2"))
    assert thing.weight > deed.weight > 0
