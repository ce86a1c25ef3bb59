"""How well tests see what keeps the service safe: outcomes of conditions that are met, and small faults noticed.

Nothing is installed for it. Each run is a fork in which one module is made from a changed syntax tree before its tests
import it: once with every condition telling which way it went (branch coverage of conditions), and then with one small
fault each, as in mutation testing (DeMillo, Lipton and Sayward 1978). A fault is noticed when a test fails, breaks or
takes too long. Faults that change nothing that can be seen count as not noticed, so the share is a lower bound.
"""

import ast
import importlib
import importlib.abc
import importlib.util
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

ROOT = Path(__file__).parent.parent
SEED = 19
MINUTES = 7.0  # after which no further fault is tried
EACH_SECONDS = 60  # a run may take
# Module → the tests that are about it and need neither an index nor a started service.
MODULES: Mapping[str, tuple[str, ...]] = {
    "assistant.breaker": ("tests/test_breaker.py",),
    "assistant.check_digits": ("tests/test_check_digits.py", "tests/test_personal_data.py"),
    "assistant.claim_stream": ("tests/test_claim_stream.py",),
    "assistant.patience": ("tests/test_patience.py",),
    "assistant.personal_data": ("tests/test_personal_data.py",),
    "assistant.gate.checks": ("tests/gate",),
    "assistant.gate.negation": ("tests/gate",),
    "assistant.gate.numbers": ("tests/gate",),
    "assistant.gate.places": ("tests/gate",),
    "assistant.web.connection": ("tests/web/test_web_connection.py",),
    "assistant.web.counts": ("tests/web/test_web_counts.py",),
    "assistant.web.door": ("tests/web/test_web_door.py",),
    "assistant.web.llm_budget": ("tests/web/test_web_llm_budget.py",),
    "assistant.web.llm_slots": ("tests/web/test_web_llm_slots.py",),
    "assistant.web.standing": ("tests/web/test_web_standing.py",),
    "assistant.web.visitor": ("tests/web/test_web_visitor.py",),
    "assistant.web.waiting": ("tests/web/test_web_waiting.py",),
}
# What takes long to import and is nobody's here to change: each fork has it already.
_SLOW = (
    "fastapi.testclient",
    "httpx",
    "hypothesis.strategies",
    "numpy",
    "openai.resources.chat.completions",
    "prometheus_client",
    "pytest",
    "redis.asyncio",
)
_TIMED = "tests/gate/test_gate_whole.py::test_nothing_keeps_it_busy"  # counts seconds, which runs side by side share
_SWAPS: Mapping[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The ``place``-th change that can be made in a module; ``line`` is where."""

    module: str
    place: int
    line: int


def source(module: str) -> Path:
    """The file of a module."""
    return ROOT / f"{module.replace('.', '/')}.py"


class _Changes(ast.NodeTransformer):
    """Counts the changes that can be made, and makes the ``chosen`` one."""

    def __init__(self, chosen: int | None = None) -> None:
        self.lines: list[int] = []
        self._chosen = chosen

    def _due(self, node: Any) -> bool:
        self.lines.append(node.lineno)
        return len(self.lines) - 1 == self._chosen

    def visit(self, node: ast.AST) -> Any:
        """The node, or what stands in its place."""
        match node:
            case ast.Compare() if type(node.ops[0]) in _SWAPS and self._due(node):
                node.ops = [cast(ast.cmpop, _SWAPS[type(node.ops[0])]()), *node.ops[1:]]
            case ast.BoolOp() if self._due(node):
                node.op = _SWAPS[type(node.op)]()  # type: ignore[assignment]
            case ast.BinOp() if type(node.op) in _SWAPS and self._due(node):
                node.op = _SWAPS[type(node.op)]()  # type: ignore[assignment]
            case ast.UnaryOp(op=ast.Not()) if self._due(node):
                return self.visit(node.operand)
            case ast.If() | ast.IfExp() | ast.While() if self._due(node):
                node.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
            case ast.Constant(value=bool()) if self._due(node):
                node.value = not node.value
            case ast.Constant(value=int() | float()) if not isinstance(node.value, bool) and self._due(node):
                node.value = node.value + 1  # type: ignore[operator]
            case ast.Return(value=ast.expr()) if self._due(node):
                node.value = ast.copy_location(ast.Constant(None), node)
        return self.generic_visit(node)


class _Told(ast.NodeTransformer):
    """Lets every condition tell its outcome: ``if x`` becomes ``if _tell(number, x)``."""

    def __init__(self) -> None:
        self.count = 0

    def visit(self, node: ast.AST) -> Any:
        """The node with its condition wrapped."""
        self.generic_visit(node)
        if isinstance(node, ast.If | ast.IfExp | ast.While):
            told = ast.Call(ast.Name("_tell", ast.Load()), [ast.Constant(self.count), node.test], [])
            node.test = ast.copy_location(told, node.test)
            self.count += 1
        return node


def faults(module: str, text: str | None = None) -> list[Fault]:
    """Every change that can be made in a module (or in ``text`` in its place)."""
    found = _Changes()
    found.visit(ast.parse(text if text is not None else source(module).read_text(encoding="utf-8")))
    return [Fault(module, place, line) for place, line in enumerate(found.lines)]


def changed(text: str, place: int) -> str:
    """The text with its ``place``-th change made."""
    return ast.unparse(ast.fix_missing_locations(_Changes(place).visit(ast.parse(text))))


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes one module from another syntax tree than its file's."""

    def __init__(self, module: str, tree: ast.AST, more: Mapping[str, Any]) -> None:
        self._module, self._tree, self._more = module, tree, more

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        """Only for the module that is changed."""
        if name != self._module:
            return None
        return importlib.util.spec_from_file_location(name, source(name), loader=self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed tree as the module."""
        vars(module).update(self._more)
        code = compile(ast.fix_missing_locations(self._tree), str(source(self._module)), "exec")  # type: ignore[call-overload]
        exec(code, vars(module))


def _tested(module: str, tree: ast.AST, more: Mapping[str, Any], log: str) -> int:
    """pytest's exit code for the module's tests; to be called in a fork only."""
    import hypothesis
    import pytest

    quiet = os.open(log, os.O_WRONLY | os.O_CREAT)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    sys.meta_path.insert(0, _Instead(module, tree, more))
    # A busy machine's slowness is no failure, and the same faults have to be noticed each time.
    hypothesis.settings.register_profile("mutants", deadline=None, derandomize=True, database=None, max_examples=30)
    hypothesis.settings.load_profile("mutants")
    return int(
        pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--deselect", _TIMED, *MODULES[module]])
    )


def _forked(module: str, tree: ast.AST, more: Mapping[str, Any], then: Any = None, log: str = os.devnull) -> int:
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        os.setsid()
        signal.alarm(EACH_SECONDS)  # ends it by a signal, which is no exit code of a good run
        code = _tested(module, tree, more, log)
        if then is not None:
            then()
    finally:
        os._exit(code)


def _at_once(work: Iterator[tuple[Any, int]]) -> Iterator[tuple[Any, int]]:
    """Let as many forks run as there are cores → what each was for, with its exit code (a signal is negative)."""
    running: dict[int, Any] = {}
    while True:
        while len(running) < (os.cpu_count() or 1) and (one := next(work, None)) is not None:
            running[one[1]] = one[0]
        if not running:
            return
        child, status = os.wait()
        if child in running:
            yield running.pop(child), os.waitstatus_to_exitcode(status)


@dataclass(frozen=True, slots=True)
class Measured:
    """Outcomes of conditions met of all there are, and faults noticed of those tried; ``missed`` are the others."""

    met: int
    outcomes: int
    noticed: int
    tried: int
    possible: int
    missed: tuple[Fault, ...]


def measure(minutes: float = MINUTES, modules: Sequence[str] = tuple(MODULES)) -> Measured:
    """Both figures; the faults tried are drawn at random, in the same order each time, as many as the minutes allow.

    Raises:
        AssertionError: a module's tests fail without any fault.
    """
    end = time.monotonic() + minutes * 60
    _before_forking()
    met = outcomes = 0
    with tempfile.TemporaryDirectory() as folder:
        for (module, count), code in _at_once(_watched(modules, Path(folder))):
            said = (Path(folder) / f"{module}.log").read_text(encoding="utf-8", errors="replace")[-1500:]
            assert code == 0, f"the tests of {module} fail without any fault (exit code {code}): {said}"
            seen = json.loads((Path(folder) / module).read_text(encoding="utf-8"))
            met, outcomes = met + len(seen), outcomes + 2 * count
    possible = [faults(module) for module in modules]
    drawn = in_turn(possible)
    ended = Counter[bool]()
    missed = []
    for fault, code in _at_once(_broken(drawn, end)):
        ended[code != 0] += 1
        if code == 0:
            missed.append(fault)
    return Measured(met, outcomes, ended[True], ended.total(), len(drawn), tuple(missed))


def in_turn(possible: Sequence[Sequence[Fault]]) -> list[Fault]:
    """All faults, of each module in an order drawn at random, a fault of each in turn: few minutes reach them all."""
    dice = random.Random(SEED)
    drawn = [dice.sample(some, len(some)) for some in possible]
    return [fault for row in itertools.zip_longest(*drawn) for fault in row if fault is not None]


def _watched(modules: Sequence[str], folder: Path) -> Iterator[tuple[tuple[str, int], int]]:
    for module in modules:
        watching = _Told()
        tree = watching.visit(ast.parse(source(module).read_text(encoding="utf-8")))
        seen: set[tuple[int, bool]] = set()

        def tell(number: int, value: Any, seen: set[tuple[int, bool]] = seen) -> Any:
            seen.add((number, bool(value)))
            return value

        def keep(module: str = module, seen: set[tuple[int, bool]] = seen) -> None:
            (folder / module).write_text(json.dumps(sorted(seen)), encoding="utf-8")

        yield (module, watching.count), _forked(module, tree, {"_tell": tell}, keep, f"{folder / module}.log")


def _broken(drawn: Sequence[Fault], end: float) -> Iterator[tuple[Fault, int]]:
    for fault in drawn:
        if time.monotonic() > end:
            return
        tree = _Changes(fault.place).visit(ast.parse(source(fault.module).read_text(encoding="utf-8")))
        yield fault, _forked(fault.module, tree, {})


def _before_forking() -> None:
    for name in _SLOW:
        importlib.import_module(name)
    mine = [name for name in sys.modules if name in MODULES]
    assert not mine, f"imported too early to be changed: {mine}"


if __name__ == "__main__":
    found = measure(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES)
    for fault in found.missed:
        print(f"not noticed: {source(fault.module).relative_to(ROOT)}:{fault.line}")
    print(json.dumps({name: getattr(found, name) for name in ("met", "outcomes", "noticed", "tried", "possible")}))
