"""The processor that figures were measured on."""

import platform
from contextlib import suppress
from pathlib import Path


def processor() -> str:
    """Its name as the system gives it; the kind of machine where it gives none."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
