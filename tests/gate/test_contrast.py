"""What a claim denies is judged like what it says: an invention is none the less one behind a "not"."""

import pytest

from assistant.gate import contrast
from assistant.verify import check
from tests.gate.made import DOCUMENT, at, language_of

FUSION, SPACE = "ii.trusted.fusion.p1.s1", "ii.trusted.space.p1.s1"
ECOSYSTEM = "the Participants intend to work together to facilitate a world-leading fusion industrial ecosystem"
ECOSYSTEM_JA = "世界を主導する核融合産業エコシステムを促進するため協力する意図です。"
PARTNERSHIP = "the Participants intend to continue their strong partnership in civil space."


def reasons(text: str, address: str) -> tuple[str, ...]:
    return check(text, [DOCUMENT.by_address[address].text], language_of(text)).reasons


@pytest.mark.parametrize(
    "invented",
    [
        "Elon Musk owns the fusion reactors, not the taxpayers; {}.",
        "Fusion reactors are radioactive and not safe for children; {}.",
        "Critics called the plan wasteful and nobody was convinced, never mind taxpayers; {}.",
        "No, Congress rejected the earlier treaty and voters did not object; {}.",
        "No, Congress rejected the earlier treaty and voters did not object. T{}.",
        "No, it is not the Chinese reactor that exploded; {}.",
        "It is not bound by the London treaty: {}.",
        "{}, instead of funding Ukrainian drones.",
        "{}, rather than funding Ukrainian drones.",
        "{}, not a cover for weapons.",
        "No drones are mentioned; {}.",
        "Drones are not mentioned, but {}.",
        "It is not drones but fusion that is meant: {}.",
    ],
)
def test_an_invention_before_or_behind_a_denial_is_withheld(invented: str) -> None:
    """However many of its words are foreign to the sentence, which bears the rest of the claim word for word."""
    assert reasons(f"T{ECOSYSTEM[1:]}.", FUSION) == ()
    assert reasons(invented.format(ECOSYSTEM).replace("Tthe", "The"), FUSION)


@pytest.mark.parametrize(
    "invented",
    [
        "いいえ、中国が反対したわけではなく、参加者は{}",
        "中国が反対したわけではなく、参加者は{}",
        "参加者は、ウクライナの無人機ではなく、{}",
        "いいえ、兵器のためではなく、参加者は{}",
        "磁石ではなく、参加者は{}",
    ],
)
def test_an_invention_before_dewanaku_is_withheld(invented: str) -> None:
    """In Japanese what is denied comes first."""
    assert reasons(f"参加者は{ECOSYSTEM_JA}", FUSION) == ()
    assert reasons(invented.format(ECOSYSTEM_JA), FUSION)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (SPACE, f"The International Space Station is not mentioned, but {PARTNERSHIP}"),
        (FUSION, f"No magnets are mentioned; {ECOSYSTEM}."),
        (FUSION, f"T{ECOSYSTEM[1:]}, not magnets."),
        (FUSION, f"T{ECOSYSTEM[1:]}, rather than magnets."),
    ],
)
def test_what_another_sentence_names_is_not_told_as_absent(address: str, text: str) -> None:
    """The document speaks of the station and of magnets, one sentence further on."""
    assert reasons(text, address)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("iv.p1.s3", "The Participant should provide written notice, not oral notice."),
        ("iv.p1.s3", "MOCを終了させる場合には、口頭ではなく書面で相手方に通知すべきとされています。"),
        ("iv.p1.s2", "Modification takes the written decision of both, not just one."),
        ("closing.p2.s1", "It was signed at Tokyo, not elsewhere."),
        ("iii.p1.s1", "No, it is not legally binding: no rights and obligations of that kind arise."),
        (FUSION, f"No. T{ECOSYSTEM[1:]}."),
        (FUSION, f"はい、参加者は{ECOSYSTEM_JA}"),
    ],
)
def test_an_opposite_and_a_reply_cost_nothing(address: str, text: str) -> None:
    """The sentence says in writing, both, signed at Tokyo: denying the opposite adds nothing."""
    assert reasons(text, address) == ()


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (FUSION, "It is expected to commence on a date that is mutually determined, not orally."),
        ("iv.p1.s3", "The Participant should provide oral notice, not written notice."),
        ("iv.p1.s3", "書面ではなく口頭で相手方に通知すべきとされています。"),
        ("iv.p1.s3", "The Participant should provide written notice, not oral notice to Congress."),
    ],
)
def test_an_opposite_is_one_only_where_its_sentence_says_the_other(address: str, text: str) -> None:
    """Turned around, with anything beside it or cited of another sentence it stays in the claim."""
    assert reasons(text, address)


def test_only_the_opposite_is_left_out() -> None:
    """The words around it stay, and without the sentence that makes it one the claim stays whole."""
    said = "notice in writing, not orally, is expected"
    assert contrast.affirmed(said, at("iv.p1.s3")).split() == "notice in writing , is expected".split()
    assert contrast.affirmed(said, at(FUSION)) == said
    assert contrast.without_reply("No, it is not.") == "it is not."


@pytest.mark.parametrize(
    ("address", "claim", "left"),
    [
        ("closing.p1.s1", "It is a recognition, not a treaty.", "It is a recognition ."),
        ("ii.ai.b6.s1", "Not one common rulebook but mutual understanding.", "  mutual understanding."),
        ("ii.trusted.space.p1.s2", "They are future ones, not those of the past.", "They are future ones ."),
        ("ii.ai.b4.s1", "It is about exports, not those of the past.", "It is about exports, not those of the past."),
        ("preamble.p1.s1", "No, it is not a ministry; it is an office.", "it is not a ministry; it is an office."),
        ("closing.p1.s1", "合意ではなく認識です。", " 認識です。"),
    ],
)  # fmt: skip
def test_only_opposites_are_left_out(address: str, claim: str, left: str) -> None:
    """What is the opposite of its own sentence goes, any other denial stays and is judged."""
    assert contrast.affirmed(claim, at(address)) == left
