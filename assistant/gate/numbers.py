"""Numbers, dates and durations of a claim: each must stand in the cited sentences.

A small count may also be that of a list the sentence holds ("three sectors"), and half a year stands for 180 days only
where the claim says that it is about as long.
"""

import re

from assistant.gate.harmless import NOT_AT_ONCE
from assistant.gate.marks import JP, US, side_of
from assistant.gate.quantities import ONES, ORDINALS, listed, read, sections, spelled, whole
from assistant.gate.record import Cited
from assistant.gate.words import latin_words, plain, stem

_UNCOUNTED = re.compile(  # a second of what the text has one of, numbered names, a span of nobody knows how many days
    r"\b(?:two|2|second|2nd|double) (?:\w+ ){0,2}?(?:notices|generations|(?:golden )?ages?|stations?|"
    r"facilit(?:y|ies)|"
    r"decisions?|hubs?|languages)\b|(?:二つ|2つ|ふたつ|第二|2番目)の(?:新たな|新しい|書面)?(?:黄金時代|通知|"
    r"宇宙ステーション|"
    r"施設|ハブ|世代|決定|言語)|\bartemis (?:\d|i+\b|one|two|three)|アルテミス(?:\d|計画\d)|\bbeyond 6g|"
    r"(?:[二三四五六七八九2-9]|数)世代|\b(?:twice|thrice|double|triple|treble|half|quarter) (?:of )?"
    r"(?:the |as long as )?(?:\d+|one hundred|period|time)\b|"
    r"\bevery (?:second|third|fourth|fifth|tenth)\b|"
    r"[三四五六3-6](?:つの(?:政府|参加者|当事者|国)|か国|ヵ国|カ国)|"
    r"(?<!half )\b(?:an?|one|another) (?:full |whole |single )?(?:week|month|year|decade) (?:after|before|"
    r"later|from|following|ahead|in advance|of notice)\b|"
    r"\b(?:regular|periodic)(?:al)?(?:ly)?\b|\bfrom time to time\b|定期的?|毎回|随時|頻繁|"
    r"\b(?:several|many|few|some|couple of|number of|dozens of) (?:days|weeks|months|years)\b|数(?:か月|"
    r"カ月|ヶ月|週間|日後|年後)"
)
_DAY_OF_MONTH = re.compile(r"\b(?:first|last|final) day of (?:october|the (?:month|year))")
_PART_OF_DATE = re.compile(
    r"\b(?:end|start|beginning|middle) of (?:the year|20\d\d)|"
    r"\b(?:early|mid)[- ]?(?:in )?(?:october|20\d\d)|月(?:上旬|中旬|初め|初旬|半ば|末日|1日(?!\d))|"
    r"年(?:初め|初頭|半ば)"
)
_ONE_DAY = re.compile(  # for the 180 days, or for a date both have determined
    r"\b(?:same|next|following|very) day\b|\bovernight\b|当日|即日|翌日|同日|その日のうち"
)
_OTHER_DAY = re.compile(  # than the 28th of October, in words
    r"\b(?!twenty-eighth|twenty eighth)(?:first|second|third|fourth|fifth|sixth|seventh|"
    r"(?<!twenty-)(?<!twenty )eighth|ninth|tenth|\w+teenth|eleventh|twelfth|twentieth|"
    r"twenty[- ]\w+|thirtieth|thirty[- ]first) (?:day )?of october\b|"
    r"\b(?:day|week|month)s? (?:after|before|earlier|later)\b|"
    r"\bin (?:the )?(?:early |late )?(?:spring|summer|winter)\b|"
    r"(?:春|夏|冬)(?=に|の|、|で)|前日|翌[日週月年]"
)
_BOUND = re.compile(
    r"(at least|more than|no less than|no fewer than|no more than|over|up to|within|less than|fewer than|at most|"
    r"a maximum of|a minimum of|no later than) (?:\d|one hundred|six|half)|"
    r"\d+ ?日(?:間)?(以内|以上|未満|を超え|以前)|(少なくとも|最大|最短|最長|遅くとも) ?(?:\d|百)"
)
_BOTH_SIDES = frozenset(("participants", "governments", "countries", "nations", "sides", "states", "parties"))
_COPIES = re.compile(
    rf"\b({'|'.join(ONES)})\b (?:english |signed |identical |original )?(?:cop(?:y|ies)|originals?)\b|"
    r"\b(\d+) (?:english |signed |identical |original )?(?:cop(?:y|ies)|originals?)\b|"
    r"([\d一二三四五六七八九十]+)\s?[通部](?![門分品常])"
)
_COUNTED = re.compile(
    rf"\b({'|'.join(ONES)})\b (?:named |different |listed |american |japanese |unitedstates |leading |specific )?"
    r"(?:sectors|institutions|bodies|institutes|agencies|organi[sz]ations|funders|disciplines|aims|goals|priorities|"
    r"networks|technologies|stakeholders?|groups|fields|areas|topics|purposes|objectives|languages|measures|"
    r"standards|laboratories|universities|missions|reactors|conditions|steps)\b|"
    r"([\d一二三四五六七八九十]+)(?:つの)?(?:機関|部門|団体)|"
    r"(?:機関|団体)(?:は|が|として|の数は)[^。、]{0,8}?([\d一二三四五六七八九十]+)(?:つ|機関|団体)"
)
_INSTITUTIONS = re.compile(r"\b(?:institutions|bodies|institutes|agencies|organi[sz]ations|funders)\b|機関|団体")
_LONE = re.compile(  # a list of several told as one ("one" alone may be one of them)
    r"\b(?:just|only|but|merely|no more than|exactly|precisely|a single|the single|the sole|the one) (?:one |single )?"
    r"(?:technology|sector|institution|body|agency|field|area|discipline|goal|network|stakeholder|topic|example)\b|"
    r"ただ(?:一|1)(?:か所|つ|機関|団体)|(?:技術|部門|分野|機関|団体|項目|目標|例)は(?:一|1)つ(?:だけ|のみ)?(?=[。、でと]|$)|"
    r"(?:一|1)つ(?:だけ|のみ)の?(?:技術|部門|分野|機関|団体|項目)"
)
_ORDER = re.compile(  # a third or fourth of something; a second may be the second that the claim itself names
    r"(?<!-)(?<!twenty )\b(?P<article>an? |the )?(?P<word>third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)\b"
    r"(?! (?:countr|part(?:y|ies)|nation|state|section|paragraph|sentence|bullet|item|point|"
    r"(?:day )?of (?:the month|october)))|"
    r"第(?P<digit>[三四五六七八九十3-9])の?(?![節項章条段文者国\d])|(?P<count>[三四五六七八九十3-9])(?:番目|つ目|度目|回目)"
)
_TWO = re.compile(
    r"\b(?:two|2) (?:\w+ )?(?:technologies|sectors|disciplines|fields|areas|institutions|bodies|agencies|"
    r"stakeholders|groups|"
    r"goals|aims|networks|examples|topics|steps|measures|challenges|phases|stages)\b|(?:二|2)つの(?:技術|分野|部門|機関|団体|"
    r"項目|目標|例|段階)|(?:二|2)段階|"
    r"(?:技術|分野|部門|機関|団体|項目|目標|例)は(?:二|2)つ|の(?:二|2)つ(?:です|だ|である|$|。)"
)
_TWO_OF = re.compile(r"\b(?:two|2) (?!of\b)(?:\w+ ){0,2}?(?P<noun>[a-z]{4,}s)\b")
# Three or more of what the sentence has and does not count; of what it lists, a list of so many may stand for it.
_MANY_OF = re.compile(
    rf"\b(?P<word>{'|'.join(word for word, n in ONES.items() if n > 2)}|"
    rf"\d+) (?!of\b)(?:\w+ ){{0,3}}?(?P<noun>[a-z]{{4,}}s)\b"
)
_MANY_OF_JA = re.compile(r"(?P<count>\d+|[二三四五六七八九十]+)つの(?P<noun>[一-鿿々]+|[ァ-ヺー]+)")
_LISTABLE = frozenset(
    stem(word)
    for word in (
        "areas fields sectors disciplines technologies networks institutions bodies agencies organizations institutes "
        "funders goals aims purposes objectives stakeholders groups topics examples items subjects things points "
        "initiatives challenges measures practices standards activities efforts steps tasks laboratories applications "
        "stacks channels sciences participants governments countries nations sides states parties"
    ).split()
)
_LISTABLE_JA = re.compile(
    r"(?:分野|部門|技術|機関|団体|組織|目標|目的|項目|例|課題|活動|取組|措置|標準|関係者|主体|領域|対象|ネットワーク|政府|国|点|要素|柱|"
    r"理由|働き|作業|種類|側面|段落|内容|事柄|テーマ|学問|方向|面|方法|手段|言語|参加者)$"
)
_TIMES_OF = re.compile(  # counters of what is no item of a list
    r"(?P<number>\d+|[二三四五六七八九十百千万億]+)(?:回|度(?![目合量])|人(?![材類工々])|名(?![称前])|"
    r"本(?![柱文覚MOCmoc])|基(?![本盤礎準])|台|機(?![関構会能微])|隻|枚|席|歳|割|"
    r"倍|頭|冊|棟|機関以上|年分)"
)
_SHARE = re.compile(  # so many institutions of one side
    rf"\b(?P<word>{'|'.join(ONES)}|(?P<digit>\d+)) (?:\w+ )?(?:is|are|from|in|on) (?:the )?(?:{US}|{JP})|"
    rf"\b(?P<word_after>{'|'.join(ONES)}) (?:named |different )?(?:{US}|{JP})(?: (?:\w+ )?(?:institutions?|"
    rf"bod(?:y|ies)|"
    rf"agenc(?:y|ies)|institutes?|organi[sz]ations?|funders?|ones?))|"
    rf"(?:{US}|{JP})(?:側)?(?:は|から|からは|の|が|を代表する)"
    rf"(?:名前の挙がった)?(?P<digit_after>[\d一二三四五六七八九十]+)(?:つの)?(?:機関|団体|つ)"
)
_COLLECTIVES = (
    (re.compile(r"\b(?:an? )?(?:pair|couple|duo) of\b"), "two"),
    (re.compile(r"\b(?:an? )?(?:trio|triplet) of\b"), "three"),
    (re.compile(r"\b(?:an? )?quartet of\b"), "four"),
    (re.compile(r"\bhalf a dozen\b"), "six"),
    (re.compile(r"\ba dozen\b"), "twelve"),
)
_SIGNED_AS_START = re.compile(
    r"(?:from|after|since|following|of) (?:the )?(?:date of )?(?:(?:the )?(?:moc|"
    r"memorandum)(?:'s)? )?(?:signature|signing|it (?:is|was) signed)|"
    r"署名(?:日|の日|した日|された日|から)[^。]{0,12}(?:起点|から|より|起算|後)|署名(?:から|後)"
)


def mismatches(claim: str, cited: Cited) -> list[str]:
    """``number_mismatch`` and ``date_mismatch``, where a number or a date of the claim has no source."""
    text = _counted_out(plain(claim))
    wrong = (("date_mismatch", _wrong_date(text, cited)), ("number_mismatch", _wrong_number(text, cited)))
    return [reason for reason, found in wrong if found]


def _wrong_date(claim: str, cited: Cited) -> bool:
    said, held = read(claim), read(cited.everything)
    held_days = {month: {day for m, day in held.days if m == month} for month, _ in held.days}
    return (
        bool(said.years - held.years or read(NOT_AT_ONCE.sub(" ", claim)).times - held.times)
        or any(m not in held_days or (d is not None and d not in held_days[m]) for m, d in said.days)
        or _wrong_part(claim, cited)
        or _wrong_start(claim, cited)
    )


def _wrong_number(claim: str, cited: Cited) -> bool:
    said, held = read(claim), read(cited.everything)
    counts = {1.0, 2.0, float(len(cited.addresses))} | {float(n) for n in listed(cited.english)}
    values = {(value, unit) for value, unit, _ in held.amounts}
    numbers = {value for value, _ in values} | {float(year) for year in held.years}
    return (
        bool(said.vague - held.vague or _bounds(claim) - _bounds(cited.everything))
        or not all(_stands(amount, values, numbers, counts) for amount in said.amounts)
        or _wrong_copies(claim, cited)
        or any(not _is_held(match.group(), cited) for match in _UNCOUNTED.finditer(claim))
        or _out_of_order(claim, counts)
        or _pairs_of_many(claim, cited)
        or _counted_anew(claim, cited)
        or _wrong_share(claim, cited)
        or (_LONE.search(claim) is not None and max(counts) > 2)
        or not _listed_nouns(claim) <= _named(claim, cited)
        or (any(value != 2 for value in said.sides) and not any("国" in word for word in held.vague))
        or (bool(cited.addresses) and not sections(claim) <= {address.split(".")[0] for address in cited.addresses})
    )


def _stands(
    amount: tuple[float, str, bool], held: set[tuple[float, str]], numbers: set[float], counts: set[float]
) -> bool:
    value, unit, about = amount
    if (value, unit) in held or (not unit and value in numbers):
        return True
    if unit:
        return about and (value, unit) in {(6.0, "month"), (0.5, "year"), (26.0, "week")} and (180.0, "day") in held
    return value in counts


def _wrong_part(claim: str, cited: Cited) -> bool:
    """Another part of the month or the year than the day of the signature, or days before the notice for after it."""
    if cited.addresses and _DAY_OF_MONTH.search(claim):
        return True
    if "180 days" in cited.english and (_ONE_DAY.search(claim) or re.search(r"\bdays before\b|日前(?!後)", claim)):
        return True
    dated = "october 28" in cited.english
    return dated and (_OTHER_DAY.search(claim) is not None or _PART_OF_DATE.search(claim) is not None)


def _bounds(text: str) -> set[str]:
    """Words that make a duration a least or a most (within 180 days, 180日以内)."""
    return {next(word for word in match.groups() if word) for match in _BOUND.finditer(text)}


def _wrong_copies(claim: str, cited: Cited) -> bool:
    """Another number of copies than two, where the text is signed in duplicate."""
    if "in duplicate" not in cited.english:
        return False
    return any((spelled(m[1]) if m[1] else whole(m[2] or m[3])) != 2 for m in _COPIES.finditer(claim))


def _out_of_order(claim: str, counts: set[float]) -> bool:
    """A third, a fourth … of what has not so many: "the third" may be one of a list, "a third" comes on top of it."""
    for match in _ORDER.finditer(claim):
        said = match["digit"] or match["count"]
        value = whole(said) if said else float(ORDINALS[match["word"]])
        if value > max(counts) or (match["article"] or "").startswith("a"):
            return True
    return False


def _owners(cited: Cited) -> list[str]:
    """The side of each institution that the cited sentences name; the governments are none."""
    named = (term for term in cited.terms if term.kind == "organisation" and not term.en.startswith("Government"))
    return [term.side for term in named if term.side in ("us", "jp")]


def _pairs_of_many(claim: str, cited: Cited) -> bool:
    """Two of what the sentence lists three or more of."""
    lists = {n for n in listed(cited.english) if n > 2}
    owners = _owners(cited)
    if not lists or len(cited.addresses) != 1 or len(owners) == 2:
        return False
    return _TWO.search(claim) is not None and 2.0 not in {value for value, _, _ in read(cited.everything).amounts}


def _counted_anew(claim: str, cited: Cited) -> bool:
    """Two, or so many times, of what the sentences speak of once and do not count."""
    held = {value for value, _, _ in read(cited.everything).amounts}
    if any(whole(match["number"]) not in held for match in _TIMES_OF.finditer(claim)):
        return True
    if (
        len(cited.addresses) != 1
        or _INSTITUTIONS.search(claim)
        or re.search(r"\b(?:two|both|duplicate)\b", cited.english)
    ):
        return False
    words = [stem(word) for word in latin_words(cited.english)]
    counted = {stem(match["noun"]) for match in _MANY_OF.finditer(claim) if _value(match["word"]) not in held}
    if any(noun in words and noun not in _LISTABLE for noun in counted):
        return True
    if any(m["noun"] in cited.japanese and not _LISTABLE_JA.search(m["noun"]) for m in _MANY_OF_JA.finditer(claim)):
        return True
    return any(
        (words.count(stem(match["noun"])) == 1 or stem(match["noun"]) in set(words) - _LISTABLE)
        and match["noun"] not in _BOTH_SIDES
        for match in _TWO_OF.finditer(claim)
    )


def _is_held(phrase: str, cited: Cited) -> bool:
    """Whether the cited sentences have a count or a span, or are about what is long-standing anyway."""
    return phrase in cited.everything or (phrase.endswith("years") and "longstanding" in cited.english)


def _value(number: str) -> float:
    return whole(number) if number.isdigit() else spelled(number)


def _wrong_share(claim: str, cited: Cited) -> bool:
    """Another number of a side's institutions than the cited sentences name."""
    owners = _owners(cited)
    if len(cited.addresses) != 1 or len(owners) < 2 or not _INSTITUTIONS.search(claim):
        return False
    for match in _SHARE.finditer(claim):
        said = match["word"] or match["word_after"] or match["digit"] or match["digit_after"]
        value = spelled(said) if said.isascii() and said.isalpha() else whole(said)
        if value != owners.count(side_of(match.group())) and not (value == 1 and re.search(r"\bone of\b", claim)):
            return True
    return False


def _counted_out(said: str) -> str:
    """A claim with pairs, trios and dozens as the numbers they are."""
    for pattern, number in _COLLECTIVES:
        said = pattern.sub(number, said)
    return said


def _listed_nouns(claim: str) -> set[float]:
    """Numbers of institutions, sectors, aims … that a claim counts, other than "one of" them."""
    found = {spelled(m[1]) if m[1] else whole(m[2] or m[3]) for m in _COUNTED.finditer(claim)}
    return found - {0.0, 1.0}


def _named(claim: str, cited: Cited) -> set[float]:
    """Counts that may stand for what the cited sentences list: list lengths, named institutions, pairs, sentences."""
    counts = {float(n) for n in listed(cited.english)}
    owners = _owners(cited)
    if owners and _INSTITUTIONS.search(claim):
        named = {float(len(owners)), float(owners.count("us")), float(owners.count("jp"))}
        return named | {value for value, _, _ in read(cited.everything).amounts}
    counts |= {float(len(owners)), float(owners.count("us")), float(owners.count("jp")), float(len(cited.addresses))}
    if not counts & {3.0, 4.0, 5.0, 6.0, 7.0} or len(cited.addresses) > 1:
        counts.add(2.0)
    return counts | {value for value, _, _ in read(cited.everything).amounts}


def _wrong_start(claim: str, cited: Cited) -> bool:
    """A period that the text counts from the delivery of the notice, counted from the signature."""
    return "180 days" in cited.english and "180" in claim and _SIGNED_AS_START.search(claim) is not None
