"""Numbers, dates and durations of a claim, in digits, words and kanji: each must stand in the cited sentences.

A small count may also be that of a list the sentence holds ("three sectors"), and half a year stands for 180 days only
where the claim says that it is about as long.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from assistant.gate.record import Cited
from assistant.gate.words import plain

_ONES = {
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
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_MONTH} {_DAY}(?:,? (?P<year>\d{{4}}))?\b",
        rf"\b{_DAY} (?:of )?{_MONTH},?(?: (?P<year>\d{{4}}))?\b",
        rf"\b{_MONTH},? (?:of )?(?P<year>\d{{4}})\b",
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?:(?:(?P<reiwa>令和\s?(?:\d+|元))|(?P<year>[\d〇一二三四五六七八九]{4}))年(?:度|\s?(?=\d|"
        r"[一二三四五六七八九十])|(?!間)))"
        r"(?:(?P<month>\d{1,2}|[一二三四五六七八九十]+)月)?(?:(?P<day>\d{1,2}|[一二三四五六七八九十]+)日)?",
        r"(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})日",
        r"(?:\b(?:fy|in|by|since|until|till|before|after|from|year|of|and|to|through|around|"
        r"during) ?)(?P<year>(?:19|20)\d\d)s?\b",
    )
)
_WORD_NUMBER = re.compile(
    rf"\b(?:(?:a|{'|'.join(sorted((*_ONES, *_SCALES), key=len, reverse=True))})(?=[ -](?:"
    rf"{'|'.join((*_ONES, *_SCALES))})\b)[ -]"
    rf"|(?:{'|'.join(sorted((*_ONES, *_SCALES), key=len, reverse=True))})\b"
    rf"(?: and (?=(?:{'|'.join(_ONES)})\b))?[ -]?)+"
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
_HALF_YEAR = re.compile(r"\bhalf (?:a|of a|the) year\b|\bhalf-year\b|半年|半年間")
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|approximately|nearly|some|almost|close to|or so)\b|およそ|おおよそ|約|ほぼ|ほど|"
    r"程度|くらい|ぐらい|前後"
)
_VAGUE = re.compile(
    r"\b(?:dozens|hundreds|thousands|millions|billions|trillions|percent|per cent|triplicate|quadruplicate|"
    r"third of|quarter of|half of)\b|%|折半|半分|三分の一|倍増|数十|数百|数千|数万|数億|数兆|何億|何兆"
)
_HALF_OF_WORDS = re.compile(r"\b(?:other|first|second|latter|one|remaining) half of (?:this|the|that)\b")
_UNCOUNTED = re.compile(  # a second of what the text has one of, numbered names, a span of nobody knows how many days
    r"\b(?:two|2|second|2nd|double) (?:\w+ ){0,2}?(?:notices|generations|(?:golden )?ages?|stations?|"
    r"facilit(?:y|ies)|"
    r"decisions?|hubs?|languages)\b|(?:二つ|2つ|ふたつ|第二|2番目)の(?:新たな|新しい|書面)?(?:黄金時代|通知|"
    r"宇宙ステーション|"
    r"施設|ハブ|世代|決定|言語)|\bartemis (?:\d|i+\b|one|two|three)|アルテミス(?:\d|計画\d)|\bbeyond 6g|"
    r"\b(?:several|many|few|some|couple of|number of|dozens of) (?:days|weeks|months|years)\b|数(?:か月|"
    r"カ月|ヶ月|週間|日後|年後)"
)
_PART_OF_DATE = re.compile(
    r"\b(?:first|last|final) day of (?:october|the (?:month|year))|\b(?:end|start|beginning|"
    r"middle) of (?:the year|20\d\d)|"
    r"\b(?:early|mid)[- ]?(?:in )?(?:october|20\d\d)|月(?:上旬|中旬|初め|初旬|半ば|末日|1日(?!\d))|"
    r"年(?:初め|初頭|半ば)"
)
_SIDES = re.compile(
    rf"\b({'|'.join(word for word in _ONES if word not in ('zero', 'one'))}) (?:governments|countries|"
    r"participants|sides|parties|nations|states)\b|"
    r"([三四五六七八九十\d]+)\s?[かヶヵカ箇]国"
)
_BOUND = re.compile(
    r"(at least|more than|no less than|no fewer than|no more than|over|up to|within|less than|fewer than|at most|"
    r"a maximum of|a minimum of|no later than) (?:\d|one hundred|six|half)|"
    r"\d+ ?日(?:間)?(以内|以上|未満|を超え|以前)|(少なくとも|最大|最短|最長|遅くとも) ?(?:\d|百)"
)
_COPIES = re.compile(
    rf"\b({'|'.join(_ONES)})\b (?:english |signed |identical |original )?(?:cop(?:y|ies)|originals?)\b|"
    r"\b(\d+) (?:english |signed |identical |original )?(?:cop(?:y|ies)|originals?)\b|"
    r"([\d一二三四五六七八九十]+)\s?[通部](?![門分品常])"
)
_COUNTED = re.compile(
    rf"\b({'|'.join(_ONES)})\b (?:named |different |listed |american |japanese |unitedstates |leading |specific )?"
    r"(?:sectors|institutions|bodies|institutes|agencies|organi[sz]ations|funders|disciplines|aims|goals|priorities|"
    r"networks|technologies|stakeholders?|groups|fields|areas|topics|purposes|objectives|languages|measures|"
    r"standards|laboratories|universities|missions|reactors|conditions|steps)\b|"
    r"([\d一二三四五六七八九十]+)(?:つの)?(?:機関|部門|団体)|"
    r"(?:機関|団体)(?:は|が|として|の数は)[^。、]{0,8}?([\d一二三四五六七八九十]+)(?:つ|機関|団体)"
)
_INSTITUTIONS = re.compile(r"\b(?:institutions|bodies|institutes|agencies|organi[sz]ations|funders)\b|機関|団体")
_TIMES = re.compile(
    r"\b(?:calendar|fiscal|financial) year|\b(?:next|this|last|every|each|per|a) (?:year|month|week|decade)\b|"
    r"\bimmediate(?:ly)?\b|"
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:spring|summer|autumn|winter)\b|\bpromptly\b|\bforthwith\b|"
    r"\bwithout delay\b|\bquarter\b|\bcentury\b|[月火水木金土日]曜|世紀|遅滞なく|速やかに|午前|午後|四半期|"
    r"\bat once\b|\bright away\b|\b(?:annual|annually|yearly|monthly|quarterly|biannual|biennial)\b|"
    r"年度|年末|月末|来年|翌年|翌月|昨年|毎年|毎月|直ちに|即時|即日|ただちに|年1回|年に一度"
)
_BEFORE_LIST = re.compile(r"the participants|^\s*(?:and|or|including)\b")
_SECTION = re.compile(r"\bsections? (iv|iii|ii|i|[1-9])\b|第\s?(iv|iii|ii|i|[1-9一二三四])\s?節")
_LONE = re.compile(  # a list of several told as one ("one" alone may be one of them)
    r"\b(?:just|only|but|merely|no more than|exactly|precisely|a single|the single|the sole|the one) (?:one |single )?"
    r"(?:technology|sector|institution|body|agency|field|area|discipline|goal|network|stakeholder|topic|example)\b|"
    r"(?:技術|部門|分野|機関|団体|項目|目標|例)は(?:一|1)つ(?:だけ|のみ)?(?=[。、でと]|$)|"
    r"(?:一|1)つ(?:だけ|のみ)の?(?:技術|部門|分野|機関|団体|項目)"
)
_TWO = re.compile(
    r"\b(?:two|2) (?:\w+ )?(?:technologies|sectors|disciplines|fields|areas|institutions|bodies|agencies|"
    r"stakeholders|groups|"
    r"goals|aims|networks|examples|topics|steps|measures|challenges)\b|(?:二|2)つの(?:技術|分野|部門|機関|団体|"
    r"項目|目標|例)|"
    r"(?:技術|分野|部門|機関|団体|項目|目標|例)は(?:二|2)つ"
)
_SECTION_NUMBERS = {"1": "i", "2": "ii", "3": "iii", "4": "iv", "一": "i", "二": "ii", "三": "iii", "四": "iv"}
_SIGNED_AS_START = re.compile(
    r"(?:from|after|since|following|of) (?:the )?(?:date of )?(?:(?:the )?(?:moc|"
    r"memorandum)(?:'s)? )?(?:signature|signing|it (?:is|was) signed)|"
    r"署名(?:日|の日|した日|された日|から)[^。]{0,12}(?:起点|から|より|起算|後)|署名(?:から|後)"
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a text counts and dates: numbers as (value, unit, about), dates by part, words of time."""

    amounts: tuple[tuple[float, str, bool], ...]
    years: frozenset[int]
    days: frozenset[tuple[int, int | None]]
    times: frozenset[str]
    vague: frozenset[str]
    sides: frozenset[float]


def mismatches(claim: str, cited: Cited) -> list[str]:
    """``number_mismatch`` and ``date_mismatch``, where a number or a date of the claim has no source."""
    said, held = read(plain(claim)), read(cited.everything)
    found = []
    held_days = {month: {day for m, day in held.days if m == month} for month, _ in held.days}
    wrong_day = any(m not in held_days or (d is not None and d not in held_days[m]) for m, d in said.days)
    if (
        said.years - held.years
        or wrong_day
        or said.times - held.times
        or _wrong_part(plain(claim), cited)
        or _wrong_start(plain(claim), cited)
    ):
        found.append("date_mismatch")
    counts = {1.0, 2.0} | {float(n) for n in listed(cited.english)}
    values = {(value, unit) for value, unit, _ in held.amounts}
    numbers = {value for value, _ in values} | {float(year) for year in held.years}
    if said.vague - held.vague or not all(_stands(amount, values, numbers, counts) for amount in said.amounts):
        found.append("number_mismatch")
    if _bounds(plain(claim)) - _bounds(cited.everything) or _wrong_copies(plain(claim), cited):
        found.append("number_mismatch")
    if any(match.group() not in cited.everything for match in _UNCOUNTED.finditer(plain(claim))):
        found.append("number_mismatch")
    if _pairs_of_many(plain(claim), cited):
        found.append("number_mismatch")
    if _LONE.search(plain(claim)) and max(counts) > 2:
        found.append("number_mismatch")
    if not _listed_nouns(plain(claim)) <= _named(plain(claim), cited):
        found.append("number_mismatch")
    if any(value != 2 for value in said.sides) and not any("国" in word for word in held.vague):
        found.append("number_mismatch")
    if cited.addresses and not _sections(plain(claim)) <= {address.split(".")[0] for address in cited.addresses}:
        found.append("number_mismatch")
    return list(dict.fromkeys(found))


def _stands(
    amount: tuple[float, str, bool], held: set[tuple[float, str]], numbers: set[float], counts: set[float]
) -> bool:
    value, unit, about = amount
    if (value, unit) in held or (not unit and value in numbers):
        return True
    if unit:
        return about and (value, unit) in {(6.0, "month"), (0.5, "year"), (26.0, "week")} and (180.0, "day") in held
    return value in counts


@lru_cache(maxsize=2048)
def read(text: str) -> Numbers:
    """Every number, date and word of time in a plain text."""
    years: set[int] = set()
    days: set[tuple[int, int | None]] = set()
    text = re.sub(r"\b[a-z]+-?\d+[a-z]*\b|\b\d+[a-z]+(?:/\d+[a-z]+)*\b(?<!st)(?<!nd)(?<!rd)(?<!th)", " ", text)
    text = _SECTION.sub(" ", text)
    for pattern in _DATES:
        for match in pattern.finditer(text):
            parts = match.groupdict()
            if parts.get("reiwa"):
                years.add(2018 + int(parts["reiwa"][2:].strip().replace("元", "1")))
            elif parts.get("year"):
                years.add(int(_whole(parts["year"])))
            if parts.get("month"):
                month = _MONTHS.get(parts["month"]) or int(_whole(parts["month"]))
                days.add((month, int(_whole(parts["day"])) if parts.get("day") else None))
        text = pattern.sub(" ", text)
    text = _HALF_OF_WORDS.sub(" ", text)
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
        (_KANJI_NUMBER, lambda m: _whole(m[1])),
        (_DIGITS, lambda m: float(m[0].replace(",", ""))),
        (_WORD_NUMBER, lambda m: _words(m[0])),
    )
    for pattern, value in readings:
        for match in pattern.finditer(text):
            unit = _UNIT.match(text, match.end())
            yield value(match), _unit(unit["unit"]) if unit else "", _is_about(text, match)
        text = pattern.sub(lambda m: " " * len(m[0]), text)


def _sides(text: str) -> frozenset[float]:
    """How many governments, countries or participants a text speaks of, where it says a number."""
    found = {_words(m[1]) for m in _SIDES.finditer(text) if m[1]} | {
        _whole(m[2]) for m in _SIDES.finditer(text) if m[2]
    }
    return frozenset(found)


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


def _whole(digits: str) -> float:
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


def _words(text: str) -> float:
    total = group = 0.0
    for word in re.split(r"[ -]+", text.strip()):
        if word in _ONES:
            group += _ONES[word]
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


def _wrong_part(claim: str, cited: Cited) -> bool:
    """Another part of the month or the year than the day of the signature, or days before the notice for after it."""
    if "180 days" in cited.english and re.search(r"\bdays before\b|日前(?!後)", claim):
        return True
    return "october 28" in cited.english and _PART_OF_DATE.search(claim) is not None


def _bounds(text: str) -> set[str]:
    """Words that make a duration a least or a most (within 180 days, 180日以内)."""
    return {next(word for word in match.groups() if word) for match in _BOUND.finditer(text)}


def _wrong_copies(claim: str, cited: Cited) -> bool:
    """Another number of copies than two, where the text is signed in duplicate."""
    if "in duplicate" not in cited.english:
        return False
    return any((_words(m[1]) if m[1] else _whole(m[2] or m[3])) != 2 for m in _COPIES.finditer(claim))


def _pairs_of_many(claim: str, cited: Cited) -> bool:
    """Two of what the sentence lists three or more of."""
    lists = {n for n in listed(cited.english) if n > 2}
    owners = [term for term in cited.terms if term.kind == "organisation" and term.side in ("us", "jp")]
    if not lists or len(cited.addresses) != 1 or len(owners) == 2:
        return False
    return _TWO.search(claim) is not None and 2.0 not in {value for value, _, _ in read(cited.everything).amounts}


def _listed_nouns(claim: str) -> set[float]:
    """Numbers of institutions, sectors, aims … that a claim counts, other than "one of" them."""
    found = {_words(m[1]) if m[1] else _whole(m[2] or m[3]) for m in _COUNTED.finditer(claim)}
    return found - {0.0, 1.0}


def _named(claim: str, cited: Cited) -> set[float]:
    """Counts that may stand for what the cited sentences list: list lengths, named institutions, pairs, sentences."""
    counts = {float(n) for n in listed(cited.english)}
    owners = [term.side for term in cited.terms if term.kind == "organisation" and term.side in ("us", "jp")]
    if owners and _INSTITUTIONS.search(claim):
        named = {float(len(owners)), float(owners.count("us")), float(owners.count("jp"))}
        return named | {float(len(owners)) + 1} | {value for value, _, _ in read(cited.everything).amounts}
    counts |= {float(len(owners)), float(owners.count("us")), float(owners.count("jp")), float(len(cited.addresses))}
    if not counts & {3.0, 4.0, 5.0, 6.0, 7.0} or len(cited.addresses) > 1:
        counts.add(2.0)
    return counts | {value for value, _, _ in read(cited.everything).amounts}


def _sections(text: str) -> set[str]:
    named = {first or second for first, second in _SECTION.findall(text)}
    return {_SECTION_NUMBERS.get(name, name) for name in named}


def _wrong_start(claim: str, cited: Cited) -> bool:
    """A period that the text counts from the delivery of the notice, counted from the signature."""
    return "180 days" in cited.english and "180" in claim and _SIGNED_AS_START.search(claim) is not None
