"""The ladder of modal verbs, English and Japanese: a claim may not stand higher on it than the sentence it cites.

may < should < expected to < intend(ed) to < will / shall / must / agreed. The text of record holds none of the top
rung, so a claim that does has strengthened it.
"""

import re
import unicodedata
from enum import IntEnum


class Modality(IntEnum):
    """How strongly a sentence binds; NONE is a plain statement of fact."""

    NONE = 0
    MAY = 1
    SHOULD = 2
    EXPECTED = 3
    INTENDED = 4
    BOUND = 5


_ENGLISH: tuple[tuple[Modality, re.Pattern[str]], ...] = (
    (
        Modality.BOUND,
        re.compile(
            r"\b(will|shall|must|(?:have|has|had|having) to|(?:is|are|be|been) (?:required|obliged|obligated|bound) to|"
            r"agreed?|agrees|(?:has|have|is|are) committed|commits?(?= (?:to|themselves|the|both|japan))|"
            r"promis(?:e|es|ed)(?= (?:to|that|not|each|one|japan|both|the (?:us|united|other|participants|two)))|"
            r""
            r"pledged?s?|guarantees?d?|undertakes?|undertook|obligations? to|required to)\b"
        ),
    ),
    (Modality.INTENDED, re.compile(r"\b(intends?|intended|intention|aims?|plans?|wish(?:es)?|seeks?)\b")),
    (Modality.EXPECTED, re.compile(r"\b(expected|expects?|anticipated)\b")),
    (Modality.SHOULD, re.compile(r"\b(should|ought)\b")),
    (Modality.MAY, re.compile(r"\b(may|can|could|might)\b")),
)
_JAPANESE: tuple[tuple[Modality, re.Pattern[str]], ...] = (
    (
        Modality.BOUND,
        re.compile(
            r"(しなければならない|しなければなりません|なければなら|ねばならない|べく義務|義務を負|義務がある|義務があり|義務付け|義務づけ|"
            r"合意し(?:た|て|ました)|約束し|誓約|確約|保証(?:する|し|しま)|必ず|ものとする|ものとし|コミットし)"
        ),
    ),
    (Modality.INTENDED, re.compile(r"(意図|意向|方針|目指|予定|つもり|考えで)")),
    (Modality.EXPECTED, re.compile(r"(見込|想定|期待され)")),
    (Modality.SHOULD, re.compile(r"(べきで|べきと|べきもの|望ましい)")),
    (Modality.MAY, re.compile(r"(できる|できます|し得る|しうる|可能)")),
)
# Words of the top rung that bind nobody: a shared commitment is a noun of the text, "nothing … commits" denies it,
# and the existing Agreement is the name of another instrument.
_HARMLESS = re.compile(
    r"shared commitment|existing agreements?|agreements? between|\bagreement\b|"
    r"\b(?:nothing|no|not|never|without|neither|nor|don't|doesn't|cannot)\b[^.;]{0,60}?"
    r"\b(?:commit\w*|oblig\w*|bound|binding|required?|agreed?|must|shall|promise\w*|pledge\w*)\b|"
    r"cannot mutually determine"
)
_HARMLESS_JA = re.compile(
    r"(義務|約束|合意|拘束|保証|確約|コミット)[^。]{0,20}?(ない|ません|なく|ず|せん)|既存の(合意|協定)|共通のコミットメント|共有されたコミットメント"
)


def modality(text: str) -> Modality:
    """The highest rung a sentence reaches, English or Japanese, with its harmless uses left out."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    plain = _HARMLESS_JA.sub(" ", _HARMLESS.sub(" ", plain))
    return max((rung for rung, pattern in (*_ENGLISH, *_JAPANESE) if pattern.search(plain)), default=Modality.NONE)


def upgrades(claim: str, evidence: str) -> bool:
    """Whether the claim binds more strongly than the sentences it cites: any step up that ends above MAY."""
    claimed = modality(claim)
    return claimed > modality(evidence) and claimed in (Modality.BOUND, Modality.INTENDED)
