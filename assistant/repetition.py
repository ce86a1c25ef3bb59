"""A text that says the same thing again and again: what a small model does when it has lost its way."""

import re

# Three times more in a row, without a break; dots and blanks alone are no words.
_LOOP = re.compile(r"(?=.{0,119}\w)(.{2,120}?)\1{3,}", re.DOTALL)
_SHORTEST = 24  # characters that all repetitions take together
_WINDOW = 600  # characters; what a writer is doing now shows at the end


def loops(text: str) -> bool:
    """Whether a piece of two characters or more stands four times in a row, over 24 characters or more."""
    return any(len(match.group()) >= _SHORTEST for match in _LOOP.finditer(text))


def is_looping(text: str) -> bool:
    """The same of the end of a text that is still being written."""
    return loops(text[-_WINDOW:])
