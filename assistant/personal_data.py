"""Does a question carry somebody's personal data? Decided here, once, before anything else reads the question.

Structure comes first (check digits, telephone plans, the shape of an address), a keyword where structure alone would
also fit a date, a sum or the name of a machine. What this file cannot see is a name without any such hint.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Literal

import phonenumbers

from assistant import credentials
from assistant.check_digits import iban, luhn, my_number

Kind = Literal[
    "email", "phone", "address", "national_id", "card", "bank_account", "document_id", "credential", "birth", "name",
    "health", "private_life",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of personal data: ``text[start:end]``, in code points."""

    kind: Kind
    start: int
    end: int


def find(text: str) -> tuple[Kind, ...]:
    """The kinds of personal data in a cleaned text, each once, in order of appearance; empty when there are none."""
    return tuple(dict.fromkeys(finding.kind for finding in findings(text)))


def redact(text: str) -> str:
    """The text with every finding replaced by its kind in brackets: ``[email]``."""
    parts, place = [], 0
    for finding in findings(text):
        parts += [text[place : finding.start], f"[{finding.kind}]"]
        place = finding.end
    return "".join([*parts, text[place:]])


def findings(text: str) -> tuple[Finding, ...]:
    """All findings in order; those that overlap are one, of the kind of the one that starts first (then the longer)."""
    found = sorted({*_by_pattern(_plain(text)), *_phones(_plain(text))}, key=lambda f: (f.start, -f.end, f.kind))
    kept: list[Finding] = []
    for finding in found:
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
        elif finding.end > kept[-1].end:
            kept[-1] = replace(kept[-1], end=finding.end)
    return tuple(kept)


# One character for one, so that places in the text stay: every dash is "-", full width and Japanese digits are digits.
_SAME_LENGTH = {
    **{ord(dash): "-" for dash in "‐‑‒–—―−﹣－"},
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    ord("　"): " ",
    ord("’"): "'",
}
_KANJI_NUMBER = re.compile(r"[〇一二三四五六七八九][〇一二三四五六七八九ーの\- ]{8,}[〇一二三四五六七八九]")
_LONG_MARK = re.compile(r"(?<=\d)ー(?=\d)")


def _plain(text: str) -> str:
    text = _LONG_MARK.sub("-", text.translate(_SAME_LENGTH))
    return _KANJI_NUMBER.sub(
        lambda m: m.group().translate(str.maketrans("〇一二三四五六七八九ーの", "0123456789--")), text
    )


_NAME = r"[A-Z][a-z]+(?:[-'][A-Z]?[a-z]+)?"
_BETWEEN = r"(?:(?:[A-Z]\.|del?|la|da|dos|di|van|von|der|den|bin|al) )*"
_TITLE = r"(?:(?:Mr|Ms|Mrs|Miss|Mx|Dr|Prof|Professor)\.? )?"
_KANA_NAME = r"[一-龥々ヶぁ-んァ-ヴー・ ]{2,12}?"
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DATE = (
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{2,4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? \d{{4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
_JA_DATE = (
    r"(?:(?:19|20)\d\d|(?:昭和|平成|令和|大正|[SHR])\s?(?:\d{1,2}|元))\s?(?:年|[-/.])\s?\d{1,2}\s?(?:月"
    r"|[-/.])\s?\d{1,2}\s?日?"
)
_PREFECTURE = r"(?:東京都|北海道|大阪府|京都府|[一-龥]{2,3}県)"
_BANCHI = (
    r"(?:\d{1,4}(?:-\d{1,4}){1,3}|[\d一二三四五六七八九十]{1,4}\s?(?:丁目|番地|番)(?:\s?[\d-]{1,8}\s?(?:番|号"
    r"|番地)?)*)"
)
_STREET = (
    r"(?:street|avenue|road|lane|drive|boulevard|blvd|court|terrace|crescent|parkway|highway|"
    r"(?-i:St|Ave|Rd|Ln|Dr|Ct|Pl|Place|Way|Square|Close))\b\.?"
)
_RELATIVE = (
    r"(?:my (?:\w+ )?(?:son|daughter|wife|husband|mother|father|mom|mum|dad|child|kid|brother|sister|friend"
    r"|colleague|"
    r"boss|neighbou?r|employee|student|patient|partner|girlfriend|boyfriend|grand\w+|uncle|aunt|cousin))"
)
_ILLNESS = (
    r"(?:(?:type [12] )?diabet\w+|(?:breast |lung |skin |prostate |stage \w+ )?cancer|leuk\w+|lymphoma|tumou?r|"
    r"(?:clinical )?depression|bipolar|schizophreni\w+|anxiety disorder|ptsd|adhd|autis\w+|asthma|epilep\w+|hiv|aids|"
    r"hepatitis(?: [abc])?|parkinson\S*|alzheimer\S*|dementia|multiple sclerosis|crohn\S*|lupus|arthritis|"
    r"heart (?:disease|condition|failure)|kidney (?:disease|failure)|a stroke|high blood pressure|hypertension|"
    r"long covid|tuberculosis|anorexia|an eating disorder|a disability)"
)
_JA_ILLNESS = (
    r"(?:糖尿病|(?:[胃肺乳大腸肝子宮]{0,2})(?:がん|癌|ガン)|白血病|うつ病|うつ|鬱|双極性障害|統合失調症|適応障害"
    r"|発達障害|自閉症|ADHD|"
    r"喘息|ぜんそく|てんかん|HIV|エイズ|肝炎|認知症|アルツハイマー\S{0,2}|パーキンソン病|心臓病|腎臓病|高血圧|難病"
    r"|リウマチ|持病|"
    r"アレルギー|アトピー|結核)"
)
_JA_RELATIVE = (
    r"(?:私|わたし|僕|ぼく|俺|自分|妻|夫|母|父|息子|娘|兄|弟|姉|妹|祖母|祖父|子ども|子供|彼女|彼|同僚|部下|上司|友人)"
)
_NOT_NAMES = (
    r"(?!(?:American|Japanese|British|Chinese|Korean|Canadian|Indian|German|French|European|Australian|"
    r"New|From|The|Working|Reading|Looking|Writing|Interested|Not|Just|Very|Here|In|At|Of|An?|On|Curious)\b)"
)
# The commonest family names that are no ordinary words and no name of a prefecture.
_SURNAME = (
    r"(?:佐藤|鈴木|高橋|田中|伊藤|渡[辺邊邉]|山本|中村|小林|加藤|吉田|山田|佐々木|松本|井上|木村|斎藤|斉藤|齋藤|清水|山崎|池田|阿部"
    r"|橋本|山下|石井|小川|前田|岡田|藤田|後藤|近藤|長谷川|村上|遠藤|坂本|青木|藤井|西村|福田|太田|三浦|藤原|岡本|松田|中島|中川"
    r"|中野|原田|小野|田村|竹内|金子|和田|中山|石田|上田|森田|柴田|酒井|工藤|横山|宮本|内田|高木|安藤|谷口|大野|丸山|今井|高田"
    r"|藤本|武田|村田|上野|杉山|増田|菅原|平野|大塚|久保|松井|小島|岩崎|桜井|野口|松尾|野村|木下|菊地|菊池|佐野|大西|杉本|新井)"
)
_AT = r"(?:@| @ |\s?[\[({<]\s?(?:at|@|アット)\s?[\])}>]\s?|\s?アット(?:マーク)?\s?)"
_DOT = r"(?:\.|\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\s?ドット\s?)"
_NUMBER_WORD = r"(?:,?\s?(?:number|no\.?|num\.?|#|id))?\s?(?:is|:|=|#|was|-|,|\()?\s?"


def _any(_: str) -> bool:
    return True


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is_card(text: str) -> bool:
    digits = _digits(text)
    return 13 <= len(digits) <= 19 and digits[0] in "23456" and not digits.endswith("0000000") and luhn(digits)


def _is_my_number(text: str) -> bool:
    digits = _digits(text)
    return len(digits) == 12 and not digits.endswith("000000") and my_number(digits)


def _is_iban(text: str) -> bool:
    return iban(re.sub(r"\s", "", text).upper())


def _is_ipv6(text: str) -> bool:
    """Written out or shortened; the shortest, of this machine and of documents on programs, are nobody's."""
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return len(re.findall(r"[\da-f]+", text, re.IGNORECASE)) > 2


def _is_private_address(text: str) -> bool:
    """The seats of government that a question about this document may well name are public."""
    public = (
        r"10 Downing|16[05]0 Pennsylvania|1301 Pennsylvania|1401 Constitution|2415 Eisenhower|永田町1"
        r"|霞が?[関ヶケ]|霞ヶ関"
    )
    return not re.search(public, text, re.IGNORECASE)


# kind, pattern, check on what it matched. (?-i:…) keeps case where a capital letter is the evidence.
_RULES: tuple[tuple[Kind, str, Callable[[str], bool]], ...] = (
    ("email", rf"[\w.%+-]{{1,64}}{_AT}[\w-]+(?:{_DOT}[\w-]+)*{_DOT}[a-z]{{2,}}(?![a-z])", _any),
    ("email", r"\b\w+(?: (?:dot|underscore|dash|hyphen) \w+){1,4} at [\w-]+(?: dot [\w-]+){0,4} dot "
        r"[a-z]{2,6}\b", _any),
    ("email", r"\b(?:e-?mail|mail|write|reach|contact|address)\b[^.?!]{0,24}? \w+ at [\w-]+(?: dot [\w-]+){0,4} dot "
        r"[a-z]{2,6}\b", _any),
    ("email", r"(?<![a-z])(?:line|skype|telegram|kakao|wechat|instagram)\s?id\s?(?:は|is|:)?\s?"
        r"(?=\S*[\d_])[\w.-]{4,}", _any),
    ("national_id", r"(?<![\d-])\d{3}[- ]\d{2}[- ]\d{4}(?![\d-])", _any),
    ("national_id", rf"\b(?:ssn|social security|itin|tax(?:payer)? id|national insurance|medicare|medicaid"
        rf"|nhs){_NUMBER_WORD}(?=[a-z]{{0,2}}\d|[\d-]*\d)[a-z\d][a-z\d -]{{5,14}}\d", _any),
    ("national_id", r"(?:マイナンバー|個人番号|個人の番号)\D{0,8}\d[\d -]{6,16}\d", _any),
    ("national_id", r"(?<![\d-])\d{4}[- ]?\d{4}[- ]?\d{4}(?![\d-])", _is_my_number),
    ("national_id", r"(?:年金|保険証|被保険者|介護保険|医療証|社員|学籍|会員|患者|受験|職員)の?(?:(?:記号)?番号|ID"
        r"|証番号)\D{0,8}[A-Z]{0,3}\d[\d -]{2,14}\d", _any),
    ("card", r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?!\d|[,-]\d)", _is_card),
    ("card", r"(?:credit card|debit card|card number|card no|visa card|mastercard|my card|クレジットカード"
        r"|カード番号)\D{0,16}\d(?:[ -]?\d){11,18}", _any),
    ("card", r"\b(?:cvv|cvc|security code)\s?(?:is|:)?\s?\d{3,4}\b", _any),
    ("bank_account", r"\b[a-z]{2}\d{2}(?: ?[a-z\d]{4}){2,7}(?: ?[a-z\d]{1,3})?\b", _is_iban),
    ("bank_account", r"\b(?:bank account|account|acct|routing|iban|sort code|swift)(?: ?(?:number|no\.?"
        r"|num))?,?\s?(?:is|:|#|of mine is)?\s?#?(?=[a-z\d]*\d{2})[a-z\d]{2}[\d-][a-z\d-]{3,}\b", _any),
    ("bank_account", r"(?:口座番号|口座|ゆうちょ|(?:普通|当座|貯蓄|定期)(?:預金|貯金)?)\D{0,8}\d[\d -]{4,14}\d", _any),
    ("bank_account", r"記号\D{0,4}\d{5}\D{0,6}番号\D{0,4}\d{6,8}(?!\d)", _any),
    ("document_id", rf"\b(?:passport|visa|driver'?s?'? licen[cs]e|driving licen[cs]e|dl|green card"
        rf"|residence card|resident card|staff|employee|student|patient|member(?:ship)?|alien registration"
        rf"|medical record|badge|license plate|number plate|plate|user"
        rf"|case(?=,? ?(?:number|no\b|id\b|#)))"
        rf"{_NUMBER_WORD}(?!(?:19|20)\d\d\b)(?=[a-z\d#-]*\d)[a-z\d#][a-z\d-]{{3,16}}(?![a-z\d])", _any),
    ("document_id", r"(?:パスポート|旅券|免許証?|運転免許証?|在留カード|住基カード|保険証"
        r"|ビザ)の?(?:番号)?\D{0,6}[A-Z]{0,2}\d[\d -]{4,14}\d(?:[A-Z]{2})?", _any),
    ("document_id", r"[一-龥]{2,3}\s?\d{3}\s?[ぁ-ん]\s?\d\d-\d\d", _any),
    *(("credential", pattern, _any) for pattern in credentials.PATTERNS),
    ("credential", r"(?<![\w:.])(?:[a-f\d]{1,4}:|::)[a-f\d:]{2,36}(?![\w:])", _is_ipv6),
    ("birth", rf"\b(?:d\.?o\.?b\.?|date of birth|birth ?date|birthday)\b\D{{0,12}}{_DATE}", _any),
    ("birth", rf"(?<!it was )(?<!MOC was )(?<!deal was )(?<!agreement was )(?<!memorandum was )(?<!pact was"
        rf" )\bborn (?:on )?(?:the )?{_DATE}", _any),
    ("birth", r"\b(?:i was|i'm|i am|he was|she was) born (?:in|on) [\w ,]{0,14}(?:19|20)\d\d", _any),
    ("birth", rf"(?:生年月日|誕生日)[はが:]?\s?{_JA_DATE}", _any),
    ("birth", rf"{_JA_DATE}\s?(?:生まれ|生れ|誕生)", _any),
    ("birth", r"(?:私|僕|同僚|さん|氏|妻|夫|母|父|息子|娘)[^。]{0,8}(?:19|20)\d\d年\s?生まれ|(?:19"
     r"|20)\d\d年\s?生まれの(?:私|僕|母|父|妻|夫|息子"
        r"|娘)", _any),
    ("address", rf"\b\d{{1,5}}[a-z]?,? (?:(?-i:[NSEW]\.? |North |South |East |West ))?(?:(?-i:[A-Z])[\w'.-]* "
        rf"|\d{{1,3}}(?:st|nd|rd|th) ){{1,3}}{_STREET}", _is_private_address),
    ("address", r"\bP\.?\s?O\.? ?box \d{1,6}\b", _any),
    ("address", r"(?:〒\s?|郵便番号\D{0,4})\d{3}-?\d{4}(?!\d)", _any),
    ("address", rf"{_PREFECTURE}[一-龥ぁ-んァ-ヶー々]{{1,14}}\s?{_BANCHI}", _is_private_address),
    ("address", rf"[一-龥ヶ々]{{1,4}}[市区町村郡][一-龥ぁ-んァ-ヶー々]{{1,12}}\s?{_BANCHI}", _is_private_address),
    ("name", rf"\b(?:my (?:full |real |legal )?name is|my name's|name:|full name|call me"
        rf"|i am called)\s(?-i:{_TITLE}{_NOT_NAMES}{_NAME} {_BETWEEN}{_NAME})", _any),
    ("name", r"\bmy (?:full |real |legal )?name is (?!not |on |in |a |the |there |mentioned "
        r"|listed )[a-z'-]{2,} [a-z'-]{2,}(?=[,.!;?]| and | from | is | can | does | what | how |$)", _any),
    ("name", rf"(?-i:(?:I am|I'm|This is|this is|i am|i'm) (?:Mr|Ms|Mrs|Miss|Dr"
        rf"|Prof)\.? {_NAME}(?: {_NAME})?)", _any),
    ("name", rf"(?-i:(?:I am|I'm|[Tt]his is|i'm|i am) {_NOT_NAMES}{_NAME} (?:[A-Z]\. )?{_NAME})(?=,| and (?:i"
        rf"|my)\b|\.|;| here)", _any),
    ("name", rf"(?-i:\b{_NAME} {_NAME}) is my name\b", _any),
    ("name", rf"{_RELATIVE},? (?:is (?:called|named) |named |called )?(?-i:{_NOT_NAMES}{_NAME}(?: {_NAME})?)"
        rf"(?:,? \(?(?:age|aged)? ?\d|,? is \d)", _any),
    ("name", rf"{_RELATIVE},? (?:is (?:called|named) |named |called )?(?-i:{_NOT_NAMES}{_NAME} {_NAME})\b", _any),
    ("name", rf"(?:(?:私|わたし|僕|本人|母|父|妻|夫|息子|娘)の)?(?:名前|氏名|本名|姓名)は\s?(?!何|なに|なん|誰|どこ"
     rf"|どう|どの|いつ|伏せ|出|公|書|記|載|あり|ない"
        rf"|分|言|「|正式|英|文書|この|技術|協力)(?:{_KANA_NAME})(?=です|と(?:申|言|い)|[、。,.]|だ|で、|$)", _any),
    ("name", rf"(?:私|わたし|わたくし|僕|俺)(?:は|、)\s?{_SURNAME}\s?(?!さん|[のはがに県市区町人家]"
        r"|出身|在住|大学)[一-龥々ぁ-んァ-ヴー]{1,4}(?=です|と(?:申|言|い)|だ)", _any),
    ("name", r"(?:^|[、。,.!?の ])(?!これ|それ|覚書|本|協定|なん|何"
     r"|もの)[一-龥々ヶぁ-んァ-ヴー ・]{2,12}と申し(?:ます|まして)(?!(?:と|の|か"
        r"|が)[一-龥ぁ-ん])", _any),
    ("name", r"(?:^|[、。 ])(?:[一-龥]{2,8}(?:大学|会社|電機|商事|工業|市|県|都|府|区)(?:勤務"
     r"|在住)?の)[一-龥]{2,4}です", _any),
    ("name", rf"{_JA_RELATIVE}(?:の|、|・|\()[一-龥々ぁ-んァ-ヴー・]{{2,8}}[、(]?\s?\d{{1,3}}歳", _any),
    ("name", r"[一-龥]{2,6}[(、]?\d{1,3}歳\)?(?:です|ですが|と申)", _any),
    ("health", rf"\b(?:i|we|he|she|{_RELATIVE}(?: (?-i:{_NAME})(?: (?-i:{_NAME}))?)?) (?:\w+ )?(?:have|has|had"
        rf"|suffers? from|am living with|lives? with|is living with|got|was diagnosed with|were diagnosed with"
        rf"|been diagnosed with|(?:have|has) been diagnosed with|am recovering from|died of"
        rf"|takes? \w+ for) (?:an? |mild |severe |chronic |terminal |early |stage \w+ )*{_ILLNESS}", _any),
    ("health", rf"\b(?:i'm|i am|he is|he's|she is|she's|{_RELATIVE} is) (?:an? |mildly |severely )*(?:diabetic"
        rf"|hiv[- ]positive|epileptic|bipolar|autistic|schizophrenic|asthmatic|pregnant|\d+ (?:weeks"
        rf"|months) pregnant|disabled|blind in|a cancer (?:patient|survivor)|in chemo\w*|on dialysis"
        rf"|on antidepressants|suicidal)", _any),
    ("health", rf"\b(?:my|his|her|{_RELATIVE}'s) (?:own |chronic )?{_ILLNESS}(?! (?:research|policy))", _any),
    ("health", r"\bhiv positive\b|\b(?:my|his|her) (?:diagnosis|chemotherapy|prescription|medical history) (?:is"
        r"|was|of|for)\b", _any),
    ("health", rf"{_JA_RELATIVE}(?:は|が|も|の|、)[^。?]{{0,10}}{_JA_ILLNESS}(?!の?(?:研究|治療薬|創薬|診断|対策"
     rf"|分野|患者|協力))", _any),
    ("health", rf"{_JA_ILLNESS}(?:治療)?(?:で|を|と|に)?(?:通院|入院|治療中|療養|休職|闘病|診断され|患って"
     rf"|わずらって|苦しんで|手術|インスリン|服薬|かかって"
        rf"|なりました|を持って)", _any),
    ("health", rf"{_JA_ILLNESS}の(?:ある)?(?:{_JA_RELATIVE}|持病)|(?:私|妻|娘)?は?妊娠\s?\d+\s?(?:か月|ヶ月|カ月|週)"
     rf"|妊娠中の(?:私|妻|娘)"
        rf"|(?:私|妻|娘)[はが]妊娠", _any),
    ("private_life", r"\bi (?:was|have been|got) (?:convicted|arrested|jailed|sentenced)\b|\bi earn \D{0,3}\d"
        r"|\bmy salary is\b|年収[はが]?\s?\d+|月収[はが]?\s?\d+|前科のある|\bmy religion is\b", _any),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE), check) for kind, pattern, check in _RULES)


_NUMBERED = frozenset(("national_id", "card", "bank_account", "document_id", "birth", "address"))
_ANY_DIGIT = re.compile(r"[\d一二三四五六七八九十]")


def _by_pattern(text: str) -> Iterator[Finding]:
    has_digit = _ANY_DIGIT.search(text) is not None
    for kind, pattern, check in _COMPILED:
        if kind in _NUMBERED and not has_digit:
            continue
        for match in pattern.finditer(text):
            if check(match.group()):
                yield Finding(kind, match.start(), match.end())


_SEVEN_DIGITS = re.compile(r"\d(?:\D{0,3}\d){6}")
_NUMBER = re.compile(
    r"(?<![\w.-])(?:\+1[ .-]?)?\(?[2-9]\d{2}\)?[ .-]{1,2}\d{3}[ .-]\d{4}(?![\w-])"  # US, fictional ones included
    r"|(?<![\d-])0[1-9]\d{0,3}[- )(]{1,2}\d{1,4}[- )]{1,2}\d{3,4}(?![\d-])|(?<!\d)0[5789]0\d{8}(?!\d)"  # Japan
    r"|(?<![\w.-])\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}(?![\w-])"
    r"|(?<=\()0\d{1,4}\)[ -]?\d{1,4}-\d{4}",
)
_CALL = re.compile(
    r"(?:\b(?:call|phone|tel|telephone|text|mobile|cell|fax|ring|reach|whatsapp|sms|number is|contact)\b|電話|携帯"
    r"|連絡|TEL)"
    r"[^?.。]{0,24}?(?<![\d-])(?:\d{3}[ .-]\d{4}|\d{10,11})(?![\d-])|\b555[ -]?01\d\d\b",
    re.IGNORECASE,
)


def _phones(text: str) -> Iterator[Finding]:
    """Telephone numbers: valid in the plans of libphonenumber, or of the form of one (made-up ones are not valid)."""
    if not _SEVEN_DIGITS.search(text):
        return
    for pattern in (_NUMBER, _CALL):
        for match in pattern.finditer(text):
            yield Finding("phone", match.start(), match.end())
    for region in ("US", "JP"):
        for number in phonenumbers.PhoneNumberMatcher(text, region, phonenumbers.Leniency.VALID):
            before = text[max(0, number.start - 2) : number.start]
            grouped = re.search(r"\d[ .()-]+\d", number.raw_string) or number.raw_string.startswith("+")
            if grouped and not unicodedata.category(before[-1:] or " ").startswith("S"):  # a sum: $, €, ¥
                yield Finding("phone", number.start, number.end)
