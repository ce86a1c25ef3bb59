"""Intentions told as facts, and the rules on hubs, shares, denials in part: true and false versions told apart."""

import pytest

from assistant.gate import causes, facts, negation, numbers, roles, scope, sides
from assistant.modality import upgrades
from tests.gate.made import DOCUMENT, at


@pytest.mark.parametrize(
    ("address", "claim", "told"),
    [
        ("iii.p1.s3", "Cooperation takes place within each legal framework.", True),
        ("iii.p1.s3", "Cooperation is intended to take place within each legal framework.", False),
        ("ii.trusted.telecom.p1.s3", "This work is supported by joint efforts.", True),
        ("ii.ai.b1.s1", "The use-inspired initiatives are supported by the NSF and others.", False),
        ("ii.ai.b5.s1", "Existing protection measures are now rigorously enforced.", True),
        ("ii.ai.b5.s1", "Partnering is to make sure existing measures are rigorously enforced.", False),
        ("ii.trusted.pharma.p1.s1", "The Participants are accelerating progress.", True),
        ("ii.trusted.quantum.p1.s3", "Aligned efforts support these activities.", True),
        ("ii.trusted.quantum.p1.s3", "Aligned efforts are expected to support these activities.", False),
        ("iii.p1.s5", "Both countries abide by their laws.", True),
        ("iv.p1.s3", "Whoever discontinues gives written notice to the other.", True),
        ("iv.p1.s3", "Whoever discontinues should give written notice to the other.", False),
        ("iv.p1.s4", "Discontinuation commences 180 days after notice if no date is set.", True),
        ("iv.p1.s4", "The 180-day period runs from the day the notice is delivered.", False),
        ("iv.p1.s1", "The MOC is operative once both have signed; it starts then.", False),
        ("ii.trusted.telecom.p1.s1", "NTIAと総務省が信頼できるサプライチェーンを構築中です。", True),
        ("ii.trusted.telecom.p1.s1", "信頼できるサプライチェーンを構築する意図です。", False),
        ("ii.trusted.p1.s1", "参加者は長年の協力を強化してきました。", True),
        ("ii.ai.p1.s2", "AIの輸出促進は両国の決定事項です。", True),
        ("iv.p1.s3", "終了には書面の通知が条件となります。", True),
    ],
)
def test_told_as_fact(address: str, claim: str, told: bool) -> None:
    """A verb that says it happens, without a word that keeps it an aim."""
    assert facts.told(claim, at(address)) is told


def test_will_under_an_expectation_is_no_upgrade() -> None:
    """A will under "it is expected that" says no more than the expectation; a duty beside it does."""
    held = DOCUMENT.by_address["ii.trusted.quantum.p1.s3"].text
    assert not upgrades("it is expected that aligned efforts will support the activities.", held)
    assert upgrades("aligned efforts will support the activities.", held)
    assert upgrades("it is expected that efforts will help and the participants must align them.", held)


@pytest.mark.parametrize(
    ("address", "claim", "swapped"),
    [
        ("ii.trusted.telecom.p1.s4", "Japan links North America and Asia as a connectivity hub.", False),
        ("ii.trusted.telecom.p1.s4", "Asia serves as a connectivity hub.", True),
        ("ii.trusted.telecom.p1.s4", "The hub linking North America and Asia is the United States.", True),
        ("ii.trusted.telecom.p1.s4", "America, the hub connecting Asia to North America, is to expand cables.", True),
        ("ii.ai.b1.s1", "RIKEN and the NSF are the American institutions.", True),
        ("ii.ai.b1.s1", "RIKEN and JST are the Japanese institutions.", False),
        ("preamble.p1.s1", "米国政府をOSTPが、日本国政府を内閣府が代表します。", False),
        ("preamble.p1.s1", "日本国政府をOSTPが、米国政府を内閣府が代表します。", True),
    ],
)
def test_sides(address: str, claim: str, swapped: bool) -> None:
    """Who is the hub, and whose the institutions of a row are."""
    assert sides.swaps(claim, at(address)) is swapped


@pytest.mark.parametrize(
    ("address", "claim", "wrong"),
    [
        ("ii.ai.b1.s1", "Of the institutions named, three are American and one is Japanese.", True),
        ("ii.ai.b1.s1", "Of the institutions named, one is American and three are Japanese.", False),
        ("ii.ai.b1.s1", "米国側は1機関、日本側は3機関です。", False),
        ("ii.ai.b1.s1", "米国側は3機関、日本側は1機関です。", True),
        ("ii.ai.b1.s1", "A pair of named institutions support the initiatives.", True),
        ("iv.p1.s4", "It is expected twice 180 days after delivery if no date is set.", True),
        ("ii.trusted.quantum.p1.s2", "次の二世代の科学者の育成を支援する意図です。", True),
        ("ii.trusted.telecom.p1.s1", "Open RAN and AI-RAN are two of the advancements named.", False),
    ],
)
def test_counts(address: str, claim: str, wrong: bool) -> None:
    """So many of each side, pairs and multiples, generations; two of several is no count."""
    assert bool(numbers.mismatches(claim, at(address))) is wrong


@pytest.mark.parametrize(
    ("address", "claim", "flipped"),
    [
        ("iii.p1.s2", "Existing agreements are meant to give way to this MOC.", True),
        ("iii.p1.s2", "Not all existing agreements stay unaffected.", True),
        ("iii.p1.s2", "No existing agreement is meant to be affected.", False),
        ("iii.p1.s3", "Cooperation is not confined to the respective legal framework.", True),
        ("iv.p1.s1", "The MOC is operative even without both signatures.", True),
        ("iv.p1.s1", "The MOC is not operative until both have signed.", False),
        ("iv.p1.s1", "双方が署名しなくても運用は開始されます。", True),
        ("iii.p1.s1", "権利は生じませんが、義務は生じます。", True),
        ("iii.p1.s1", "権利も義務も生じません。", False),
        ("iv.p1.s3", "No permission is needed, but the other should be informed in writing.", False),
        ("iv.p1.s4", "They are to look for a date; if that fails, it is expected after 180 days.", False),
    ],
)
def test_denials(address: str, claim: str, flipped: bool) -> None:
    """What is denied altogether is not denied in part, and a condition is not denied away."""
    assert negation.flips(claim, at(address)) is flipped


def test_both_are_needed() -> None:
    """That one alone cannot change the memorandum closes nothing; that only one may, does."""
    cited = at("iv.p1.s2")
    assert not scope.changes("一方だけで変更することはできず、両者の書面による決定で修正できます。", cited)
    assert scope.changes("一方だけで変更することができます。", cited)


def test_the_one_left_gives_no_notice() -> None:
    """Notice goes from whoever discontinues to the other."""
    cited = at("iv.p1.s3")
    assert roles.turned("The Participant that is left should give notice to the one discontinuing.", cited)
    assert not roles.turned("The one discontinuing should give notice to the other Participant.", cited)


def test_a_denial_is_the_ground_of_a_plainer_no() -> None:
    """The sentence itself may be given as the ground of a plainer no; any other ground is invented."""
    cited = at("iii.p1.s4")
    assert not causes.invents_cause("No funding is promised, because nothing in the MOC commits them to it.", cited)
    assert causes.invents_cause("No funding is promised, because Congress objected.", cited)


@pytest.mark.parametrize(
    ("address", "claim", "told"),
    [
        ("ii.trusted.fusion.p1.s3", "JT-60SA hosts the fusion research of both sides.", True),
        ("ii.trusted.fusion.p1.s3", "JT-60SA is included in the fusion collaboration.", False),
        ("ii.trusted.telecom.p1.s4", "Japan is recognized as a hub between North America and Asia.", False),
        ("ii.ai.b4.s1", "日米のAI技術の輸出は伸びています。", True),
        ("ii.ai.b4.s1", "日米のAI技術の輸出を後押しする項目です。", False),
        ("iii.p1.s4", "The MOC commits nobody to spend money.", False),
        ("ii.trusted.security.p1.s1", "Research security now binds the work of both.", True),
        ("ii.trusted.telecom.p1.s4", "There is already ongoing work on cables, and it is to be expanded.", False),
        ("iv.p1.s4", "The clock starts when the notice arrives.", False),
        ("iv.p1.s3", "Written notice is a precondition for leaving.", True),
        ("iv.p1.s3", "No side can leave without notice in writing.", True),
        ("iv.p1.s3", "Leaving takes no consent of the other side, but it should be told in writing.", False),
        ("iv.p1.s3", "書面で通知しない限り終了できません。", True),
    ],
)
def test_a_bare_sentence_about_an_intention_is_news(address: str, claim: str, told: bool) -> None:
    """Without a hedge only what speaks of the text itself may be said of what is merely intended."""
    assert facts.told(claim, at(address)) is told


@pytest.mark.parametrize(
    ("address", "claim", "upgraded"),
    [
        ("iv.p1.s2", "the participants are to modify this moc by written decision.", True),
        ("iv.p1.s2", "if both are to modify it, they may do so by written decision.", False),
        ("ii.trusted.space.p1.s3", "it falls to the participants to remove debris.", True),
        ("iii.p1.s5", "compliance is owed by both.", True),
        ("ii.ai.b7.s1", "it is settled that the two institutes share a mission.", True),
        ("ii.ai.b8.s1", "children should learn the skills they will need for tomorrow's jobs.", False),
        ("ii.ai.b8.s1", "children should learn skills and the participants will pay for it.", True),
    ],
)
def test_duties_in_other_words(address: str, claim: str, upgraded: bool) -> None:
    """What falls to somebody, is owed, is settled; a will inside what children should learn is none."""
    assert upgrades(claim, at(address).english) is upgraded
