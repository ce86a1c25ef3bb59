"""nginx on this machine, with the very lines the manual gives for it."""

import contextlib
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

_MANUAL = Path(__file__).parents[2] / "docs" / "embed.md"
_AROUND = """daemon off; pid nginx.pid; worker_processes 1;
events {{ }}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {{ listen 127.0.0.1:{port}; {locations} }}
}}
"""


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def nginx(folder: Path, port: int, upstream: str, keep_path: bool) -> Iterator[None]:
    """nginx in front of ``upstream`` (host:port), below /moc/; with ``keep_path`` it passes that part of a path on."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        pytest.skip("nginx is not installed: the service below a path was not tested")
    [given] = re.findall(r"```nginx\n(.*?)```", _MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    assert "http://127.0.0.1:7860/;" in given
    given = given.replace("http://127.0.0.1:7860/;", f"http://{upstream}{'' if keep_path else '/'};")
    folder.mkdir(parents=True)
    (folder / "nginx.conf").write_text(_AROUND.format(port=port, locations=given), encoding="utf-8")
    command = [program, "-p", str(folder), "-e", "stderr", "-c", "nginx.conf"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < deadline, "nginx took no connection"
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)
