"""Words that ask for nothing by themselves: a reference without what it refers to, a lone vague word, key mashing."""

import re

from assistant.types import Language
from index.document import Document

_EMPTY = frozenset(
    "a about again all also an and another any anything are as at be because been before both but by can come"
    " could did do "
    "does done each eh either else er etc explain few first for from go going had happens has have he her him"
    " his hm hmm how "
    "huh i idk if in into is just last like long many maybe me mean means more much my next no nope not of ok on one"
    " ones or other "
    "others please previous really s same say she so some something stuff such tell than that the their them"
    " then there these "
    "they thing things this those though to too uh um was well were what when where which who whom whose why"
    " will with would "
    "yeah yep yes you second third fourth sentence part before details detail continue elaborate agree agrees"
    " blah meant".split()
)
_ABOUT_THE_DOCUMENT = re.compile(
    r"\b(?:what|who|when|where|why|how)\b.*\b(?:it|this)\b|^(?:is|are|was|does|do|can|did) (?:it|this|they"
    r"|you)\b|\bwho (?:is|are)\b",
    re.IGNORECASE,
)
_MASH = re.compile(
    r"^(?:(?:[a-z]*(?:asdf|sdfg|dfgh|fghj|ghjk|hjkl|qwer|wert|erty|zxcv|xcvb|lkj)[a-z]*"
    r"|[bcdfghjklmnpqrstvwxz]{3,})(?:[\s,.;]+|$))+$|"
    r"^(\w)\1{2,}[\W]*$|^\W*\w?\W*$|^[\d\s.,]+$|^(?:[a-z]{0,3}[ぁ-ん]{1,3}[a-z]{2,6})$|^ふじこ(?:lp)?$",
    re.IGNORECASE,
)
_EMPTY_JA = re.compile(
    r"(?:で|え|は|へ|あ|うーん|ええと|えっと|うん|はい|いいえ|これ|それ|あれ|どれ|こちら|そちら|どちら|どっち|そっち"
    r"|こっち|もっと|詳しく|続き|それから|なんとなく|こと|もの|他には"
    r"|ほかには|例えば|"
    r"ほんと(?:う)?に|本当に|同じ(?:です)?|なぜ|どうして|何故|いつ|どこ(?:に|で)?|誰(?:が|に)?|何(?:が|を)?|いくつ"
    r"|いくら|どういう意味|彼ら|彼|彼女|ですかね|場合による"
    r"|もし違ったら|でも|そうじゃなくて|"
    r"(?:さっき|前|上|下|最後|最初|次|この|その|あの)(?:の)?(?:やつ|もの|件|ところ|方|人|話|二つ|文)?|そっちの方"
    r"|あの件|その件|もう一つの件|ほかの二つ|他の二つ|それとあれの違い|"
    r"(?:[1-9一二三四五六七八九十])(?:つ|番)目)"
    r"(?:は|が|も|を|って|について|に|の)?(?:どう(?:なった|なる|なるの)?|何と言っていました|もう少し|それが)?(?:です"
    r"|ます|でしょう)?(?:か|の|ね)?"
)
# The two readings offered, by what the question seems to ask for: real questions that the document settles.
_READINGS: tuple[tuple[str, dict[Language, tuple[str, str]]], ...] = (
    (r"\b(?:when|how long|since)\b|いつ|期間|何日",
     {"en": ("When does the MOC become operative?", "How long after notice does a discontinuation begin?"),
      "ja": ("この覚書はいつ運用が開始されますか。", "終了は通知から何日後に始まりますか。")}),
    (r"\b(?:who|whom|they|them|he|she|his|her)\b|誰|だれ|彼|その人",
     {"en": ("Who represents each side in the MOC?", "Which institutions support the AI research?"),
      "ja": ("両国をそれぞれ代表するのはどの機関ですか。", "AIの研究を支援するのはどの機関ですか。")}),
    (r"\bhow (?:much|many)\b|いくら|いくつ",
     {"en": ("Does the MOC commit either side to spend money?", "Which areas of cooperation does the MOC name?"),
      "ja": ("この覚書は資金の支出を義務付けていますか。", "どの分野で協力するのですか。")}),
    (r"\bwhere\b|どこ",
     {"en": ("Where was the MOC signed?", "Which areas of cooperation does the MOC name?"),
      "ja": ("この覚書はどこで署名されましたか。", "どの分野で協力するのですか。")}),
    (r"\bwhy\b|\bhow come\b|なぜ|どうして|何故",
     {"en": ("What is the purpose of the MOC?", "Why do the two sides consider these technologies important?"),
      "ja": ("この覚書の目的は何ですか。", "なぜこれらの技術での協力が重要なのですか。")}),
    (r"\bif (?:so|not)\b|\bmean\b|意味|もし",
     {"en": ("Is the MOC legally binding?", "What happens if the sides cannot agree on an end date?"),
      "ja": ("この覚書に法的拘束力はありますか。", "終了の日を決められない場合はどうなりますか。")}),
    (r"",
     {"en": ("What is the purpose of the MOC?", "Which areas of cooperation does the MOC name?"),
      "ja": ("この覚書の目的は何ですか。", "どの分野で協力するのですか。")}),
)  # fmt: skip


def is_unclear(text: str) -> bool:
    """Whether a cleaned text, seen without a conversation, asks for nothing that can be searched."""
    bare = text.strip(" 　?.!。…、,~〜-")
    if _MASH.search(bare) or _EMPTY_JA.fullmatch(bare):
        return not re.fullmatch(r"[A-Z]{2,6}(?:[\s/-]?[A-Z\d]{1,6})*", bare)  # NSF, JST: names, not key mashing
    words = re.findall(r"[^\W\d_]+", bare.replace("'s", "").lower())
    if not words or not bare.isascii() or len(words) > 7:
        return False
    return all(word in _EMPTY or word == "it" for word in words) and not (
        len(words) >= 3 and _ABOUT_THE_DOCUMENT.search(bare)
    )


def readings(text: str, language: Language, document: Document, known: bool) -> tuple[str, ...]:
    """Two questions an unclear one may have meant; for another document than the known one, about its headings."""
    if known:
        return next(offered[language] for asked, offered in _READINGS if re.search(asked, text, re.IGNORECASE))
    headings = [part.heading for part in document.walk() if part.heading][:2]
    if language == "ja":
        return tuple(f"「{heading}」については何と書いてありますか。" for heading in headings)
    return tuple(f'What does the document say about "{heading}"?' for heading in headings)
