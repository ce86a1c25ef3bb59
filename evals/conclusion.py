"""How a run ended: the one function from which first line, report and exit code come."""

from collections.abc import Sequence
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


def conclude(
    verdicts: Sequence[Verdict],
    comparison: Comparison | None = None,
    stale: str | None = None,
    beside: Conclusion | None = None,
) -> Conclusion:
    """The worst wins: a broken gate (1), then what could not be compared or run (4), then a regression (10).

    ``comparison`` is None when nothing was to be compared, ``stale`` says why something could not be; ``beside`` is how
    the replay ended that ran in the same go.
    """
    own = _own(verdicts, comparison, stale)
    return own if beside is None else together(own, beside)


def together(own: Conclusion, replayed: Conclusion) -> Conclusion:
    """Quote mode and replay in one go: the code of the more severe, the line that gave it, the replay's lines first."""
    worse, better, names = own, replayed, ("quote mode", "replay")
    if _rank(replayed) < _rank(own):
        worse, better, names = replayed, own, ("replay", "quote mode")
    line = f"{worse.line} ({names[0]}; {names[1]}: {better.word})"
    lines = (f"{replayed.line} (replay)", *(f"{line} (replay)" for line in replayed.suites), *own.suites)
    return Conclusion(worse.exit_code, line, lines)


def _rank(ended: Conclusion) -> tuple[int, bool]:
    """Lower is worse; of two passes the one below a floor."""
    return SEVERITY.index(ended.exit_code), not ended.line.startswith("BELOW")


def _own(verdicts: Sequence[Verdict], comparison: Comparison | None, stale: str | None) -> Conclusion:
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


def _more(others: int, what: str) -> str:
    return f" (and {others} more {what}{'s' if others > 1 else ''})" if others else ""
