"""The page of goals is made from the figures that were kept, and names every goal once."""

from tests.goals import GOALS, HOLDS, PAGE, kept, text


def test_the_page_is_what_was_kept() -> None:
    """Nobody writes a figure into it by hand; ``python -m tests.goals write`` makes it."""
    assert PAGE.read_text(encoding="utf-8") == text()


def test_every_goal_is_there_with_its_command() -> None:
    """Those asked for and no others; a figure has a date, and says whether the goal is reached."""
    assert [goal.number for goal in GOALS] == [1, 2, 3, 4, 6, 7, *range(11, 19), 20]
    assert all(goal.command for goal in GOALS)
    for result in kept().values():
        assert result.figure
        assert result.holds in HOLDS
        assert len(result.date) == 10
