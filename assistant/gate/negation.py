"""Negation: what the cited sentences deny the claim must deny, and it may deny nothing that they say."""

import re

from assistant.gate import harmless, refusals
from assistant.gate.contrast import without_reply
from assistant.gate.record import Cited
from assistant.gate.support import support
from assistant.gate.words import clauses, plain

_NO = (
    r"\b(?:not|no|nothing|none|never|neither|nor|without|cannot|nobody|no one|nowhere|non-?(?:binding|legally|"
    r"exhaustive|exclusive)|free of|lacks?|absent|"
    r"rather than|instead of|hardly|scarcely|barely|rarely|seldom|(?<!a )little (?=\w)|fails?|"
    r"failing|wrong to|mistaken? to|incorrect to|misread\w*|refus\w+|declin\w+|exempt|nonbinding|untouched|unaffected|"
    r"intact|unchanged|unaltered|voluntary)\b|n't\b"
)
_NO_JA = (
    r"(?:(?<!かもしれ)(?<!に違い)ない(?!うち|し[、は])|ません|なく(?!て(?:は|も)な)|なかっ|なけれ(?!ばな)|"
    r"(?<![あわかさたなはまら]な)(?<=[わかさたなはまらせ])ず(?=[、。にと]|$)|"
    r"ずに|ざる|なし|非拘束|非排他|無(?!線|限|人|償)|ぬ(?=[。、]))"
)
_NEGATION = re.compile(f"{_NO}|{_NO_JA}")
_OUTSIDE = re.compile(
    r"枠(?:組み)?を(?:離れ|外れ|はずれ|飛び)|\b(?:outside|beyond) (?:of )?(?:the|their|each|its|any)\b|"
    r"範囲(?:外|を超え)|枠(?:組み)?(?:外|を超え|"
    r"の外|にとらわれ|"
    r"に縛られ)"
)
_NOT_OUTSIDE = re.compile(
    r"(?:\bnot|n't|\bnever|\bneither|\bno|\bnor|\bnothing|\bwithout) (?:\w+ ){0,5}?(?:go|going|reach|step|"
    r"stepping|happen|"
    r"take place|extend|fall|lie|be|is|are) (?:beyond|outside)\b|"
    r"(?:枠(?:組み)?|範囲)を(?:超え|越え|は?み出)[^。、]{0,10}(?:ない|ません|ず)"
)
_BEFORE_SIGNING = re.compile(
    r"\b(?:before|prior to|without|regardless of|ahead of)\b[^.;]{0,30}\b(?:sign\w*)|署名(?:する|した|の|される|"
    r"をする)?(?:前|以前)|署名を待た|署名なし"
)
_UNTIL_SIGNED = re.compile(
    r"\b(?:until|unless|before|without|as long as)\b[^.;]{0,40}\bsign\w*|署名(?:する|した|が済む|が終わる|が揃う|"
    r"がそろう)?(?:まで|前)|"
    r"署名(?:しない|がない|し?なければ|がなければ)(?:限り|と)?|署名(?:し|が|を)?(?:なくても|なくとも|せずに?|なしで?)"
)
_CONDITION_DENIED = re.compile(r"\bif [^,;.]*\bcannot\b[^,;.]*|[^、。]*(?:できない|得ない)(?:場合|とき)")
_IF_DETERMINED = re.compile(
    r"\b(?:if|when|where|once|whenever)\b[^.;]{0,40}\b(?:determine|agree|decide|set|settle|fix|choose)\w*|"
    r"(?:決定|合意|決め|一致)[^。、]{0,10}(?:場合|とき|時|れば|たら)"
)
_OTHERWISE = re.compile(
    r"\b(?:or|otherwise|failing|else|absent|unless|without|no|not|fail\w*|unable|lacking|"
    r"rather|instead)\b|n't|cannot|"
    r"又は|または|なければ|ない|でき(?:ず|ません)|さもな|ません|ず、|もしくは|あるいは|か、"
)
_CORE = (  # the sentences that deny: what they deny, in both languages
    (
        re.compile(r"does not create legally binding"),
        re.compile(
            r"\b(?:creat|impos|establish|aris|giv\w* rise|generat|confer|produc|bind|oblig|bound|right)|生じ|"
            r"生み|発生|創設|課|拘束|権利|義務"
        ),
    ),
    (
        re.compile(r"nothing in this moc is intended to affect"),
        re.compile(
            r"\b(?:affect|chang|alter|influenc|modif|impact|supersed|replac|overrid|amend|effect|touch)|影響|"
            r"変更|変え|改正|左右|優先|及ぼ|取って代|置き換|上書|見直|"
            r"\b(?:yield|giv\w* way|prevail|precedence|priority)"
        ),
    ),
    (
        re.compile(r"nothing in this moc commits"),
        re.compile(
            r"\b(?:commit|spend|spent|expenditure|fund|money|pay|oblig|financ|cost)|義務|支出|資金|お金|約束|"
            r"拠出|支払"
        ),
    ),
)


_LEFT_ALONE = re.compile(  # what is denied, said without a negation
    r"\b(?:remain\w*|stay\w*|continu\w+|keep\w*|left|leav\w+|stand\w*)\b[^.;]{0,40}\b(?:as (?:it|they|before)|"
    r"alone|in place|outside|"
    r"in force|in effect|standing|valid|the same|apply|untouched|open|voluntary|optional|up to|free|to (?:each|"
    r"the))\b|"
    r"\b(?:free (?:of|from)|short of|devoid of|absence of|zero)\b|"
    r"そのまま|維持され|存続|変わらず|任意|自由|有効なまま|引き続き"
)
_KEEPS_OUT = re.compile(  # a frame that is said to be none
    r"(?:\bnot|n't|\bnever|\bwithout being|\bneither|\bnor|\brather than) (?:\w+ ){0,5}?(?:confined|limited|"
    r"restricted|tied|bound|constrained|"
    r"held)\b|"
    r"枠(?:組み)?[^。、]{0,12}(?:限られ|縛られ|制約され|限定され|拘束され|とどま)[^。、]{0,4}(?:ない|ません|ず)"
)
_IN_PART = re.compile(  # what is denied altogether, denied of a part
    r"\bnot (?:all|every)\b|(?:すべて|全て|全部)(?:の[^。、]{1,10})?(?:が|を|に)[^。]{0,24}(?:わけでは|とは限)"
)
_OTHERS_OUT = re.compile(  # what an open list does not name, said to stand outside
    r"\b(?:beyond|other than|besides|outside|not (?:on|in|among)|unlisted|unnamed|no other|any other|further|"
    r"more|rest)\b"
    r"[^.;]{0,60}\b(?:fall\w* outside|(?:is|are|be|stay\w*|remain\w*|left|lie\w*) (?:out\b|outside|excluded|"
    r"off)|not (?:part|covered|included|meant|intended|open|eligible|allowed|considered))|"
    r"(?:ほか|他|以外|外|その他|載って(?:い)?ない|挙がって(?:い)?ない|書かれて(?:い)?ない)(?:の(?:分野|もの|領域|項目))?"
    r"(?:は|に(?:は|ついては))?[^。]{0,24}(?:入りません|入らない|含まれません|含まれない|扱いません|扱わない|及びません|及ばない|"
    r"行いません|行わない|ありません(?!し)|対象外|枠外|範囲外|外れ)"
)
_ARISES_JA = re.compile(
    r"(?:義務|権利|拘束力)(?:だけ|のみ)?(?:は|も)[^。、]{0,6}(?:生じる|生じます|発生する|発生します|ある|あります|負う|負います)"
    r"(?=。|、|$|が、)"
)
# Of sentences that only deny, a claim without any of these affirms something, or names what they are about.
_DENIES_SOMEHOW = re.compile(
    f"{_NEGATION.pattern}|{_LEFT_ALONE.pattern}|\\bnon-?\\w*|"
    r"\b(?:deal\w*|about|concern\w*|address\w*|cover\w*|mention\w*|speak\w*|spoken|deni\w+|deny|exclud\w+|rul\w+ out|"
    r"disclaim\w*|spar\w+|free|question|subject|topic|refer\w*|limit\w*|respect\w*|preserv\w*|intact|only|merely)\b|"
    r"否定|除外|触れ|言及|尊重|扱|述べ|規定|話題|テーマ|無|不|非|免|排"
)
_NEITHER_MAY = re.compile(  # what either may, told as what neither may
    r"\b(?:neither|no (?:single )?(?:participant|side|government|country|party))\b[^.;,]{0,24}\b(?:may|can|"
    r"could|is (?:free|able|"
    r"allowed|permitted) to) (?:discontinu|end|leav|terminat|withdraw|walk|pull)\w*(?![^.;]{0,60}\b(?:force|"
    r"prevent|stop|block))"
)
_ONE_MAY_NOT = re.compile(  # what one may do on its own, told as what it may not
    r"\b(?:cannot|can not|may not)\b[^.;,]{0,30}\b(?:by (?:only |just )?one|alone|unilaterally|on its own|by itself)\b|"
    r"(?:一方|片方|単独)[^。、]{0,24}(?:終了|やめ|離脱)[^。、]{0,12}(?:でき|認められ|許され)(?:て(?:は)?い)?(?:ない|ません|ず)"
)
_POLAR = re.compile(r"いかなる[^。、]{0,12}も、?")  # begins a denial; without one at its end it turns it around
_KEPT_DENIED = re.compile(  # existing agreements that do not stay as they are
    r"(?:\bnot|\bno longer|n't|\bnever|\bcease\w* to|\bfail\w* to|\bstop\w*) (?:\w+ ){0,2}?(?:stay|remain|"
    r"keep|continue|stand|"
    r"leave|preserve|survive|endure|hold|untouched|unaffected|unchanged|intact|apply)|"
    r"(?:そのまま|維持|存続|残|有効|継続)[^。、]{0,10}(?:ない|ません|なくな|ず)"
)
_EXEMPT = re.compile(  # the notice as what may be left out
    r"\b(?:needs? not|needn't|(?:do|does) not (?:need|have) to|(?:don't|doesn't) (?:need|have) to|no need to|"
    r"free not to|without having to) (?:\w+ )?(?:tell|notify|inform|give|provide|send|write|put|announce|deliver)|"
    r"\bwithout (?:first )?(?:telling|notifying|informing)\b|\bwithout (?:\w+ ){0,5}?(?:notice|notification)\b|"
    r"(?:通知|知らせ|書面)[^。、]{0,14}(?:必要は?な|必要はあり|不要|なくても|せずとも|しなくて)"
)
_DENIED_TWICE = re.compile(
    r"(?:\b(?:not|nothing|never|no)|n't)\b[^.;,]{0,40}\b(?:keeps?|stops?|prevents?|frees?|reliev\w+|releas\w+|"
    r"exempts?|excus\w+|"
    r"spares?|shields?)\b[^.;,]{0,40}\bfrom\b|(?:\b(?:not|never)|n't) (?:\w+ )?(?:lacks?|without|non-?(?:binding|"
    r"legally))|"
    r"\b(?:wrong|mistaken?|incorrect|untrue|false)\b[^.;,]{0,60}\b(?:not|no|nothing|never|free)\b|"
    r"\bbut (?:it )?(?:does|do) (?:so|create|bind)\b|(?<!なら)(?<!れば)ないわけでは|なくはな|ないとは(?:言|"
    r"い)え|ないこともな|ないとは限"
)


def denied(text: str, start: int, end: int) -> bool:
    """Whether a word of a plain text stands under a negation: before it in its clause, or after it in Japanese."""
    begin = max(
        text.rfind(mark, 0, start)
        for mark in (".", ";", ":", "。", " but ", " yet ", " although ", ", though ", " while ", "、一方", "ものの")
    )
    before = re.sub(r", ?(?:though|although|albeit|if|but) not [^,]*,", " ", text[max(begin, 0) : start])
    after = re.split(r"[。.;]|一方|ものの|けれど|が、| but | yet | although ", text[end:], maxsplit=1)[0][:60]
    clean = harmless.DUTY_NOT_DENIAL.sub("", after)
    return (
        re.search(_NO, before) is not None
        or re.search(rf"{_NO_JA}|(?:is|are|was|were|do|does) not|n't|\b(?:none|nothing)\b", clean) is not None
    )


def flips(claim: str, cited: Cited) -> bool:
    """Whether a claim denies what its sentences say, or says what they deny."""
    said = without_reply(plain(claim))
    if "not limited to" in cited.english and _OTHERS_OUT.search(said):
        return True
    if _KEEPS_OUT.search(said) and "legal framework" in cited.english:
        return True
    core = [topic for sentence, topic in _CORE if sentence.search(cited.english)]
    if _POLAR.search(said) and _NEGATION.search(said) is None:
        return True
    if core and (_DENIED_TWICE.search(said) or _IN_PART.search(said)):
        return True
    if "should provide written notice" in cited.english and _EXEMPT.search(said):
        return True
    if "does not create" in cited.english and _ARISES_JA.search(said):
        return True
    if "nothing in this moc is intended to affect" in cited.english and _KEPT_DENIED.search(said):
        return True
    if "either participant may" in cited.english and (_NEITHER_MAY.search(said) or _ONE_MAY_NOT.search(said)):
        return True
    if (
        core
        and len(core) == len(cited.addresses)
        and not _DENIES_SOMEHOW.search(said)
        and support(claim, cited).anchored
    ):
        return True
    if core:
        return _LEFT_ALONE.search(said) is None and any(_affirms(said, topic) for topic in core)
    if "both participants have signed" in cited.english and _UNTIL_SIGNED.search(said):
        # Not before both have signed is what the sentence says; what it is not, without their signing.
        return _NEGATION.search(_UNTIL_SIGNED.sub(" ", said)) is None
    bare = harmless.without(claim, cited)
    if "legal framework" in cited.english:
        said, bare = _NOT_OUTSIDE.sub(" ", said), _NOT_OUTSIDE.sub(" ", bare)
    held = cited.everything
    if _NEGATION.search(bare) and not (_negative(held)):
        return True
    if "legal framework" in cited.english and _OUTSIDE.search(said):
        return True
    if "both participants have signed" in cited.english and _BEFORE_SIGNING.search(said):
        return True
    if "cannot mutually determine" in cited.english and _turns_condition(said):
        return True
    return refusals.refuses(bare, held)


def left_alone(said: str, cited: Cited) -> bool:
    """Whether a plain claim leaves existing agreements as they are, which is what its only sentence says of them."""
    return (
        cited.english.startswith("nothing in this moc is intended to affect")
        and len(cited.addresses) == 1
        and _LEFT_ALONE.search(said) is not None
    )


def _turns_condition(said: str) -> bool:
    """The 180 days where a date can be determined, instead of where it cannot."""
    if re.search(r"180|百八十|one hundred and eighty", said) is None:
        return False
    conditions = [match.group() for match in _IF_DETERMINED.finditer(said)]
    return bool(conditions) and _OTHERWISE.search(said) is None and not any(_NEGATION.search(c) for c in conditions)


def _negative(held: str) -> bool:
    """Whether the cited text denies anything beside the openness of a list."""
    bare = harmless.OPEN.sub(" ", harmless.DUTY_NOT_DENIAL.sub(" ", held))
    bare = _CONDITION_DENIED.sub(" ", bare)
    bare = bare.replace("but not limited to", " ").replace("限られない", " ")
    return _NEGATION.search(bare) is not None


def _affirms(said: str, topic: re.Pattern[str]) -> bool:
    """A clause that names what is denied, in a claim with no negation in or before that clause."""
    text = harmless.DUTY_NOT_DENIAL.sub(" ", said)
    touching = [clause for clause in clauses(text) if topic.search(clause)]
    if not touching:
        return False
    return not any(_NEGATION.search(clause) for clause in touching) and not _opens_denied(text, touching[0])


def _opens_denied(text: str, clause: str) -> bool:
    """Whether a negation stands before the clause in its sentence (``Nothing in it … affects``), or after it."""
    place = text.find(clause)
    sentence_start = max(text.rfind(mark, 0, place) for mark in (". ", "。", "; "))
    rest = re.split(r"[.。;]", text[place:], maxsplit=1)[0]
    return _NEGATION.search(text[max(sentence_start, 0) : place]) is not None or _NEGATION.search(rest) is not None
