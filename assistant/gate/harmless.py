"""Negations that deny nothing a sentence says: an open list, a duty that is none, consent that nobody needs."""

import re

from assistant.gate.contrast import affirmed
from assistant.gate.record import Cited
from assistant.gate.words import plain

DUTY_NOT_DENIAL = re.compile(
    r"なけれ?ばな(?:らない|りません|らず)|ねばな(?:らない|りません)|なくてはな(?:らない|りません)|ざるを得ない|"
    r"に過ぎない|にすぎない|に違いない|かもしれない|に他ならない|にほかならない|だけでなく|のみならず|"
    r"ばかりでなく|のみでなく|に留まらず|にとどまらず|少なくとも|間もなく|まもなく|に関わらず|にかかわらず|"
    r"絶え間ない|絶え間なく|絶えず|たゆまぬ|途切れることなく|途切れなく|切れ目(?:の)?ない|切れ目なく|揺るぎない|"
    r"かけがえのない|"
    r"変わらず|変わらぬ|少なからず|ほかならない|滞りなく|支障なく|間断なく|例外ではない|とどまらない|"
    r"を問わず|必ず|問わず|欠かせない|欠かせません|やむを得ない"
)
# Openness of a list, and the limits of a duty: denials that every sentence of the document bears.
OPEN = re.compile(
    r"(?:\b(?:not|never|nor)|n't) (?:\w+ ){0,2}(?:ruled out|excluded|closed off|left out|shut out|precluded|"
    r"prevented|limiting)\b|"
    r"(?:排除|除外|否定|妨げ|排斥|禁止)(?:され|する|し|られ)?(?:てい|るもので|もの)?(?:は|では)?(?:ない|ません|"
    r"ず|なく|ありません)|"
    r"(?:\b(?:not|never)|n't) (?:be )?(?:\w+ ){0,4}(?:only|just|merely|solely|limited|confined|restricted|exhaustive|"
    r"exclusive)\b|(?:\b(?:not|never)|n't) (?:be )?(?:\w+ ){0,2}(?:tied|closed|complete|final|fixed|frozen|carved|"
    r"set in stone|immutable|unchangeable|permanent|"
    r"the only|the sole|all)\b|"
    r"\brather than (?:an? |the )?(?:exhaustive|closed|complete|full|final|finite|fixed|limited)\b|"
    r"\bnothing (?:\w+ ){0,4}(?:final|closed|exhaustive)\b|\bwithout being (?:named|listed|specified|mentioned)\b|"
    r"\bwithout excluding\b|\bnon-?(?:exhaustive|exclusive|binding)\b|\bno exhaustive\b|\bwithout (?:limitation|"
    r"being limited)\b|"
    r"\bno(?:t|thing)? (?:fewer|less) than\b|\bnot least\b|"
    r"(?:\b(?:not|never)|n't) (?:\w+ ){0,2}(?:the|a) limit\b|"
    r"\b(?:nothing|nowhere|no \w+)\b[^.;,]{0,50}\b(?:confin|limit|restrict|clos|exclud|rul)\w*\b|"
    r"(?:\b(?:not|never)|n't) (?:\w+ ){0,3}(?:confin|limit|restrict|exclud|clos|stop|end)\w*\b[^.;,]{0,30}"
    r"\b(?:list\w*|nam\w+|disciplines|fields|areas|these|those|following)\b|"
    r"(?:\b(?:not|never)|n't) (?:\w+ ){0,2}(?:stop|end|finish)\w* (?:at|with|there|here)\b|"
    r"\bnot (?:as )?(?:a )?limit(?:s|ations?)?\b|限られるわけでは(?:ない|なく|ありません)|"
    r"(?:書かれ|挙げられ|列挙され|例示され)ていない(?:分野|もの|項目)[^。、]{0,6}も|"
    r"(?:抜け|漏れ|落ち|外れ)[^。、]{0,4}(?:ておらず|ていない|ていません|てはいない)|"
    r"限られ(?:ない|ません|ず|る(?:もの|わけ)では(?:ない|なく|ありません))|限ら(?:ない|ず|れてい)|限定(?:列挙)?(?:されない|されません|されず|"
    r"されてい(?:ない|ません)|(?:する|される)(?:と|もの|わけ)(?:は|では)?[^。、]{0,6}(?:ない|ません|なく|ず)|では?な|で(?:は)?ありません|するものでは)|限定的(?:なもの)?で(?:は)?な[いく]|だけ(?:では|"
    r"が[^。]{0,12}わけでは)な|のみでは?な|に?とどまらない|"
    r"網羅[^。、]{0,8}(?:ない|なく|ません|ず)|固定(?:され)?(?:た|て(?:は)?い)?(?:もの(?:で)?は?)?(?:ない|ません|あり得ず)|これだけでは"
)
_NO_DUTY = re.compile(
    r"(?:not|no|never|neither|nor|without|nothing|rather than|n't)\b[^.;]{0,40}\b(?:bind\w*|bound|oblig\w*|"
    r"commit\w*|commitments?|promis\w*|duty|duties|guarantee\w*|requir\w*|mandat\w*|enforce\w*|must|shall|treaty|"
    r"pledge\w*|force\w*)|"
    r"(?:義務|約束|拘束|保証|確約|強制|条約)[^。、]{0,16}(?:ない|ません|なく|ず)"
)
_ONE_SIDED = re.compile(
    r"\b(?:neither|no (?:one |single )?(?:participant|side|government|country|party))\b[^.;,]{0,60}\b(?:alone|"
    r"unilaterally|by itself|on (?:its|their) own)\b|"
    r"\b(?:one|either|single|alone)\b[^.;,]{0,30}\b(?:(?:is|are|be) not (?:enough|sufficient)|cannot)\b|"
    r"(?:一方|片方)[^。、]{0,16}(?:だけ|のみ)?では、?[^。、]{0,14}(?:ず|ない|ません)|"
    r"(?:一方|片方|単独)(?:だけ|のみ)?(?:の(?:判断|意思|決定|都合))?で[^。、]{0,16}でき(?:ず|ない|ません)|"
    r"(?:not|n't|no)\b[^.;,]{0,24}\b(?:both|joint\w*|consent|approval|agreement|alone|just one|only one|one)\b|"
    r"(?:双方|両方|両者|そろって|同意|合意|一方)[^。、]{0,16}(?:必要は?(?:ない|ありません|なく)|なくても|"
    r"では?なく|だけでは)"
)
NOT_AT_ONCE = re.compile(  # what is not to happen at once happens
    r"(?:\bnot|n't|\bnever) (?:\w+ ){0,4}?(?:immediate(?:ly)?|at once|right away|forthwith|overnight)\b|"
    r"(?:直ち|即時|即座|すぐ|ただち)に[^。、]{0,10}?(?:わけ|もの|の)?では?(?:なく|ない|ありません)"
)
_NOT_WITHOUT = re.compile(  # what needs both does not come without both
    r"\b(?:no|not|cannot|never|nothing|neither)\b[^.;]{0,60}\b(?:without|unless|except (?:by|with)|absent|"
    r"until)\b[^.;]{0,40}"
    r"\b(?:both|writ\w+|sign\w*|joint\w*|decision)|"
    r"(?:なければ|なしに(?:は)?|なくして(?:は)?|ない限り|なしでは)[^。]{0,20}(?:ない|ません|ず)"
)
_NOT_ANEW = re.compile(  # what was there before is built on
    r"(?:\bnot|n't|\brather than|\binstead of)\b[^.;:]{0,24}\bfrom (?:zero|scratch|nothing)\b|"
    r"(?:\bnot|n't)\b[^.;:,]{0,20}\b(?:start\w*|begin|new|the first)\b(?: here| now| with (?:this|it))?|"
    r"(?:今回|これ|本moc|この覚書)が(?:初めて|最初)[^。、]{0,6}(?:なく|ない|ありません)|"
    r"(?:新し|新た)[^。、]{0,10}では?なく|(?:ゼロ|白紙|一)から[^。、]{0,10}(?:では?な|のでは|わけでは)(?:く|い|ありません)?"
)
NO_CONSENT = re.compile(
    r"\b(?:without|need not|regardless of|needs? no|not needing|"
    r"neither (?:\w+ ){0,2}?needs?)\b[^.;]{0,30}\b(?:other\w*|consent|approval|"
    r"agreement|permission|"
    r"both|joint\w*|wait\w*)|"
    r"\b(?:no|not) (?:\w+ ){0,2}?(?:permission|consent|approval|agreement)\b|"
    r"\b(?:permission|consent|approval|agreement)\b[^.;,:]{0,30}?(?:\bnot\b|n't|\bnever\b)[^.;,:]{0,24}|"
    r"(?:同意|合意|承認|了解|許可|了承|承諾)[^。、]{0,8}(?:(?:条件|"
    r"前提)[^。、]{0,6}(?:ていません|ていない|ていず|では)|なしに|なしで|を待たず|を得ず|不要|なく|"
    r"[要い]り?(?:ません|らない|らず)|必要[はが]?(?:ない|ありません|なく))"
)
_NO_DATE = re.compile(
    r"\bnone can\b|\b(?:no|without|not|cannot|can't|failing|absent|unable|fails?|n't|"
    r"neither)\b[^.;,]{0,30}\b(?:date|agree\w*|"
    r"determin\w*|that|decide\w*|settle\w*|so|done|mutual\w*|day|consensus|set|fix)|"
    r"\bif (?:they|both|the \w+|it|this) (?:cannot|can't|do not|don't|fail)\b|\b(?:rather than|"
    r"instead of) (?:the |after )?180|(?:failing (?:that|this)|if not|"
    r"if (?:that|this|it) fails|"
    r"absent (?:that|this|one))|"
    r"無理|(?:決(?:ま|め|定)|合意|一致|判断)[^。]{0,10}(?:ない|なけれ|ません|ず|なかっ)|ない(?:場合|とき)|なければ"
)
_SILENT = re.compile(  # what the text leaves open is no denial of what it says
    r"\b(?:(?:does|do|did|is|are)(?: not|n't)|without|not|never) (?:\w+ly )?(?:sa(?:y|ying)|nam(?:e|ed|ing)|specif\w+|"
    r"mention\w*|stat(?:e|ed|ing)|giv(?:e|en|ing)|detail\w*|defin\w+|spell\w*|explain\w*|set(?:ting)?)"
    r"(?: (?:out|any|down|exactly|further))* ?(?:how|when|who|which|what|where|why|whether|by whom|details?|"
    r"any further|"
    r"more|others?)\b|"
    r"(?:どの|いつ|誰|何|どこ|なぜ|どう|具体)[^。、]{0,16}(?:書かれて|述べられて|示されて|定められて|触れて|"
    r"特定されて|明示されて)(?:は)?"
    r"(?:いない|いません|おらず)"
)


def without(claim: str, cited: Cited) -> str:
    """The plain claim without those of them that its sentences bear."""
    bare = DUTY_NOT_DENIAL.sub(" ", affirmed(plain(claim), cited))
    for harmless in (OPEN, _NO_DUTY, _SILENT, NOT_AT_ONCE):
        bare = harmless.sub(" ", bare)
    if re.search(r"existing|longstanding|ongoing", cited.english):
        bare = _NOT_ANEW.sub(" ", bare)
    if "either participant" in cited.english or "both participants" in cited.english:
        bare = _ONE_SIDED.sub(" ", bare)
        bare = _NOT_WITHOUT.sub(" ", bare) if "either participant" not in cited.english else NO_CONSENT.sub(" ", bare)
    if "cannot mutually determine" in cited.english:
        bare = _NO_DATE.sub(" ", bare)
    return bare
