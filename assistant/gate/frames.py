"""What the document only intends, a claim may name as its subject or tell as an aim; any other bare sentence is news.

``assistant.modality`` and ``facts`` look for verbs that say too much, and there is always another verb ("hosts", "gets
under way"). So the other way round: of a sentence that intends or expects, each sentence of a claim needs a word that
hedges (``facts``), or one that speaks of the text (``covers``, ``is among``, ``is recognized``, 「項目」「名前」).
"""

import re

from assistant.gate.record import Cited
from assistant.gate.words import is_japanese
from assistant.modality import Modality

_SPEAKS_OF = re.compile(
    r"\b(?:recogni[sz]\w+|recognition|attention|appreciat\w+|highlight\w*|acknowledg\w+|emphasi[sz]\w+|"
    r"stress(?:es|ed)?|underlin\w+|underscor\w+|affirm\w*|(?:see|seen|sees)|"
    r"(?:view|treat|regard|consider|describ|portray|pictur|present|prais|valu)\w*|counts?|counted|rate[ds]?|assess\w*|"
    r"calls?|called|not(?:es?|ed)|concern\w*|deals? with|dealt with|touch(?:es|ed)?|about|cover\w*|span\w*|extends?|"
    r"ranges?|speaks?|talks?|refers?|says?|(?<!united )states?|lists?|appears?|figures?|features?|belongs?|"
    r"associated|linked|"
    r"connected|mention\w*|nam(?:es?|ed|ing)|cit(?:es?|ed)|includ\w+|contain\w*|compris\w+|consists?|brought up|"
    r"comes? up|singled out|(?:two|three|several) places|starts? (?:by|with|from)|opens? (?:by|with)|rests? on|among|"
    r"points?|bullet|^from (?:japan|tokyo|washington|the united)\b|passage|text|wording|words|section|part|"
    r"preamble|chapter|heading|line|agenda|list|reasons?|"
    r"backdrop|background|grounds|argument|idea|thinking|gist|message|spirit|interests?|shared|common|concerns?|"
    r"commitment|mission|in view|in sight|(?:given|put|set|offered|shown) (?:\w+ )?as|possib\w+|potential|"
    r"option|open to|up to|"
    r"allow\w*|permit\w*|free to|needs?|essential|"
    r"important|importance|role|hub|crossroads?|side of|geared|directed|oriented|back(?:s|ed|ing|ers?)?|"
    r"support(?:s|ed|ers?) (?:by|such|from)|underpin\w*|not|no|nor|neither|none|nothing|without|untouched|unaffected|"
    r"alone|japanese|american|promises?|"
    r"(?:is|are) (?:the|an?) (?!reality|fact|given|must|success|done|duty|requirement|condition|pre)\w+)\b|n't"
)
_SPEAKS_OF_JA = re.compile(
    r"名(?:が|は|を|も|前|指|称|で)|機関|担い手|窓口|経路|項目|テーマ|一つ|ひとつ|必要|示|位置|強調|重視|目を向け|評価|"
    r"認め|考え|みな[しす]|重ん|願|望|指し|意味し|うかが|掲げ|見られ|見て|見方|捉え|両面|並|入[っりる]|持(?!ち)|設けられ|使命|共有|共通|重要|大切|価値|役割|拠点|登場|取り上げ|語|表|"
    r"謳|課題|柱|焦点|主題|話|論|説|文言|ため(?:です|だ|である)|(?:こと|もの|点|形)(?:です|である|だ|にあ)|"
    r"(?:こと|もの|ない|ません|ず|なし)$|あり得|うる|支える(?:もの|存在|役)"
)
# A verb of what has happened or goes on, and what is said of a text in that form.
_TOLD_JA = re.compile(r"(?:ました|ていました|[^だで]った|[いきしちりえけせてねべめれ]た|て(?:い(?:る|ます)|きた))$")
# A verb in its plain present ("…形作られます"), other than what only is: ある, いる, です.
_PRESENT_JA = re.compile(
    r"(?:(?<!あ)[いきぎしちにびみりえけげせてねべめれ]ます|(?<!で)(?<!あ)(?<!い)(?<!ま)[うくぐすつぬぶむる])$"
)
_OF_TEXT_JA = re.compile(
    r"(?:記載|明記|列挙|例示|指摘|言及|認識|表明|宣言|想定|規定|定義|紹介|掲載|説明|明示|示唆|確認|尊重|署名|作成|代表|"
    r"使用|限定|留意|歓迎|注目|反映|提示|併記|理解|解釈|引用|参照|用意|意識|関連|言明|区別|対象と|書か|触れら|挙げら|数えら|"
    r"置か|呼ば|含ま|定めら|述べら|うたわ|認めら|見込ま|望ま|求めら|考えら|捉えら|用いら|結びつけら)[さしれて]"
)
# Where in the text a claim finds something ("under the telecom item") is not yet speaking of the text.
_PLACED = re.compile(
    r"\b(?:under|in|within|by|through|per) (?:the|this|that|its) (?:\w+ ){0,3}(?:items?|sections?|areas?|"
    r"fields?|headings?|"
    r"parts?|chapters?|points?|lists?|passages?|bullets?)\b"
)
_CONDITION = re.compile(r"\b(?:if|when|where|whenever|unless|once) [^,;]*")
_FALLBACK = re.compile(
    r"\b(?:comes? into play|only (?:when|if|where)|default|fallback|backstop|period|counted|counts?|clock|"
    r"comes first)\b|起算|数え|目安"
)
_PREDICATE = 10  # characters at the end of a Japanese sentence, in which it says what it says of its topic
_HELD = (Modality.INTENDED, Modality.EXPECTED)


def is_news(part: str, cited: Cited, held: Modality) -> bool:
    """Whether a sentence of a claim without a hedge tells plainly what the cited text only intends or expects.

    ``held`` is the modality of the cited text.
    """
    if held not in _HELD or _FALLBACK.search(part):
        return False
    end = part.rstrip("」』)）、 ")
    if is_japanese(part):
        speaks = _SPEAKS_OF_JA.search(end[-_PREDICATE:]) or _OF_TEXT_JA.search(end[-12:])
        return speaks is None and (_TOLD_JA.search(end) is not None or _PRESENT_JA.search(end) is not None)
    return _SPEAKS_OF.search(_CONDITION.sub(" ", unplaced(part))) is None and end.strip() not in cited.english


def unplaced(part: str) -> str:
    """A sentence of a claim without the place in the text where it finds what it says."""
    return _PLACED.sub(" ", part)
