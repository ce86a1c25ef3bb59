"""The service under load, in the size that fits CI: 50 visitors for ten seconds, then a few hundred mixed chats.

Larger sizes are `make bench` (200 visitors, a minute each) and `make soak` (10,000 chats).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.bench import load, soak
from evals.bench.load import Scenario, model_settings
from evals.bench.process import Server, serving
from evals.fakellm import FakeLlm, says

# What 240 chats may leave behind after their first tenth: the allocator's own ups and downs are some MiB.
CHATS, SAMPLES, MOST_MEBIBYTES = 240, 3, 24

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def server(index_directory: Path, opened_index: object) -> Iterator[Server]:
    """The program as it is, with a language model that answers at once."""
    with FakeLlm(says(size=400)) as model:
        settings = model_settings(model) | {"MOC_INDEX_DIR": str(index_directory)}
        with serving(settings, soak.WATCHED) as started:
            started.until_ready()
            yield started


def test_fifty_visitors_for_ten_seconds(server: Server) -> None:
    """No error, everyone is answered, and nobody gets more than others by more than the luck of the draw."""
    row = load.run(server, Scenario("quote", 50, 10.0))
    assert row["errors"] == 0, row["error_examples"]
    assert row["per_user"]["least"] >= 1
    assert row["fairness"] is not None
    assert row["fairness"] > 0.5


def test_mixed_chats_leave_nothing_behind(server: Server) -> None:
    """After the load before: no request went otherwise than planned, and what the process holds stays flat."""
    found = soak.run(server, CHATS, SAMPLES)
    assert found["wrong"] == 0, found["wrong_examples"]
    growth = found["growth"]
    assert growth["memory"] <= MOST_MEBIBYTES
    assert growth["temporary"] <= 0
    assert max(growth["files"], growth["threads"], growth["tasks"]) <= 5
