"""Which side an institution or a role belongs to, through the glossary: no claim may hand it to the other side."""

import re
from dataclasses import dataclass
from functools import cache

from assistant import glossary
from assistant.gate.record import Cited
from assistant.gate.words import plain

_US = (
    r"(?:\bunitedstates\b|\bthe united states(?: of america)?\b|\bunited states\b|(?<!north )(?<!south )(?<!latin )\bamerica(?:n|ns)?\b|\bwashington\b(?!,? d\.?c)|米国|アメリカ合衆国|アメリカ|合衆国|"
    r"(?<![南北中])米(?=側|政府|国|の|が|は))"
)
_JP = r"(?:\bjapan(?:ese)?\b|\btokyo\b|日本国|日本|東京(?=側|は|が|の)|(?<![A-Za-z一-龠])我が国)"
_SIDE = re.compile(f"(?P<us>{_US})|(?P<jp>{_JP})")
_GAP = re.compile(  # what may stand between a side and the institution that is called its own
    r"(?:'s?|の|側の|政府の|国の|を代表する|の機関である|側では?|,|:|\s|government's?|federal|own|agenc(?:y|ies)|bod(?:y|ies)|institut(?:e|es|ion|ions)|"
    r"partners?|counterparts?|ministr(?:y|ies)|such as|like|including|namely|called|named|the|and|two|three|figure|in|telecom|part)*"
)
_WIDEST_GAP = 60
_OF = re.compile(rf"\s?(?:,? ?(?:of|in|from|for)|on behalf of|for|\() (?:the )?(?:government of )?(?:the )?(?={_US}|{_JP})")
_REPRESENTS = re.compile(
    r"\b(?:represent\w*|speaks?|spoke\w*|acts?|acting|behalf|signs?|signed|stands? for|stand in|behind|through|side)\b|代表|代わ|側"
)
_CONNECTOR = re.compile(r"\bhub\b|\bconnect\w*\b|\bbridge\b|\brole\b|\blink\w*\b|ハブ|接続|結ぶ|結節|役割|拠点")
_LED = re.compile(
    rf"({_US}|{_JP})(?:-| |が|の)?(?:single-handedly |alone )?(?:led\b|leads?\b|leadership|主導|リード|率い)|(?:led|leadership) (?:solely |only |exclusively )?by (?:the )?({_US}|{_JP})"
)
_ENDS = r"(?:discontinu\w*|end(?:s|ed|ing)?|leav(?:e|es|ing)|withdraw\w*|terminat\w*|quit\w*|pulls? out|cancel\w*|wants? out)"
_IF_ENDS = re.compile(rf"\b(?:when|if|where|should|once|after|whenever) (?:the )?(?P<who>[^,.;]{{0,40}}?)\b(?:[\w']+ ){{0,6}}?{_ENDS}")
_NOTIFIES = re.compile(
    r"(?P<who>unitedstates|united states|america|washington|japan|tokyo|japanese|american)(?:'s)?(?: \w+){0,3}? (?:should|that should|which should|has to|must|needs to|is to|would|ought to|will|to) (?:\w+ ){0,2}?(?:provide|give|notify|send|inform|deliver|tell|issue|serve)"
)
_NOTIFIED = re.compile(
    r"(?P<who>unitedstates|united states|america|washington|japan|tokyo|japanese|american)(?: government| side)? (?:should|must|has to|is to|would) (?:be (?:notified|informed|told)|receive)"
)
_IF_ENDS_JA = re.compile(r"(?P<who>米国|アメリカ|日本国?)(?:側|政府)?(?:が|から|による|は|の)[^。]{0,14}?(?:終了|やめ|離脱|打ち切)")
_NOTIFIES_JA = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<who>米国|アメリカ|日本国?)(?:側|政府)?(?:から|が)(?:(?!終了|やめ|離脱|打ち切)[^。]){0,20}?(?:通知(?!を受け)|知らせ|伝え)",
        r"(?:通知|知らせ|伝え)[^。]{0,14}?(?:側|の|者)[^。]{0,8}?は、?(?P<who>米国|アメリカ|日本国?)",
        r"通知[^。]{0,4}は、?(?P<who>米国|アメリカ|日本国?)(?:側|政府)?(?:から|が)",
    )
)
_TRANSFER = re.compile(
    rf"(?:{_US}|{_JP})[^.;。]{{0,60}}?\b(?:export\w*|sell\w*|suppl(?:y|ies)|provid\w+|giv\w+|pay\w*|transfer\w*|fund\w*|send\w*|help\w*|lend\w*|ship\w*|offer\w*)\b[^.;。]{{0,60}}?\b(?:to|into) (?:the )?(?:{_US}|{_JP})|"
    rf"(?:{_US}|{_JP})(?:側|政府)?(?:が|から)[^。]{{0,10}}(?:{_US}|{_JP})(?:側|政府)?(?:に|へ)[^。]{{0,30}}(?:輸出|販売|供給|提供|支払|移転|拠出|支援)"
)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A side or an institution of a side, where it stands."""

    start: int
    end: int
    side: str
    institution: bool


def swaps(claim: str, cited: Cited) -> bool:
    """Whether a claim gives an institution, a role or a duty to the side it does not belong to."""
    said = plain(claim)
    marks = _marks(said)
    return (
        _wrong_owner(said, marks)
        or _wrong_representative(said, marks)
        or _wrong_hub(said, marks, cited)
        or _wrong_notifier(said, cited)
        or (_TRANSFER.search(said) is not None and _TRANSFER.search(cited.everything) is None)
    )


def leads_alone(claim: str, cited: Cited) -> bool:
    """Whether one side is said to lead what the cited sentences have both lead."""
    said = plain(claim)
    if not re.search(r"japan-led|日本が主導", cited.everything):
        return False
    for match in _LED.finditer(said):
        before = said[max(0, match.start() - 34) : match.end()]
        if len({m.lastgroup for m in _SIDE.finditer(before)}) < 2 and "日米" not in before and "両" not in before:
            return True
    return False


@cache
def _institutions() -> tuple[re.Pattern[str], dict[str, str]]:
    sides: dict[str, str] = {}
    for term in glossary.load().terms:
        if term.kind == "organisation" and term.side in ("us", "jp") and not term.en.startswith("Government"):
            for form in term.forms:
                bare = re.sub(rf"^(?:the )?(?:{_US}|{_JP})(?:'s|の)? ?", "", plain(form))
                for name in (plain(form), bare):
                    if len(name) > 2 and (len(name) > 4 or name.isascii() or name in ("総務省", "内閣府", "理研", "学振")):
                        sides[name] = term.side
    # "AI Safety Institute" is Japan's here, "Science and Technology Agency" too; without the country they name nothing else.
    sides |= {"ai safety institute": "jp", "science and technology agency": "jp", "cabinet office": "jp", "communications ministry": "jp"}
    sides |= {"aiセーフティ・インスティテュート": "jp", "社会技術振興機構": "jp"}
    sides.pop("communications ministry", None)
    names = sorted(sides, key=len, reverse=True)
    pattern = "|".join(rf"(?<![a-z0-9]){re.escape(n)}(?![a-z0-9])" if n.isascii() else re.escape(n) for n in names)
    return re.compile(pattern), sides


def _marks(said: str) -> list[_Mark]:
    """Institutions and sides in order; a side inside an institution's own name is no mark of its own."""
    pattern, sides = _institutions()
    found = []
    for match in pattern.finditer(said):
        lead = re.match(rf"(?:{_US}|{_JP})(?:'s|の)? ?", match.group())
        start = match.start()
        if lead is not None and len(lead.group()) < len(match.group()):
            found.append(_Mark(match.start(), match.start() + len(lead.group()), _side(lead.group()), False))
            start += len(lead.group())
        found.append(_Mark(start, match.end(), sides[match.group()], True))
    taken = [(mark.start, mark.end) for mark in found]
    for match in _SIDE.finditer(said):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            found.append(_Mark(match.start(), match.end(), str(match.lastgroup), False))
    return sorted(found, key=lambda mark: mark.start)


def _side(text: str) -> str:
    match = _SIDE.search(text)
    return str(match.lastgroup) if match else ""


def _wrong_owner(said: str, marks: list[_Mark]) -> bool:
    """A side directly before or after an institution: Japan's NSF, the NICT of the United States."""
    for one, other in zip(marks, marks[1:], strict=False):
        between = said[one.end : other.start]
        if len(between) > _WIDEST_GAP:
            continue
        if other.institution and not one.institution and one.side != other.side and _GAP.fullmatch(between):
            return True
        if one.institution and not other.institution and one.side != other.side and _OF.fullmatch(between):
            return True
    return False


def _wrong_representative(said: str, marks: list[_Mark]) -> bool:
    """Each side with the institution that speaks for it, in the order in which they are named."""
    if not any(mark.institution for mark in marks) or _REPRESENTS.search(said) is None:
        return False
    for sentence in re.finditer(r"[^.;。]+(?:\.(?=[a-z])[^.;。]+)*", said):
        inside = [mark for mark in marks if sentence.start() <= mark.start < sentence.end()]
        if _REPRESENTS.search(sentence.group()) is None:
            continue
        named: list[_Mark] = []
        for mark in inside:  # an owner belongs to its institution, and a second name in brackets to the first
            gap = said[named[-1].end : mark.start] if named else ""
            if named and mark.institution and re.fullmatch(r"(?:'s|の)? ?", gap) and not named[-1].institution:
                named.pop()
            if not (named and mark.institution and named[-1].institution and re.fullmatch(r" ?\(", gap)):
                named.append(mark)
        kinds = [mark.institution for mark in named]
        half = len(named) // 2
        if not named or len(named) % 2 or kinds.count(True) != half:
            continue
        if kinds[:half] in ([True] * half, [False] * half) and half > 1:
            couples = list(zip(named[:half], named[half:], strict=True))
        else:
            couples = list(zip(named[::2], named[1::2], strict=True))
        if any(a.institution == b.institution for a, b in couples):
            continue
        if any(a.side != b.side for a, b in couples):
            return True
    return False


def _wrong_hub(said: str, marks: list[_Mark], cited: Cited) -> bool:
    """The hub between North America and Asia is Japan."""
    if "connectivity hub" not in cited.english and "接続ハブ" not in cited.japanese:
        return False
    sides = [mark for mark in marks if not mark.institution]
    if sides and all(mark.side == "us" for mark in sides):
        return True
    for match in _CONNECTOR.finditer(said):
        near = [m for m in sides if m.end <= match.start() and match.start() - m.end < 60]
        if near and near[-1].side == "us" and not re.search(r"[,;。.](?! (?:whose|which|as)\b)", said[near[-1].end : match.start()]):
            if not any(m.side == "jp" for m in near):
                return True
    return False


def _wrong_notifier(said: str, cited: Cited) -> bool:
    """Who discontinues gives the notice, and the other receives it."""
    if "provide written notice" not in cited.english:
        return False
    ends = [_side(m["who"]) for pattern in (_IF_ENDS, _IF_ENDS_JA) for m in pattern.finditer(said)]
    gives = [_side(m["who"]) for m in _NOTIFIES.finditer(said)]
    gives += [_side(m["who"]) for pattern in _NOTIFIES_JA for m in pattern.finditer(said)]
    told = [_side(m["who"]) for m in _NOTIFIED.finditer(said)]
    ends, gives, told = ([side for side in sides if side] for sides in (ends, gives, told))
    return any(a != b for a in ends for b in gives) or any(a == b for a in ends for b in told)


def wrong_place(claim: str, cited: Cited) -> bool:
    """Whether a claim has the memorandum signed elsewhere than the text says."""
    if "signed at tokyo" not in cited.english:
        return False
    said = plain(claim)
    return re.search(r"\bwashington\b|ワシントン|\b(?:kyoto|osaka|new york|white house)\b|京都|大阪", said) is not None
