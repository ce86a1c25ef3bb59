"""Few heaps for many threads. The C library gives each thread a heap of its own, and what is freed in one stays there.

Questions are answered in threads that come and go, so without a bound the process grows by the gaps in their heaps,
which no garbage collection finds.
"""

import ctypes
import sys

HEAPS = 2  # as many as searches that run at once on two cores; more only keep more gaps
_M_ARENA_MAX = -8  # of malloc.h of the GNU C library


def few_heaps() -> bool:
    """Bound them from now on, before threads are started; whether this C library knows how.

    ``MALLOC_ARENA_MAX`` in the environment does the same for the whole process from its first instruction on.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return bool(mallopt and mallopt(_M_ARENA_MAX, HEAPS) == 1)
