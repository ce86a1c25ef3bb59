"""What ``validate`` says of every file beside the questions: file, line, field, and the next file is looked at too."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from evals import sources
from evals.sources import Places
from tests.evals.made import DOCUMENT

SHIPPED = Places()


def copied(folder: Path) -> Places:
    """The shipped files in a folder of the test's own."""
    shutil.copytree(SHIPPED.claims, folder / "claims", ignore=shutil.ignore_patterns("*.jsonl"))
    shutil.copytree(SHIPPED.attacks, folder / "attacks", ignore=shutil.ignore_patterns("*.py", "*.json"))
    for path in (SHIPPED.bank, SHIPPED.aid, SHIPPED.glossary, SHIPPED.gates):
        shutil.copy(path, folder / path.name)
    for path in (SHIPPED.history, SHIPPED.baseline, SHIPPED.recordings):
        shutil.copy(path, folder / path.name)
    copies = ("bank", "aid", "glossary", "gates", "history", "baseline", "recordings")
    names = {name: folder / getattr(SHIPPED, name).name for name in copies}
    return Places(**names, claims=folder / "claims", attacks=folder / "attacks")


def cell(path: Path, line: int, column: int, value: str) -> None:
    """Put a value into a cell of a tab-separated file; lines count from 1."""
    lines = path.read_text(encoding="utf-8").split("\n")
    cells = lines[line - 1].split("\t")
    cells[column] = value
    lines[line - 1] = "\t".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")


def swap(path: Path, old: str, new: str) -> int:
    """Replace the first occurrence; returns its line."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text.partition(old)[0].count("\n") + 1


def test_the_shipped_files_are_in_order() -> None:
    """Bank, reading aid, glossary, claims, lines, labels, attacks, gates, history, baseline and recordings."""
    assert list(sources.problems(DOCUMENT, SHIPPED)) == []


def test_one_mistake_in_each_file_is_named_with_its_field(tmp_path: Path) -> None:
    """All at once, in one go: what is wrong in one file hides nothing of another."""
    places = copied(tmp_path)
    cell(places.bank, 5, 2, "fr")
    cell(places.claims / "test.tsv", 3, 3, "unsuported")
    cell(places.claims / "dev.tsv", 4, 5, "v.p1.s1")
    cell(places.claims / "liars.tsv", 200, 0, "fib")
    cell(places.claims / "honest.tsv", 2, 0, "fr")
    cell(places.claims / "recorded.tsv", 6, 3, "suported")
    cell(places.attacks / "en.tsv", 3, 1, "nonsense")
    cell(places.attacks / "real.tsv", 4, 1, "keept")
    number = swap(places.glossary, 'en = "Government of Japan"', "en = 5")
    unknown = swap(places.glossary, 'ja = "日本国政府"', 'jaa = "日本国政府"')
    kana = swap(places.glossary, '"うちゅう" = "宇宙"', '"ウチュウ" = "宇宙"')
    reading = swap(places.glossary, '"うちゅうごみ" = "宇宙ごみ"', '"うちゅうごみ" = 5')
    metric = swap(places.gates, 'metric = "verbatim"', 'metric = "verbatum"')
    suite = swap(places.gates, 'suite = "routes"', 'suite = "roots"')
    rendering = swap(places.aid, 'of = "346ab5746a62"', 'of = "000000000000"')
    empty = swap(places.aid, 'ja = "2025年10月28日"', 'ja = " "')
    fact = swap(places.baseline, '"dev-002": "25457d3d ', '"dev-002": "25457d3 ')
    finish = swap(places.recordings, '"case": "dev-002"', '"cas": "dev-002"')
    swap(places.history, '"mode": "quote"', '"mode": "quoted"')
    expected = [
        f"moc.ja.toml:{rendering}:title",
        f"moc.ja.toml:{empty}:date",
        f"baseline.json:{fact}:dev-002",
        f"smollm2.jsonl:{finish}:cas",
        f"smollm2.jsonl:{finish}:case",
        "history.jsonl:1:mode",
        "bank.tsv:5:language",
        f"glossary.toml:{kana}:readings",
        f"glossary.toml:{reading}:readings",
        f"glossary.toml:{number}:en",
        f"glossary.toml:{unknown}:jaa",
        f"glossary.toml:{number - 1}:ja",
        "claims/dev.tsv:4:addresses",
        "claims/test.tsv:3:label",
        "claims/liars.tsv:200:kind",
        "claims/honest.tsv:2:language",
        "claims/recorded.tsv:6:label",
        "attacks/en.tsv:3:class",
        "attacks/real.tsv:4:half",
        f"gates.toml:{metric}:metric",
        f"gates.toml:{suite}:suite",
    ]
    found = [line.removeprefix(f"{tmp_path}/").partition(": ")[0] for line in sources.problems(DOCUMENT, places)]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("where", "field"),
    [
        (lambda places: places.bank, "file"),
        (lambda places: places.aid, "file"),
        (lambda places: places.glossary, "file"),
        (lambda places: places.claims / "liars.tsv", "file"),
        (lambda places: places.attacks / "ja.tsv", "file"),
        (lambda places: places.gates, "file"),
        (lambda places: places.history, "file"),
        (lambda places: places.baseline, "file"),
        (lambda places: places.recordings, "file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_problem(where: Callable[[Places], Path], field: str, tmp_path: Path) -> None:
    """Not UTF-8: one line that says so, and no other file is left out."""
    places = copied(tmp_path)
    where(places).write_bytes(b"\xff\xfe")
    cell(places.claims / "dev.tsv", 4, 0, "")
    found = list(sources.problems(DOCUMENT, places))
    assert f"{where(places)}:1:{field}: " in "\n".join(found)
    assert len(found) == 2


def test_a_row_with_other_columns_does_not_hide_the_next(tmp_path: Path) -> None:
    """Bank and claims, each with its line."""
    places = copied(tmp_path)
    for path in (places.bank, places.claims / "dev.tsv"):
        cell(path, 3, 0, "a\tb")
        cell(path, 4, 2, "fr")
    found = [line.removeprefix(f"{tmp_path}/").partition(": ")[0] for line in sources.problems(DOCUMENT, places)]
    assert found == ["bank.tsv:3:row", "bank.tsv:4:language", "claims/dev.tsv:3:row", "claims/dev.tsv:4:language"]


def test_a_rendering_of_another_sentence_is_named_with_its_line(tmp_path: Path) -> None:
    """The reading aid, by the address."""
    places = copied(tmp_path)
    line = swap(places.aid, 'of = "346ab5746a62"', 'of = "000000000000"')
    assert next(sources.aid_problems(DOCUMENT, places.aid)).startswith(f"{places.aid}:{line}:title: ")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('metric = "verbatim"', 'metric = "verbatim[fr]"', "metric"),
        ('slice = "kind"', 'slice = "kinds"', "slice"),
        ("at_least = 1.0", 'at_least = "1"', "at_least"),
        ("floor = 0.92", "floor = true", "floor"),
        ("[[safety]]", "[[safty]]", "safty"),
    ],
)
def test_a_gate_that_would_never_apply_is_refused(old: str, new: str, field: str, tmp_path: Path) -> None:
    """A cut, a slice, a limit or a table that there is not."""
    path = tmp_path / "gates.toml"
    shutil.copy(SHIPPED.gates, path)
    swap(path, old, new)
    assert [line.removeprefix(f"{path}:").split(":")[1] for line in sources.gate_problems(path, SHIPPED.history)] == [
        field
    ]


def test_two_gates_on_one_thing_are_refused(tmp_path: Path) -> None:
    """With the line of the other; the same metric of another suite, slice or mode is another gate."""
    path = tmp_path / "gates.toml"
    row = '[[quality]]\nmetric = "completeness"\nsuite = "test"\nfloor = 0.5\n'
    path.write_text(row + row.replace("0.5", "0.6") + row.replace("test", "dev"), encoding="utf-8")
    assert list(sources.gate_problems(path, SHIPPED.history)) == [
        f"{path}:6:metric: gate 'completeness' stands in line 1 too"
    ]


def test_a_heading_that_is_missing_or_one_too_many_is_named(tmp_path: Path) -> None:
    """As a sentence is: what is missing with the line of its table."""
    places = copied(tmp_path)
    text = places.aid.read_text(encoding="utf-8")
    table = text.partition("[headings]")[0].count("\n") + 1
    key = text.partition("[headings]\n")[2].partition(" =")[0]
    swap(places.aid, f"[headings]\n{key}", '[headings]\n"ix"')
    found = [line.removeprefix(f"{places.aid}:") for line in sources.aid_problems(DOCUMENT, places.aid)]
    address = key.strip('"')
    assert found == [f"{table}:{address}: is not rendered", f"{table + 1}:ix: the document has no such address"]
