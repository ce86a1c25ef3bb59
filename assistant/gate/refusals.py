"""Refusal without a negation: giving up, keeping out, slowing down or leaving as it is what the text wants to grow."""

import re

_REFUSAL = re.compile(
    r"\b(?:(?:keep|kept|stay|stayed) away|barr(?:ed|ing|s)\b|exclud\w+|rul(?:es?|ed|ing) out|"
    r"curb\w*|refus\w+|reject\w*|abandon\w*|weaken\w*|oppos\w+|prohibit\w*|"
    r"prevent\w*|bann?(?:ed|ing|s)?\b|suspend\w*|"
    r"halt\w*|discourag\w+|scal(?:e|ed|ing) back|phas(?:e|ed|ing) out|relax\w*|loosen\w*|dismantl\w+|block(?:s|"
    r"ed|ing)?\b|stop(?:s|ped|ping)?\b|ceas\w+|avoid\w*|den(?:y|ies|ied)|left? out|leav\w+ out|drop(?:s|ped|"
    r"ping)?\b|forbid\w*|"
    r"withdraw\w*|isolat\w+|slow(?:s|ed|ing)?\b|hinder\w*|restrict\w*|limit(?:s|ing)?\b|shrink\w*|cut(?:s|"
    r"ting)? back|downgrad\w+|ignor\w+|neglect\w*|hamper\w*|delay\w*|undermin\w+|impair\w*|worsen\w*|diminish\w*|"
    r"suspension\w*|disband\w*|dissolv\w*|disregard\w*|dismiss\w*|deter(?:s|red|ring)?\b|inhibit\w*|obstruct\w*|"
    r"imped\w*|"
    r"decoupl\w*|disengag\w*|retreat\w*|scrap(?:s|ped|ping)?\b|repeal\w*|revok\w*|revers(?:e|ed|ing|al)\b|"
    r"roll(?:ed|ing|s)? back|"
    r"curtail\w*|freez\w*|frozen|cool(?:ed|ing) off|loos(?:er|en)\b|lowered|lowering|water(?:ed|ing) down|"
    r"tear\w* down|"
    r"pull(?:s|ed|ing)? (?:back|away)|cancel\w*|sideline\w*|resist\w*|thwart\w*|stifl\w*|harm(?:s|ed|ing|ful)?\b|"
    r"damag\w*|"
    r"detriment\w*|drift(?:ing)? apart|compet(?:e|ing|ition) (?:with|against|between)|rival\w*|"
    r"narrow(?:s|ed|ing)?\b|reduc\w+|decreas\w+|mistrust\w*|distrust\w*|conceal\w*|separat\w+|independently|"
    r"(?:left|leav\w+|set(?:s|ting)?) aside|omit\w*|overlook\w*|skip(?:s|ped|ping)?\b|bypass\w*|shelv(?:e|es|"
    r"ed|ing)\b|"
    r"refrain\w*|keep(?:s|ing)? out\b|wound down|wind(?:s|ing)? down|irrelevant|unimportant|unnecessary|needless)|"
    r"\b(?<!\bin the )(?:end(?:s|ed|ing)?|terminat\w+|discontinu\w*|quit\w*|giv(?:e|es|ing) up|clos(?:e|es|ed|"
    r"ing) (?:down|off)) "
    r"(?:the|their|its|this|all|any|ongoing|longstanding|strong|joint|shared|existing|further|such)\b|"
    r"\bkeep(?:s|ing)? [^.;,]{0,40}\bout of\b|\b(?:left|leav\w+|go(?:es)?|stays?) without\b|終わらせ|"
    r"(?<!署名を)終え|終了|解消|不(?:参加|支持|同意|可能|承認|適用|関与|干渉|介入|利益|一致|信)|反対|まい(?=[。、]|$)|"
    r"除外|外され|外れ|排除|禁止|禁じ|中止|停止|縮小|弱め|緩和|緩め|拒否|拒む|廃止|抑制|撤廃|妨げ|見送|打ち切|"
    r"やめ|止め|減速|後退|排し|制限|反対|遅らせ|狭め|弱体化|阻害|分断|悪化|独自に|別々に|ばらばら|不要|不必要|非公開|否定|"
    r"軽視|放置|放棄|手放|断念|"
    r"(?:協力|対象|枠組み?|取組|議題|範囲|視野|想定|項目|目標|関心)(?:の)?外(?!国|務|部|交|国)|抑え|締め出|封じ|"
    r"閉ざ|凍結|撤退|"
    r"脱退|決裂|対立|断ち切|断絶|縮め|低下|損な|損ね|妨害|阻止|拒絶|引き下げ|冷え|鈍化|逆行|離反|引き揚げ|取りやめ|"
    r"認めな|現状(?:の|を|に)?(?:まま|維持|とど)|据え置|にとどめ|区切り|幕を(?:引|下)|別の道|別々の道|手を引|縁を切|"
    r"距離を[置取保]|まま(?:に|と|で)|固定され|白紙|後回し|"
    r"\b(?:put|placed|kept|stays?|remains?) on (?:hold|ice)\b|\bon the back burner\b|\bwhere (?:it|they) (?:is|are)\b|"
    r"\b(?:leav\w+|left) [^.;,]{0,40}\b(?:alone|unaddressed|unchecked|to (?:itself|themselves|others|chance))\b|"
    r"\b(?:closed|shut) to\b|\bset in stone\b|\b(?:un(?:alter|change)able|immutable|irrevocable|frozen)\b|"
    r"\bas signed\b|"
    r"輪の外|蚊帳の外|外に置|圏外|\b(?:to|at) an end\b|\bend to\b|\bkept (?:out|from|away|back|off)\b|\b(?:hold|"
    r"held|holding) back\b|"
    r"\bshut out\b|\bturn(?:s|ed)? away\b|"
    r"\b(?:withh[eo]ld|spurn|shun|forgo|renounc|relinquish|sever(?:s|ed|ing)?\b|unwind|dilut|erod|depriv|eas(?:e|ed|ing)\b|"
    r"lighten|soften|slacken|postpon|paus(?:e|ed|ing)\b|interrupt|sacrific|ced(?:e|ed|ing)\b)\w*|"
    r"控え|先送り|先延ばし|薄め|途絶|引き下が|遠のけ|退け|突き放|遮断|閉じ|骨抜き|空洞化|撤回|取り下げ|切り離|隔離|敵対|競い合|"
    r"\barm's length\b|\bdistinct from\b|\bapart from (?:each|one another|the other)\b|"
    r"\bseparate ways\b|\bgo(?:es|ing)? (?:its|their) own way|\bpart(?:s|ed|ing)? ways\b|\bstatus quo\b|"
    r"\b(?:let|lets|letting) [^.;,]{0,40}\blapse\b|\bas (?:it|they) (?:is|are|stands?)\b(?=[.,;]|$)|"
    r"(?:より|さらに)?(?:狭く|弱く|遅く|低く|緩く|浅く|少なく|疎に|軽く|甘く|薄く|細く|後回しに)(?:する|す|し|なる|保)|"
    r"減らす|減らし|削減|弱く|遠ざけ|疎遠|棚上げ|見合わせ|対象外|含まず|除き、|(?<!取り)除[くかい]"
)


def refuses(said: str, held: str) -> bool:
    """Whether a plain claim has a word of refusal that its sentences (``held``, plain) have in no form."""
    return any(match.group() not in held and not _close(match.group(), held) for match in _REFUSAL.finditer(said))


def _close(word: str, held: str) -> bool:
    """Words the document itself uses of debris, threats and the end of the memorandum."""
    if re.match(r"stop|ceas|withdraw|やめ|打ち切|中止|廃止", word):
        return "discontinu" in held
    if re.match(r"harm|damag|deter|resist|avoid|block|inhibit|反対|損", word):
        return re.search(r"mitigat|threat|protect|safeguard|secur|resilien", held) is not None
    if re.match(r"end|terminat|discontinu|quit|終|解消", word):
        return "discontinu" in held or "remediat" in held
    if re.match(r"cancel|revers|revok|scrap|repeal|取りやめ|脱退", word):
        return "discontinu" in held
    if re.match(
        r"抑え|lower|減|limit|curb|restrict|cut|reduc|decreas|diminish|抑制|止め|prevent|制限|減ら|削減|narrow", word
    ):
        return re.search(r"mitigat|limited|remediat", held) is not None
    return re.match(r"separat|independent|別々", word) is not None and "respective" in held
