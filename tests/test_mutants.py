"""Small faults and outcomes of conditions: what is changed and what is told; the measuring is goal 19."""

import ast
from collections import Counter

import pytest

from tests.mutants import MODULES, ROOT, Fault, _Told, changed, faults, in_turn, source

TEXT = """
def f(a, b):
    if a < b and not a:
        return a + 1
    return True
"""
CHANGED = (
    "if not (a < b and (not a)):",
    "if a < b or not a:",
    "if a <= b and (not a):",
    "if a < b and a:",
    "return None",
    "return a - 1",
    "return a + 2",
    "return None",
    "return False",
)


def test_every_change_is_one_change() -> None:
    """As many texts as there are places, each different from the text in one line."""
    whole = ast.unparse(ast.parse(TEXT)).splitlines()
    texts = [changed(TEXT, fault.place).splitlines() for fault in faults("m", TEXT)]
    different = [[line.strip() for line, was in zip(text, whole, strict=True) if line != was] for text in texts]
    assert different == [[line] for line in CHANGED]


@pytest.mark.parametrize(("a", "seen"), [(0, {(0, True)}), (1, {(0, False)})])
def test_conditions_tell_how_they_went(a: int, seen: set[tuple[int, bool]]) -> None:
    """And nothing else of what they do is changed."""
    watching, told = _Told(), set[tuple[int, bool]]()

    def tell(number: int, value: bool) -> bool:
        told.add((number, value))
        return value

    names: dict[str, object] = {"_tell": tell}
    exec(compile(ast.fix_missing_locations(watching.visit(ast.parse(TEXT))), "m", "exec"), names)
    assert (names["f"](a, 1), told, watching.count) == (1 if a == 0 else True, seen, 1)  # type: ignore[operator]


def test_faults_are_drawn_of_each_module_in_turn() -> None:
    """The same ones each time; where few are tried, no module is left out."""
    some = [[Fault(name, place, 1) for place in range(count)] for name, count in (("a", 3), ("b", 1), ("c", 2))]
    drawn = in_turn(some)
    assert drawn == in_turn(some)
    assert [fault.module for fault in drawn] == ["a", "b", "c", "a", "c", "a"]
    assert Counter(drawn) == Counter(fault for each in some for fault in each)


def test_modules_and_their_tests_are_there() -> None:
    """One that moved away would be measured no more."""
    for module, tests in MODULES.items():
        assert source(module).is_file()
        assert all((ROOT / test).exists() for test in tests)
