"""Words of judgement: what a question that wants an opinion tends to say.

Too weak to decline a question by themselves (a document, too, can "think" something "important"), and strong beside the
classifier's word: together they tell a wish for a verdict from a question about what the text says.
"""

import re

_WORDS = (
    r"\b(?:your|ur) (?:\w+ )?(?:honest |personal |own |gut |best )?(?:opinions?|views?|take|guess|verdict|"
    r"assessment|prediction|forecast|advice|recommendation|gut(?: feeling)?|hunch|impressions?|bet|"
    r"money)\b(?! (?:of the document|as stated))",
    r"\b(?:best guess|gut feeling|gut instinct|hot take|educated guess|in all honesty|be honest|"
    r"honestly(?:,| speaking)|frankly|realistically)\b",
    r"\b(?:how likely|what are the (?:odds|chances)|any chance (?:of|that)|is it (?:likely|realistic|"
    r"naive|wise|smart|fair|right|moral|ethical|dangerous|foolish|sensible|reasonable|hypocritical|"
    r"a mistake|a good idea|a bad idea|overkill|too (?:late|weak|vague|optimistic|ambitious|"
    r"soft)))\b(?! (?:listed|mentioned|stated))",
    r"\bshould (?:i|we|people|citizens|taxpayers|voters|investors|anyone|everyone|students|companies|"
    r"europe|china|korea|congress|the diet)\b",
    r"\bshould (?:japan|the us|the u\.s\.|america|tokyo|washington|the united states|the government|"
    r"both countries) (?:have|be|not|ever|trust|pull|push|sign|join|do|care|rather|worry|fear|ask|insist|"
    r"demand|regret)\b",
    r"\b(?:persuasive|op-?ed|convincing essay|debate speech|argue (?:for|against|that)|make the case|"
    r"pros and cons|strengths and weaknesses|criticis[em]|critique|biggest (?:flaw|weakness|problem|risk|"
    r"mistake|winner|loser)|weakest (?:part|point|link|section)|most (?:overrated|underrated|impressive|"
    r"disappointing|exciting|boring|useless|worrying))\b",
    r"\b(?:any good(?=[,.?!]|$)|worth (?:it|anything|the|signing|reading|celebrating|getting|my|all)|good (?:deal|idea|"
    r"thing) for|bad (?:deal|idea|thing) for|win-win|a (?:joke|scam|sham|sell-?out|game[- ]changer|"
    r"disaster|triumph|milestone|failure|success)\b|empty (?:words|promises|talk)|hot air|window dressing|"
    r"photo[- ]?op|pr stunt|lip service|toothless|meaningless|pointless|one-sided|lopsided)\b",
    r"\bwho (?:really |actually |truly )?(?:wins|benefits|gains|profits|loses|won|got the|gets more|"
    r"has the upper hand|comes out)\b|\bwhich (?:side|country|one) (?:really |actually )?(?:wins|benefits|"
    r"gains|profits|loses|is better off|got)\b|\bbetter (?:off|partner|deal|than)\b|"
    r"\bwinners? and losers?\b",
    r"\bwill (?:it|this|the (?:deal|moc|memorandum|pact)|they|any of (?:it|this)|it all|that) (?:really |"
    r"actually |ever )?(?:work|succeed|fail|last|survive|matter|happen|help|hurt|change anything|"
    r"make (?:a difference|us|japan|me)|be enough|pay off|collapse|backfire)\b",
    r"\b(?:predict|forecast|speculate|imagine)\b|\bwhat would happen to the world\b|\bin (?:ten|five|"
    r"twenty|10|5|20) years(?:'? time)?\b.*\b(?:will|be)\b",
    r"\b(?:recommend(?:ations?)?|advise|advice)\b.*\b(?:me|us|you|i|my)\b|\bwould you (?:say|sign|buy|"
    r"call|rather|prefer|bet|be)\b|\bwhich (?:part|section|area|topic|sentence|field) (?:do you|would you|"
    r"is (?:the )?(?:best|most|worst))\b|\bfavou?rite\b",
    r"\b(?:rate|grade|score|rank)\b[^?]{0,50}\b(?:out of|1 to 10|scale|stars|best|worst|importance)\b|"
    r"\bout of (?:ten|10|five|5|100)\b",
    r"\b(?:i (?:think|feel|believe|suspect|bet|doubt)|am i (?:wrong|right)|convince me|change my mind|"
    r"surely|isn'?t (?:it|this|that) (?:just |a bit |rather |really )?(?:a |too |all )?(?:naive|weak|"
    r"risky|dangerous|one-sided|empty|propaganda|hype|pointless|vague|unfair|silly))\b",
    r"予想|予測を|どう(?:見ます|見る|見てい|評価|なると思)|評価(?:して|は[??]?$|をお|すると|でき(?:ます|る))|(?:と|って)思(?:いますか|う[??。]?$|いません|"
    r"わない|うんだけど|うけど|うのですが)|お(?:すすめ|勧め|薦め)|アドバイス|助言",
    r"意味(?:が|は)?(?:ない|ある(?:の|ん|と)|あるの|なくない|なさそう)|(?:べき|方がいい|ほうがいい)(?:です(?:か|よね)|でしょうか|かな|だった|でした|だと|"
    r"なの(?:か|でしょう)|では|じゃない|[??]$)|好きな|嫌い|感想|(?:賛成|反対)(?:の立場|派|ですか|する|意見)|説得力|何点|点数|星いくつ|ランキング|順位",
    r"将来性|(?:得|損)(?:を?する|しそう|なの|だった|した)|勝ち負け|勝者|敗者|(?:成功|失敗|実現|期待)(?:する(?:の|か(?:な|[??]|し)|と|でしょ|だろ)|しそう|"
    r"できそう)|うまく(?:いく|行く|いき)|本当に(?:実現|成功|役に立|必要|大丈夫|守)|大丈夫(?:です|なん|かな|でしょ)|(?:甘|弱|緩|ゆる)すぎ|(?:危険|危なく|不公平|"
    r"不平等|無意味|無駄|茶番|口先|絵に描いた餅|時代遅れ|大げさ|楽観的)(?:じゃ|では|すぎ|です(?:か|よね)|な(?:の|ん)|だ)|メリット(?:と|・)?デメリット|批判(?:して|を|"
    r"的)|弱点|欠点|問題点|率直|正直(?:なところ|言って|に)|ぶっちゃけ|本音|可能性は(?:何|高|低|どの|あり)|見込みは(?:あ|高)|信用でき|信頼できると|従属|損得|"
    r"どっちが(?:得|上|優(?!先)|強|勝|有利|損|良|いい)|どちらが(?:得|上|優(?!先)|強|勝|有利|損|良|いい|より)",
)
_COMPILED = re.compile("|".join(f"(?:{words})" for words in _WORDS), re.IGNORECASE)


def sounds_like_opinion(text: str) -> bool:
    """Whether a cleaned question uses words of judgement, advice, prediction or taste."""
    return _COMPILED.search(text) is not None


# Who asks whether or where the text names something asks for a fact, also about a subject that others hold opinions on.
_ABOUT_THE_TEXT = re.compile(
    r"\b(?:mention(?:s|ed|ing)?|according to the (?:text|document|memorandum|moc)"
    r"|(?:does|do|did) (?:it|they|the (?:text|document|memorandum|moc|deal|agreement)) (?:\w+ )?"
    r"(?:say|state|refer|address|cover|include|contain|name|list)"
    r"|(?:is|are|anything|something|nothing) (?:\w+ ){0,4}(?:said|stated|written|listed|named) (?:\w+ ){0,2}"
    r"(?:about|on|in)|anything (?:in (?:it|there|the \w+) )?(?:about|on)|(?:what|how|where) about)\b"
    r"|言及|記載|書いて(?:ある|あり|ない|いる|い)|書かれて|触れ(?:て|られ)|載って|出て(?:くる|き)"
    r"|(?:文書|文面|本文|条文)(?:の)?(?:上|中)(?:で|に)",
    re.IGNORECASE,
)


def asks_about_text(text: str) -> bool:
    """Whether a cleaned question asks what the text says or names, not what to think of it."""
    return _ABOUT_THE_TEXT.search(text) is not None
