"""python -m evals.bench.watched: the program as it is, but on SIGUSR1 it prints how many asyncio tasks there are."""

import asyncio
import runpy
import signal
import sys

from evals.processes import ROOT


def _tell(*_: object) -> None:
    # Handlers run in the main thread, where the event loop does.
    print(f"\ntasks {len(asyncio.all_tasks())}", flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _tell)
    sys.argv[0] = "app.py"
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
