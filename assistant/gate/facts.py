"""An intention, an expectation or a permission told as what is the case: no hedge, and a verb that says it happens.

``assistant.modality`` looks for words that bind; here a claim binds nobody and still says too much ("Joint research
takes place through …", 「…を構築中です」).
"""

import re

from assistant.gate import frames, negation
from assistant.gate.record import Cited
from assistant.gate.words import is_japanese, plain
from assistant.modality import Modality, modality

# What keeps a claim from saying that something happens: it speaks of aims, of what may be, or of the text itself.
_CLEAR_HEDGES = (
    r"intend\w*|intent(?:ions?)?|aim(?:s|ed|ing)?|goals?|meant|plan(?:s|ned|ning)?|expect\w*|should|ought|may|might|"
    r"would|can|could|want\w*|wish\w*|seek\w*|(?:is|are) to|to be|suppos\w*|if|unless|list(?:s|ed)?|name[ds]?|"
    r"mention\w*"
)
_CLEAR_HEDGE = re.compile(
    rf"\b(?:{_CLEAR_HEDGES})\b"
)  # keeps even "now" or "already" from saying that something has come about
_HEDGE = re.compile(
    rf"\b(?:{_CLEAR_HEDGES}|purposes?|objectives?|targets?|means?|anticipat\w*|foresee\w*|envisag\w*|envision\w*|"
    r"hop(?:es?|ed|ing)|sought|look(?:s|ing)? to|focus\w*|priorit\w+|areas?|fields?|topics?|subjects?|items?|elements?|"
    r"tasks?|themes?|parts? of|propos\w*|ambitions?|aspir\w*|desir\w*|slated|designed|ways?|so that|in order|tied to|"
    r"provid\w+ for|asks?|asked|examples?|idea)\b|'d like"
)
_DONE = (
    r"supported|backed|underpinned|sustained|enhanced|strengthened|promoted|protected|safeguarded|guarded|built|"
    r"expanded|widened|extended|deepened|accelerated|sped up|secured|enforced|harmoni[sz]ed|exported|coordinated|"
    r"mitigated|reduced|remediated|fixed|removed|improved|encouraged|fostered|established|created|overcome|"
    r"carried (?:out|on)|conducted|enabled|prepared|advanced|refocused|aligned|assessed|launched|implemented|"
    r"cleaned up|stepped up|tackled|modified|pursued|driven|facilitated|boosted|invested in|undertaken"
)
_DOING = (
    r"working|collaborating|cooperating|accelerating|expanding|deepening|strengthening|promoting|building|developing|"
    r"enforcing|protecting|safeguarding|securing|supporting|advancing|sharing|enhancing|fostering|mitigating|"
    r"improving|encouraging|continuing|exporting|harmoni[sz]ing|aligning|pursuing|running|conducting|preparing|"
    r"identifying|remediating|partnering|joining|teaming|assessing|overcoming|facilitating|investing|coordinating"
)
_ADVERB = r"(?:(?:now|already|currently|jointly|also|both|being|\w+ly) )*"
_HAPPENS = re.compile(
    rf"\b(?:is|are|gets?|was|were|being|(?:has|have) been) {_ADVERB}(?:{_DONE})\b|"
    rf"\b(?:is|are|keeps?) {_ADVERB}(?:{_DOING})\b|"
    r"\b(?:takes?|taking|took) place\b|\bunder ?way\b|\bin progress\b|"
    r"\b(?:runs?|ran|conducts?|carr(?:y|ies) out|performs?|pursues?) (?:\w+ ){0,2}?(?:research|work|efforts?|"
    r"activities|development|cooperation|collaboration|projects?|r&d)\b|"
    r"\b(?:participants|both|countries|governments|sides|nations|they|each|two|states and japan|japan)"
    rf" {_ADVERB}(?:abides?|compl(?:y|ies)|adheres?|obeys?|respects?)\b"
)
_STARTS = re.compile(
    r"\b(?:discontinuation|end|it|termination|moc|memorandum)(?: \w+){0,3}? (?:commences|begins|starts|follows|"
    r"takes effect|kicks in|comes)\b"
)
_SUPPORTS = re.compile(
    r"\b(?:efforts?|alignment|aligning|work)\b[^.;,]{0,60}\b(?:supports?|underpins?|backs?|"
    r"sustains?) (?:the|these|this|quantum)\b"
)
_NOTIFIES = re.compile(
    r"\b(?:gives|provides|sends|notifies|informs|tells|delivers|issues|serves)\b(?! (?:that|which|of)\b)"
)
_NOW = re.compile(
    r"\b(?:now|already|today(?!'s)|currently|by now|so far|meanwhile|these days)\b|既に|すでに|今や|もはや|"
    r"現在(?:で)?は"
)
_ALREADY = re.compile(r"\b(?:existing|ongoing|longstanding|continu\w+|rapid advancement)\b")
_NEEDED = re.compile(  # the notice that a participant should give, told as what nothing goes without
    r"\b(?:pre-?conditions?|pre-?requisites?|conditional|indispensable|vital|essential|(?:an? |the )?(?:requirement|"
    r"condition)s?)\b|\b(?:no|not|cannot|never|nobody|neither)\b[^.;]{0,60}\b(?:without|unless|until|before)\b|"
    r"\b(?:without|unless|until)\b[^.;]{0,40}\b(?:no|not|cannot|never|nobody|neither|invalid|void|stays?|remains?)\b|"
    r"欠かせ|不可欠|前提|条件|要件|(?:通知|知らせ|書面)[^。、]{0,10}(?:し?ない|なけれ|せず)(?:限り|と|うちは|ば|に)|"
    r"(?:通知|書面)なし"
)
_AFTER_PURPOSE = re.compile(r"\b(?:sure|ensur\w+|see to it|how|whether|so|where|when|once|that)\b[^.;,]*$")
_PERIOD = re.compile(r"\b(?:period|counted|count|clock|running|runs|interval)\b")
_HEDGE_JA = re.compile(
    r"意図|意向|目指|方針|考え|予定|つもり|見込|見通|想定|期待|予想|べき|狙|ねらい|目標|目的|趣旨|よう|たい|得|でき(?!あが|上が)|可能|"
    r"含ま|内容|書か|記|挙げ|挙が|並[んべぶ]|載[っせ]|述べ|言及|触れ|うた|掲げ|という|とされ|と(?:する|してい)|認識|念頭|重点|対象|分野|望ま|"
    r"場合|盛り込|例"
)
_PAST_JA = re.compile(
    r"(?:(?:され|られ|でき|し|なり|進み|深まり|広がり|始まり)ました|(?:され|られ|なっ|進ん|深まっ|広がっ|始まっ)[ただ])$"
)
_END_OF_PAST = 11  # characters in which what has happened is hedged, if at all
_COMES_ABOUT_JA = re.compile(r"ように(?:な(?:る|ります|った|りました)|しま(?:す|した)|した)$")
_HAPPENS_JA = re.compile(
    r"(?:構築|実施|推進|開発|協力|拡大|強化|深化|支援|進行|連携|促進|加速|運用|整備|展開|準備|執行|保護)(?:の(?:最)?)?中"
    r"(?:です|である|だ|となってい(?:る|ます))?$|"
    r"(?:進|始ま|深ま|広が|強ま|支え|守|築|行|動|続|取り組|高|速|整)[^、。]{0,5}(?:て|で)(?:い(?:る|ます|ました)|"
    r"き(?:た|ました|ています))$|"
    r"(?:強化|拡大|深化|促進|推進|構築|支援|協力|連携|加速|保護|確保|実施|開発|継続|軽減|低減|除去|執行)(?:し|"
    r"され)(?:て|つつ)(?:い(?:る|ます|ました|ったところです)|あ(?:る|ります)|き(?:た|ました|ています)|お(?:り|ります))$|"
    r"(?:(?:決定|合意|約束|確定)事項|済み|完了|達成|実現)(?:です|である|だ)?$|責任があ(?:る|ります)$|責任です$|"
    r"(?:条件|要件|前提)(?:です|である|だ|とな(?:る|ります)|になる|になります|とされ(?:る|ます))$"
)


def told(claim: str, cited: Cited) -> bool:
    """Whether a claim says that what its sentences intend, expect or allow is the case."""
    held = modality(cited.english or cited.japanese)
    listed = re.match(r"(?:driving|deepening|advancing|promoting|partnering)\b", cited.english) is not None
    purpose = cited.english.startswith("the purpose of")
    if not cited.addresses or (held == Modality.NONE and not listed and not (purpose and is_japanese(claim))):
        return False
    said = plain(claim)
    if negation.left_alone(said, cited):
        return False  # that nothing happens to what was there before is all the sentence says
    held = max(held, Modality.INTENDED) if listed or purpose else held
    return any(_happens(part, cited, held) for part in re.split(r"[.;](?=\s|$)|。", said) if part.strip())


def _is_now(part: str, cited: Cited) -> bool:
    """Whether a part tells of a state that has come about, where its sentences know nothing that already is."""
    return _NOW.search(part) is not None and _ALREADY.search(cited.everything) is None


def _happens(part: str, cited: Cited, held: Modality) -> bool:
    bare = re.sub(r"信頼でき|運用可能", "", part.rstrip("」』)） "))
    if "provide written notice" in cited.english and _needs_notice(part):
        return True
    if is_japanese(part):
        if _COMES_ABOUT_JA.search(bare) and not _so_in_text(bare, cited):
            return True
        end = bare[-_END_OF_PAST:] if _PAST_JA.search(bare) else bare[-34:]
        hedged = _HEDGE_JA.search(end) is not None or _so_in_text(bare, cited)
        return not hedged and (
            _HAPPENS_JA.search(bare) is not None or _is_now(bare, cited) or frames.is_news(bare, cited, held)
        )
    if "provide written notice" in cited.english and _NOTIFIES.search(part):
        return (
            re.search(r"\b(?:should|ought|expected|asks?|asked|supposed|calls? (?:for|on)|when|once)\b", part) is None
        )
    if _is_now(part, cited) and _CLEAR_HEDGE.search(part) is None:
        return True
    if _HEDGE.search(
        frames.unplaced(
            re.sub(r"\b(?:if (?:no|none|they|the|both)|(?:when|where|unless) (?:no|none))\b[^,]*", " ", part)
        )
    ):
        return False
    if held == Modality.EXPECTED and (_STARTS.search(part) or _SUPPORTS.search(part)) and not _PERIOD.search(part):
        return True
    return _is_now(part, cited) or frames.is_news(part, cited, held) or _happening(part, cited)


def _happening(part: str, cited: Cited) -> bool:
    """A verb that says something happens or has happened, outside a clause of purpose."""
    return any(
        not _AFTER_PURPOSE.search(part[: match.start()]) and match.group().split()[-1] not in _as_it_is(cited)
        for match in _HAPPENS.finditer(part)
    )


def _needs_notice(part: str) -> bool:
    """Whether a part tells the notice as a condition, and denies no such thing of the other side's consent."""
    return (
        re.search(r"notice|notif|in writing|通知|書面", part) is not None
        and _NEEDED.search(part) is not None
        and re.search(r"consent|approv|permission|agree|同意|承認|許可|合意|相手", part) is None
    )


def _as_it_is(cited: Cited) -> frozenset[str]:
    """Participles that the cited text itself uses of what is the case (initiatives supported by …)."""
    bare = re.sub(r"\bto be \w+", " ", cited.english)
    return frozenset(re.findall(r"\b\w+ed\b", bare))


def _so_in_text(bare: str, cited: Cited) -> bool:
    """Whether the end of a Japanese part stands so in the rendering."""
    return bare[-6:] in cited.japanese
