"""The ladder of modal verbs, English and Japanese: a claim may not stand higher on it than the sentence it cites.

may < should < expected to < intend(ed) to < will / shall / must / agreed. The text of record holds none of the top
rung, so a claim that does has strengthened it; so has one that tells an intention as a plain fact.
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
            r"\b(?:will(?! of\b)|shall|must|(?:have|has|had|having) to|(?:is|are) (?:going|bound|set|sure|"
            r"certain|due|destined) to|needs? to|"
            r"(?:(?:is|are|be|been|being|was|were|both|each|has|have) )?(?:\w+ly )?(?:required|obliged|obligated|"
            r"mandated|compelled|duty-bound|committed|pledged|sworn|contracted)|"
            r"mandat(?:es?|ory|ing)|compulsory|requires?|agrees?(?! with\b)|agreed|agreeing|commits?|committing|"
            r"committed|commitments? (?:to|that|by|from|of)|"
            r"promis(?:e[ds]?|ing)(?= (?:to\b|that\b|not\b|each\b|one\b|japan|both\b|the (?:us\b|united|other|"
            r"participants|two)))|"
            r"(?:participants|sides|governments|countries|nations|states|both|they|japan|washington|tokyo) "
            r"(?:\w+ly |also |both |have |has )?promis(?:e|es|ed|ing)|"
            r"a promise|promises (?:by|from|of) (?:the )?(?:participants|japan|the united|both)|pledg(?:e[ds]?|"
            r"ing)|vow(?:s|ed)?|swear|guarantee(?:s|d|ing)?|undertakes?|undertook|undertaken to|undertaken|"
            r"undertaking to|certain to|automatic(?:ally)?|inevitabl[ey]|definitely|without fail|"
            r"obligations?|obligat(?:es?|ory)|obliges?|duty|duties|resolved to|decided (?:to|that|on)|decide to|"
            r"determined to|firmly|bound to|"
            r"(?:is|are|was|be) (?:settled|held (?:to|by)|subject to)|to which (?:\w+ ){1,4}(?:is|are) held|"
            r"owe[ds]?|incumbent|falls? (?:to|on|upon) (?:the |both |each |"
            r"japan)|no choice but|non-negotiable|insists?|surely|certainly|undoubtedly|resolves? to|"
            r"(?:bound|binds?|binding|obliges?|commits?) (?:itself|themselves)|in return for|responsible for|"
            r"ha(?:s|ve) (?:already )?(?:established|launched|begun|started|"
            r"created|built|set up|achieved|completed|implemented|adopted|deepened|expanded|secured|approved)|"
            r"(?<!area )(?<!aim )(?<!goal )(?<!focus )(?<!point )(?<!topic )(?<!purpose )(?<!element )(?<!item )"
            r"(?<!task )"
            r"(?:is|are) (?:now |already |currently )?(?:collaborating|cooperating|working together|building|"
            r"deepening|expanding|launching|implementing))\b|\w'll\b"
        ),
    ),
    (Modality.INTENDED, re.compile(r"\b(?:intends?|intended|intentions?|aims?|plans?|wish(?:es)?|seeks?)\b")),
    (Modality.EXPECTED, re.compile(r"\b(?:expected|expects?|anticipated)\b")),
    (Modality.SHOULD, re.compile(r"\b(?:should|ought)\b")),
    (Modality.MAY, re.compile(r"\b(?:may|can|could|might)\b")),
)
_JAPANESE: tuple[tuple[Modality, re.Pattern[str]], ...] = (
    (
        Modality.BOUND,
        re.compile(
            r"(?:なけれ?ばなら(?:な|ず)|なけれ?ばなりません|ねばな(?:ら|り)|ねばならず|なければいけ|"
            r"なくてはな(?:ら|り)|べく義務|義務を?負|義務があ|義務として|義務であ|義務です|の義務|義務が(?:課|"
            r"生じ)|責務|責任を負|"
            r"必要(?:とされ|である|です|だ(?!け)|とな)|要する|義務付け|義務づけ|義務を課|求められ(?:る|て)|"
            r"必要があ(?:る|り)|合意し|合意する|合意済|合意され|"
            r"確定(?:し(?:た|て|ま)|され|済)|(?<![条要規契予倹節])約(?:し(?:て|た|ま)|する|され)|"
            r"合意に達|合意が|で合意|と合意|約束(?:し|する|され|です|である|を|が|だ)|約定|誓約|誓い|確約|"
            r"保証(?:する|し|され)|"
            r"必ず|ものとする|ものとし(?!て)|こととする|こととし(?!て)|ことになる|ことになっ|ことにな(?:り|った|"
            r"ります)|こととな(?:る|り|っ)|決定(?:した(?!日)|しました|している|しています|され|済)|"
            r"決め(?:た(?!日)|ました|ている)|決ま(?:った|りました|っている|っています)|同意(?:し|する|済|が|を)|"
            r"了承し|承諾し|取り決め(?:た(?!日)|ました|てい)|申し合わせ|自動的に|間違いなく|確実に(?![すし])|"
            r"コミットし|コミットする|"
            r"運び(?:です|だ|である|とな)|公約|断言|強制|しなくてはいけ|実施されている(?!と)|既に(?:開始|実施|合意)|すでに(?:開始|実施|合意)|"
            r"(?:する|した|とする)(?:ことにし|運びと)|べし|ねばなら|必須|定められて|規定されて|決意し|要求され|"
            r"不可避|ざるを得な)"
        ),
    ),
    (Modality.INTENDED, re.compile(r"(?:意図|意向|方針|目指|予定|つもり|考えで)")),
    (Modality.EXPECTED, re.compile(r"(?:見込|想定|期待され)")),
    (Modality.SHOULD, re.compile(r"(?:べきで|べきと|べきもの|べきだ|べきこと|望ましい)")),
    (Modality.MAY, re.compile(r"(?:できる|できます|し得る|しうる|可能|得る。)")),
)
# Words of the top rung that bind nobody: a shared commitment is a noun of the text, "nothing … commits" denies it,
# and the existing Agreement is the name of another instrument.
_HARMLESS = re.compile(
    r"shared commitments?(?: to)?|(?:joint|common|mutual) commitments?(?: to)?|"
    r"existing (?:\w+[ -]){0,8}?agreements?|agreements? between|\bagreements?\b|"
    r"\b(?:nothing|neither|nor|(?:no|not|never|without|nobody|no one|free of|free from|short of|don't|doesn't|"
    r"cannot|isn't|"
    r"aren't|rather than|n't)\b"
    r"(?! (?:limited|only|just|merely)\b)(?![^.;]{0,60}?,[^.;]{0,60}?\b(?:will|shall|must|have to|has to)\b))\b"
    r"(?:(?:(?!\b(?:while|whereas|but|though)\b)[^.;]){0,60}?"
    r"\b(?:commit\w*|oblig\w*|bound|binding|required?|requires|agreed?|must|shall|will|promise\w*|"
    r"pledge\w*|duty|duties|guarantee\w*|have to|has to|need to|mandat\w*)\b(?: to\b| of\b)?)+|"
    r"\bcommits? (?:neither|no|nobody|none)\b|"
    r"cannot mutually determine|(?:at|by|of) will\b|\bhow (?:\w+ ){1,6}will be\b|\bgoodwill\b|\bneed to secure\b|"
    r"promises? of fusion|non-binding"
)
_HARMLESS_JA = re.compile(
    r"(?:求め|迫|強い)られ[^。、]{0,12}(?:ない|ません|なく|ず)|"
    r"(?:義務|約束|合意|拘束|保証|確約|コミット|責務|必要)[^。、]{0,24}?(?:ない|ません|なく|ず|せん)|(?:義務|"
    r"約束|拘束|保証|強制)[^。]{0,24}(?:一切|何ら|いかなる|まったく|全く)[^。]{0,20}(?:ない|ません|なく|ず)|"
    r"既存の(?:合意|協定)|共通のコミットメント|共有されたコミットメント|共通の約束|必ずしも|"
    r"(?:なければならない|なければなりません|なければいけない|必要がある|義務がある)[^。、]{0,6}(?:わけ|もの|"
    r"こと|の)(?:で|に)?は?(?:な|あり)"
)
# A duty first and its denial after it ("legally binding duties do not arise"): only where the sentence denies duties.
_DUTY_DENIED_LATER = re.compile(
    r"\b(?:dut(?:y|ies)|oblig\w+|commit\w*|bound|binding|requir\w+|promis\w+|pledge\w*|guarantee\w*)\b"
    r"(?=[^.;,]{0,70}(?:\b(?:not|no|never|nothing|neither|nowhere|none|absent)\b|n't))|"
    r"\b(?:dut(?:y|ies)|oblig\w+|commit\w*|bound|binding)\b(?=[^.;]{0,90}\b(?:none|nothing|neither)\b[^.;,]{0,12}(?:[.;]|$))|"
    r"(?<=\bwrong to )[^.;]*|(?<=\bmistaken to )[^.;]*|(?<=\ba mistake to )[^.;]*|"
    r"(?:義務|約束|拘束|保証|確約|責務|必要|強制)(?=[^。]{0,40}(?:ない|ません|なく|ず)[^。、]{0,6}(?:。|$))"
)
_DENIED_AT_END = re.compile(
    r"(?:なければ|義務|約束|必要|保証|拘束)[^。]*(?:わけ|もの|こと)(?:で)?は?(?:ない|ありません|ないと|"
    r"ないとされ)[^。、]{0,8}$"
)
# An intention told as a plain fact: a participant as the subject of a bare action, or such an action as the last word.
_ACTIONS = (
    r"collaborate|cooperate|work together|partner|expand|deepen|enhance|strengthen|promote|support|advance|"
    r"accelerate|build|develop|share|protect|"
    r"secure|invest|provide|fund|establish|continue|encourage|enable|create|harmonize|ensure|enforce|export|"
    r"share|coordinate|identify|mitigate|join"
)
_FLAT = re.compile(
    r"\b(?:participants|governments|countries|sides|nations|united states and japan|japan and the united states|"
    r"they|the two|u\.s\. and japan|unitedstates and japan|japan and the unitedstates|washington and tokyo)"
    rf"(?: also| jointly| together| both| actively| closely)* (?:{_ACTIONS})\b"
    r"(?<!share)|\b(?:participants|governments|countries|sides|nations|they) share (?!(?:a|an|the|this|one|their)? ?"
    r"(?:\w+ ){0,2}(?:commitment|interest|goal|view|recognition|priorit|mission|aim|purpose|concern))"
)
_ABLE_END = re.compile(r"ことができ(?:る|ます)[。.]?\s*$")
_SET_JA = re.compile(r"(?:する|させる|行う|決める|変える|やめる|終える)(?:ものと|ことと)(?:され|なって|定め|し[てま])")
_LISTED = re.compile(r"(?:driving|deepening|advancing|promoting|partnering)\b")
_SHOULD_END = re.compile(
    r"\bshould (?:discontinue|end|terminate|leave|withdraw)\b|(?:終了させる|終了す|終わらせる|やめる|離脱す)べき"
)
_ARE_TO = re.compile(
    r"(?<!\bif )\b(?:participants?|sides?|governments?|countries|nations|both|they|it) (?:is|are) to (?!be\b)\w+"
)
_WILL_HEDGED = re.compile(  # "it is expected that … will" says no more than "is expected to"
    r"(?P<hedge>\b(?:expect(?:s|ed|ation)?|anticipat(?:es?|ed)|foreseen|intend(?:s|ed)|intention|hope[ds]?|aim|plan|"
    r"goal|idea)"
    r"(?: is| are)?(?: that)?[ ,][^.;]{0,90}?)\bwill\b(?! (?:definitely|certainly|surely|automatically))|"
    r"(?P<need>\b(?:should|meant|supposed|wants?|intend(?:s|ed)|to) (?:(?!\b(?:and|but|or)\b)[^.;,]){0,90}?)"
    r"\bwill(?= (?:need|use|face|meet|hold|live|work)\b)|"
    r"(?:ことになる|こととなる)(?=(?:もの)?と(?:見込|想定|期待|予想))"
)
_DONE = re.compile(  # an intention told as already under way
    r"\b(?:has|have) (?:now |already |since |both |jointly )*(?:been )?(?:\w+ly )?(?:collaborated|cooperated|"
    r"expanded|deepened|"
    r"enhanced|strengthened|promoted|accelerated|built|developed|shared|protected|secured|invested|funded|launched|"
    r"created|"
    r"harmonized|harmonised|enforced|exported|coordinated|identified|mitigated|remediated|improved|advanced|refocused|fixed|settled|finali[sz]ed|"
    r"aligned|overcome|solved|removed|trained)\b|"
    r"\b(?:was|were|(?:is|are) (?:now |already |currently )?being) (?:\w+ly )?(?:expanded|deepened|enhanced|"
    r"strengthened|"
    r"promoted|accelerated|built|launched|created|harmonized|enforced|exported|identified|mitigated|remediated|"
    r"improved|"
    r"refocused|overcome|removed)\b"
)
_ACTIONS_JA = (
    r"協力|連携|推進|促進|強化|拡大|加速|構築|支援|開発|実施|確保|奨励|継続|保護|共有|軽減|特定|評価|克服|実現|"
    r"向上|深化|整備|提供|投資|協働|後押し|除去|是正|運用|育成|導入|執行|調和|展開|開始|修正|遵守|順守|通知|支出"
)
_FLAT_JA = re.compile(
    rf"(?:(?:{_ACTIONS_JA})(?:を|が)?(?:する|します|していく|していきます|される|されます|した|しました|された|"
    r"されました|している|しています|行う|行います|進める|進めます|図る|図ります)|"
    r"(?:取り組む|取り組みます|取組む|取り組んでいる|取り組んでいます|進める|進めます|進めていく|進めていきます|"
    r"深める|深めます|深めていく|広げる|広げます|守る|守ります|守っていく|促す|促します|続ける|続けます|高める|"
    r"高めます|強める|強めます|始める|始めます|"
    r"築く|築きます|整える|整えます|支える|支えます|支えられる|支えられます|減らす|減らします|後押しする|"
    r"後押しします|(?:取り組|進|深|広|守|促|続|高|強|始|築|整|支|推し進)[めげけえいみしりっ]?(?:た|だ|ました|んだ|"
    r"んでいる|ている|"
    r"ています|てきた|られている|られた)|推し進める|行われる|行われます|行われた|図る|図ります|させる|させます|"
    r"させていく|させていきます|"
    r"していきます))$"
)
_HEDGE_JA = re.compile(
    r"意図|意向|目指|方針|考え|予定|つもり|見込|想定|期待|べき|狙|目標|目的|趣旨|しよう|いこう|ようと|たい|"
    r"できる|可能|含ま|内容|書か|記|挙げ|述べ|言及|触れ|され(?:ている|ています)|うた|掲げ|という|こと(?:が|を|も|"
    r"は|に(?!よ))"
)


def modality(text: str) -> Modality:
    """The highest rung a sentence reaches, English or Japanese, with its harmless uses left out."""
    plain = _bare(text)
    return max((rung for rung, pattern in (*_ENGLISH, *_JAPANESE) if pattern.search(plain)), default=Modality.NONE)


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    # What a whole sentence denies at its end (…わけではありません) binds nobody.
    plain = "。".join("" if _DENIED_AT_END.search(part) else part for part in plain.split("。"))
    return _HARMLESS_JA.sub(" ", _HARMLESS.sub(" ", plain))


def upgrades(claim: str, evidence: str) -> bool:
    """Whether the claim binds more strongly than the sentences it cites, or tells what they intend as done."""
    held = modality(evidence)
    if _LISTED.match(evidence.casefold()):
        held = max(held, Modality.INTENDED)  # an item of a list of what is intended
    said = _WILL_HEDGED.sub(r"\g<hedge>\g<need> ", _allowed(_bare(claim), evidence.casefold()))
    rungs = {rung for rung, pattern in (*_ENGLISH, *_JAPANESE) if pattern.search(said)}
    claimed = max(rungs, default=Modality.NONE)
    if claimed == Modality.BOUND and held < Modality.BOUND:
        return True
    if held in (Modality.MAY, Modality.SHOULD) and (
        _intends(said) or (Modality.INTENDED in rungs and not rungs & {Modality.MAY, Modality.SHOULD})
    ):
        return True
    if held == Modality.EXPECTED and _intends(said) and Modality.EXPECTED not in rungs:
        return True
    if held == Modality.SHOULD and Modality.EXPECTED in rungs and not rungs & {Modality.MAY, Modality.SHOULD}:
        return True
    if held in (Modality.MAY, Modality.SHOULD) and _SET_JA.search(said):
        return True
    if "may discontinue" in evidence.casefold() and _SHOULD_END.search(said):
        return True
    if held == Modality.MAY and _ARE_TO.search(said) and Modality.MAY not in rungs:
        return True
    if held == Modality.MAY and claimed in (Modality.SHOULD, Modality.EXPECTED) and Modality.MAY not in rungs:
        return True
    if held >= Modality.EXPECTED and rungs == {Modality.MAY} and _ABLE_END.search(claim):
        return True  # told as what they can do, which the text does not say
    return held >= Modality.MAY and claimed == Modality.NONE and told_as_fact(claim)


def _intends(said: str) -> bool:
    return re.search(r"\bintend(?:s|ed|ing)?\b|\bintention\b|意図|意向", said) is not None


def told_as_fact(text: str) -> bool:
    """Whether a text tells an action of the participants as done (``協力する。``, ``both sides expand …``)."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if _FLAT.search(plain) or _DONE.search(plain):
        return True
    sentences = [part.rstrip("」』)） ") for part in plain.split("。")]
    return any(_FLAT_JA.search(part) and not _HEDGE_JA.search(part[-34:]) for part in sentences if part)


def _allowed(said: str, evidence: str) -> str:
    """A claim without top-rung words for what its sentences really make a condition or a decision."""
    if "existing agreement" in evidence:
        said = re.sub(
            r"\bagreed (?:earlier|before|previously|already|in the past)\b|(?:以前|過去に|従来)合意した", " ", said
        )
    if "mutually determine" in evidence:
        said = re.sub(
            r"\b(?:agree[ds]?|agreeing)\b(?: (?:up)?on| to)?(?! to (?!a\b|the\b|any\b))|mutual agreement|"
            r"合意(?:した|する|され(?:た|る)|でき|に至|が)|決め(?:た|る)|決定(?:し(?:た|ない)|する|され(?:た|る|"
            r"な))",
            " ",
            said,
        )
    if "written decision" in evidence:
        said = re.sub(
            r"\b(?:both|the two|each|two) (?:\w+ ){0,4}?(?:must|have to|has to|need to|needs?|agreed?|agrees|"
            r"decided?) (?:\w+ ){0,8}?(?:writing|written|together|decide|decision|agree|consent|approve)\w*|"
            r"\b(?:agree(?:d|s|ment)?|decided?) (?:\w+ ){0,6}?in writing|decided? on|(?:must|has to|"
            r"have to) be (?:\w+ )?(?:written|in writing|by both|agreed|decided|mutual|made)|requires?\b|"
            r"needs? (?:a|the|both)|is (?:only )?required|(?<!participants )(?<!sides )"
            r"(?<!governments )(?<!countries )(?<!both )(?<!they )are (?:only )?required|"
            r"[合同]意(?:した|すれば|する|が|によ|し)|決定(?:し|"
            r"する|すれば|され)|決め(?:た|れば|る)|必要(?:があ(?:る|り)|とされ|である|です|だ|とな)|"
            r"(?<!修正し)(?<!変更し)(?<!改正し)(?<!改訂し)(?<!改め)(?<!変え)なけれ?ばな(?:ら(?:な|ず)|りません)|要する",
            " ",
            said,
        )
    if "when both participants have signed" in evidence:
        said = re.sub(
            r"\b(?:must|have to|has to|need to|needs?|requires?|required) (?:\w+ ){0,6}?(?:sign\w*|both)|"
            r"will (?:become|be|begin|start|come|take|enter|go|have)|(?:署名(?:し|する|"
            r"が))[^。]{0,12}(?:なけれ?ばなら(?:な|ず)|必要(?:があ(?:る|り)|とされ|である|です|だ|とな))",
            " ",
            said,
        )
    if re.search(r"does not create|nothing in this moc", evidence):
        said = _DUTY_DENIED_LATER.sub(" ", said)
        said = re.sub(r"\bwill (?:not|never)\b|\bmust not\b", " ", said)
        said = re.sub(r"\bno (?:\w+ )*?(?:will|must|has to)\b", " ", said)
    if "shared commitment" in evidence:
        said = re.sub(r"\bcommitments? (?:to|that)\b|コミットメント|コミットして", " ", said)
    if "need to secure" in evidence:
        said = re.sub(r"\bneeds? to\b|\brequires?\b|必要(?:があ(?:る|り)|とされ|である|です|だ|とな)", " ", said)
    if "promises" in evidence:
        said = re.sub(
            r"(?<!sides )(?<!both )(?<!they )(?<!participants )(?<!have )\bpromis\w+ (?:that|to|of|a)\b"
            r"(?:[^.;,]{0,24}\bwill\b)?|約束(?:し|する|され)",
            " ",
            said,
        )
    return said
