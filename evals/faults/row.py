"""The shape of the table: a fault, what is expected, and what was seen."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from evals.fakellm import FakeLlm
from evals.faults.redis_server import RedisServer

if TYPE_CHECKING:
    from evals.faults.program import Program
    from index.embed import Embedder
    from index.store import Store

Shared = TypeVar("Shared")
Size = Literal["small", "full"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a fault: whether it was as expected, and in a line what was counted or measured.

    ``seconds`` is a time that a goal is held against; None where none is.
    """

    holds: bool
    what: str
    could_not_run: bool = False
    seconds: float | None = None


class CannotRun(Exception):
    """This machine lacks what the row needs (root, a program); a row that did not run holds nothing."""


@dataclass(frozen=True)
class Stage:
    """What rows work with. ``program`` is one running service that they share, behind ``llm`` and ``redis``.

    ``index`` is a good index on disk, to be copied before anything is done to it.
    """

    size: Size
    scratch: Path
    index: Path
    opened: "tuple[Store, Embedder]"
    llm: FakeLlm
    redis: RedisServer | None
    program: "Program"
    held: ExitStack  # what a row starts for others too ends with the stage
    numbers: dict[str, int] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    def times(self, small: int, full: int) -> int:
        """How often something is done in this size."""
        return full if self.size == "full" else small

    def shared(self, name: str, start: Callable[[], AbstractContextManager[Shared]]) -> Shared:
        """Started by the first row that needs it, ended with the stage."""
        if name not in self.kept:
            self.kept[name] = self.held.enter_context(start())
        found: Shared = self.kept[name]
        return found

    def folder(self, name: str) -> Path:
        """A new empty directory."""
        self.numbers[name] = self.numbers.get(name, 0) + 1
        made = self.scratch / f"{name}-{self.numbers[name]}"
        made.mkdir(parents=True)
        return made


@dataclass(frozen=True, slots=True)
class Fault:
    """A row: ``check`` does it and tells what was seen. ``only`` is the size in which alone it runs."""

    group: str
    name: str
    expected: str
    check: Callable[[Stage], Seen]
    only: Size | None = None

    @property
    def command(self) -> str:
        """What runs this row alone."""
        size = "" if self.only == "small" else "--full "
        return f"python -m evals.faults {size}--only '{self.name}'"


def judged(failures: Sequence[str], good: str) -> Seen:
    """Holds when nothing failed; otherwise the first failures are what was seen."""
    if not failures:
        return Seen(True, good)
    more = f" … and {len(failures) - 3} more" if len(failures) > 3 else ""
    return Seen(False, f"{good}; FAILED: {'; '.join(failures[:3])}{more}")
