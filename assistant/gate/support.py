"""What of a claim its cited sentences do not hold: words without the same word, a synonym or a name of it there."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from assistant.gate import kinds, usage
from assistant.gate.quantities import Numbers, read
from assistant.gate.record import Cited
from assistant.gate.words import base, following, latin_words, lexicon, plain, runs, stem, stems

_PREFIX = 6  # letters two stems share at the front when they are one word in two forms (telecom, telecommunications)
_SHORT = 4  # letters; idle words as short are articles, prepositions and the like
# What a missing word weighs: a name, a thing or an event, a character left over of a compound, a word people use of the
# sentence, a native word of Japanese, an English verb.
_NAME, _NEWS, _LEFT_OVER, _USED, _NATIVE, _VERB = 2.0, 1.25, 0.75, 0.5, 0.4, 1.0
_AFFIXES = frozenset(
    "者性化的等側面型系各両同本当該上中下内間際時目毎部"
)  # they add no meaning of their own to a compound
_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc\u30fd]")


@dataclass(frozen=True, slots=True)
class Support:
    """The words of a claim that need support (their number) and those that have none, in order.

    Of the missing, ``names`` are written as names, ``used`` are what people call these things in their questions, and
    ``doing`` are verbs, or native words of Japanese. ``anchored``: some word stands in the sentences themselves;
    without one a claim says nothing of them, however little of it needs support.
    """

    words: int
    missing: tuple[str, ...]
    names: tuple[str, ...]
    used: tuple[str, ...]
    doing: tuple[str, ...] = ()
    anchored: bool = True

    @property
    def share(self) -> float:
        """Share of the words that have support; 1 where none needs it."""
        return 1 - len(self.missing) / self.words if self.words else 1.0

    @property
    def weight(self) -> float:
        """How much is missing: names weigh most, verbs and words people use of the sentences least."""
        return sum(map(self._weighs, self.missing))

    def _done(self, word: str) -> float:
        if word not in self.doing:
            return _NEWS
        return _VERB if word.isascii() else _NATIVE

    def _weighs(self, word: str) -> float:
        if word in self.names:
            return _NAME
        lightest = min(_USED if word in self.used else _NEWS, self._done(word))
        return min(lightest, _LEFT_OVER) if len(word) == 1 else lightest


@dataclass(frozen=True)
class Cover:
    """Everything that supports a word, made once for the cited sentences."""

    stems: frozenset[str]
    pieces: frozenset[str]
    own: frozenset[str]  # the pieces without idle words
    singles: frozenset[str]
    term_words: frozenset[str]
    dated: bool  # the sentences hold a date, so that a claim may call it one
    amounts: frozenset[tuple[float, str]]  # durations


def support(claim: str, cited: Cited) -> Support:
    """Compare the words of a claim with the sentences it cites, in either language."""
    said = _read(claim)
    cover = _cover(cited)
    missing = [word for word in said.latin if not _supported(word, cover)]
    words = len(said.latin) + sum(stem(word) in cover.stems for word in said.idle)
    anchored = (
        words > len(missing)
        or any(_supported(word, cover) for word in said.idle)
        or (cover.dated and bool(said.numbers.days))
        or not cover.amounts.isdisjoint(_amounts(said.numbers))
    )
    doing = {word for word in missing if kinds.is_verb(word)}
    for run, after in said.runs:
        holes = _holes(run, cover)
        words += 1 if not holes else len(holes)
        missing += holes
        if holes == [run] and kinds.is_native(run, after):
            doing.add(run)
    anchored = anchored or any(len(piece) > 1 and piece in cover.own for piece in _pieces(run for run, _ in said.runs))
    names = _names(claim, missing)
    known = usage.usage()
    used = (word for word in missing if word not in names and known.knows(word, cited.addresses))
    return Support(
        words, tuple(missing), names, tuple(used), tuple(word for word in missing if word in doing), anchored
    )


def _amounts(numbers: Numbers) -> Iterable[tuple[float, str]]:
    return ((value, unit) for value, unit, _ in numbers.amounts if unit)


def _names(claim: str, missing: Iterable[str]) -> tuple[str, ...]:
    """Those of the missing words that are names: known ones, a capital inside a sentence, an office or a country."""
    names = []
    for word in missing:
        if word in lexicon().names:
            names.append(word)
        elif word.isascii():
            written = re.search(rf"(?<![A-Za-z]){re.escape(word)}(?![a-z])", claim, re.IGNORECASE)
            if written is None:
                continue
            first = written.group()
            begins = re.search(r"(?:^|[.!?:;]\s*)[\"'“(]*$", claim[: written.start()]) is not None
            if (first[0].isupper() and not begins) or re.search(r"[A-Z].*[A-Z]|[A-Z]\d|\d[A-Z]", first):
                names.append(word)
        elif re.search(r"(?:省|庁|局|大学|機構|財団|協会|会社|銀行|国|州|市|県|軍|研究所)$", word):
            names.append(word)
    return tuple(names)


@dataclass(frozen=True)
class _Said:
    latin: tuple[str, ...]
    idle: frozenset[str]  # need no support, but speak for the claim where the sentence has them
    runs: tuple[tuple[str, str], ...]  # each with the character after it
    numbers: Numbers


@lru_cache(maxsize=512)
def _read(claim: str) -> _Said:
    """Latin words that are not idle, with set phrases read as what they mean; runs of kanji and katakana."""
    text = plain(claim)
    words = lexicon()
    for pattern, meaning in words.phrases_en:
        text = pattern.sub(meaning, text)
    every = [word for word in latin_words(text) if len(word) > 1 and not word.isdigit() and "'" not in word]
    idle = frozenset(word for word in every if stem(word) in words.idle_en or base(word) in words.idle_en)
    return _Said(
        tuple(word for word in every if word not in idle),
        frozenset(word for word in idle if len(word) > _SHORT),
        tuple(following(text)),
        read(text),
    )


def _supported(word: str, cover: Cover) -> bool:
    root = stem(word)
    if root in cover.stems or word in cover.term_words or (cover.dated and root == "date"):
        return True
    if base(word) in cover.stems:
        return True
    same = lexicon().synonyms_en.get(root) or lexicon().synonyms_en.get(base(word))
    if same is not None and not same.isdisjoint(cover.stems):
        return True
    if len(root) < _PREFIX - 1:
        return False
    return any(
        root.startswith(other) or other.startswith(root) or (root[:_PREFIX] == other[:_PREFIX] and len(root) > _PREFIX)
        for other in cover.stems
        if len(other) >= _PREFIX - 1
    )


def _holes(run: str, cover: Cover) -> list[str]:
    """The stretches of a run that no word of the cover reaches."""
    size = 3 if _KATAKANA.match(run) else 2
    if len(run) < size:
        return [] if run in cover.pieces or run in cover.singles else [run]
    reached = [False] * len(run)
    for start in range(len(run) - size + 1):
        if run[start : start + size] in cover.pieces:
            reached[start : start + size] = [True] * size
    holes = [""]
    for character, found in zip(run, reached, strict=True):
        if found or (size == 2 and character in _AFFIXES):
            holes.append("")
        else:
            holes[-1] += character
    return [hole for hole in holes if hole]


@lru_cache(maxsize=1024)
def _cover(cited: Cited) -> Cover:
    words = lexicon()
    text = f"{cited.everything} {cited.headings}"
    forms = [plain(form) for term in cited.terms for form in term.forms]
    alone = set(runs(text))
    same = [
        word
        for group in words.synonyms_ja
        if any(word in (text if len(word) > 1 else alone) for word in group)
        for word in group
    ]
    japanese = [text, *forms, *same]
    characters = set("".join(run for run in runs(cited.japanese)))
    return Cover(
        cited.stems | frozenset(stems(cited.headings)),
        frozenset(_pieces((*japanese, *words.idle_ja))),
        frozenset(_pieces(japanese)),
        frozenset(characters | {word for word in (*same, *words.idle_ja) if len(word) == 1}),
        frozenset(word for form in forms for word in latin_words(form)),
        bool(read(cited.everything).days),
        frozenset(_amounts(read(cited.everything))),
    )


def pieces(text: str) -> frozenset[str]:
    """Stems and pieces of a plain text: what tells one sentence from another, in either language."""
    return frozenset((*(root for root in stems(text) if root not in lexicon().idle_en), *_pieces((text,))))


def _pieces(texts: Iterable[str]) -> Iterable[str]:
    """Pairs of kanji and triples of katakana; a shorter run is a piece of its own."""
    for text in texts:
        for run in runs(text):
            size = 3 if _KATAKANA.match(run) else 2
            if len(run) < size:
                yield run
            for start in range(len(run) - size + 1):
                yield run[start : start + size]
