"""deploy/replicas.py where something is missing or not understood."""

import subprocess
import sys

import pytest

from evals.faults.redis_server import RedisServer
from evals.processes import without_settings
from tests import nginx
from tests.deploy.shipped import DEPLOY
from tests.deploy.stack import LINE, alive

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(500),
    pytest.mark.skipif(nginx.PROGRAM is None, reason="needs nginx"),
    pytest.mark.skipif(RedisServer.found() is None, reason="needs redis-server"),
]


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PATH": "/nowhere"}, "neither redis-server nor valkey-server is installed"),
        ({"MOC_STORE": "x"}, "MOC_STORE is not a setting of this program"),
    ],
)
def test_what_cannot_start_says_why(environ: dict[str, str], said: str) -> None:
    """Exit 1 and a line with the reason; what had been started is ended."""
    command = [sys.executable, str(DEPLOY / "replicas.py"), "--port", "0"]
    ran = subprocess.run(command, env=without_settings() | environ, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not any(alive(int(match[3])) for match in LINE.finditer(ran.stdout))
