"""Repairs slips of spelling towards the words of the document; what retrieval searches for, never what is shown.

A word is repaired only when no English word list, no bank question and no glossary form knows it, and a word of the
document's world is one slip away (two from eight letters on). Names and numbers stay as they were typed. Japanese typed
in kana is written as the glossary's readings say: likeness knows 核融合 and hardly かくゆうごう.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from symspellpy import SymSpell, Verbosity

_WORD = re.compile(r"(?<![\w@./-])[A-Za-z]+(?:'[a-z]+)?(?![\w@/]|\.\w|-\d)")
_KATAKANA = re.compile(r"[ァ-ヺー](?:[ァ-ヺー]|[\u2212-](?=[ァ-ヺ])){3,}")
_SHORTEST = 4  # letters; below that too many words are one slip apart
_TWO_SLIPS = 8  # letters from which two slips are repaired
_FREQUENT = 3  # times a word must stand in the bank to count as known
_COMMON = 30  # times a word must stand in the bank to be what a word of four letters meant
_DOCUMENT_WEIGHT = 1000  # a word of the document wins over a more frequent one of the bank
_LONG = 7  # letters of a katakana word from which one slip of any kind is repaired
_SURE = 5  # kana from which a reading is taken for its word wherever it stands
# Shorter ones only where a word begins: at the start, after a mark, or after a particle.
_BEGINS = "(?<![ぁ-んァ-ヶー一-鿿])|(?<=[のはがをにでとやもへ])"
# A reading ends where its kana do, or before a particle, the copula, する or another reading: せいふく is not せいふ.
_LAST = "(?![ぁ-ゖー])"
_ENDS = (
    f"{_LAST}|[のはがをにでとへ]|も(?!と)|や(?!く)|か(?:{_LAST}|[らなもどのをはに])|まで|より|って|など|だけ|だ|じゃ"
    f"|な(?:{_LAST}|[のんらどいも])|ね|よ(?!う)|す[るれ]|し(?:{_LAST}|[たてまなよか])|され|させ|でき"
)
_KANA_RUN = re.compile("[ぁ-ゖー]+|[ァ-ヶー]+")
_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_CONTRACTIONS = frozenset(
    "dont doesnt didnt isnt arent wasnt werent cant couldnt wont wouldnt shouldnt havent hasnt hadnt whats whos"
    " thats "
    "theres heres wheres hows youre theyre theyve weve lets gonna wanna gotta kinda".split()
)
# Conversions of an input method that make no sense here in any other reading.
_CONVERSIONS = {
    "人口知能": "人工知能", "各融合": "核融合", "角融合": "核融合", "核有合": "核融合", "半動体": "半導体",
    "半導対": "半導体", "高速力": "拘束力", "拘束カ": "拘束力",
    "法敵": "法的", "協力覚え書き": "協力覚書", "覚え書き": "覚書", "覚書き": "覚書",
    "覚え書": "覚書", "宇中": "宇宙", "海低": "海底", "海庭": "海底", "量士": "量子",
    "料子": "量子", "供給綱": "供給網",
    "医薬晶": "医薬品", "研究開発開発": "研究開発", "内閤府": "内閣府", "総務庁省": "総務省",
}  # fmt: skip


@cache
def english_words() -> frozenset[str]:
    """82,765 common English words (SCOWL and Google Books, as symspellpy ships them)."""
    text = (resources.files("symspellpy") / "frequency_dictionary_en_82_765.txt").read_text(encoding="utf-8-sig")
    return frozenset(line.split()[0] for line in text.splitlines() if line.strip())


class Spelling:
    """Knows the words of a document, of its glossary and of the questions people ask, and repairs slips of them."""

    def __init__(
        self, document: Iterable[str], questions: Iterable[str], readings: Mapping[str, str] | None = None
    ) -> None:
        """``document``: texts whose every word is a target; ``questions``: texts whose frequent words are.

        ``readings``: words typed in hiragana → as they are written.
        """
        self._readings = dict(readings or {})
        longest_first = sorted(self._readings, key=lambda kana: (-len(kana), kana))
        begun = (kana if len(kana) >= _SURE else f"(?:{_BEGINS}){kana}" for kana in longest_first)
        self._reading = re.compile(
            f"(?:{'|'.join(begun)})(?={_ENDS}|{'|'.join(longest_first)})" if longest_first else "(?!)"
        )
        texts, asked = list(document), list(questions)
        self._main = _latin_words(texts)
        counts = _latin_words(asked)
        frequent = Counter({word: count for word, count in counts.items() if count >= _FREQUENT})
        names = _names(asked)
        self._targets: Mapping[str, int] = {
            word: frequent.get(word, 0) + _DOCUMENT_WEIGHT * (word in self._main)
            for word in (self._main.keys() | frequent.keys())
            if len(word) >= _SHORTEST - 1 and (word in self._main or word in english_words())
        }
        self._near = SymSpell(max_dictionary_edit_distance=2, prefix_length=6)
        for word, weight in self._targets.items():
            self._near.create_dictionary_entry(word, weight)
        # A frequent word that no word list has is a name, an abbreviation, or a slip that many make.
        coined = {word for word in frequent.keys() - english_words() if word in names or not self._is_slip(word)}
        self._known = english_words() | self._main.keys() | coined | _CONTRACTIONS
        self._repaired: dict[str, str] = {}
        katakana = Counter(word for text in texts + asked for word in _KATAKANA.findall(text))
        self._katakana = frozenset(word for word, count in katakana.items() if count >= _FREQUENT) | frozenset(
            word for text in texts for word in _KATAKANA.findall(text)
        )
        self._folded: dict[str, str] = {}
        for word in sorted(self._katakana, key=lambda word: (katakana[word], word)):
            self._folded[_fold(word)] = word
        self._near_katakana = SymSpell(max_dictionary_edit_distance=1, prefix_length=7)
        for word in self._katakana:
            if len(word) >= _LONG:
                self._near_katakana.create_dictionary_entry(word, 1)

    @property
    def words(self) -> frozenset[str]:
        """Every English word known here."""
        return frozenset(self._known)

    def correct(self, text: str) -> str:
        """The text with slips repaired; the same object when there are none."""
        if not text.isascii():
            for slip, meant in _CONVERSIONS.items():
                text = text.replace(slip, meant)
            text = self._written(text)
            text = _KATAKANA.sub(lambda match: self._katakana_word(match.group()), text)
        shouted = text.isupper()
        return _WORD.sub(lambda match: self._word(match.group(), match.start() == 0 or shouted), text)

    def _written(self, text: str) -> str:
        """Words typed in kana as they are written; a word that is right in katakana stays."""
        pieces, end, hiragana = [], 0, text.translate(_HIRAGANA)
        # Where one kind of kana ends and the other begins a word ends.
        runs = _KANA_RUN.finditer(text)
        for match in (found for run in runs for found in self._reading.finditer(hiragana, *run.span())):
            typed = text[match.start() : match.end()]
            if typed not in self._katakana:
                pieces += [text[end : match.start()], self._readings[match.group()]]
                end = match.end()
        return "".join((*pieces, text[end:]))

    def _word(self, typed: str, first: bool) -> str:
        word = typed.lower()
        bare = word.removesuffix("'s")
        if len(bare) < _SHORTEST or bare in self._known:
            return typed
        if "'" in bare or (typed[1:] != typed[1:].lower() and not first):  # CamelCase and capitals are names
            return typed
        if typed[0].isupper() and not first and len(bare) >= _TWO_SLIPS and not self._nearest(bare, 1):
            return typed  # a name we don't know rather than a word with two slips
        if bare not in self._repaired:
            if len(self._repaired) > 10_000:  # a cache, not a leak
                self._repaired.clear()
            self._repaired[bare] = self._repair(bare)
        return typed if self._repaired[bare] == bare else self._repaired[bare] + word[len(bare) :]

    def _repair(self, word: str) -> str:
        one = self._nearest(word, 1)
        if one:
            return one
        if len(word) >= _TWO_SLIPS:
            return self._split(word) or self._nearest(word, 2) or word
        return word

    def _is_slip(self, word: str) -> bool:
        """Whether a word of the document is one slip away."""
        return (self._nearest(word, 1) or "") in self._main

    def _nearest(self, word: str, slips: int) -> str | None:
        found = self._near.lookup(word, Verbosity.CLOSEST, max_edit_distance=slips)
        kept = [
            item
            for item in found
            if item.distance == slips
            and (item.term[0] == word[0] or sorted(item.term) == sorted(word))  # the first letter is seldom the slip
            and (len(word) > _SHORTEST or item.count >= _COMMON or set(item.term) == set(word))
        ]
        best = max(kept, key=lambda item: (set(item.term) == set(word), item.count, item.term), default=None)
        return str(best.term) if best else None

    def _split(self, word: str) -> str | None:
        """Two known words typed without the space, of which the document has at least one."""
        pairs = [(word[:place], word[place:]) for place in range(3, len(word) - 2)]
        fits = [pair for pair in pairs if pair[0] in self._targets and pair[1] in self._targets]
        fits = [pair for pair in fits if pair[0] in self._main or pair[1] in self._main]
        best = max(fits, key=lambda pair: min(self._targets[pair[0]], self._targets[pair[1]]), default=None)
        return " ".join(best) if best else None

    def _katakana_word(self, typed: str) -> str:
        if typed in self._katakana or not re.search(r"[ァ-ヺ]", typed):
            return typed
        word = re.sub(r"(?<=[ァ-ヺ])[\u2212-](?=[ァ-ヺ]|$)", "ー", typed)
        if folded := self._folded.get(_fold(word)):
            return folded
        if len(word) >= _LONG:
            near = self._near_katakana.lookup(word, Verbosity.CLOSEST, max_edit_distance=1)
            if len(near) == 1:
                return str(near[0].term)
        return word


def _latin_words(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in re.findall(r"[a-z]+", text.lower()))


def _names(texts: Iterable[str]) -> frozenset[str]:
    """Words that stand with a capital more often than not, sentence openings left out."""
    capital: Counter[str] = Counter()
    for text in texts:
        for word in re.findall(r"(?<=[\w,] )[A-Za-z]+", text):
            capital[word.lower()] += 1 if word[0].isupper() else -1
    return frozenset(word for word, surplus in capital.items() if surplus > 0)


_SMALL = str.maketrans("ァィゥェォッャュョヮヂヅ", "アイウエオツヤユヨワジズ")
_FOREIGN_SOUNDS = (
    ("ヴァ", "バ"),
    ("ヴィ", "ビ"),
    ("ヴェ", "ベ"),
    ("ヴォ", "ボ"),
    ("ヴ", "ブ"),
    ("ティ", "チ"),
    ("ディ", "ジ"),
)


def _fold(katakana: str) -> str:
    """One key for spellings of the same loanword: long marks, small letters and ヴ do not count."""
    for sound, plain in _FOREIGN_SOUNDS:
        katakana = katakana.replace(sound, plain)
    return re.sub(r"[ー・\u2212-]", "", katakana.translate(_SMALL))
