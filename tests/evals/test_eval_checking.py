"""Validation: each way a set of questions can be wrong is seen, and a good one passes."""

import json
import shutil
from pathlib import Path

import pytest

from evals import cases, checking, lock, ratchets
from evals.sources import Places
from tests.evals.made import DOCUMENT, case

HEADER = "\t".join(cases.HEADER)
ROW = "{id}\t{id}\ten\tanswered\tiii.p1.s1\t-\tplain\tlegal\t{id}\t\tQuestion {id}?"


def folder_with(folder: Path, **rows: str) -> Path:
    for suite in cases.SUITES:
        row = rows.get(suite, ROW.format(id=suite))
        (folder / f"{suite}.tsv").write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    lock.write(DOCUMENT, folder / lock.LOCK.name)
    return folder


@pytest.fixture(autouse=True)
def _few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MINIMUM", {("answerable", "en"): 1})


def test_good_files_pass(tmp_path: Path) -> None:
    """No problem, exit 0."""
    found = checking.validate(folder_with(tmp_path), DOCUMENT)
    assert (found.problems, found.stale, found.exit_code) == ((), (), 0)


def test_every_suite_is_checked_and_named(tmp_path: Path) -> None:
    """Two broken files give two problems at once, exit 1."""
    folder = folder_with(tmp_path, dev=ROW.format(id="d") + "\tx", routes=ROW.format(id="r").replace("iii.", "ix."))
    found = checking.validate(folder, DOCUMENT)
    assert found.exit_code == 1
    assert [problem.removeprefix(f"{folder}/") for problem in found.problems] == [
        "dev.tsv:2:row: has 12 columns, needs 11",
        "routes.tsv:2:gold: no sentence has the address 'ix.p1.s1'",
    ]


def test_a_changed_document_makes_the_lock_stale(tmp_path: Path) -> None:
    """Exit 4, with the address whose sentence is another one."""
    folder = folder_with(tmp_path)
    path = folder / lock.LOCK.name
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("iii.p1.s1\t"))
    address, start, end, digest, sha = lines[place].split("\t")
    lines[place] = "\t".join((address, start, end, "0" * len(digest), sha))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = checking.validate(folder, DOCUMENT)
    assert found.exit_code == 4
    assert found.stale[0] == f"{path}:iii.p1.s1: the sentence has changed"
    assert any("dev.tsv:2:gold: iii.p1.s1 has changed: Question dev?" in line for line in found.stale)
    assert any("bank.tsv" in line for line in found.stale)
    with pytest.raises(lock.StaleLock, match=r"iii\.p1\.s1.*--write-spans"):
        lock.check(DOCUMENT, path)
    path.unlink()
    assert checking.validate(folder, DOCUMENT).exit_code == 4


def test_the_lock_ties_offsets_to_the_text(tmp_path: Path) -> None:
    """Every row's offsets cut exactly the sentence out of the text of record, and its digest is that of the words."""
    path = tmp_path / "spans.tsv"
    lock.write(DOCUMENT, path)
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert len(rows) == len(DOCUMENT.by_address) == 51
    for address, start, end, digest, sha in rows:
        quote = DOCUMENT.source[int(start) : int(end)]
        assert quote == DOCUMENT.by_address[address].text
        assert digest == lock._digest(quote)
        assert sha == DOCUMENT.sha256


def test_the_shipped_lock_fits_the_shipped_text() -> None:
    """The questions in the repository were written for the text in the repository."""
    assert lock.differences(DOCUMENT) == ()


def test_facts_and_groups_stay_on_one_side() -> None:
    """A twin in dev and its fact in test is a leak, whatever the ids are."""
    dev = [case("d", fact="f", group="g", suite="dev")]
    test = [case("t1", fact="f", group="h", suite="test"), case("t2", fact="e", group="g", suite="test")]
    found = list(checking.split_problems(dev, test, Path("q")))
    assert [line.split(":")[2] for line in found] == ["fact", "group"]
    assert list(checking.split_problems(dev, [case("t", fact="e", group="h", suite="test")], Path("q"))) == []


def test_gold_on_both_sides_is_counted() -> None:
    """One of two needs what a dev question needs, in whatever order; a refusal needs nothing."""
    dev = [case("d", gold=("iii.p1.s1", "iii.p1.s2"))]
    test = [
        case("a", gold=("iii.p1.s2", "iii.p1.s1")),
        case("b", gold=("iii.p1.s1",)),
        case("c", "not_in_document/absent_topic"),
    ]
    told = checking.shared_gold([*dev, case("n", "not_in_document/absent_topic")], test)
    assert told.startswith("1 of 2 answerable test questions need exactly the sentences of a dev question (1 sets")


def test_duplicates_are_seen_through_case_and_punctuation() -> None:
    """The same id, or the same question but for marks, is named with both places."""
    first = case("a", question="Is it binding?")
    assert len(list(checking.duplicate_problems([first, case("a", question="Other")], Path("q")))) == 1
    assert len(list(checking.duplicate_problems([first, case("b", question="is it BINDING")], Path("q")))) == 1
    assert list(checking.duplicate_problems([first, case("b", question="Is it new?")], Path("q"))) == []


def test_a_group_has_one_meaning() -> None:
    """Paraphrases with different gold are a mistake."""
    found = list(checking.group_problems([case("a"), case("b", gold=("iii.p1.s2",))], Path("q")))
    assert len(found) == 1
    assert "gold" in found[0]


def test_gold_is_in_document_order() -> None:
    """Swapped addresses are named."""
    one = case(gold=("iv.p1.s4", "iv.p1.s3"))
    assert "document order" in next(checking.address_problems([one], DOCUMENT, Path("q")))


def test_too_few_cases_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped minimum is the one the intervals were planned with."""
    monkeypatch.undo()
    assert checking.MINIMUM[("answerable", "en")] == 150
    found = list(checking.count_problems([case()], Path("q")))
    assert found[0] == "q/test.tsv:1:expect: 1 answerable questions in 'en', needs at least 150"
    assert len(found) == 4


def test_what_stands_beside_the_questions_counts_too(tmp_path: Path) -> None:
    """A label misspelt in a file of claims is exit 1, and so is a question file that is missing; both are told."""
    shutil.copytree(Places().claims, tmp_path / "claims")
    path = tmp_path / "claims" / "test.tsv"
    path.write_text(path.read_text(encoding="utf-8").replace("\tsupported\t", "\tsuported\t", 1), encoding="utf-8")
    folder = folder_with(tmp_path)
    (folder / "routes.tsv").unlink()
    found = checking.validate(folder, DOCUMENT, Places(claims=tmp_path / "claims"))
    assert found.exit_code == 1
    assert [problem.partition(": ")[0] for problem in found.problems] == [
        f"{folder}/routes.tsv:1:file",
        f"{path}:2:label",
    ]


def test_a_ratchet_is_lowered_only_with_a_reason(tmp_path: Path) -> None:
    """More than a case below the last recorded run is named, either way round; a case less, or more, is not."""
    gates, history = tmp_path / "gates.toml", tmp_path / "history.jsonl"
    metrics = {"completeness": [90, 100], "over_refusal": [5, 100], "auroc": 0.99}
    lines = [{"suite": "test", "mode": "quote", "metrics": row} for row in ({"completeness": [99, 100]}, metrics)]
    history.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    row = "[[quality]]\nsuite = 'test'\nmetric = '{}'\nfloor = 0.5\nreached = {}\n{}\n"

    def found(metric: str, reached: str, more: str = "") -> list[str]:
        gates.write_text(row.format(metric, reached, more), encoding="utf-8")
        return [line.partition(": ")[0] for line in ratchets.loosened(gates, history)]

    assert found("completeness", "[88, 100]") == [f"{gates}:5:reached"]
    assert found("completeness", "[89, 100]") == found("completeness", "[95, 100]") == []
    less = "better = 'less'"
    assert found("over_refusal", "[7, 100]", less) == [f"{gates}:5:reached"]
    assert found("over_refusal", "[6, 100]", less) == found("over_refusal", "[1, 100]", less) == []
    assert found("auroc", "0.98", "slack = 0.002") == [f"{gates}:5:reached"]
    assert found("auroc", "0.989", "slack = 0.002") == found("written", "[1, 2]") == []
    assert list(ratchets.loosened()) == []
