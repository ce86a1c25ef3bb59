"""What stands between a question and the language model: someone who may refuse, and who learns what was used."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class Usage:
    """What one question used of the language model so far.

    ``calls`` were sent; of ``told`` of them the server said how many tokens they took, ``tokens`` together.
    """

    calls: int = 0
    told: int = 0
    tokens: int = 0


class NotAdmitted(Exception):
    """The language model may not be asked now; ``mode_note`` is the code that says why."""

    def __init__(self, mode_note: str) -> None:
        super().__init__(mode_note)
        self.mode_note = mode_note


class Admission(Protocol):
    """Lets one question to the language model."""

    def __call__(self, most_tokens: int) -> AbstractAsyncContextManager[Usage]:
        """Held while the model works; ``most_tokens`` is the most that all calls together can take.

        Raises (on entry):
            NotAdmitted: no.
        """


@asynccontextmanager
async def everyone(most_tokens: int) -> AsyncIterator[Usage]:
    """No limits: the command line, and tests."""
    yield Usage()
