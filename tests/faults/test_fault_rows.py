"""One running service: under load in the size that fits CI, then the table of faults in its small size.

Larger sizes are `make bench` (200 visitors, a minute each), `make soak` (10,000 chats) and `make faults`, whose rows
`--faults=full` runs here too; all of them on `app.py` as readers get it.

In the small size the service embeds a text once only and takes a hundred thousand times as many questions from an
address (evals/bench/watched.py, evals/faults/table.py). So these tests show that requests end as planned and that
nothing is held afterwards; they do not show how many answers a second the service gives, what an answer costs, or the
limits. The last row alone runs on `app.py`, with the limits raised.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.bench import load, soak
from evals.bench.load import Scenario
from evals.bench.process import Server
from evals.fakellm import says
from evals.faults.row import Fault, Size, Stage
from evals.faults.table import of_size, ran, stage
from index.store import Store

pytestmark = [pytest.mark.faults, pytest.mark.slow]
SECONDS: dict[Size, int] = {"small": 400, "full": 1800}  # the first test also waits for index and service
# What 1,000 chats may leave behind after their first tenth: the allocator's own ups and downs are some MiB.
CHATS, SAMPLES, DISTINCT, MOST_MEBIBYTES = 1000, 5, 12, 24


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


@pytest.fixture
def server(on: Stage) -> Iterator[Server]:
    """The same service as the bench sees it, with a language model that answers at once."""
    if on.size == "full":
        pytest.skip("the full size of these is `make bench` and `make soak`")
    on.llm.play((says(size=400),))
    yield Server(on.program.pid, on.program.address, 0.0, 0.0, on.scratch / "tmp", on.program.log)
    on.llm.play((says(),))


@pytest.mark.timeout(SECONDS["small"])
def test_fifty_visitors_for_ten_seconds(server: Server) -> None:
    """No error, everyone is answered, and nobody gets more than others by more than the luck of the draw.

    How fast is no part of it: the service remembers embeddings here.
    """
    row = load.run(server, Scenario("quote", 50, 10.0, pause=1.5))
    assert row["errors"] == 0, row["error_examples"]
    assert row["turned_away"] == 0
    assert row["per_user"]["least"] >= 1
    assert row["fairness"] is not None
    assert row["fairness"] > 0.5


@pytest.mark.timeout(SECONDS["small"])
def test_eight_visitors_while_a_slow_model_writes(on: Stage, server: Server) -> None:
    """As many as are written for at once, at 50 tokens a second: over every surface, no error, nobody turned away."""
    on.llm.play((load.slowly(),))
    row = load.run(server, Scenario("llm", 8, 3.0))
    assert row["errors"] == 0, row["error_examples"]
    assert row["turned_away"] == 0
    assert row["answers"] >= 8
    assert row["by_model"] >= 4  # the others asked what the document does not answer
    assert all(times["p50"] is not None for times in row["by_surface"].values())
    assert row["total"]["p95"] > load.FEWEST_TOKENS / load.TOKENS_PER_SECOND
    assert row["sign"]["p50"] < row["total"]["p50"]


@pytest.mark.timeout(SECONDS["small"])
def test_a_thousand_mixed_chats_leave_nothing_behind(server: Server) -> None:
    """After the load before: no request went otherwise than planned, and what the process holds stays flat.

    Twelve different questions of each kind, embedded once each, so that the processor is left for the chats themselves;
    what embedding holds is seen by `make soak`, on all questions and without a memory.
    """
    *_, found = soak.run(server, CHATS, SAMPLES, DISTINCT)
    assert found["chats"] == CHATS
    assert found["wrong"] == 0, found["wrong_examples"]
    growth = found["growth"]
    assert growth["memory"] <= MOST_MEBIBYTES
    assert growth["temporary"] <= 0
    assert max(growth["files"], growth["tasks"]) <= 5
    assert growth["threads"] <= 8  # pools of threads fill up to their sizes


def test_what_breaks_ends_as_expected(row: Fault, on: Stage) -> None:
    """Each row of the table holds."""
    result = ran(row, on)
    print(f"{result.seen.what} ({result.seconds:.1f} s)")
    if result.seen.could_not_run:
        pytest.skip(result.seen.what)
    assert result.seen.holds, result.seen.what
