"""Which side an institution or a role belongs to, through the glossary: no claim may hand it to the other side."""

import itertools
import re
from collections.abc import Sequence

from assistant.gate.contrast import affirmed
from assistant.gate.marks import JP, US, WITH, Mark, is_together, marks
from assistant.gate.record import Cited
from assistant.gate.words import plain

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
    r"one of) )?|,(?: which is| itself)? (?=japan'?s|japanese|america|unitedstates'|the unitedstates')|"
    r" ?\((?:the )?| on the |(?:は|（|が|という)(?:、)?)"
)
_SUBJECT = re.compile(
    r"(?:政府|側|国)?(?:は|が|では|も|を)|(?: (?:government|side|one|participant|signatory|counterpart|"
    r"half))* (?:through|by|via|"
    r"acts?|speaks?|has|uses|works)\b"
)  # a side of which something is said begins anew
_RESPECTIVELY = re.compile(r"\brespectively\b|\bin that order\b|それぞれ|順に|represent|speak for|act for|代表")
_HUB = re.compile(
    r"\bhub\b|\bconnect\w*\b|\bbridge\b|\brole\b|\blink\w*\b|ハブ|接続|結ぶ|結節|役割|拠点|つなぐ|要|架け橋"
)
_LINKS = re.compile(  # before a continent that is an end of the link, not the hub
    r"\b(?:between|link\w*|connect\w*|join\w*|bridg\w*|bring\w*|tie\w*|from|to) [^.;,]{0,40}$|"
    r"\b(?:north america|asia) (?:and|with|to) (?:the )?$"
)
_HUB_IS_US = re.compile(
    rf"\b(?:hub|bridge|link|crossroads)\b[^.;,]{{0,60}}\b(?:is|being|means|was) (?:the )?(?:{US})|"
    rf"(?:{US}), (?:the|a|as|being) [^.;,]{{0,30}}\b(?:hub|bridge)\b"
)
_US_ACTS = re.compile(  # one side does what both intend; of Japan, the hub, the sentence says something of its own
    rf"{US}(?: government)? (?:also )?(?:intends|plans|aims|seeks|wants|is to)\b|{US}(?:側|政府)?(?:は|が)"
)
_JOINED = re.compile(r"(?:と|及び|・|や|並びに|\band|\bwith) ?(?:the )?$")
_CONTINENT_HUB = re.compile(
    r"\b(?:north america|asia|the indo-pacific)(?:'s| is| serves?| acts?| has| plays| as)\b[^.;,]{0,40}\b(?:hub|"
    r"role|bridge|link)\b|"
    r"(?:北米|アジア|インド太平洋)(?:が|は|の)[^。、]{0,18}(?:ハブとして|要として|役割を果た|拠点として)|"
    r"\bhub\b[^.;,]{0,40}\bis (?:north america|asia)\b|"
    r"(?:ハブ|要|拠点)(?:は|が|を担うのは)[^。、]{0,6}(?:北米|アジア)(?=で|だ|が担|とさ|とし|。|$)"
)
_JAPAN_LINKED = re.compile(  # Japan as an end of the link instead of its middle
    rf"\b(?:between|connect\w*|links?|linking|join\w*|bridg\w*) (?:the )?(?:{JP}) (?:and|with|to|from) (?:the )?"
    rf"(?:north america|asia|{US}|indo-pacific)|"
    rf"\b(?:between|connect\w*|links?|linking|join\w*|bridg\w*) (?:the )?(?:north america|asia|{US}|indo-pacific) "
    rf"(?:and|with|to|from) (?:the )?(?:{JP})\b|"
    rf"{JP}と(?:アジア|北米|米国|インド太平洋)(?:と)?(?:の間|を?(?:つな|結|繋)|間)|"
    rf"(?:アジア|北米|米国|インド太平洋)と{JP}(?:と)?(?:の間|を?(?:つな|結|繋)|間)"
)
_LIST_OPENS = re.compile(
    r"(?:'s)? (?:\w+ ){0,2}?(?:institutions|bodies|agencies|funders|organi[sz]ations|institutes|"
    r"partners)(?: \w+){0,3}?"
    r"(?: are| include| including| namely| such as| like|:|,)(?: the)? ?|"
    r"(?:側)?の[^。、]{0,8}?(?:機関|団体|組織)(?:は|である|として|の|には)、?"
)
_LISTED_AS = re.compile(  # a side said of the institutions named before it
    r",? (?:are|were|as|being|count as|form|belong to|come from|make up)(?: the)?(?: (?:two|three|four|named|other))* "
)
_LIST_GOES_ON = re.compile(r",?(?: and| as well as| or)?(?: the)? ?|、|と|及び|や|・|並びに")
_OTHER_LANGUAGE = re.compile(
    r"\b(?:in|and) japanese\b(?! (?:government|side|participant))|\bjapanese (?:language|version|text|copy|"
    r"copies|original)|"
    r"\b(?:both|two) languages\b|\bbilingual|日本語|和文|両言語|二か国語|2か国語"
)
_WIDEST_GAP = 60


def swaps(claim: str, cited: Cited) -> bool:
    """Whether a claim gives an institution, a role or what is each side's own to the side it does not belong to."""
    said = plain(claim)
    found = marks(said)
    return any(
        _wrong_owner(said, part)
        or _wrong_company(said, part)
        or _wrong_list(said, part)
        or _wrong_as(said, part)
        or _wrong_partner(said, part)
        for part in _sentences(said, found)
    ) or _wrong_hub(said, found, cited)


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
        acts = _SUBJECT.match(said[other.end :]) is not None
        if one.institution and not acts and _IS_OF.fullmatch(between) and not _owned_by(said, found, other):
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


def _wrong_as(said: str, found: Sequence[Mark]) -> bool:
    """Institutions in a row, said to be a side's, of which one belongs to the other."""
    for place, side in enumerate(found):
        before = found[place - 1] if place else None
        if side.institution or before is None or not before.institution:
            continue
        also = found[place + 1] if place + 1 < len(found) else None
        if also is not None and not also.institution and is_together(said[side.end : also.start]):
            continue
        if not _LISTED_AS.fullmatch(said[before.end : side.start]):
            continue
        last = place - 1
        while (
            last > 0
            and found[last - 1].institution
            and _LIST_GOES_ON.fullmatch(said[found[last - 1].end : found[last].start])
        ):
            last -= 1
        if any(mark.side != side.side for mark in found[last:place]) and place - last > 1:
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
        if is_together(said[one.end : other.start])
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
    if first and WITH.search(between):
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
    continents = (match for match in _CONTINENT_HUB.finditer(said) if not _LINKS.search(said[: match.start()]))
    acting = (match for match in _US_ACTS.finditer(said) if not _JOINED.search(said[: match.start()]))
    if any(acting) or any(continents) or _JAPAN_LINKED.search(said) or _HUB_IS_US.search(said):
        return True
    for match in _HUB.finditer(said):
        near = [mark for mark in sides if mark.end <= match.start() and match.start() - mark.end < _WIDEST_GAP]
        if not near or near[-1].side != "us" or any(mark.side == "jp" for mark in near):
            continue
        if not re.search(r"[,;。.](?! (?:whose|which|as)\b)", said[near[-1].end : match.start()]):
            return True
    return False


def wrong_place(claim: str, cited: Cited) -> bool:
    """Whether a claim has the memorandum signed elsewhere than the text says."""
    if "signed at tokyo" not in cited.english:
        return False
    said = affirmed(plain(claim), cited)
    if _OTHER_LANGUAGE.search(said):
        return True
    return re.search(r"\bwashington\b|ワシントン|\b(?:kyoto|osaka|new york|white house)\b|京都|大阪", said) is not None
