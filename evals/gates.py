"""Gates and the one verdict: report, exit code and first line all come from :func:`judge`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from evals import tables
from evals.cases import SUITES
from evals.measured import Measured, Metric
from evals.metrics import CUTS, SLICES, TITLES
from evals.statistics import finite
from evals.tables import Block
from index.errors import UserError

GATES = Path(__file__).parent / "gates.toml"
CLAIMS = "claims"  # the suite of the gate's own claims
COLUMNS = ("caught", "blocked", "balanced", "auroc", "pairs")  # its metrics
SLICE_MINIMUM = 20  # a slice with fewer cases is shown without a verdict
_KEYS = {
    "metric",
    "suite",
    "slice",
    "at_least",
    "at_most",
    "floor",
    "aim",
    "better",
    "reached",
    "slack",
    "mode",
}

Better = Literal["more", "less"]
Mode = Literal["quote", "replay", "llm"]


class GateError(UserError):
    """gates.toml is not as it should be (exit 2)."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A limit on a metric.

    Safety gates have ``limit``. Quality gates have ``floor``, ``aim`` and, once reached, ``reached``: (k, n) of a rate
    or the value of another metric, which may fall by ``slack``. ``slice`` makes it a gate on every value of a slice
    that has ``SLICE_MINIMUM`` cases. A safety gate holds in every mode, a quality gate in its own.
    """

    metric: str
    better: Better
    limit: float | None = None
    floor: float | None = None
    aim: float | None = None
    reached: tuple[int, int] | float | None = None
    slack: float = 0.0
    suite: str | None = None
    slice: str | None = None
    mode: Mode = "quote"

    @property
    def ratchet(self) -> float | None:
        """The value that may not be fallen below (for ``less``: risen above): what was reached, less one case."""
        sign = 1 if self.better == "more" else -1
        match self.reached:
            case None:
                return None
            case (k, n):
                return (k - sign) / n
            case value:
                return value - sign * self.slack

    def meets(self, value: float, limit: float) -> bool:
        """Whether a value is on the good side of a limit (equality is good; 1e-9 for decimals such as 0.92)."""
        return value >= limit - 1e-9 if self.better == "more" else value <= limit + 1e-9


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one gate."""

    gate: Gate
    name: str
    metric: Metric | None
    state: Literal["holds", "below_floor", "broken", "does_not_apply"]
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one place that says how a run ended."""

    exit_code: int
    line: str
    findings: tuple[Finding, ...]


def load(path: Path = GATES) -> tuple[Gate, ...]:
    """Read the gates.

    Raises:
        GateError: naming the entry and what is wrong with it.
    """
    gates, problems = read(path)
    if problems:
        raise GateError(problems[0])
    return gates


def read(path: Path = GATES) -> tuple[tuple[Gate, ...], tuple[str, ...]]:
    """The well-formed gates, and every problem as ``file:line:field: what``."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return (), (f"{path}:1:file: cannot be read: {error}",)
    gates: list[Gate] = []
    first: dict[tuple[object, ...], int] = {}
    problems = [
        f"{path}:1:{name}: unknown table; there are 'safety' and 'quality'"
        for name in sorted(set(data) - {"safety", "quality"})
    ]
    for table in ("safety", "quality"):
        rows = data.get(table, [])
        if not isinstance(rows, list):
            problems.append(f"{path}:1:{table}: must be [[{table}]], once for each gate")
            continue
        for row, block in zip(rows, tables.blocks(path, text, table, len(rows)), strict=True):
            try:
                gate = _gate(row, block, safety=table == "safety")
            except GateError as error:
                problems.append(str(error))
                continue
            gates.append(gate)
            of = (table, gate.metric, gate.suite, gate.slice, gate.mode)
            if first.setdefault(of, block.line) != block.line:
                problems.append(f"{block.at('metric')}: gate {gate.metric!r} stands in line {first[of]} too")
    return tuple(gates), tuple(problems)


def _known(name: str, suite: object) -> bool:
    """Whether a run of the suite could have a metric of this name, with one of its cuts."""
    plain, bracket, cut = name.partition("[")
    if suite == CLAIMS:
        return plain in COLUMNS and (not bracket or cut in ("en]", "ja]"))
    return name == "errors" or (
        plain in TITLES and (not bracket or (cut.removesuffix("]") in CUTS and cut[-1:] == "]"))
    )


def _gate(row: Mapping[str, Any], block: Block, *, safety: bool) -> Gate:
    name = row.get("metric")
    if unknown := sorted(set(row) - _KEYS):
        raise GateError(f"{block.at(unknown[0])}: gate {name!r} has an unknown key {unknown[0]!r}")
    limits = [key for key in ("at_least", "at_most") if key in row]
    if not isinstance(name, str) or len(limits) != int(safety) or ("floor" in row) == safety:
        needs = "one limit" if safety else "a floor"
        raise GateError(f"{block.at('metric')}: gate {name!r} needs a metric and {needs}")
    suite = row.get("suite")
    if suite is not None and suite not in (*SUITES, CLAIMS):
        raise GateError(
            f"{block.at('suite')}: gate {name!r} has suite = {suite!r}; known: {', '.join(SUITES)}, {CLAIMS}"
        )
    if not _known(name, suite):
        raise GateError(f"{block.at('metric')}: gate {name!r} is on no metric there is; docs/evals.md lists them")
    sliced = ("kind",) if suite == CLAIMS else SLICES
    if row.get("slice", sliced[0]) not in sliced:
        raise GateError(f"{block.at('slice')}: gate {name!r} has slice = {row['slice']!r}; known: {', '.join(sliced)}")
    for key in ("at_least", "at_most", "floor", "aim", "slack"):
        if isinstance(row.get(key, 0), bool) or not isinstance(row.get(key, 0), int | float):
            raise GateError(f"{block.at(key)}: gate {name!r} has {key} = {row[key]!r}; it must be a number")
    if row.get("better", "more") not in get_args(Better):
        raise GateError(f"{block.at('better')}: gate {name!r} has better = {row['better']!r}; it is more or less")
    better: Better = "less" if "at_most" in row or row.get("better") == "less" else "more"
    reached = row.get("reached")
    match reached:
        case None | float():
            pass
        case [int(k), int(n)] if 0 <= k <= n and n > 0:
            reached = (k, n)
        case _:
            raise GateError(
                f"{block.at('reached')}: gate {name!r} has reached = {reached!r}; it must be [k, n] or a decimal"
            )
    if reached is not None and (safety or "slice" in row):
        raise GateError(
            f"{block.at('reached')}: gate {name!r} cannot have 'reached': only a quality gate on one metric has it"
        )
    mode = row.get("mode", "quote")
    if mode not in get_args(Mode) or (safety and "mode" in row):
        raise GateError(
            f"{block.at('mode')}: gate {name!r} has mode = {mode!r}; a quality gate's is quote, replay or llm"
        )
    return Gate(
        metric=name,
        better=better,
        limit=float(row[limits[0]]) if limits else None,
        floor=row.get("floor"),
        aim=row.get("aim"),
        reached=reached,
        slack=float(row.get("slack", 0.0)),
        suite=row.get("suite"),
        slice=row.get("slice"),
        mode=mode,
    )


def judge(
    suite: str, measured: Measured, gates: Sequence[Gate], *, partial: bool = False, mode: Mode = "quote"
) -> Verdict:
    """Hold a run against the gates. ``partial``: only some cases were run, so quality gates say nothing.

    Exit 1 when a safety gate or a ratchet is broken, a case has an error, or a metric is not a number; 0 otherwise.
    """
    applying = [
        gate
        for gate in gates
        if gate.suite in (None, suite) and (gate.limit is not None or (gate.mode == mode and not partial))
    ]
    findings = tuple(finding for gate in applying for finding in _findings(gate, measured))
    broken = [finding for finding in findings if finding.state == "broken"]
    broken_names = [finding.name for finding in broken]
    nan = [name for name, metric in _every(measured) if not finite(metric.value)]
    below = [finding for finding in findings if finding.state == "below_floor"]
    if nan:
        return Verdict(1, f"FAIL {suite}: {nan[0]} is not a number", findings)
    if broken:
        return Verdict(1, f"FAIL {suite}: {broken[0].why}" + _others(broken_names), findings)
    if below:
        return Verdict(0, f"BELOW FLOOR {suite}: {below[0].why}" + _others([f.name for f in below]), findings)
    return Verdict(0, f"PASS {suite}: {measured.cases} cases, every gate holds", findings)


def _others(names: Sequence[str]) -> str:
    return f"; also {', '.join(names[1:])}" if len(names) > 1 else ""


def _findings(gate: Gate, measured: Measured) -> list[Finding]:
    if gate.metric == "errors":
        first = f", first {measured.errors[0].case.id}: {measured.errors[0].error}" if measured.errors else ""
        state: Literal["broken", "holds"] = "broken" if measured.errors else "holds"
        why = f"{len(measured.errors)} of {measured.cases} cases have an error{first}"
        return [Finding(gate, gate.metric, None, state, why)]
    if gate.slice is None:
        return [_finding(gate, gate.metric, measured.metrics.get(gate.metric))]
    rows = measured.slices.get(gate.slice, {})
    return [
        _finding(gate, f"{gate.metric}[{gate.slice}={value}]", row[gate.metric])
        for value, row in rows.items()
        if gate.metric in row and row[gate.metric].n >= SLICE_MINIMUM
    ]


def _finding(gate: Gate, name: str, metric: Metric | None) -> Finding:
    if metric is None:  # a metric that was reached once and no longer applies has lost its cases: that is no pass
        state: Literal["broken", "does_not_apply"] = "does_not_apply" if gate.reached is None else "broken"
        return Finding(gate, name, None, state, f"{name} does not apply to any case")
    share = f"{metric.value:.3f}" + (f" ({metric.k}/{metric.n})" if metric.k is not None else f" (n={metric.n})")
    if gate.limit is not None:
        if gate.meets(metric.value, gate.limit):
            return Finding(gate, name, metric, "holds", f"{name} is {share}")
        first = f", first {metric.worse[0]}" if metric.worse else ""
        return Finding(gate, name, metric, "broken", f"{name} is {share}, must be {gate.limit:g}{first}")
    if gate.ratchet is not None and not gate.meets(metric.value, gate.ratchet):
        return Finding(gate, name, metric, "broken", f"{name} is {share}, the last landing allows {gate.ratchet:.3f}")
    if gate.floor is not None and not gate.meets(metric.value, gate.floor):
        return Finding(gate, name, metric, "below_floor", f"{name} is {share}, the floor is {gate.floor:g}")
    return Finding(gate, name, metric, "holds", f"{name} is {share}")


def _every(measured: Measured) -> list[tuple[str, Metric]]:
    sliced = [
        (f"{name}[{group}={value}]", metric)
        for group, rows in measured.slices.items()
        for value, row in rows.items()
        for name, metric in row.items()
    ]
    return [*measured.metrics.items(), *sliced]
