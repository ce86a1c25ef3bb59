"""The table of faults in its small size (`--faults=full`: the size of docs/faults.md), on one running service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.faults.row import Fault, Size, Stage
from evals.faults.table import of_size, ran, stage
from index.store import Store

pytestmark = [pytest.mark.faults, pytest.mark.slow]
SECONDS: dict[Size, int] = {"small": 400, "full": 1800}  # the first row also waits for index and service


def _size(config: pytest.Config) -> Size:
    return "full" if config.getoption("--faults") == "full" else "small"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each row of the size."""
    if "row" in metafunc.fixturenames:
        size = _size(metafunc.config)
        limit = pytest.mark.timeout(SECONDS[size])
        metafunc.parametrize("row", [pytest.param(row, marks=limit, id=row.name) for row in of_size(size)])


@pytest.fixture(scope="module")
def on(request: pytest.FixtureRequest, index_directory: Path, opened_index: tuple[Store, object]) -> Iterator[Stage]:
    """The stage of all rows; at the end its service stops by itself when it is told to."""
    with stage(_size(request.config), index_directory) as made:
        yield made
        assert "Traceback" not in made.program.log.read_text(encoding="utf-8", errors="replace")


def test_what_breaks_ends_as_expected(row: Fault, on: Stage) -> None:
    """Each row of the table holds."""
    result = ran(row, on)
    print(f"{result.seen.what} ({result.seconds:.1f} s)")
    if result.seen.could_not_run:
        pytest.skip(result.seen.what)
    assert result.seen.holds, result.seen.what
