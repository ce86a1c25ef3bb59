"""Slips are repaired towards the document; words that are words stay."""

import pytest

from assistant import glossary
from assistant.spelling import Spelling
from index import bank, parse, reading_aid


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    document = parse.load()
    aid = reading_aid.load(document)
    words = glossary.load()
    names = [form for term in words.terms for form in term.forms]
    asked = [q.text for q in bank.load(document) if q.style != "typo"]
    return Spelling([*(s.text for s in document.passages), *names, *aid.sentences.values()], asked, words.readings)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fusoin enrgy", "fusion energy"),
        ("quantm computting", "quantum computing"),
        ("semicondutors", "semiconductors"),
        ("legallybinding", "legally binding"),
        ("pharmasupply", "pharma supply"),
        ("Goverment of japn", "government of japan"),
        ("submarne cabels", "submarine cables"),
        ("サプライチェン", "サプライチェーン"),
        ("人口知能の協力", "人工知能の協力"),
    ],
)
def test_slips_are_repaired(spelling: Spelling, typed: str, meant: str) -> None:
    """Changed places, doubled and missing letters, a missing space, a wrong conversion."""
    assert spelling.correct(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("かくゆうごうって何するの", "核融合って何するの"),
        ("カイテイケーブルはどうなる?", "海底ケーブルはどうなる?"),
        ("うちゅう", "宇宙"),
        ("文書のもくてきは", "文書の目的は"),
        ("かくゆうごうエネルギーは", "核融合エネルギーは"),
        ("うちゅうステーションのけんきゅう", "宇宙ステーションの研究"),
        ("しょめいしたのはだれ、はっこうするのはいつ", "署名したのはだれ、発効するのはいつ"),
        ("つうしんひょうじゅんを", "通信標準を"),
        ("りょうし技術とせいふのしきん", "量子技術と政府の資金"),
        ("りょうしゃの にんしき", "りょうしゃの にんしき"),
        ("どうやってお金をかせいでいいの", "どうやってお金をかせいでいいの"),
        ("せいふくは必要ですか", "せいふくは必要ですか"),
        ("かせいふ", "かせいふ"),
        ("しきんぐり", "しきんぐり"),
        ("もくてきちとつうしんぼ", "もくてきちとつうしんぼ"),
        ("しゅうせいざいはどこ", "しゅうせいざいはどこ"),
        ("これをとおしてよしんする", "これをとおしてよしんする"),
        ("サプライチェーン", "サプライチェーン"),
    ],
)
def test_words_typed_in_kana_are_written(spelling: Spelling, typed: str, meant: str) -> None:
    """The longest reading; a short one only where a word begins, each only where one ends."""
    assert spelling.correct(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "missiles and penalties",
        "tariffs, ratification, sanctions",
        "Rapidus and Kioxia",
        "JT-60SA 5G/6G 180 days",
        "MEXT EXIM NEXI",
        "dont wont cant",
        "who@example.org",
        "アフリカとロシア",
        "the colour of aluminium",
    ],
)
def test_known_words_stay(spelling: Spelling, text: str) -> None:
    """Ordinary words the document lacks, names, numbers and abbreviations are not slips."""
    assert spelling.correct(text) == text


def test_document_is_spelled_right(spelling: Spelling) -> None:
    """No sentence of the document is changed."""
    assert [s.text for s in parse.load().passages if spelling.correct(s.text) != s.text] == []
