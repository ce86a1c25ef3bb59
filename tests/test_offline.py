"""No network, at any time: nothing is looked up or connected to but loopback, and everything works without one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evals.processes import ROOT, environment
from index.store import Store
from tests.index.running import DEADLINE, run

# Runs in a fresh process: every look-up and connection is written down before it happens.
WATCHED = """
import json, socket, sys
seen = []
look_up, connect = socket.getaddrinfo, socket.socket.connect
def watched_look_up(host, *rest, **more):
    seen.append(str(host))
    return look_up(host, *rest, **more)
def watched_connect(self, address):
    seen.append(str(address[0] if isinstance(address, tuple) else address))
    return connect(self, address)
socket.getaddrinfo, socket.socket.connect = watched_look_up, watched_connect
from assistant.ask import Assistant
from assistant.config import Config
from assistant.types import Request
assistant = Assistant.open(Config.from_env())
answers = [assistant.answer(Request(question)) for question in json.loads(sys.argv[1])]
print(json.dumps({"seen": seen, "status": [answer.status for answer in answers]}))
"""
QUESTIONS = ["Is the MOC legally binding?", "この覚書に法的拘束力はありますか", "What does it say about tariffs?"]

# Runs inside a network namespace that has nothing but loopback.
WITHOUT_NETWORK = """
set -eu
ip link set lo up
"$PYTHON" - <<'END'
import os, sys
from assistant.__main__ import main as assistant
from index.__main__ import main as index
assert index(["build", "--out", os.environ["MOC_INDEX_DIR"]]) == 0
sys.exit(assistant(["ask", "Is the MOC legally binding?", "--json"]))
END
"$PYTHON" - <<'END'
import json, re, subprocess, sys, urllib.request
server = subprocess.Popen([sys.executable, "app.py", "--port", "0"], stdout=subprocess.PIPE, text=True)
try:
    line = next(line for line in server.stdout if "http://" in line)
    address = re.search(r"http://[\\d.]+:\\d+", line)[0]
    page = urllib.request.urlopen(address + "/document", timeout=60).read().decode()
    assert 'id="iii.p1.s1"' in page
    body = json.dumps({"question": "この覚書に法的拘束力はありますか"}).encode()
    request = urllib.request.Request(address + "/api/ask", body, {"Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request, timeout=60))
    assert answer["status"] == "answered", answer
    assert answer["citations"][0]["address"] == "iii.p1.s1", answer
finally:
    server.kill()
    server.wait()
print("served")
END
"""


def test_nothing_is_looked_up(index_directory: Path, opened_index: tuple[Store, object]) -> None:
    """Opening and asking in both languages touch no address, also with a key of a language model lying about."""
    done = run(
        "-c", WATCHED, json.dumps(QUESTIONS), MOC_INDEX_DIR=str(index_directory), OPENAI_API_KEY="sk-not-to-be-used"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {"seen": [], "status": ["answered", "answered", "not_in_document"]}


@pytest.mark.netns
def test_everything_works_without_a_network(tmp_path: Path) -> None:
    """Build, ask and serve inside a network namespace with nothing but loopback."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("needs root, unshare and ip")
    done = subprocess.run(
        ["unshare", "-n", "bash", "-c", WITHOUT_NETWORK],
        cwd=ROOT,
        env=environment(MOC_INDEX_DIR=str(tmp_path / "index"), PYTHON=sys.executable),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stderr
    assert '"address": "iii.p1.s1"' in done.stdout
    assert done.stdout.splitlines()[-1] == "served"
