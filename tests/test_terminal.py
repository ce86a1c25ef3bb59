"""Words on the terminal may be lost, and whatever language they are in, the program goes on."""

import subprocess
import sys

import pytest

from evals.processes import ROOT, environment

SAY = """
import sys
from index.terminal import any_text, say, settle
any_text()
say("覚書 \\ud800")
say("said", sys.stderr)
settle()
"""


@pytest.mark.parametrize("locale", [{"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}])
def test_every_text_can_be_said(locale: dict[str, str]) -> None:
    """Japanese comes out as UTF-8 where the locale knows only ASCII; what is no text, as an escape."""
    done = subprocess.run([sys.executable, "-c", SAY], cwd=ROOT, env=environment(**locale), capture_output=True)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "覚書 \\ud800\n", b"said\n")


def test_a_full_disk_takes_the_words_and_nothing_else() -> None:
    """Exit code 0, though neither stdout nor stderr could be written."""
    with open("/dev/full", "w") as full:
        assert subprocess.run([sys.executable, "-c", SAY], cwd=ROOT, stdout=full, stderr=full).returncode == 0
