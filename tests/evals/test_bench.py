"""Bench and ablation: their arithmetic and their files; the measuring itself is `make bench`."""

from pathlib import Path

import pytest

from evals import ablation, bench, metrics
from tests.evals.made import MEASURE, case, scored


def test_mixed_questions_are_spread_over_the_file() -> None:
    """200 of 400 are every second one; fewer than 200 are all taken."""
    cases = [case(str(number)) for number in range(400)]
    assert [one.id for one in bench.mixed(cases)][:3] == ["0", "2", "4"]
    assert len(bench.mixed(cases)) == 200
    assert len(bench.mixed(cases[:7])) == 7


def test_repeated_figures_carry_their_spread() -> None:
    """The median with the least and greatest value, in one row."""
    figure = bench.repeated("start", [3.0, 1.0, 2.0], "s", "aim 2")
    assert figure.row == "| start | 2.00 s | 1.00 to 3.00 | aim 2 |"


def test_memory_is_read_where_the_system_tells(tmp_path: Path) -> None:
    """VmRSS in MiB from the status file; no figure where there is none."""
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n", encoding="utf-8")
    assert [(figure.what, figure.value) for figure in bench.memory(1, status)] == [
        ("memory of the serving process", 100.0),
        ("… at its peak", 200.0),
    ]
    assert bench.memory(1, tmp_path / "missing") == []


def test_the_table_goes_between_the_markers() -> None:
    """What stands around them stays; a second run replaces the first; a page without markers is refused."""
    page = f"before\n{ablation.BEGIN}\nold\n{ablation.END}\nafter\n"
    once = ablation.insert(page, "new")
    assert once == f"before\n{ablation.BEGIN}\n\nnew\n\n{ablation.END}\nafter\n"
    assert ablation.insert(once, "new") == once
    with pytest.raises(ablation.PageError, match="needs the lines"):
        ablation.insert("no markers", "new")


def test_a_row_leaves_out_what_does_not_apply() -> None:
    """Without Japanese and unanswerable cases these cells are empty, not zero."""
    measured = metrics.measure_run([scored(case(), "iii.p1.s1")] * 8, MEASURE, {})
    # Wilson of 8 of 8: 8 / (8 + 3.84) = 0.68; of 0 of 8 the mirror image
    assert ablation.Row("as shipped", measured, refuses=True).cells[-1] == "0.000 (0/8; 0.00 to 0.32)"
    assert ablation.Row("dense only", measured).cells == (
        "dense only", "1.000 (8/8; 0.68 to 1.00)", "", "1.000 (8/8; 0.68 to 1.00)", "", "", "",
    )  # fmt: skip
