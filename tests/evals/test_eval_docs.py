"""The page about the evals names what the code measures."""

from pathlib import Path

import pytest

from evals.metrics import METRICS
from evals.report import _TITLES

PAGE = Path(__file__).parents[2] / "docs" / "evals.md"


@pytest.mark.parametrize("name", [*(definition.name for definition in METRICS), *_TITLES])
def test_every_metric_stands_in_the_page(name: str) -> None:
    """Name and title, in one row of its table."""
    assert f"| `{name}` | {_TITLES[name]} |" in PAGE.read_text(encoding="utf-8")
