"""Which side an institution or a role belongs to, through the glossary: no claim may hand it to the other side."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from assistant import glossary
from assistant.gate.record import Cited
from assistant.gate.words import plain

US = (
    r"(?:\bunitedstates\b|\bthe united states(?: of america)?\b|\bunited states\b|"
    r"(?<!north )(?<!south )(?<!latin )\bamerica(?:n|ns)?\b|"
    r"\bwashington\b(?!,? d\.?c)|\bwhite house\b(?! (?:ostp|office|science))|\bstateside\b|"
    r"ホワイトハウス(?!科学)|米国|アメリカ合衆国|(?<![北南ン])アメリカ|合衆国|(?<![南北中日全欧])米(?=側|"
    r"政府|国|の|が|は))"
)
JP = r"(?:\bjapan(?:ese)?\b|\btokyo\b|日本国|日本|東京(?=側|は|が|の)|我が国)"
_SIDE = re.compile(f"(?P<us>{US})|(?P<jp>{JP})")
_OWNS = re.compile(  # what may stand between a side and the institution that is called its own
    r"(?:'s?|の|側の|政府の|国の|を代表する|の機関である|側では?|:|\s|government's?|federal|own|agenc(?:y|ies)|"
    r"bod(?:y|ies)|institut(?:e|es|ion|ions)|"
    r"partners?|counterparts?|ministr(?:y|ies)|such as|like|including|namely|called|named|the|two|three|figure|"
    r"in|telecom|part|facility|test|missions?|programs?|project|-?led|-?run|-?based|represented (?:by|through|in)|"
    r"acts? through|speaks? through|takes part|works? through|via|にある|が運営する|が所有する|主導の|"
    r"が主導する)*"
)
_IS_OF = re.compile(
    r"(?: (?:test )?(?:facility|program|missions?|institute|agency|body|ministry|foundation))?(?:,? ?(?:of|in|"
    r"from|for) (?:the )?(?:government of )?(?:the )?|, (?:a|an|the|its|which is (?:a|an)|itself an?|"
    r"(?:which is )?(?:located|based|run|hosted|operated) (?:in|by)(?: the)?) |"
    r" (?:is|are|as|being|was|belongs? to|counts as|sits in|is (?:based|located|found|run|hosted) (?:in|"
    r"by)) (?:(?:a|an|the|one of the|"
    r"one of) )?| ?\((?:the )?| on the |(?:は|（|が|という)(?:、)?)"
)
_TOGETHER = re.compile(
    r"(?:,? (?:and|with|alongside) (?:the |its )?(?:government of )?(?:the )?|&|/|-|・|と|及び|並びに|や|および|"
    r"、| and | & |・)(?:政府)?"
)
_WITH = re.compile(
    r"\b(?:with|alongside|partner\w*|between|joint\w*|links?|and)\b|との?(?:間|協力|連携|パートナー|提携)|と協力|"
    r"と連携|と共|及び|並びに"
)
_RESPECTIVELY = re.compile(r"\brespectively\b|\bin that order\b|それぞれ|順に|represent|speak for|act for|代表")
_HUB = re.compile(
    r"\bhub\b|\bconnect\w*\b|\bbridge\b|\brole\b|\blink\w*\b|ハブ|接続|結ぶ|結節|役割|拠点|つなぐ|要|架け橋"
)
_CONTINENT_HUB = re.compile(
    r"\b(?:north america|asia|the indo-pacific)(?:'s| is| serves?| acts?| has| plays| as)\b[^.;,]{0,40}\b(?:hub|"
    r"role|bridge|link)\b|"
    r"(?:北米|アジア|インド太平洋)(?:が|は|の)[^。、]{0,18}(?:ハブとして|要として|役割を果た|拠点として)|"
    r"\bhub\b[^.;,]{0,40}\bis (?:north america|asia)\b|"
    r"(?:ハブ|要|拠点)(?:は|が|を担うのは)[^。、]{0,6}(?:北米|アジア)(?=で|だ|が担|とさ|とし|。|$)"
)
_BOTH = re.compile(
    r"\b(?:both|two|participants?|sides|countries|governments|nations|jointly|together|each|mutual\w*|"
    r"bilateral\w*|either|neither|shared|joint|one another)\b|"
    r"両|双方|参加者|互い|共同|相互|二国間|それぞれ|各々|各国|日米|米日|いずれ|どちら|共に|ともに"
)
_BOTH_ACT = (
    re.compile(  # words that leave no doubt that both act; "shared" and "joint" may stand in what one is said to do
        r"\b(?:both|two|participants?|sides|countries|governments|nations|neither|partners)\b|"
        r"両|双方|参加者|二国間|日米|米日|いずれ|どちら|各国|各々"
    )
)
_ONE_ACTS = re.compile(
    rf"(?:{US}|{JP})(?: government| side| alone)?(?: also| now| itself| closely)* "
    r"(?:intends?|plans?|aims?|seeks?|wants?|means|hopes?|wishes|proposes|expects|is to|are to|may (?:modify|settle|"
    r"determine))\b|(?:"
    rf"{US}|{JP})(?:側|政府)?(?:は|が(?!北米))[^。、]{{0,40}}、?[^。、]{{0,40}}(?:意図|意向|つもり|方針|考え|予定|目指)"
)
_MUTUAL = re.compile(  # what only two can be said to do or have, said of one
    rf"\bbetween (?:the )?(?:{US}|{JP})(?=[.,;]| (?:is|are|was|were|untouched|unaffected|as|in)\b|$)|"
    rf"(?:{US}|{JP})間(?!の協力)|(?:双方の|いずれの|どちらの|他方の|両)(?:{US}|{JP})(?=が|は|の|も)"
)
_FOR_ONE = re.compile(  # sentences that speak of each side, of one, or of nobody, so that a claim may name one
    r"either participant|each of the|nothing in this moc|does not create|signed at|connectivity hub|"
    r"represented by|government of japan|becomes operative"
)
_LIST_OPENS = re.compile(
    r"(?:'s)? (?:\w+ ){0,2}?(?:institutions|bodies|agencies|funders|organi[sz]ations|institutes|partners)(?: \w+){0,3}?"
    r"(?: are| include| including| namely| such as| like|:|,)(?: the)? ?|"
    r"(?:側)?の[^。、]{0,8}?(?:機関|団体|組織)(?:は|である|として|の|には)、?"
)
_LIST_GOES_ON = re.compile(r",?(?: and| as well as| or)?(?: the)? ?|、|と|及び|や|・|並びに")
# Parts of names that nothing else in the document is called by.
_PARTS_US = (
    "telecommunications and information administration",
    "science foundation",
    "center for ai standards",
    "ai standards center",
    "科学財団",
    "通信情報庁",
    "標準・イノベーションセンター",
)
_PARTS_JP = (
    "ai safety institute",
    "science and technology agency",
    "cabinet office",
    "ministry of internal affairs",
    "internal affairs ministry",
    "internal affairs and communications ministry",
    "society for the promotion of science",
    "institute of information and communications technology",
    "学術振興会",
    "技術振興機構",
    "通信研究機構",
    "セーフティ・インスティテュート",
)
_OTHER_LANGUAGE = re.compile(
    r"\b(?:in|and) japanese\b(?! (?:government|side|participant))|\bjapanese (?:language|version|text|copy|"
    r"copies|original)|"
    r"\b(?:both|two) languages\b|\bbilingual|日本語|和文|両言語|二か国語|2か国語"
)
_WIDEST_GAP = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """A side, or an institution (or programme) of a side, where it stands in a plain text."""

    start: int
    end: int
    side: str
    institution: bool = False


def swaps(claim: str, cited: Cited) -> bool:
    """Whether a claim gives an institution, a role or what is each side's own to the side it does not belong to."""
    said = plain(claim)
    found = marks(said)
    return (
        any(
            _wrong_owner(said, part)
            or _wrong_company(said, part)
            or _wrong_list(said, part)
            or _wrong_partner(said, part)
            for part in _sentences(said, found)
        )
        or _wrong_hub(said, found, cited)
        or _one_does_for_other(said, found, cited)
    )


def names_one_side(claim: str, cited: Cited) -> bool:
    """Whether a claim says of one side alone what the cited sentences say of both."""
    said = plain(claim)
    english = cited.english
    found = marks(said)
    if not english or len({mark.side for mark in found if not mark.institution}) != 1:
        return False
    if _MUTUAL.search(said):
        return True
    if "connectivity hub" in english and not said.isascii():
        return False  # Japan is the hub in one half of the sentence, and who acts in the other half may go unsaid
    collective = re.search(r"participants (?:also )?(?:intend|may|cannot)|by the participants", english)
    if collective and "each of the" not in english and not _BOTH_ACT.search(said) and _ONE_ACTS.search(said):
        return True
    if re.search(r"both countries|our respective nations", english) and not _BOTH_ACT.search(said):
        return True
    if _FOR_ONE.search(english) or _BOTH.search(said):
        return False
    sides = {mark.side for mark in found if not mark.institution}
    return (
        len(sides) == 1
        and not any(mark.institution for mark in found)
        and ("participants" in english or _SIDE.search(english) is None)
    )


def side_of(text: str) -> str:
    """``us`` or ``jp``, the first side a plain text names; empty where it names none."""
    match = _SIDE.search(text)
    return str(match.lastgroup) if match else ""


@cache
def _institutions() -> tuple[re.Pattern[str], dict[str, str]]:
    """Every name of an institution or programme of a side, with and without the side in it."""
    sides: dict[str, str] = {}
    for term in glossary.load().terms:
        if term.side not in ("us", "jp") or term.en.startswith("Government"):
            continue
        if term.kind not in ("organisation", "programme"):
            continue
        for form in term.forms:
            bare = re.sub(rf"^(?:the )?(?:{US}|{JP})(?:'s|の)? ?", "", plain(form))
            for name in (plain(form), bare):
                if (len(name) > 2 and name.isascii()) or (not name.isascii() and len(name) > 1):
                    sides[name] = term.side
    sides |= dict.fromkeys(_PARTS_US, "us") | dict.fromkeys(_PARTS_JP, "jp")
    names = sorted(sides, key=len, reverse=True)
    pattern = "|".join(rf"(?<![a-z0-9]){re.escape(n)}(?![a-z0-9])" if n.isascii() else re.escape(n) for n in names)
    return re.compile(pattern), sides


def marks(said: str) -> list[Mark]:
    """Institutions and sides of a plain text, in order; a side inside an institution's name is no mark of its own."""
    pattern, sides = _institutions()
    found: list[Mark] = []
    for match in pattern.finditer(said):
        side = sides[match.group()]
        if found and found[-1].institution and re.fullmatch(r" ?[(（]", said[found[-1].end : match.start()]):
            continue  # a second name in brackets
        found.append(Mark(match.start(), match.end(), side, True))
    taken = [(mark.start, mark.end) for mark in found]
    for match in _SIDE.finditer(said):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            found.append(Mark(match.start(), match.end(), str(match.lastgroup)))
    return sorted(found, key=lambda mark: mark.start)


def _sentences(said: str, found: Sequence[Mark]) -> list[list[Mark]]:
    ends = [match.end() for match in re.finditer(r"[。;!?]|\.(?=\s|$)", said)] + [len(said) + 1]
    return [[m for m in found if begin <= m.start < end] for begin, end in zip([0, *ends], ends, strict=False)]


def _wrong_owner(said: str, found: Sequence[Mark]) -> bool:
    """A side directly before or after an institution: Japan's NSF, the NICT of the United States."""
    for one, other in itertools.pairwise(found):
        between = said[one.end : other.start]
        if one.side == other.side or one.institution == other.institution or len(between) > _WIDEST_GAP:
            continue
        if other.institution and _OWNS.fullmatch(between):
            return True
        if one.institution and _IS_OF.fullmatch(between) and not _owned_by(said, found, other):
            return True
    return False


def _wrong_partner(said: str, found: Sequence[Mark]) -> bool:
    """An institution with "its Tokyo-based partner", which is the other side's."""
    for side, mark in itertools.pairwise(found):
        if (
            mark.institution
            and not side.institution
            and mark.side != side.side
            and re.fullmatch(
                r"-based (?:\w+ )?(?:partner|counterpart|ally|institute|agency)?,?(?: the)? ?",
                said[side.end : mark.start],
            )
        ):
            return True
    return False


def _wrong_list(said: str, found: Sequence[Mark]) -> bool:
    """One of several institutions that a claim lists as those of a side belongs to the other."""
    for place, side in enumerate(found):
        if side.institution or place + 1 == len(found):
            continue
        if not _LIST_OPENS.fullmatch(said[side.end : found[place + 1].start]):
            continue
        for before, mark in itertools.pairwise(found[place:]):
            if not mark.institution or (
                before is not side and not _LIST_GOES_ON.fullmatch(said[before.end : mark.start])
            ):
                break
            if mark.side != side.side:
                return True
    return False


def _owned_by(said: str, found: Sequence[Mark], side: Mark) -> bool:
    """Whether a side is already the owner of the institution after it (the NTIA and, in Japan's MIC …)."""
    return any(
        m.institution and m.side == side.side and m.start >= side.end and _OWNS.fullmatch(said[side.end : m.start])
        for m in found
        if m.start - side.end <= _WIDEST_GAP
    )


def _wrong_company(said: str, found: Sequence[Mark]) -> bool:
    """Sides and institutions in turn: an institution goes with the side before it, or after it at the end."""
    institutions = [mark for mark in found if mark.institution]
    sides = [mark for mark in found if not mark.institution]
    if not institutions or not sides:
        return False
    apart = len(sides) == len(institutions) == 2 and (
        sides[1].end <= institutions[0].start or institutions[1].end <= sides[0].start
    )
    if apart and _RESPECTIVELY.search(said):
        return [mark.side for mark in sides] != [mark.side for mark in institutions]
    coordinated = {
        mark
        for one, other in itertools.pairwise(found)
        if not one.institution and not other.institution and one.side != other.side
        if _TOGETHER.fullmatch(said[one.end : other.start])
        for mark in (one, other)
    }
    owned = {
        mark
        for one, other in itertools.pairwise(found)
        if not one.institution and other.institution and one.side == other.side
        if len(said[one.end : other.start]) <= _WIDEST_GAP and _OWNS.fullmatch(said[one.end : other.start])
        for mark in (one, other)
    }
    named = [mark for mark in found if mark not in coordinated | owned]
    if not named:
        return False
    if named[0].institution:
        named = named[::-1]
        while named and named[0].institution:
            named = named[1:]
    group: list[bool] = []
    leader: Mark | None = None
    previous: Mark | None = None
    for mark in [*named, None]:
        if mark is None or not mark.institution:
            if group and not any(group):
                return True
            group, leader = [], mark
        elif leader is not None and previous is not None and _keeps_company(said, leader, mark, first=not group):
            group.append(leader.side == mark.side)
        previous = mark
    return False


def _keeps_company(said: str, side: Mark, institution: Mark, *, first: bool) -> bool:
    """Whether an institution stands near enough to a side, without a word that only puts the two side by side."""
    begin, end = sorted((side, institution), key=lambda mark: mark.start)
    between = said[begin.end : end.start]
    if first and _WITH.search(between):
        return False
    return len(between) <= 2 * _WIDEST_GAP and len(re.findall(r"[,、]", between)) <= (
        1 if len(between) <= _WIDEST_GAP else 0
    )


def _wrong_hub(said: str, found: Sequence[Mark], cited: Cited) -> bool:
    """The hub between North America and Asia is Japan."""
    if "connectivity hub" not in cited.english and "接続ハブ" not in cited.japanese:
        return False
    sides = [mark for mark in found if not mark.institution]
    if sides and all(mark.side == "us" for mark in sides):
        return True
    if _CONTINENT_HUB.search(said):
        return True
    for match in _HUB.finditer(said):
        near = [mark for mark in sides if mark.end <= match.start() and match.start() - mark.end < _WIDEST_GAP]
        if not near or near[-1].side != "us" or any(mark.side == "jp" for mark in near):
            continue
        if not re.search(r"[,;。.](?! (?:whose|which|as)\b)", said[near[-1].end : match.start()]):
            return True
    return False


def _one_does_for_other(said: str, found: Sequence[Mark], cited: Cited) -> bool:
    """One side alone acts on what is the other's, where the sentence has both act on their own."""
    if _FOR_ONE.search(cited.english) or "participants" not in cited.english or _BOTH.search(said):
        return False
    if any(mark.institution for mark in found) or {mark.side for mark in found} != {"us", "jp"}:
        return False
    first = found[0]
    other = next(mark for mark in found if mark.side != first.side)
    between, after = said[first.end : other.start], said[other.end : other.end + 3]
    return not (_TOGETHER.fullmatch(between) or _WITH.search(between) or after.startswith("と"))


def wrong_place(claim: str, cited: Cited) -> bool:
    """Whether a claim has the memorandum signed elsewhere than the text says."""
    if "signed at tokyo" not in cited.english:
        return False
    said = plain(claim)
    if _OTHER_LANGUAGE.search(said):
        return True
    return re.search(r"\bwashington\b|ワシントン|\b(?:kyoto|osaka|new york|white house)\b|京都|大阪", said) is not None
