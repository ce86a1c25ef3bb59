"""Scope: no claim may close an open list, widen or narrow whom a sentence is about, or drop its if."""

import re

from assistant.gate.actors import names_one_side
from assistant.gate.contrast import affirmed
from assistant.gate.harmless import NO_CONSENT
from assistant.gate.marks import JP, US, side_of
from assistant.gate.record import Cited
from assistant.gate.words import plain

_ONLY = re.compile(
    r"^just\b(?! (?:as|like|what|how|after|before)\b)|"
    r"\b(?:only|just(?= (?:the|these|those|one|two|three|four|five|an?|on|in|for|with|by)\b)|"
    r"(?:covers?|concerns?|involves?|includes?|names?|lists?|means?|applies to|about) "
    r"just\b(?! (?:as|like|what|how|that))|strictly (?:limited|confined|bilateral|between|for|to)|definitive|"
    r"nowhere else|no (?:further|additional)|limit(?:s|ing)? (?:\w+ ){0,4}to|restrict(?:s|ing) (?:\w+ ){0,4}to|"
    r"reserved (?:for|to)|wholly|solely|exclusive(?:ly)?|sole|uniquely|merely|single|(?:limited|restricted|confined|"
    r"narrowed) (?:\w+ )?to|nothing (?:but|else|more)|none other|no (?:other|others|one else)|exhaustive(?:ly)?|"
    r"alone|complete list|full list|closed list|to the exclusion of|unilateral(?:ly)?|singlehandedly|"
    r"single-handedly|on (?:its|their) own(?= [.]|[.,;]|$)|by (?:itself|themselves)|entirely|purely|"
    r"not extend beyond|other than|leav\w+ out|excluding|except(?:ing)?|apart from)\b|"
    r"(?<!できる)(?<!出来る)だけ|のみ|に限(?:り|られ(?!な|ませ|ず)|って|る(?!もの|わけ))|限定(?:され(?!な|ませ|ず)|"
    r"列挙(?!では)|した|"
    r"して|する)|唯一|専ら|もっぱら|単独|独占|以外(?:は|の|に)(?![^。]*(?:排除|除外|可能|あり得|含ま|対象に))|に限定|絞(?:ら|り|っ)|に限った"
)
_UNDER_ONE_LAW = re.compile(
    rf"\b(?:limited|confined|restricted|only|just) (?:to )?(?:under )?(?:the )?(?:{US}|{JP}|\b(?:us|domestic|"
    r"international|national)\b)(?:'s)? (?:domestic )?laws?\b"
)
_HARMLESS_ONLY = re.compile(
    r"(?:not|n't|isn't|neither|never|without) (?:\w+ ){0,4}(?:only|just|merely|solely|exclusive(?:ly)?|limited to|"
    r"restricted to|confined to|tied (?:only )?to|exhaustive|complete|closed|final|finite|the (?:only|sole))|"
    r"(?:not|n't|cannot) (?:\w+ ){0,7}alone|"
    r"\bnon-?exhaustive\b|\bnon-?exclusive\b|"
    r"rather than (?:an? |the )?(?:exhaustive|closed|complete|full|final|finite|fixed|limited)|"
    r"(?:only|merely|just) (?:an? )?(?:examples?|illustrat\w+)|(?:intention|aim|goal|example)s? only|"
    r"only (?:that|asks?|as applicable|\"?as applicable|says?|speaks?|stat\w+|intend\w*|an? (?:intention|intent|"
    r"recognition)|express\w*|\"intend|should|may|\"should|\"may|expected)|"
    r"(?:merely|simply) (?:stat\w+|says?|express\w*|intend\w*|records?|reflect\w*)|"
    r"(?:だけ|のみ)(?:でなく|では?な[くい]|ではあり|ならず)|だけが[^。]{0,14}(?:わけ|もの|の)では(?:なく|な|"
    r"あり)|だけでも|限(?:られ(?:ない|ません|ず|る(?:もの|わけ))|らず|らない)|限定(?:列挙)?(?:では|されない|されません|"
    r"されず|するもの)|"
    r"一方(?:的)?だけ(?:では|でも)|にとどま|限られてい(?:ない|ません)|限定されてい(?:ない|ません)|一つだけでは|限定(?:する|される)(?:と|もの|わけ)(?:は|では)?[^。、]{0,6}(?:ない|ません|なく|ず)"
)
_OPENED = re.compile(  # words of exclusion that a claim itself takes back
    r"(?:に|だけ|だけに|のみに)限(?:られ|ら|定され)[^。]{0,6}(?:ない|ず|ません)|without excluding|"
    r"not exclud\w+|以外(?:の|に|"
    r"も)[^。]*(?:も|含)|"
    r"(?:それ|これ)(?:ら)?だけに限|more than the ones|other than (?:those|the ones) (?:listed|named)"
)
_OPEN_LIST = re.compile(
    r"(?:not|n't|without being) (?:\w+ )?limited to (?:these|those|the ones|what is)|(?:もの|それ|"
    r"これ|分野)(?:ら|だけ)*に限(?:られない|らない|らず)"
)
_LISTS = re.compile(r"\b(?:includ\w+|such as|like|other|following|limited)\b")
_ONLY_WITH_CONDITION = re.compile(
    r"only (?:(?:comes?|kicks?|applies|matters?|used|relevant|arises?|becomes?) (?:\w+ ){0,3}?)?"
    r"(?:if|when|where|once|after|upon|by|with|through|takes? effect|becomes?|begins?|starts?|in (?:case|"
    r"writing|the event)|on )|(?:場合|とき|時|決定|書面)(?:に|で|によって|により)?(?:のみ|だけ|に限)"
)
_ALL = re.compile(
    r"\b(?:all|every|any|entire(?:ly)?|whole|everyone|everything|everywhere|always|universal(?:ly)?|unlimited|"
    r"without exception|completely|fully|each and every|anyone|any (?:and )?all|people around the world|"
    r"the world over|around the globe|humanity|mankind)\b|"
    r"すべて|全て|全ての|全世界|あらゆる|世界中|全員|常に|完全に|例外なく|無制限|いかなる|どの(?:国|分野)も|"
    r"全分野|全面的|世界の人々|人類|各国すべて"
)
_EVERYBODY = re.compile(
    r"\b(?:all (?:people|humankind|humanity|nations|countries|citizens of the world)|people around the world|"
    r"the world over|around the globe|humanity|mankind|every (?:country|nation)|(?:exports?|adoption|sold|"
    r"sales) worldwide)\b|世界の人々|全人類|人類|世界中|すべての国|全ての国|あらゆる国"
)
_ALWAYS = re.compile(  # no sentence bears these by another word
    r"\b(?:always|universal(?:ly)?|unlimited|without exception|in every (?:case|field|area|sector|discipline)|"
    r"in all (?:of )?(?:the |these |those )?(?:\w+ ){0,3}(?:cases|fields|areas|sectors|disciplines)|"
    r"(?:any|every) (?:other )?(?:country|nation|state)|(?:all|every|"
    r"any) (?:other )?(?:\w+ )?(?:bod(?:y|ies)|agenc(?:y|ies)|laborator(?:y|ies)|technolog\w+|sectors?|fields?|"
    r"disciplines?|areas?|industr\w+|institutions?|companies|universit\w+|partners?)|"
    r"any (?:kind|form|sort|type|manner) of|in any (?:form|way|manner))\b|"
    r"(?:どんな|どのような|いかなる)(?:形|方法|手段|種類|決定)|例外なく|無制限|常に|"
    r"(?:すべて|全て|あらゆる|全)の?(?:標準化団体|団体|子ども|分野|技術|部門|産業|機関|企業|大学|国|パートナー)"
)
_HELD_ALL = re.compile(
    r"\b(?:all|any|every|full|throughout|global|nothing|each|whole|universe|across)\b|全|いかなる|世界"
)
_ALL_HARMLESS = re.compile(
    r"(?:すべて|全て|全部)(?:を|が|は)?[^。、]{0,4}(?:網羅|列挙|尽く)[^。、]{0,8}(?:ない|ません|なく|ず)|"
    r"\b(?:first of|above) all\b|\b(?:are|were|is|be) all\b|(?:\bnot|n't) (?:at )?all\b|\bat all\b|"
    r"\ball (?:in the|are|of (?:which|these|"
    r"this|them)|three|four|five|"
    r"six|the while|part|in|mentioned|listed|named|meant|intended|among|come|figure|appear|count)\b|"
    r"\bany (?:cooperation|collaboration|such|change|modification|work|discontinuation|activit\w+|notice|"
    r"spending|money|funds?|existing|obligation\w*|legal\w*|rights?|duty|expenditure|commitment\w*|time|side|"
    r"participant)\b|"
    r"\b(?:each|every) (?:of the|side|participant|country|government|other|case|one|two|nation)\b|\bwhole\b|"
    r"all-photonic\w*|全体として|すべての?(?:項目|段階)|全(?:文|体|般|国|光|\d+)"
)
_SETTLED = re.compile(  # an open list told as a whole one
    r"\b(?:consists? (?:only )?of|made up of|in total|altogether|amounts? to|complete (?:list|set|roster)|"
    r"full (?:list|set|roster)|"
    r"whole (?:list|set)|nothing beyond|(?:list|matter|scope) (?:ends|stops) (?:there|here)|closed|finite|"
    r"the (?:whole|entirety|totality) of (?:the|it|this)|all there is|"
    r"\ball (?:that|which) (?:the|there|it)\b[^.;,]{0,40}\b(?:is|are|covers?|includes?|has)\b|"
    r"(?:ends?|stops?|finish(?:es)?) (?:with|at) (?:those|these|what|the (?:list|ones)))\b|"
    r"で構成され|から成る|からなる|で全部|ですべて|で全て|に尽き|打ち止め|それで終わり"
)
_CHIEFLY = re.compile(
    r"\b(?:chiefly|mainly|primarily|principally|first and foremost|predominantly|mostly|above all|largely)\b|"
    r"主に|主として|とりわけ|何よりも|中心に|中心として"
)
_EITHER = re.compile(
    r"\b(?:either|one|any one|a single|unilateral\w*|just one)\b(?! of the (?:areas|goals|things|aims|ways|items|"
    r"topics|points|subjects|fields))|いずれか|どちらか|片方|一方(?:の|が|だけ|のみ)|一か国|単独"
)
_BOTH = re.compile(
    r"\b(?:both|two|together|jointly|mutual\w*|joint)\b|双方|両方|両者|両国|両政府|そろ|揃|共同|日米|お互い|二者|"
    r"ともに|両参加者|両当事者|両側|両|互い"
)
_CONSENT = re.compile(  # what nobody needs who may leave on its own
    r"\b(?:consent|approval|permission|assent|go-ahead|sign-off|blessing|acceptance)\b|同意|承認|許可|了承|承諾"
)
_END = re.compile(
    r"\b(?:discontinu\w*|end(?:s|ed|ing)?|terminat\w*|withdraw\w*|leav\w+|quit\w*|wants? out|pull out|cancel\w*|"
    r"stop\w*)\b|終了|やめ|打ち切|離脱|終わら|終え"
)
_CHANGE = re.compile(r"\b(?:modif\w*|chang\w*|amend\w*|revis\w*|alter\w*)\b|修正|変更|変え|改正|改訂|見直")
_SIGN = re.compile(r"\b(?:operat\w*|effect\w*|sign\w*|start\w*|begin\w*|force|appl\w+)\b|運用|署名|発効|効力|開始")
_CONDITION = re.compile(
    r"\b(?:if|when|where|unless|failing|absent|otherwise|without|fallback|fall back|default|no (?:such |mutual |"
    r"mutually |common |agreed )?(?:\w+ )?date|cannot|can't|unable|in case|in the absence|should the|lacking|"
    r"provided|not (?:\w+ ){0,2}(?:agree|determine|decide|set)\w*|else|until|only|whenever|fail(?:s|ing)?|or)\b|"
    r"n't|\b(?:backstop|back-up|backup|alternative\w*|instead|then|last resort|deadlock|disagree\w*|impasse|next)\b|"
    r"代わり|次善|不調|まとまら|折り合|不一致|一致しな|そうでな|"
    r"無理|なら(?!な|び)|場合|とき|時は|なければ|ないと|さもな|決まら|決められ(?:な|ず)|できなけれ|できない|できず|ないなら|限り|"
    r"又は|または|もしくは|あるいは|か、|でき(?:ぬ|ん)"
)
_WHATEVER = re.compile(
    r"\b(?:in (?:any|every|all) (?:cases?|events?)|no matter (?:what|whether|if|when)|regardless|whatever happens)\b|"
    r"(?:どんな|どのような|いかなる|あらゆる|すべての|全ての)場合(?:で|に)?も?|いずれにせよ|必ず"
)
_HALF_CHOICE = re.compile(r"^(?!.*(?:180|百八十|できな|できず|なけれ|半年)).*相互に決定する日に、?又は")
_CLOCK = re.compile(r"\bclock\b")
_COUNTED_FROM = re.compile(r"\b(?:runs?|counted|counts?|reckoned) from\b|数え|起算|起点")
_BEGINS = re.compile(r"\b(?:commenc|beg[ia]n|start|take)\w*|開始|始ま")
_ALONE = r"[^.;,]{0,60}\b(?:alone|unilaterally|by itself|on (?:its|their) own)\b"
_ONE_CANNOT = re.compile(  # one is not enough: that both are needed
    rf"\b(?:neither|no (?:one |single )?(?:participant|side|government|country|party))\b{_ALONE}|"
    r"\b(?:only |just )?(?:one|either|single)\b[^.;,]{0,30}\b(?:(?:is|are) not (?:enough|sufficient)|cannot)\b"
    rf"(?:{_ALONE})?|"
    r"(?:一方|片方)[^。、]{0,16}では、?[^。、]{0,14}(?:ず|ない|ません)|"
    r"(?:一方|片方|単独)(?:の参加者|の国|の政府)?(?:だけ|のみ)?(?:の(?:判断|意思|決定|都合))?で(?!き)"
    r"[^。、]{0,16}でき(?:ず|ない|ません)"
)
_PHASE = re.compile(r"\b(?:phase|stage)s?\b|段階|フェーズ|工程")
_WHOLE = re.compile(
    r"\b(?:all|every|throughout|each|whole|entire|across|full|start to finish|beginning to end|complete|"
    r"different|various|first [^.;]{0,30}\blast)\b|最初から最後|全|すべて|各|あらゆる|通じ|一貫|様々"
)
_LED = re.compile(r"(?:-| )?led\b(?! (?:to|us))|\bleads?\b|が?主導|がリード|率い")
_WRITTEN = re.compile(r"\b(?:oral|verbal|orally|verbally|by phone|informal\w*)\b|口頭|電話で|口約束")


def changes(claim: str, cited: Cited) -> bool:
    """Whether a claim is about more, or about less, than the sentences it cites."""
    said = affirmed(plain(claim), cited)
    return (
        _closes(said, cited)
        or _widens(said, cited)
        or _one_for_both(said, cited)
        or _drops_condition(said, cited)
        or _narrows(said, cited)
        or _leads_alone(said, cited)
        or names_one_side(claim, cited)
        or _changes_alone(said, cited)
    )


def _closes(said: str, cited: Cited) -> bool:
    """Only, solely, だけ, 限り … where no cited sentence says so."""
    if _OPEN_LIST.search(said) and not _LISTS.search(cited.english):
        return True  # open or closed, no cited sentence has a list
    # Where the sentence has others beside those it names, a claim may say so.
    bare = _OPENED.sub(" ", said) if re.search(r"not limited to|\bother\b", cited.english) else said
    bare = _ONE_CANNOT.sub(" ", _HARMLESS_ONLY.sub(" ", bare))
    if re.search(r"\b(?:if|when|by written)\b", cited.english):
        bare = _ONLY_WITH_CONDITION.sub(" ", bare)
    if "all-photonics" in cited.english:
        bare = re.sub(r"光だけ|(?:entirely|purely|only|solely) (?:on|by|with) light", " ", bare)
    if "either participant" in cited.english:  # each may do it on its own
        bare = re.sub(
            r"\b(?:alone|unilaterally|single|on its own)\b|単独|(?:一方|片方|一国)(?:の[^、。]{1,4})?だけ", " ", bare
        )
    if re.search(r"nothing|does not|within the respective|duplicate", cited.english):
        bare = re.sub(r"\b(?:solely|purely|entirely|confined to|limited to|only within)\b", " ", bare)
        bare = re.sub(
            r"in english only|only in english|only english|english (?:only|alone)|"
            r"english is the (?:only|sole) language|"
            r"英語のみ|英語だけ",
            " ",
            bare,
        )
    if _UNDER_ONE_LAW.search(said) and "domestic laws of either" in cited.english:
        return True
    held = cited.everything.replace("not limited to", " ").replace("限られない", " ")
    return any(match.group() not in held for match in _ONLY.finditer(bare))


def _widens(said: str, cited: Cited) -> bool:
    """All, every, あらゆる … where the cited sentences have no such word."""
    if _EVERYBODY.search(said) and not _EVERYBODY.search(cited.everything):
        return True
    bare = _ALL_HARMLESS.sub(" ", said)
    if "cooperation under this moc" in cited.english:  # which is all there is
        bare = re.sub(
            r"\b(?:everything|all (?:of )?(?:the |their |this |its )?(?:cooperation|work|activities))\b", " ", bare
        )
    if any(match.group() not in cited.everything for match in _ALWAYS.finditer(bare)):
        return True
    return _ALL.search(bare) is not None and _HELD_ALL.search(cited.everything) is None


def _one_for_both(said: str, cited: Cited) -> bool:
    """Either for both and both for either, in sentences on signature, change and end."""
    english = cited.english
    for held, topic in (("both participants have signed", _SIGN), ("written decision of both", _CHANGE)):
        if (
            held in english
            and topic.search(said)
            and _EITHER.search(_unsaid(said))
            and "either participant" not in english
        ):
            return True
    if "either participant may discontinue" in english and "both" not in english and _END.search(said):
        said = NO_CONSENT.sub(" ", said)
        return _CONSENT.search(said) is not None or (
            re.search(
                r"\b(?:both|two) (?:\w+ )?(?:participants|sides|governments|countries|parties) (?:must|have to|"
                r"need to|should|may|can|together|jointly)\b[^.;]{0,30}(?:discontinu|end|terminat|agree|decid|"
                r"consent)|"
                r"\b(?:mutual|joint) (?:agreement|decision)|\bjointly (?:end|discontinu|terminat)|"
                r"with the agreement of|only (?:both|together|jointly)|"
                r"(?:双方|両国|両政府|両者|両参加者)[^。]{0,12}(?:合意|同意|一致|そろ|揃|"
                r"決定)[^。]{0,12}(?:必要(?!は?な|はあり)|なければ|により|によって|した場合|すれば)",
                _unsaid(said),
            )
            is not None
        )
    return False


def _unsaid(said: str) -> str:
    """A claim without what it only denies ("both, not just one")."""
    return re.sub(
        r"(?:\b(?:not|no)|n't)\b[^.;,]{0,24}\b(?:both|one|either|alone)\b|(?:双方|両方|一方|"
        r"片方)[^。、]{0,14}(?:では?な|必要は?な|必要はあり)",
        " ",
        _ONE_CANNOT.sub(" ", said),
    )


def _drops_condition(said: str, cited: Cited) -> bool:
    """The 180 days never without their if."""
    said = _WHATEVER.sub(" ", said)
    return (
        "180 days" in cited.english
        and not (_CLOCK.search(said) or (_COUNTED_FROM.search(said) and not _BEGINS.search(said)))
        and re.search(r"180|百八十|one hundred and eighty|half a year|six months|半年|6か月|六か月", said) is not None
        and not _CONDITION.search(said)
    ) or ("180 days" in cited.english and _HALF_CHOICE.search(said) is not None)


def _narrows(said: str, cited: Cited) -> bool:
    """One phase for all phases; chiefly; by word of mouth for in writing."""
    if _SETTLED.search(_HARMLESS_ONLY.sub(" ", said)) and re.search(
        r"\bincluding\b|\bother\b|\bsuch as\b|\blike\b|\binclude\b|focus areas for collaboration",
        f"{cited.english} {cited.headings}",
    ):
        return True
    if "all phases" in cited.english and _PHASE.search(said) and not _WHOLE.search(said):
        return True
    chiefly = () if re.search(r"\bfocus|\bkey\b|priorit|leading|essential", cited.english) else (_CHIEFLY,)
    return any(p.search(said) and not p.search(cited.everything) for p in (*chiefly, _WRITTEN))


def _leads_alone(said: str, cited: Cited) -> bool:
    """One side leads, or exports, what the sentence has both lead or export."""
    if not re.search(r"unitedstates and japan", cited.english):
        return False
    for match in _LED.finditer(said):
        before, after = said[max(0, match.start() - 36) : match.start()], said[match.end() : match.end() + 45]
        if re.match(r" (?:\w+ )?by\b", after):
            near = re.split(r"[;.]|, (?!and\b|as well|together)", after, maxsplit=1)[0]
        else:
            near = before
        sides = {side_of(m.group()) for m in re.finditer(f"{US}|{JP}", near)}
        if len(sides) == 1 and not re.search(r"日米|両|both", near):
            return True
    sides = {side_of(m.group()) for m in re.finditer(f"{US}|{JP}", said)}
    return len(sides) == 1 and re.search(r"日米|両|双方|参加者|\bboth\b|\btwo\b|participants", said) is None


def _changes_alone(said: str, cited: Cited) -> bool:
    """One side modifies, or signs, what both modify or sign together."""
    if _BOTH.search(said) or "either participant" in cited.english or "signed at" in cited.english:
        return False
    held = {"written decision of both": _CHANGE, "both participants have signed": _SIGN}
    topics = [topic for words, topic in held.items() if words in cited.english]
    alone = len({side_of(m.group()) for m in re.finditer(f"{US}|{JP}", said)}) == 1
    return alone and any(topic.search(said) for topic in topics)
