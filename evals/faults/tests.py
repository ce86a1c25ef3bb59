"""Rows that are tests of the suite: what they claim, which they are, and how many of them passed."""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.fault_table import EXPECTED
from evals.faults.row import Seen
from evals.processes import ROOT, environment

MINUTES = 30  # all tests that are rows; each has a limit of its own too, but what stops a test may hang itself


@dataclass(frozen=True, slots=True)
class Tested:
    """A row whose check is some tests."""

    group: str
    name: str
    expected: str
    tests: tuple[str, ...]  # as pytest takes them

    @property
    def command(self) -> str:
        """What runs this row alone."""
        return f"python -m pytest {' '.join(self.tests)}"


ROWS = (
    Tested(
        "The language model",
        f"refused, reset, silent, slow, 429, quota, 5xx, flapping, malformed, cut ({len(EXPECTED)} faults)",
        "the table in [llm.md](llm.md): at most two calls, one deadline, quote mode's own answer with the reason",
        ("tests/test_write.py", "tests/test_breaker.py"),
    ),
    Tested(
        "Replicas",
        "a replica dies while it writes: whole answers, streams, chats",
        "a question asked whole is answered by the other one; a stream that has begun ends without an answer, never "
        "as a whole one; the chat gives the question back",
        (
            "tests/deploy/test_replicas.py::test_no_api_question_fails_when_a_replica_is_killed",
            "tests/deploy/test_replicas.py::test_chats_go_on_at_the_other_replica",
        ),
    ),
    Tested(
        "The index on disk",
        "every single bit of manifest and pointer, and of sampled places of every file",
        "refused",
        (
            "tests/index/test_index_store.py::test_one_flipped_bit_is_never_served",
            "tests/index/test_index_store.py::test_every_flipped_bit_of_a_manifest_is_seen",
            "tests/index/test_index_store.py::test_a_flipped_pointer_leads_nowhere_else",
        ),
    ),
    Tested(
        "Building the index",
        "dies before its n-th durable step, for every n",
        "the old index or the new, the new one only when it is whole",
        ("tests/faults/test_build_steps.py",),
    ),
    Tested(
        "The machine",
        "no network at all (a namespace with nothing but loopback)",
        "builds, answers on the command line and serves",
        ("tests/test_offline.py",),
    ),
    Tested(
        "Serving",
        "the index may not be built, the port is taken",
        "exit 4 and exit 2, one line",
        (
            "tests/web/test_web_process.py::test_without_an_index_that_may_not_be_built_it_ends",
            "tests/web/test_web_process.py::test_a_taken_port_is_one_line",
        ),
    ),
    Tested(
        "Serving",
        "too many at once, a slow reader, a spent budget, the off switch",
        "quotes instead, a slot is given back, never more than the budget, nothing until it is switched on",
        ("tests/web/test_web_gatekeeper.py", "tests/web/test_web_limits.py"),
    ),
)


def results(rows: Sequence[Tested]) -> Mapping[str, Seen]:
    """Run the tests of all rows in one go → what was seen, by the row's name."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        chosen = list(dict.fromkeys(test for row in rows for test in row.tests))
        try:
            subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *chosen],
                cwd=ROOT,
                env=environment(),
                capture_output=True,
                check=False,
                timeout=MINUTES * 60,
            )
        except subprocess.TimeoutExpired:
            return dict.fromkeys((row.name for row in rows), Seen(False, f"not at their end after {MINUTES} minutes"))
        text = report.read_text(encoding="utf-8") if report.exists() else "<none/>"
        cases = list(ElementTree.fromstring(text).iter("testcase"))  # noqa: S314 -- our own
    return {row.name: _seen(row, cases) for row in rows}


def _seen(row: Tested, cases: Sequence[ElementTree.Element]) -> Seen:
    mine = [case for case in cases if any(_is_of(case, test) for test in row.tests)]
    bad = [case for case in mine if any(child.tag in ("failure", "error") for child in case)]
    skipped = sum(any(child.tag == "skipped" for child in case) for case in mine)
    what = f"{len(mine) - len(bad) - skipped} of {len(mine)} tests pass"
    names = ", ".join(str(case.get("name")) for case in bad[:3])
    return Seen(bool(mine) and not bad and not skipped, f"{what}; FAILED: {names}" if bad else what)


def _is_of(case: ElementTree.Element, test: str) -> bool:
    path, _, function = test.partition("::")
    module = path.removesuffix(".py").replace("/", ".")
    return case.get("classname") == module and (not function or str(case.get("name")).split("[")[0] == function)
