"""The page about the evals names what the code measures."""

from pathlib import Path

import pytest

from evals.__main__ import _parser
from evals.metrics import TITLES

PAGE = Path(__file__).parents[2] / "docs" / "evals.md"


@pytest.mark.parametrize("name", TITLES)
def test_every_metric_stands_in_the_page(name: str) -> None:
    """Name and title, in one row of its table."""
    assert f"| `{name}` | {TITLES[name]} |" in PAGE.read_text(encoding="utf-8")


def test_every_command_stands_in_the_page() -> None:
    """What ``python -m evals --help`` lists."""
    page = PAGE.read_text(encoding="utf-8")
    (commands,) = [action for action in _parser()._actions if action.choices]
    assert commands.choices
    assert [name for name in commands.choices if f"python -m evals {name}" not in page] == []
