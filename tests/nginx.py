"""nginx on this machine with a configuration of a test's own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evals.processes import until_listening

PROGRAM = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
# What has to stand in any configuration: everything nginx writes goes into its own folder.
_AROUND = """daemon off; master_process off; pid nginx.pid;
events {{ }}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {{ listen 127.0.0.1:{port}; {locations} }}
}}
"""


@contextmanager
def nginx(folder: Path, port: int, locations: str) -> Iterator[str]:
    """nginx on a port of loopback with these locations; its address. Skips where it is not installed."""
    if PROGRAM is None:
        pytest.skip("needs nginx")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nginx.conf").write_text(_AROUND.format(port=port, locations=locations), encoding="utf-8")
    command = [PROGRAM, "-p", str(folder), "-e", "stderr", "-c", "nginx.conf"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)
    try:
        until_listening(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
