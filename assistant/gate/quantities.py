"""What a text counts and dates: numbers in digits, words and kanji with their units, dates, words of time, lists."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

ONES = {
    word: n
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen "
        "eighteen nineteen".split()
    )
} | {word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_KANJI_DIGITS = {character: n for n, character in enumerate("〇一二三四五六七八九")}
_KANJI_SCALES = {"十": 10, "百": 100, "千": 1_000}
_KANJI_GROUPS = {"万": 10**4, "億": 10**8, "兆": 10**12}
_MONTHS = {
    name: n
    for n, name in enumerate(
        "january february march april may june july august september october november december".split(), 1
    )
}
_MONTHS |= {name[:3]: n for name, n in _MONTHS.items()} | {"sept": 9}
ORDINALS = {
    word: n
    for n, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        1,
    )
} | {"thirtieth": 30}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_MONTH} {_DAY}(?:,? (?P<year>\d{{4}}))?\b",
        rf"\b{_DAY} (?:of )?{_MONTH},?(?: (?P<year>\d{{4}}))?\b",
        rf"\b{_MONTH},? (?:of )?(?P<year>\d{{4}})\b",
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?<!\d)(?P<day>1[3-9]|2\d|3[01])[-/.](?P<month>\d{1,2})[-/.](?P<year>\d{4})",
        r"(?<!\d)(?P<month>\d{1,2})[-/.](?P<day>1[3-9]|2\d|3[01])[-/.](?P<year>\d{4})",
        r"(?:(?:(?P<reiwa>令和\s?(?:\d+|元))|(?P<year>[\d〇一二三四五六七八九]{4}))年(?:度|\s?(?=\d|"
        r"[一二三四五六七八九十])|(?!間)))"
        r"(?:(?P<month>\d{1,2}|[一二三四五六七八九十]+)月)?(?:(?P<day>\d{1,2}|[一二三四五六七八九十]+)日)?",
        r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})日",
        r"(?:\b(?:fy|in|by|since|until|till|before|after|from|year|of|and|to|through|around|"
        r"during) ?)(?P<year>(?:19|20)\d\d)s?\b",
    )
)
_ORDINAL_DAY = re.compile(
    rf"\b(?:(twenty|thirty)[- ])?({'|'.join(ORDINALS)})(?: day)? of (?=(?:{'|'.join(_MONTHS)})\b)"
)
_WORD_NUMBER = re.compile(
    rf"\b(?:(?:a|{'|'.join(sorted((*ONES, *_SCALES), key=len, reverse=True))})(?=[ -](?:"
    rf"{'|'.join((*ONES, *_SCALES))})\b)[ -]"
    rf"|(?:{'|'.join(sorted((*ONES, *_SCALES), key=len, reverse=True))})\b"
    rf"(?: and (?=(?:{'|'.join(ONES)})\b))?[ -]?)+"
)
_DIGITS = re.compile(r"(?<![a-z0-9_.第-])\d+(?:,\d{3})*(?:\.\d+)?(?=(?:st|nd|rd|th)?(?![a-z])|[a-z]?\b)")
_COUNTER = (
    r"日|年|月|週|か月|ヶ月|ヵ月|カ月|箇月|時間|つ|点|件|ドル|円|人|回|機関|社|校|種|項目|分野|部門|部|通|"
    r"[かヶヵカ]国|%|倍|本|基|台|機|隻|割|名|"
    r"の(?:技術|分野|部門|国|機関|企業|項目|措置|目標|大学|研究|優先|言語|段階|柱|参加者|政府|領域|テーマ|組織|"
    r"理由|条件)|"
    r"団体|要素|地域|大学|施設|席|州|都市|区|段階|拠点|柱|本柱|個|枚|者|行"
)
_KANJI_NUMBER = re.compile(
    r"(?<![第万億兆〇一二三四五六七八九十百千\d])([\d〇一二三四五六七八九十百千万億兆,]+)(?=(?:余り?)?(?:"
    rf"{_COUNTER}))"
)
_DIGIT_SCALE = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?)\s?(万|億|兆|hundred|thousand|million|billion|trillion|bn|m\b)")
_UNIT = re.compile(
    r"\s?-?(?:calendar |consecutive |full )?(?P<unit>(?:business |working |営業)?(?:days?|weeks?|months?|years?|"
    r"decades?|hours?|日間?|週間?|か月間?|ヶ月間?|ヵ月間?|カ月間?|箇月間?|年間?|時間))"
)
_UNITS = {
    "d": "day",
    "w": "week",
    "m": "month",
    "y": "year",
    "h": "hour",
    "日": "day",
    "週": "week",
    "年": "year",
    "時": "hour",
}
_HALF_YEAR = re.compile(r"\bhalf (?:a|of a|the) year\b|\bhalf-year\b|半年")
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|approximately|nearly|some|almost|close to|or so)\b|およそ|おおよそ|約|ほぼ|ほど|"
    r"程度|くらい|ぐらい|前後"
)
_VAGUE = re.compile(
    r"\b(?:dozens|hundreds|thousands|millions|billions|trillions|percent|per cent|triplicate|quadruplicate|"
    r"third of|quarter of|half of)\b|%|折半|半分|三分の一|倍増|数十|数百|数千|数万|数億|数兆|何億|何兆"
)
_HALF_OF_WORDS = re.compile(r"\b(?:other|first|second|latter|one|remaining) half of (?:this|the|that)\b")
_SOME_DAY = re.compile(
    r"\bfrom zero\b|ゼロから|\b(?:one day|day one|once upon a time)\b(?! (?:after|before|later|from|following|notice))"
)
_SIDES = re.compile(
    rf"\b({'|'.join(word for word in ONES if word not in ('zero', 'one'))}) (?:governments|countries|"
    r"participants|sides|parties|nations|states)\b|"
    r"([三四五六七八九十\d]+)\s?[かヶヵカ箇]国"
)
_TIMES = re.compile(
    r"\b(?:calendar|fiscal|financial) year|\b(?:next|this|last|every|each|per|a|first|second|third|"
    r"fourth|fifth) (?:year|month|week|decade)\b|"
    r"\bimmediate(?:ly)?\b|\bnew year(?:'s)?\b|\bchristmas\b|\beaster\b|元日|元旦|正月|"
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:spring|summer|autumn|winter)\b|\bpromptly\b|\bforthwith\b|"
    r"\bwithout delay\b|\bquarter\b|\bcentury\b|[月火水木金土日]曜|世紀|遅滞なく|速やかに|午前|午後|四半期|"
    r"\bat once\b|\bright away\b|\b(?:annual|annually|yearly|monthly|quarterly|biannual|biennial)\b|"
    r"年度|年末|月末|来年|翌年|翌月|昨年|毎年|毎月|直ちに|即時|即日|ただちに|年1回|年に一度"
)
_BEFORE_LIST = re.compile(r"the participants|^\s*(?:and|or|including)\b")
_SECTION = re.compile(r"\bsections? (iv|iii|ii|i|[1-9])\b|第\s?(iv|iii|ii|i|[1-9一二三四])\s?節")
_BESIDE_SECTION = re.compile(rf"\b(?:before|until|ahead of|prior to|preced\w+|after|following) {_SECTION.pattern}")
_SECTION_NUMBERS = {"1": "i", "2": "ii", "3": "iii", "4": "iv", "一": "i", "二": "ii", "三": "iii", "四": "iv"}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a text counts and dates: numbers as (value, unit, about), dates by part, words of time."""

    amounts: tuple[tuple[float, str, bool], ...]
    years: frozenset[int]
    days: frozenset[tuple[int, int | None]]
    times: frozenset[str]
    vague: frozenset[str]
    sides: frozenset[float]


@lru_cache(maxsize=2048)
def read(text: str) -> Numbers:
    """Every number, date and word of time in a plain text."""
    years: set[int] = set()
    days: set[tuple[int, int | None]] = set()
    text = re.sub(r"\b[a-z]+-?\d+[a-z]*\b|\b\d+[a-z]+(?:/\d+[a-z]+)*\b(?<!st)(?<!nd)(?<!rd)(?<!th)", " ", text)
    text = _SECTION.sub(" ", text)
    text = _ORDINAL_DAY.sub(lambda match: f"{spelled(match[1] or '') + ORDINALS[match[2]]:g}", text)
    for pattern in _DATES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            if parts.get("reiwa"):
                years.add(2018 + int(parts["reiwa"][2:].strip().replace("元", "1")))
            elif parts.get("year"):
                years.add(int(whole(parts["year"])))
            if parts.get("month"):
                month = _MONTHS.get(parts["month"]) or int(whole(parts["month"]))
                days.add((month, int(whole(parts["day"])) if parts.get("day") else None))
        text = pattern.sub(" ", text)
    text = _SOME_DAY.sub(" ", _HALF_OF_WORDS.sub(" ", text))
    times = {_time(match.group()) for match in _TIMES.finditer(_HALF_YEAR.sub(" ", text))}
    vague = {match.group() for match in _VAGUE.finditer(text)}
    return Numbers(
        tuple(_amounts(text)), frozenset(years), frozenset(days), frozenset(times), frozenset(vague), _sides(text)
    )


def _amounts(text: str) -> Iterator[tuple[float, str, bool]]:
    for match in _HALF_YEAR.finditer(text):
        yield 0.5, "year", _is_about(text, match)
    text = _HALF_YEAR.sub(" ", text)
    readings: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], float]], ...] = (
        (_DIGIT_SCALE, lambda m: float(m[1].replace(",", "")) * _scale(m[2])),
        (_KANJI_NUMBER, lambda m: whole(m[1])),
        (_DIGITS, lambda m: float(m[0].replace(",", ""))),
        (_WORD_NUMBER, lambda m: spelled(m[0])),
    )
    for pattern, value in readings:
        for match in pattern.finditer(text):
            unit = _UNIT.match(text, match.end())
            yield value(match), _unit(unit["unit"]) if unit else "", _is_about(text, match)
        text = pattern.sub(lambda m: " " * len(m[0]), text)


def _sides(text: str) -> frozenset[float]:
    """How many governments, countries or participants a text speaks of, where it says a number."""
    return frozenset(spelled(m[1]) if m[1] else whole(m[2]) for m in _SIDES.finditer(text))


def _is_about(text: str, match: re.Match[str]) -> bool:
    return _ABOUT.search(text[max(0, match.start() - 18) : match.end() + 12]) is not None


def _unit(word: str) -> str:
    if word.startswith(("business", "working", "営業")):
        return "workday"
    if word[0] in "かヶヵカ箇":
        return "month"
    return "decade" if word.startswith("dec") else _UNITS.get(word[0], "")


def _scale(word: str) -> float:
    return _KANJI_GROUPS.get(word) or _SCALES.get(word) or (10**9 if word == "bn" else 10**6)


def whole(digits: str) -> float:
    """A whole number in digits or kanji, or both (5千, 二〇二五, 百八十)."""
    digits = digits.replace(",", "")
    if digits.isascii():
        return float(digits)
    if all(character in _KANJI_DIGITS for character in digits):
        return float("".join(str(_KANJI_DIGITS[character]) for character in digits))
    total = group = number = 0.0
    for token in re.findall(r"\d+|.", digits):
        if token.isdigit():
            number = float(token)
        elif token in _KANJI_DIGITS:
            number = float(_KANJI_DIGITS[token])
        elif token in _KANJI_SCALES:
            group += (number or 1) * _KANJI_SCALES[token]
            number = 0
        else:
            total += (group + number or 1) * _KANJI_GROUPS[token]
            group = number = 0
    return total + group + number


def spelled(text: str) -> float:
    """A number in English words (one hundred and eighty)."""
    total = group = 0.0
    for word in re.split(r"[ -]+", text.strip()):
        if word in ONES:
            group += ONES[word]
        elif word == "hundred":
            group = (group or 1) * 100
        elif word in _SCALES:
            total += (group or 1) * _SCALES[word]
            group = 0
    return total + group


def _time(phrase: str) -> str:
    return phrase.removesuffix("ly")


@lru_cache(maxsize=512)
def listed(text: str) -> frozenset[int]:
    """How many things the lists of a plain English text hold: ``a, b, and others`` is three, and two named."""
    counts: set[int] = set()
    parts = text.split(",")
    for last, part in enumerate(parts):
        if last == 0 or not re.match(r"\s*(?:and|or)\b", part):
            continue
        first = last - 1
        while first > 0 and len(parts[first].split()) <= 25 and not _BEFORE_LIST.search(parts[first]):
            first -= 1
        counts.add(last - first + 1)
        if re.match(r"\s*(?:and|or) other\b", part):
            counts.add(last - first)
    return frozenset(counts)


def sections(text: str) -> set[str]:
    """The sections a plain text names, as i to iv."""
    named = {first or second for first, second in _SECTION.findall(_BESIDE_SECTION.sub(" ", text))}
    return {_SECTION_NUMBERS.get(name, name) for name in named}
