"""The glossary: complete entries, addresses that really name the term, longer forms before their parts."""

from pathlib import Path

import pytest

from assistant import glossary
from index import parse, reading_aid
from index.errors import DocumentError

DOCUMENT = parse.load()
GLOSSARY = glossary.load()
TERM = """[[terms]]
en = "E"
ja = "J"
kind = "legal"
side = "us"
forms_en = []
forms_ja = []
asks_en = []
asks_ja = []
addresses = ["title"]
reason = ""
"""


def test_every_address_exists() -> None:
    """A term is tied only to sentences there are."""
    assert {address for term in GLOSSARY.terms for address in term.addresses} <= set(DOCUMENT.by_address)


def test_the_terms_are_those_of_document_and_reading_aid() -> None:
    """The Japanese of a term with addresses stands in the rendering or headings of one of them, nearly always."""
    aid = reading_aid.load(DOCUMENT)
    tied = [term for term in GLOSSARY.terms if term.addresses]
    missing = [
        term.en
        for term in tied
        if not any(term.ja in aid.sentences[address] for address in term.addresses)
        and not any(term.ja in heading for heading in aid.headings.values())
    ]
    assert len(tied) > 50
    assert len(missing) <= len(tied) // 10, missing


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Who speaks for the OSTP?", "Office of Science and Technology Policy"),
        ("ホワイトハウス科学技術政策局は", "Office of Science and Technology Policy"),
        ("日本政府の役割", "Government of Japan"),
        ("ＯＳＴＰ", "Office of Science and Technology Policy"),
    ],
)
def test_a_term_is_found_by_any_of_its_names(text: str, english: str) -> None:
    """In both languages, whatever the width and case of the letters."""
    assert english in {term.en for term in GLOSSARY.terms_in(text)}


def test_a_form_inside_a_word_or_a_longer_form_is_not_found() -> None:
    """OSTP inside HOSTPLAN is no OSTP; a longer name wins over a shorter one inside it."""
    assert "Office of Science and Technology Policy" not in {term.en for term in GLOSSARY.terms_in("HOSTPLAN")}
    short = glossary.Term("AI", "", "concept", "", (), (), (), (), "")
    long = glossary.Term("AI Safety Institute", "", "organisation", "jp", (), (), (), (), "")
    assert glossary.Glossary((short, long), {}).terms_in("the AI Safety Institute") == (long,)
    assert glossary.Glossary((short, long), {}).terms_in("AI and the AI Safety Institute") == (short, long)
    assert glossary.Glossary((), {}).terms_in("AI") == ()


def test_search_words_at_an_address() -> None:
    """Keyword search gets every name of what a sentence is about, and the words people ask for it by."""
    assert "OSTP" in set(GLOSSARY.search_words_at("preamble.p1.s1"))
    assert "OSTP" not in set(GLOSSARY.search_words_at("iii.p1.s4"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TERM.replace('side = "us"\n', ""), "'E' lacks 'side'"),
        (TERM.replace("legal", "dish"), "kind 'dish'"),
        (TERM.replace('"us"', '"eu"'), "side 'eu'"),
        (TERM + '[readings]\n"カナ" = "仮名"\n', "no hiragana"),
        (TERM + '[readings]\n"かな" = "仮名"\n', "'かな' is no hiragana of three"),
        (TERM + '[readings]\n"うちゅう" = ""\n', "'うちゅう' is read as ''"),
        ("readings = 3\n" + TERM, "must be a table"),
        ("terms = 3 =", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_a_broken_glossary_is_named(text: str, says: str, tmp_path: Path) -> None:
    """The message says which entry and what."""
    path = tmp_path / "glossary.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=says):
        glossary.load(path)
