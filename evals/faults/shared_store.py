"""The store that replicas share: gone or silent, limits get stricter, never open, and nobody waits for it long."""

import time

import httpx

from evals.faults.program import PATIENCE, QUESTION, Program
from evals.faults.redis_server import RedisServer
from evals.faults.row import CannotRun, Fault, Seen, Stage, judged

WAIT_SECONDS = 2.0  # a question may take longer by this while the store is silent; it gives it half a second
PROXY = {"MOC_TRUSTED_PROXIES": "127.0.0.1"}
OUTSIDE = {"X-Forwarded-For": "203.0.113.7"}


def _asked(program: Program) -> float:
    began = time.monotonic()
    assert program.ask()["citations"]
    return time.monotonic() - began


def _comes_and_goes(stage: Stage, silent: bool) -> Seen:
    if stage.redis is None:
        raise CannotRun("needs redis-server")
    program, redis = stage.program, stage.redis
    _asked(program)
    wrong = ["it was down before"] if "store_down" in program.states() else []
    redis.freeze() if silent else redis.stop()
    try:
        waits = [_asked(program) for _ in range(3)]
        down = "store_down" in program.states()
    finally:
        redis.thaw() if silent else redis.start()
    end = time.monotonic() + 30
    while "store_down" in program.states() and time.monotonic() < end:
        time.sleep(0.5)
        _asked(program)
    if not down:
        wrong.append("no state said so")
    if "store_down" in program.states():
        wrong.append("the state stayed")
    if waits[0] > WAIT_SECONDS:
        wrong.append("the first question waited")
    longest = f"the first question took {waits[0]:.1f} s, the next {max(waits[1:]):.2f} s"
    return judged(wrong, f"{longest}; state store_down while it lasts")


def gone(stage: Stage) -> Seen:
    """It is killed and comes back empty."""
    return _comes_and_goes(stage, silent=False)


def silent(stage: Stage) -> Seen:
    """It takes connections and says nothing."""
    return _comes_and_goes(stage, silent=True)


def stricter(stage: Stage) -> Seen:
    """A store that is never there, two replicas: each allows half of what an address may ask, not more."""
    folder = stage.folder("no-store")
    url = RedisServer(folder).url  # nobody listens there
    settings = PROXY | {"MOC_STORE_URL": url, "MOC_SECRET": "s", "MOC_REPLICAS": "2", "MOC_ADDRESS_PER_MINUTE": "20"}
    with Program(folder / "log", settings | {"MOC_INDEX_DIR": str(stage.index)}) as program:
        statuses = [
            httpx.post(
                f"{program.address}/api/ask", json={"question": QUESTION}, headers=OUTSIDE, timeout=PATIENCE
            ).status_code
            for _ in range(24)
        ]
        program.end()
    wrong = [] if statuses == [200] * 10 + [429] * 14 else [f"statuses {statuses}"]
    return judged(wrong, f"{statuses.count(200)} of 20 allowed on one of two replicas, then 429")


ROWS = (
    Fault(
        "The shared store (Redis)",
        "it is killed",
        "answers go on with each replica's part of the limits, half a second lost once; then as before",
        gone,
    ),
    Fault("The shared store (Redis)", "it is silent", "the same", silent),
    Fault(
        "The shared store (Redis)",
        "it was never there",
        "each replica allows its part: stricter, never open",
        stricter,
        only="full",
    ),
)
