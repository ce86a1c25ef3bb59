"""Case files: what a person may write in a spreadsheet, and how a mistake is named."""

from pathlib import Path

import pytest

from evals import cases
from evals.cases import CaseError

HEADER = "\t".join(cases.HEADER)
GOOD = "q1\tg1\ten\tanswered\tiii.p1.s1\t-\tplain\tlegal\tiii.p1.s1\t\tIs it binding?"


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    (folder / "dev.tsv").write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return folder


def row(**changes: str) -> str:
    return "\t".join((dict(zip(cases.HEADER, GOOD.split("\t"), strict=True)) | changes).values())


def test_a_good_row_is_read(tmp_path: Path) -> None:
    """Every column arrives where it belongs."""
    history = '[["user", "Who signed?"], ["assistant", "It does not say."]]'
    (found,) = cases.load("dev", write(tmp_path, row(expect="answered|not_in_document/absent_detail", history=history)))
    assert (found.id, found.suite, found.line, found.gold, found.also) == ("q1", "dev", 2, ("iii.p1.s1",), ())
    assert [str(outcome) for outcome in found.expect] == ["answered", "not_in_document/absent_detail"]
    assert [(turn.role, turn.content) for turn in found.history] == [
        ("user", "Who signed?"),
        ("assistant", "It does not say."),
    ]


def test_what_a_spreadsheet_makes_of_it_is_the_same(tmp_path: Path) -> None:
    """A byte order mark, CRLF and doubled quotation marks change nothing; quotes inside a question stay."""
    plain = write(tmp_path, row(history='[["user", "a"]]', question='Is the "MOC" binding?'))
    expected = cases.load("dev", plain)
    text = (
        "\ufeff" + HEADER + "\r\n" + row(history='"[[""user"", ""a""]]"', question='"Is the ""MOC"" binding?"') + "\r\n"
    )
    (tmp_path / "dev.tsv").write_bytes(text.encode())
    assert cases.load("dev", tmp_path) == expected
    assert expected[0].question == 'Is the "MOC" binding?'


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": "two words"}, "id"),
        ({"fact": ""}, "fact"),
        ({"language": "fr"}, "language"),
        ({"expect": "answerd"}, "expect"),
        ({"expect": "declined"}, "expect"),
        ({"expect": "declined/absent_topic", "gold": "-"}, "expect"),
        ({"gold": "iii.p1.s1++iii.p1.s2"}, "gold"),
        ({"gold": "-"}, "gold"),
        ({"expect": "not_in_document/absent_topic"}, "gold"),
        ({"also": "iii.p1.s1"}, "also"),
        ({"history": "[1]"}, "history"),
        ({"history": '[["system", "x"]]'}, "history"),
        ({"history": "not json"}, "history"),
        ({"question": ""}, "question"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_field(tmp_path: Path, changes: dict[str, str], field: str) -> None:
    """Whoever edits the file can go to the cell."""
    with pytest.raises(CaseError, match=rf"dev\.tsv:3:{field}: "):
        cases.load("dev", write(tmp_path, GOOD, row(**{"id": "q2"} | changes)))


def test_wrong_columns_are_named(tmp_path: Path) -> None:
    """A missing tab or another header is no silent shift of columns."""
    with pytest.raises(CaseError, match=r"dev\.tsv:2:row: has 10 columns, needs 11"):
        cases.load("dev", write(tmp_path, GOOD.replace("\t", " ", 1)))
    with pytest.raises(CaseError, match=r"dev\.tsv:1:header"):
        cases.load("dev", write(tmp_path, GOOD, header="id\tquestion"))
    with pytest.raises(CaseError, match="cannot be read"):
        cases.load("test", tmp_path)


@pytest.mark.parametrize(
    ("expect", "expectation"),
    [
        ("answered", "answerable"),
        ("answered|partial", "answerable"),
        ("partial|not_in_document/absent_detail", "open"),
        ("not_in_document/absent_topic|declined/opinion", "unanswerable"),
        ("declined/opinion", "route"),
        ("small_talk/greeting|declined/abuse", "route"),
    ],
)
def test_what_a_case_is_about_follows_from_what_it_accepts(tmp_path: Path, expect: str, expectation: str) -> None:
    """Cases on which readers differ count neither as answerable nor as unanswerable."""
    gold = "iii.p1.s1" if "answered" in expect or "partial" in expect else "-"
    (found,) = cases.load("dev", write(tmp_path, row(expect=expect, gold=gold)))
    assert found.expectation == expectation
