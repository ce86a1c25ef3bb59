"""Who acts: the participants, both of them alike; no claim may hand their part to one side, the other or a third."""

import itertools
import re
from collections.abc import Sequence

from assistant.gate.marks import JP, SIDE, US, WITH, Mark, is_together, marks, side_of
from assistant.gate.record import Cited
from assistant.gate.words import plain

_BOTH = re.compile(
    r"\b(?:both|two|participants?|sides|countries|governments|nations|jointly|together|each|mutual\w*|"
    r"bilateral\w*|either|neither|shared|joint|one another)\b|"
    r"両|双方|参加者|互い|共同|相互|二国間|それぞれ|各々|各国|日米|米日|いずれ|どちら|共に|ともに"
)
_BOTH_ACT = re.compile(  # words that leave no doubt that both act; "shared" and "joint" may stand in what one does
    r"\b(?:both|two|participants?|sides|countries|governments|nations|neither|partners)\b|"
    r"両|双方|参加者|二国間|日米|米日|いずれ|どちら|各国|各々"
)
_ONE_ACTS = re.compile(
    rf"(?:{US}|{JP})(?: government| side| alone)?(?:, (?:as|a|the|being|which|itself)\b[^,;.]{{0,80}},)?"
    r"(?: also| now| itself| closely)* "
    r"(?:intends?|plans?|aims?|seeks?|wants?|means|hopes?|wishes|proposes|expects|is to|are to|may (?:modify|settle|"
    r"determine))\b|(?:"
    rf"{US}|{JP})(?:側|政府)?(?:は|が(?!北米))[^。、]{{0,40}}、?[^。、]{{0,40}}(?:意図|意向|つもり|方針|考え|予定|"
    rf"目指)"
)
_MUTUAL = re.compile(  # what only two can be said to do or have, said of one
    rf"\bbetween (?:the )?(?:{US}|{JP})(?=[.,;]| (?:is|are|was|were|untouched|unaffected|as|in)\b|$)|"
    rf"(?:{US}|{JP})の(?:各々|それぞれ|双方|両方)|(?:{US}|{JP})間(?!の協力)|(?:双方の|いずれの|"
    rf"どちらの|他方の|両)(?:{US}|{JP})(?=が|は|の|も)"
)
_PICKED = re.compile(
    rf"\bit is (?:only |just )?(?:the )?(?:{US}|{JP})(?: participant| side| government)? (?:alone )?"
    r"(?:that|who|which)\b|"
    rf"(?:の|者|側|ほう|方)は、?(?:{US}|{JP})(?:の)?(?:側|政府|参加者)?(?:で(?!は)|だ|であ|です)"
)
_ONE_SIGNS = re.compile(
    rf"\b(?:once|when|as soon as|after|whenever|if) (?:only )?(?:{US}|{JP})(?: alone| has| have)* sign(?:s|ed)?\b|"
    rf"(?:{US}|{JP})(?:側|政府)?(?:が|の)署名(?:した|すれば|すると|だけ|のみ|で)"
)
_FOR_BOTH = re.compile(
    r"\b(?:represent|act|speak)\w* (?:for |on behalf of )?both\b|\bboth (?:\w+ ){0,3}(?:represented|spoken for)\b|"
    r"(?:両政府|両国(?:の政府)?|日米(?:の)?(?:両)?政府|双方|両者)を代表"
)
_FOR_ONE = re.compile(  # sentences that speak of each side, of one, or of nobody, so that a claim may name one
    r"either participant|each of the|nothing in this moc|does not create|signed at|connectivity hub|"
    r"represented by|government of japan|becomes operative"
)
# One side as the agent and the other as what is acted upon.
_UPON = re.compile(
    r" (?:government |side )?(?:\w+ )?(?:asks?|urges?|requires?|orders?|tells?|pays?|helps?|assists?|lets?|allows?|"
    r"invites?|follows?|obeys?|supplies|supplied|funds?|leads?|supervis\w+|instructs?|directs?|obliges?|expects?|"
    r"requests?|demands?|permits?|relies on|depends on|answers to|defers? to|gives?|grants?|lends?|provides?|"
    r"sells?|hosts?|serves?|supports?|protects?|safeguards?|trains?|teaches)\b[^.;,]{0,24}$|"
    r"(?:側|政府)?(?:が|は)、?$|(?:側|政府)?(?:が|は)[^。、]{0,8}$"
)
_UPON_JA = re.compile(
    r"(?:求め|要請|要求|指導|監督|従|提供|依頼|任せ|委ね|支援|援助|認め|許|指示|命じ|教え|守らせ|負わせ|供給|頼|"
    r"依存|追随|合わせ)"
)
_OTHER_ONE = re.compile(
    r"\b(?:the other(?: participant| side| party| government| country| nation| one)?(?:'s)?|its counterpart(?:'s)?|"
    r"each other'?s|one another'?s)(?= |[.,;]|$)(?! (?:hand|areas|fields|topics|aims|goals|items|half|part))|"
    r"(?:(?<![携力]の)相手|他方|もう一方|片方)(?:の)?(?:国|側|方|政府|参加者)?(?=の|が|に|は|を|へ|から)"
)
_OTHER_HELD = re.compile(r"other participant|cannot mutually determine|mutual|share|respective|written decision")
_OTHER_LAW = re.compile(
    r"\b(?:the other(?: participant| side| party| government| country| nation)?|each other|one another|its "
    r"counterpart)'?s? (?:\w+ ){0,2}?(?:legal|laws?|framework|system)|(?:legal framework|laws?|legal system) of the "
    r"other|(?:相手|他方|互い|もう一方)(?:の)?(?:国|側|方)?の(?:\w{0,3})?(?:法|枠組)"
)
_ONE_LAW = re.compile(
    rf"\b(?:{US}|{JP})(?:'s)? (?:own )?(?:domestic |national )?(?:legal|laws?)\b|"
    rf"(?:{US}|{JP})(?:側)?の(?:国内)?法"
)
# Those beside the participants whom the document names, and those it does not; none of them is said to act on its own.
_THIRDS = (
    r"(?:other|third|foreign|outside|partner|allied|neighbou?ring) (?:countr(?:y|ies)|nations?|states|governments|"
    r"powers)|all(?:y|ies)(?: and partners)?|(?:strategic )?partners|industr(?:y|ies)|universit(?:y|ies)|"
    r"research (?:organi[sz]ations|institutions|bodies)|compan(?:y|ies)|businesses|firms|standards bod(?:y|ies)|"
    r"national laborator(?:y|ies)|laborator(?:y|ies)|quantum institutions|institutions|scientists(?: and engineers)?|"
    r"engineers|children|citizens|academia|manufacturers|contractors"
)
_THIRDS_JA = (
    r"(?:同盟国(?:や|及び|と|・)?(?:パートナー)?(?:国)?|パートナー国?|第三国|他国|諸外国|外国|産業界|業界|企業|大学|"
    r"量子(?:関係|研究)?機関|研究機関|研究組織|標準化団体|国立研究所|研究所|科学者|技術者|子ども(?:たち)?|市民|学術界)"
)
_THIRD_ACTS = re.compile(
    rf"(?:^|[.;:,] |\bthat |\bwhile |\band )(?:(?:the|its|their|our|all|leading) )*(?:{_THIRDS})"
    r"(?: (?:across|in|of|from|within) (?:the )?[\w-]+)?(?: also| jointly)? "
    r"(?:intends?|plans?|aims?|seeks?|wants?|hopes?|wish(?:es)?|leads?|may|should|promotes?|supports?|builds?|"
    r"protects?|shapes?|set|decides?|encourages?|deepens?|collaborates?|(?:is|are) (?:to|intended to|expected to|"
    r"meant to))\b(?! (?:also |then )?(?:be|get|receive|become|benefit|have|gain|find|"
    r"thrive|flourish|learn|grow|prosper|enjoy|stay)\b)|"
    rf"\b(?:led|run|owned|chosen|shaped|directed|controlled|determined|decided|operated) by (?:the )?(?:{_THIRDS})\b"
)
_THIRD_ACTS_JA = re.compile(
    rf"(?:^|[。、])(?:[^。、はがを]{{0,16}}の)?(?:主導的な|主要な)?{_THIRDS_JA}(?:(?:や|と|及び|・|、){_THIRDS_JA}){{0,3}}"
    r"(?:側)?(?:は|が)(?:(?!よう(?:に|、)|ため)[^。]){0,60}?(?:意図(?!される)|意向|方針|目指|つもり|予定|考え|"
    r"求め(?!られ)|望(?!まれ))|"
    rf"{_THIRDS_JA}(?:が|の)(?:主導|率い|決め|統括|運営|[^。、]{{0,20}}(?:支える|支援する|決める|率いる|導く|担う|"
    r"主導する)(?:側|立場|役))"
)
_BOTH_BY_NAME = re.compile(
    r"\b(?:participants?|both (?:sides|governments|countries)|two (?:sides|governments))\b|参加者|両国|両者|双方|"
    r"両政府"
)
_FOREIGN = re.compile(
    r"\b(?:other|third|foreign|outside) (?:countr(?:y|ies)|nations?|states|governments|powers)\b|第三国|他国|諸外国"
)
_DATE_BY_ONE = re.compile(
    r"\b(?:determin\w+|set|chos\w+|pick\w*|fix\w*|decid\w+|select\w*|nam\w+) (?:\w+ ){0,3}?by (?:the |only |just )?"
    r"(?:one|either|other|discontinuing|leaving|departing|withdrawing|receiving|notified|notifying|remaining|"
    rf"participant|side|{US}|{JP})\b(?! of)|"
    r"\b(?:one|either|the other|(?:the )?(?:discontinuing|leaving|departing|withdrawing|receiving|notified|"
    r"notifying)) "
    r"(?:participant|side|party|country|government)? ?(?:alone |unilaterally )?(?:may |can |should |is to |"
    r"is expected "
    r"to |gets to )?(?:determin|set|choos|pick|fix|decid|select|nam)\w*|"
    r"(?:一方|片方|他方|相手|終了(?:する|させる|を望む)?(?:側|(?=参加者|国|方))|通知(?:した|する|を受けた|を受ける|された)側?|"
    r"どちらか|いずれか|米国|日本)(?:の)?(?:側|参加者|国|方)?(?:だけ)?(?:が|の判断で|は)(?:単独で|一方的に)?"
    r"[^。、]{0,10}(?:決|定め|選|指定)"
)
_ADAPTS = re.compile(  # one side brings what is its own into line with the other's
    rf"\b(?P<one>{US}|{JP})(?:'s)? (?:\w+ ){{0,3}}?(?:bring|align|adapt|adjust|conform|match|"
    rf"harmoni[sz]e|follow|adopt|change|"
    rf"revise|accept)\w*\b[^.;]{{0,60}}\b(?:with|to|those of|of|from) (?:the )?(?:\w+ ){{0,6}}?(?P<other>{US}|{JP})"
)
_NOT_FOR_ONE = re.compile(  # what is said of both, denied for one
    rf"(?:\b(?:not|never|without|nor)|n't) (?:\w+ ){{0,3}}?(?:appl\w+|extend\w*|concern\w*|reach\w*|"
    rf"hold\w*|bind\w*|cover\w*) "
    rf"(?:for |to )?(?:the )?(?:{US}|{JP})|"
    rf"(?:{US}|{JP})(?:側|政府)?(?:に|へ)(?:は|も)?(?:及ば|適用され|当てはま|関係し|"
    rf"関わら)[^。、]{{0,4}}(?:ない|ません|ず)"
)
_COUNTS_EACH = re.compile(rf"(?:{US}|{JP})[^。]{{0,6}}\d+(?:つの)?(?:機関|団体)[^。]{{0,6}}(?:{US}|{JP})[^。]{{0,6}}\d")
_HELPED = re.compile(r"\b(?:help\w*|lets?|enabl\w+|allow\w*|support\w*|assist\w*|empower\w*)\b[^.;:]{0,80}$")
_WIDEST = 40  # characters between one side and the other it is said to act upon


def turned(claim: str, cited: Cited) -> bool:
    """Whether a claim gives the participants' part to the other side, to a third, or to one of them alone."""
    said = plain(claim)
    found = marks(said)
    return (
        _one_does_for_other(said, found, cited)
        or _acts_upon(said, found, cited)
        or _other_one(said, found, cited)
        or _third_acts(said, cited)
        or _one_sided(said)
        or _it_is_one(said, cited)
        or _one_sets_date(said, cited)
    )


def _it_is_one(said: str, cited: Cited) -> bool:
    """One side picked out ("it is Japan that …", 「…のは米国で」) of what both are or do, or for both governments."""
    if "both participants have signed" in cited.english and _ONE_SIGNS.search(said):
        return True
    both = re.search(r"\bparticipants?\b|unitedstates and japan", cited.english) and not re.search(
        r"\bhub\b|represented by", cited.english
    )
    return (both and _PICKED.search(said) is not None) or (
        "represented by" in cited.english
        and _FOR_BOTH.search(said) is not None
        and len({mark.side for mark in marks(said) if mark.institution}) == 1
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
    return not any(mark.institution for mark in found) and ("participants" in english or SIDE.search(english) is None)


def _one_does_for_other(said: str, found: Sequence[Mark], cited: Cited) -> bool:
    """One side alone acts on what is the other's, where the sentence has both act on their own."""
    if not cited.addresses or _FOR_ONE.search(cited.english) or _BOTH.search(said):
        return False
    if any(mark.institution for mark in found) or {mark.side for mark in found} != {"us", "jp"}:
        return False
    first = found[0]
    other = next(mark for mark in found if mark.side != first.side)
    between, after = said[first.end : other.start], said[other.end : other.end + 3]
    if _COUNTS_EACH.search(said):
        return False  # the institutions of each side are counted beside each other
    return not (is_together(between) or WITH.search(between) or after.startswith("と"))


def _acts_upon(said: str, found: Sequence[Mark], cited: Cited) -> bool:
    """One side asks, helps, supplies … the other; no sentence of the document speaks of that."""
    if not cited.addresses or "provide written notice" in cited.english:
        return False
    for one, other in itertools.pairwise(found):
        between = said[one.end : other.start]
        if one.institution or other.institution or one.side == other.side or len(between) > _WIDEST:
            continue
        if is_together(between) or _UPON.search(between) is None:
            continue
        if between.isascii() or _UPON_JA.search(said[other.end : other.end + 30]):
            return True
    return False


def _other_one(said: str, found: Sequence[Mark], cited: Cited) -> bool:
    """The other side's laws, or a part for the other side where the sentence knows no other side."""
    own_laws = re.search(r"legal framework|domestic laws", cited.english) and "either the" not in cited.english
    if own_laws and any(not _spoken_against(said, match.start()) for match in _OTHER_LAW.finditer(said)):
        return True
    if "legal framework" in cited.english and len({mark.side for mark in found}) == 1 and _ONE_LAW.search(said):
        return True
    if not cited.addresses or _OTHER_HELD.search(cited.english):
        return False
    return any(not _spoken_against(said, match.start()) for match in _OTHER_ONE.finditer(said))


def _spoken_against(said: str, start: int) -> bool:
    return re.search(
        r"\b(?:not|nor|never|rather than|instead of|no)\b|n't", said[max(0, start - 30) : start]
    ) is not None or (re.search(r"ではな|でな|だけでは|では足り|条件とされて", said[start : start + 16]) is not None)


def _third_acts(said: str, cited: Cited) -> bool:
    """Allies, industry, universities … intend or lead what the participants intend or lead."""
    if not cited.addresses:
        return False
    if _FOREIGN.search(said) and not re.search(r"allies|partners|not limited to", cited.english):
        return not re.search(r"\b(?:no|not|nor|without)\b|ない|ません|ず", said)
    acts = [match for match in _THIRD_ACTS.finditer(said) if not _HELPED.search(said[: match.start()])]
    acts += _THIRD_ACTS_JA.finditer(said)
    return any(_BOTH_BY_NAME.search(said[: match.start()]) is None and not _passed_on(said, match) for match in acts)


def _passed_on(said: str, act: re.Match[str]) -> bool:
    """Whether the participants themselves act behind a third that is named first."""
    rest = said[act.start() :]
    subject = re.search(
        r"(?:参加者|両国|両者|双方|両政府)(?:は|が)|\b(?:by|that|which|,) (?:the |"
        r"both )?participants\b",
        rest,
    )
    return subject is not None


def _one_sided(said: str) -> bool:
    """One side falls into line with the other, or is left out of what is said of both; the document has neither."""
    adapts = any(side_of(match["one"]) != side_of(match["other"]) for match in _ADAPTS.finditer(said))
    return adapts or _NOT_FOR_ONE.search(said) is not None


def _one_sets_date(said: str, cited: Cited) -> bool:
    """A date that both determine is left to one."""
    if "mutually determine" not in cited.english:
        return False
    return any(not _spoken_against(said, match.start()) for match in _DATE_BY_ONE.finditer(said))
