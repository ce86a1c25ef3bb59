"""How follow-ups are worded: ordinals, turns to another topic, wishes for more, questions without a subject."""

import re
from typing import Literal

Slot = Literal["side", "area", "organisation", "topic"]
_ORDINAL_WITHIN = 50  # characters
_ORDINALS_EN = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
    "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "last": -1, "final": -1,
}  # fmt: skip
_KANJI_DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九十", 1)}
_AND = r"(?:(?:ok(?:ay)?|and|but|so|then|now|also|well)[, ]+)*"
_ORDINAL_EN = re.compile(
    rf"{_AND}(?:(?:what|how) about |explain |tell me (?:more )?about |i mean(?:t)? |what (?:is|does) "
    rf"|show (?:me )?|no,? )?"
    rf"(?:the |that )?(?:(?P<word>{'|'.join(_ORDINALS_EN)})(?: (?:one|item|point|area|sentence|part|bullet|thing"
    rf"|of (?:them|those|these)))*"
    r"|(?:item|number|no\.?|point|#)\s?(?P<digit>\d))(?: say| mean)?(?: please)?",
    re.IGNORECASE,
)
_ORDINAL_JA = re.compile(
    r"(?:では|じゃあ?|で|それでは)?[、,]?\s?(?:(?P<n>[1-9一二三四五六七八九十])(?:つ目|番目|個目|項目め|件目)"
    r"|(?P<first>最初)|(?P<last>最後))"
    r"(?:の?(?:もの|項目|文|分野|やつ|方|ところ|点))?(?:は|って|について|を)?(?:もう少し)?(?:詳しく|説明して|教えて"
    r"|何|どう)?(?:ください|ですか|下さい)?"
)
_SOME_ORDINAL_EN = re.compile(
    rf"\b(?:the|that) (?P<word>{'|'.join(_ORDINALS_EN)}) (?:one|item|point|bullet|of (?:them|those|these))\b",
    re.IGNORECASE,
)
_SOME_ORDINAL_JA = re.compile(r"(?P<n>[1-9一二三四五六七八九十])(?:つ目|番目|個目|項目め)(?:は|が|の|を|って)")
ABOUT_EN = re.compile(
    rf"{_AND}(?:(?:what|how) about|(?:is|does|do) (?:it|that|this|the same)(?: also)? (?:the same |apply |hold "
    rf"|true |work |go )+(?:for|in|to|on)|"
    r"(?:the )?same (?:question |rule |thing )?(?:for|about|with|in|on))\s(?:in |for |on |with |by "
    r"|from )?(?:the )?(?P<topic>[^?.!]{2,80}?)(?: side| part| section| area| ones?)?(?: then| too| as well)?",
    re.IGNORECASE,
)
SAME_EN = re.compile(
    rf"{_AND}(?:the )?(?P<topic>[^?.!,]{{2,40}}?)(?: too| as well| also)?,? (?:the )?same"
    r"(?: (?:rule|rules|thing|way|there|conditions?|story|right))?(?: then| too)?",
    re.IGNORECASE,
)
AND_EN = re.compile(
    r"(?:(?:ok(?:ay)?|so|then)[, ]+)?(?:and|but|or)(?: also)?,?\s(?P<in>(?:in|for|on|with|by|from|under|at"
    r"|regarding|about) )?(?:the )?"
    r"(?P<topic>[^?.!]{2,60}?)(?: side| part| section| area| ones?)?(?: then| too| as well)?",
    re.IGNORECASE,
)
BARE_EN = re.compile(
    r"(?:(?:in|for|on|with|about|regarding) )?(?:the )?(?P<topic>[^?.!]{2,40}?)(?: side| part"
    r"| section)?(?: then| too)?",
    re.IGNORECASE,
)
ABOUT_JA = re.compile(
    r"(?P<then>(?:では|じゃあ?|それでは|それなら|あと|次に?は?|そして|なら"
    r"|ならば)[、,]?\s?)?(?P<topic>[^。、?!]{1,24}?)(?:側|分野|の(?:場合|方|ほう|件"
    r"|部分))?"
    r"(?:について(?:は|も)?|に関して(?:は|も)?|だと|なら|では|でも|は|も)?(?:どう(?:ですか|でしょうか|なりますか"
    r"|なっていますか|なの)?|いかがですか|同じ(?:扱い|条件|ルール|規則|こと)?(?:ですか|なの)?"
    r"|教えて(?:ください)?)?(?:ですか)?"
)
VERB_EN = re.compile(
    r"\b(?:is|are|was|were|does|do|did|can|could|will|would|should|may|has|have|had|who|what|when|where|why|how"
    r"|which|mean|says?|work|give|tell|show)\b",
    re.IGNORECASE,
)
MORE = re.compile(
    rf"{_AND}(?:(?:can you |could you |please )?(?:tell me (?:some )?more|(?:some )?more(?: details?| please)?"
    rf"|go on|continue|elaborate|details|explain(?: more| that| further)?|"
    r"say more|(?:any|some)thing else|what else|in (?:more )?detail|for example|such as|like what)(?: on (?:that"
    r"|this)(?: one)?| about (?:that|it|this))?(?: please)?)"
    r"|(?:もっと|もう少し)?(?:詳しく|詳細|続き|もっと|具体的には|例えば|他には|ほかには|続けて)(?:は|を)?(?:説明して"
    r"|教えて|知りたい)?(?:ください|下さい|お願いします|です)?",
    re.IGNORECASE,
)
# A wish for what else stands beside the sentences shown.
BESIDES = re.compile(
    rf"{_AND}(?:is there |are there )?(?:(?:any|some)thing (?:else|more)|(?:any )?(?:more|others?)"
    r"|what else(?: is there)?|any (?:other|more|further) (?:rules?|points?|areas?|sentences?|items?|parts?))"
    r"(?: (?:under|in|on|about|to) (?:the same (?:heading|section|topic|part|subject|area|list)|(?:that|this|the) "
    r"(?:heading|section|topic|part|subject|area|list)|this|that|it|there))?(?: too| as well)?"
    r"|(?:(?:で|あと)[、,]?\s?)?(?:(?:関連する|関係する|同じ(?:分野|節|ところ|話題)の)?(?:決まり|ルール|記述|文|内容|項目|点|話|こと)?[はがも]?)?"
    r"(?:まだ|(?:ほか|他|それ以外|これ以外)(?:に(?:も|は)?)?)(?:何か|なにか|どんな(?:こと|もの))?[がはも]?"
    r"(?:書いて)?(?:ある|あります|ありません|あるの|ないの|ないん|あるん)?(?:です)?か?",
    re.IGNORECASE,
)
# What a question that leaves its subject out asks for → how it reads behind the earlier question.
_TAILS_EN: tuple[tuple[str, str], ...] = (
    (r"why(?: not| is that| so)?|how come|for what reason|because of what", "and why"),
    (r"how long(?: (?:is|does|will) (?:it|that|this)(?: take| last)?| for)?", "and how long does it take"),
    (r"(?:since |from |until )?when(?: (?:is|was|does|did|will) (?:it|that|this)(?: be| start| begin"
        r"| happen)?)?", "and when"),
    (r"(?:and )?(?:by |for |with |to )?who(?:m)?(?: (?:is|does|did|are) (?:it|that|this|they|responsible"
        r"|involved)(?: exactly)?)?", "and who"),
    (r"where(?: (?:is|was|does) (?:it|that|this))?", "and where"),
    (r"how much(?: (?:money|is it|is that|does (?:it|that) cost))?", "and how much money"),
    (r"how many(?: (?:are there|of (?:them|those|these)|days|sentences))?", "and how many"),
    (r"(?:but )?how(?: exactly| so| does (?:it|that|this) work)?|in (?:which|what) way", "and how"),
    (r"which(?: ones?| of (?:them|those|these)| one of those)?", "and which ones"),
    (r"(?:so )?what (?:does|do) (?:that|it|this|those) mean(?: exactly)?", "and what does that mean"),
    (r"(?:is|are) (?:that|this|they|those|it) (?:really )?(?:binding|mandatory|obligatory|required|a (?:duty"
        r"|must))", "and is that binding"),
    (r"and if not|if not|otherwise|or else", "and what if not"),
    (r"under (?:what|which) conditions?|on what condition", "and under which conditions"),
)  # fmt: skip
TAILS = tuple((re.compile(rf"{_AND}(?:{asked})", re.IGNORECASE), tail) for asked, tail in _TAILS_EN)
TAIL_JA = re.compile(
    r"(?:では|じゃあ?|で)?[、,]?\s?(?:それ|これ|あれ|その(?:場合|時|とき|期間|理由|目的|根拠|条件)|そこ)?(?:は|って"
    r"|が|で|には|も)?[、,]?\s?"
    r"(?:なぜ|どうして|何故|いつ(?:から|まで|頃)?|どこ(?:で|に|から)?|誰(?:が|に|と)?|だれが?|いくら|何(?:日|年|か月"
    r"|人|件|のため)(?:間|前)?(?:に|まで)?"
    r"|どの(?:くらい|ぐらい|ように|機関)|"
    r"どれ(?:くらい|ぐらい)|どうやって|どういう意味|何が|なに|どちら|どっち|いくつ|理由は?|期間は?|金額は?|場所は?"
    r"|期限は?|条件は?|拘束力はある|義務)"
    r"(?:ですか|なのですか|なんですか|でしょうか|なの|です|か|が|は|の|必要(?:ですか)?|始まる(?:の|んですか)?"
    r"|始まりますか|かかりますか|行いますか|決めますか|するの|しますか)*"
)
POINTS_BACK_EN = re.compile(
    r"\b(?:that|those|these|them|they|there)\b(?=\s*(?:[?.!,;]|$)|\s(?:is|are|do|does|did|work|cover|be|include"
    r"|mean|intend|involve|plan|want)\b)",
    re.IGNORECASE,
)
POINTS_BACK_JA = re.compile(
    r"^(?:では|じゃあ?)?[、,]?(?:その|それ(?:は|に|を|で|ら|って)|あれって|そこ(?:で|に)|これら|それら"
    r"|そちら|彼ら)"
)
LIST_LINE = re.compile(r"^\s*(?:[-*•・]|\d{1,2}[.)、])\s*(.+)$", re.MULTILINE)
LINK = re.compile(r"document#([a-z0-9.]+)")


PREDICATE_JA = re.compile(r"(?:ます|です|する|した|ある|る)か?$")

SIDES: dict[str, tuple[Slot, str, str]] = {
    form: ("side", en, ja)
    for en, ja, forms in (
        ("the United States", "米国", "the us|us|u.s.|the u.s.|usa|the usa|america|the united states|united states"
            "|the american side|the us side|american|"
         "washington|米国|アメリカ|米国側|アメリカ側|米側|米"),
        ("Japan", "日本", "japan|the japanese side|the japanese|tokyo's side|japanese|日本|日本側|日側"),
    )
    for form in forms.split("|")
}  # fmt: skip
AREAS: dict[str, tuple[str, str]] = {
    form: (en, ja)
    for en, ja, forms in (
        ("AI", "AI", "ai|artificial intelligence|人工知能"),
        ("research security", "研究セキュリティ", "research security|研究セキュリティ|研究安全保障"),
        ("telecommunications", "通信", "telecom|telecoms|telecommunications|telecommunication|5g|6g|5g/6g"
            "|beyond 5g/6g|通信|電気通信"),
        ("pharmaceuticals", "医薬品", "pharma|pharmaceuticals|pharmaceutical|biotech|biotechnology|medicines|drugs"
            "|医薬品|医薬|バイオ|バイオテクノロジー|製薬"),
        ("quantum", "量子", "quantum|quantum technology|quantum technologies|qist|量子|量子技術"),
        ("fusion", "核融合", "fusion|fusion energy|nuclear fusion|核融合|核融合エネルギー|フュージョン"),
        ("space", "宇宙", "space|outer space|宇宙|宇宙分野"),
    )
    for form in forms.split("|")
}  # fmt: skip


def ordinal(bare: str) -> int | None:
    """Which one of a row a text asks for; -1 for the last, None when that is not what it does."""
    if match := _ORDINAL_EN.fullmatch(bare):
        return _ORDINALS_EN[match["word"].lower()] if match["word"] else int(match["digit"])
    if match := _ORDINAL_JA.fullmatch(bare):
        if match["n"]:
            return _KANJI_DIGITS.get(match["n"]) or int(match["n"])
        return 1 if match["first"] else -1
    return None


def ordinal_within(bare: str) -> int | None:
    """Which one a short question with more words asks about ("why the second one?", 「二番目は何のため」)."""
    if len(bare) > _ORDINAL_WITHIN:
        return None
    if match := _SOME_ORDINAL_EN.search(bare):
        return _ORDINALS_EN[match["word"].lower()]
    if match := _SOME_ORDINAL_JA.match(bare):
        return _KANJI_DIGITS.get(match["n"]) or int(match["n"])
    return None
