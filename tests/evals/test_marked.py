"""Figures go between the markers of a page, and nowhere else."""

from pathlib import Path

import pytest

from evals import ablation, gate, llm
from evals.marked import MarkersMissing, insert

BEGIN, END = "<!-- begin -->", "<!-- end -->"


def test_what_stands_around_the_markers_stays() -> None:
    """A second run replaces the first."""
    once = insert(f"before\n{BEGIN}\nold\n{END}\nafter\n", BEGIN, END, "new\n")
    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert insert(once, BEGIN, END, "new") == once


@pytest.mark.parametrize("page", ["", BEGIN, f"{END}\n{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}", f"{BEGIN}{END}{END}"])
def test_a_page_without_its_markers_is_refused(page: str) -> None:
    """Missing, in the wrong order, or there twice."""
    with pytest.raises(MarkersMissing, match="needs the lines"):
        insert(page, BEGIN, END, "new")


@pytest.mark.parametrize(
    ("page", "begin", "end"),
    [
        (ablation.PAGE, ablation.BEGIN, ablation.END),
        (ablation.PAGE, ablation.RISK_BEGIN, ablation.RISK_END),
        (ablation.PAGE, ablation.KINDS_BEGIN, ablation.KINDS_END),
        (gate.REPORT, gate.BEGIN, gate.END),
        (llm.PAGE, llm.BEGIN, llm.END),
    ],
    ids=["retrieval", "risk", "kinds", "gate", "llm"],
)
def test_the_pages_have_their_markers(page: Path, begin: str, end: str) -> None:
    """Each page that is written this way can be."""
    assert "new" in insert(page.read_text(encoding="utf-8"), begin, end, "new")
