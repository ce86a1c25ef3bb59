"""All rows, the stage they run on, and the running of them.

In the full size every service is ``python app.py``. In the small size, which CI runs, the shared service is
``evals.bench.watched --remember`` instead, with the limits for an address a hundred thousand times as high. Rows on it
show what routes, limits of size and time, model client, store and disks do. They do not show what an answer costs,
for a text that was embedded once is not embedded again, nor the limits for an address. The last row starts ``app.py``
itself, where texts are embedded as they are for readers; the limits stay raised.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from evals import fault_table
from evals.bench.process import UNLIMITED
from evals.bench.soak import WATCHED
from evals.fakellm import FakeLlm
from evals.faults import building, damage, machine, model, serving, settings, shared_store, wire
from evals.faults.program import PLAIN, Program
from evals.faults.redis_server import RedisServer
from evals.faults.row import CannotRun, Fault, Seen, Size, Stage
from index.library import open_index
from index.settings import IndexSettings

ROWS: tuple[Fault, ...] = (
    *damage.ROWS,
    *wire.ROWS,
    *settings.ROWS,
    *shared_store.ROWS,
    *serving.ROWS,
    *building.ROWS,
    *machine.ROWS,
    *model.ROWS,
    serving.LAST,
)


@dataclass(frozen=True, slots=True)
class Ran:
    """A row with what was seen and how long it took (seconds)."""

    row: Fault
    seen: Seen
    seconds: float


def of_size(size: Size) -> tuple[Fault, ...]:
    """The rows of a size."""
    return tuple(row for row in ROWS if row.only in (None, size))


@contextmanager
def stage(size: Size, index: Path | None = None) -> Iterator[Stage]:
    """Everything rows need: a good index (``index``, or one made now), a scripted model, a Redis, a running program."""
    with ExitStack() as held:
        scratch = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="moc-faults-")))
        directory = index or scratch / "index"
        opened = open_index(IndexSettings(directory))
        llm = held.enter_context(FakeLlm())
        redis = held.enter_context(RedisServer(scratch)) if RedisServer.found() else None
        settings = _settings(scratch, directory, llm, redis)
        # In the small size one start has to show what each oddity of a machine shows by itself in the full one, and
        # serves the tests of load too, whose visitors all come from here and whose processor CI shares.
        odd, prefix, script = ({}, (), PLAIN)  # type: tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]
        if size == "small":
            odd, prefix = machine.odd_all_at_once()
            settings |= UNLIMITED
            script = (*WATCHED, "--remember")
        program = held.enter_context(Program(scratch / "log", odd | settings, prefix=prefix, script=script))
        yield Stage(size, scratch, directory, opened, llm, redis, program, held)


def _settings(scratch: Path, index: Path, llm: FakeLlm, redis: RedisServer | None) -> dict[str, str]:
    temporary = scratch / "tmp"
    temporary.mkdir()
    store = {"MOC_STORE_URL": redis.url, "MOC_SECRET": "s", "MOC_REPLICAS": "2"} if redis else {}
    return store | {
        "MOC_INDEX_DIR": str(index),
        "MOC_FEEDBACK_DIR": str(scratch / "feedback"),
        "TMPDIR": str(temporary),
        "MOC_LLM_MODEL": "scripted",
        "OPENAI_BASE_URL": llm.base_url,
        # The patience of the table of faults, but for the whole answer: readers have to find the model still writing.
        "MOC_LLM_CONNECT_SECONDS": str(fault_table.CONNECT),
        "MOC_LLM_FIRST_TOKEN_SECONDS": str(fault_table.FIRST),
        "MOC_LLM_GAP_SECONDS": str(fault_table.GAP),
        "MOC_LLM_TOTAL_SECONDS": "60",
        "MOC_LLM_BREAKER_FAILURES": "1000",
        "MOC_CACHE_SECONDS": "0",
        # Readers who leave are charged what was set aside for them.
        "MOC_LLM_TOKENS_PER_HOUR": "1000000000",
        "MOC_LLM_TOKENS_PER_DAY": "1000000000",
    }


def ran(row: Fault, on: Stage) -> Ran:
    """Run one row; one that raises, or leaves the shared program dead, does not hold."""
    began = time.monotonic()
    try:
        seen = row.check(on)
    except CannotRun as reason:
        seen = Seen(False, f"not run: {reason}", could_not_run=True)
    except Exception as error:  # noqa: BLE001 -- a row that breaks must not take the others with it
        seen = Seen(False, f"FAILED: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
    if row is not serving.LAST and not on.program.runs:
        seen = Seen(False, f"{seen.what}; the service is gone")
        on.program.start()
    return Ran(row, seen, time.monotonic() - began)
