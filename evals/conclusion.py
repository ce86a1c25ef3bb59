"""How a run ended: the one function from which first line, report and exit code come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.compare import Comparison
from evals.gates import Verdict

FAILED, STALE, REGRESSED = 1, 4, 10
# Of several runs in one go: a bug of the suite, a wrong setting, a broken gate, what could not be compared or run,
# nothing selected, a regression.
SEVERITY = (3, 2, FAILED, STALE, 5, REGRESSED, 0)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Exit code, the line that says why, and the lines of all suites."""

    exit_code: int
    line: str
    suites: tuple[str, ...]

    @property
    def word(self) -> str:
        """PASS, FAIL …: the first words of the line."""
        return self.line.partition(":")[0]


def conclude(verdicts: Sequence[Verdict], comparison: Comparison | None = None, stale: str | None = None) -> Conclusion:
    """The worst wins: a broken gate (1), then what could not be compared or run (4), then a regression (10).

    ``comparison`` is None when nothing was to be compared, ``stale`` says why something could not be.
    """
    lines = tuple(verdict.line for verdict in verdicts)
    broken = [verdict for verdict in verdicts if verdict.exit_code]
    regressions = comparison.regressions if comparison else ()
    below = [verdict for verdict in verdicts if verdict.line.startswith("BELOW")]
    if broken:
        first = broken[0]
        return Conclusion(first.exit_code, first.line + _more(len(broken) - 1, "suite"), lines)
    if stale:
        return Conclusion(STALE, f"STALE: {stale}", lines)
    if regressions:
        line = f"REGRESSION: {regressions[0].line}{_more(len(regressions) - 1, 'metric')}"
        return Conclusion(REGRESSED, line, lines)
    if below:
        return Conclusion(0, below[0].line + _more(len(below) - 1, "suite"), lines)
    compared = ", no regression against the baseline" if comparison else ""
    return Conclusion(0, f"PASS: {len(verdicts)} suites, every gate holds{compared}", lines)


def worst(codes: Iterable[int]) -> int:
    """The exit code of several runs in one go: the most severe of theirs."""
    return min(codes, key=SEVERITY.index)


def _more(others: int, what: str) -> str:
    return f" (and {others} more {what}{'s' if others > 1 else ''})" if others else ""
