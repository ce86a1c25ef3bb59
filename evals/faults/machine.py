"""The machine around the service: full disks, read-only places, odd locales, time zones and masks."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from evals.faults.program import PATIENCE, Program, run, same
from evals.faults.row import CannotRun, Fault, Seen, Stage, judged
from evals.processes import environment

_JAPANESE = "この覚書に法的拘束力はありますか"
FEEDBACK = {"answer_id": "a_" + "0" * 64, "verdict": "helpful", "comment": "x" * 300}


def _leave_feedback(program: Program) -> int:
    return httpx.post(f"{program.address}/api/feedback", json=FEEDBACK, timeout=PATIENCE).status_code


def full_disk(stage: Stage) -> Seen:
    """From one moment on no file of the running program may grow: feedback and log cannot be written."""
    program = stage.program
    before, good = program.ask(), _leave_feedback(program)
    log = program.log.stat().st_size
    program.largest_file(0)
    try:
        refused = {_leave_feedback(program) for _ in range(5)}
        answered = [same(before, program.ask()) for _ in range(20)]
        page = httpx.get(f"{program.address}/", timeout=PATIENCE).status_code
    finally:
        program.largest_file()
    grown = program.log.stat().st_size - log
    again = _leave_feedback(program)
    wrong = [] if (good, refused, again, page) == (201, {503}, 201, 200) else [f"feedback {good}, {refused}, {again}"]
    wrong += [] if all(answered) else ["another answer"]
    wrong += [f"{grown} bytes were logged"] if grown else []
    return judged(wrong, f"{len(answered)} answers the same, feedback 503 and 201 again when there is room")


def _wrong(stage: Stage, program: Program) -> list[str]:
    """What is wrong with a program that should answer like the shared one and end by itself when it is told to."""
    wrong = [] if same(program.ask(), stage.program.ask()) else ["another answer"]
    code, _ = program.end()
    return wrong + ([f"exit code {code}"] if code else [])


def full_log(stage: Stage) -> Seen:
    """stdout and stderr on /dev/full from the start."""
    folder = stage.folder("full-log")
    with Program(folder / "log", {"MOC_INDEX_DIR": str(stage.index)}, quiet=True) as program:
        return judged(_wrong(stage, program), "starts, answers, ends with exit code 0")


def small_feedback_disk(stage: Stage) -> Seen:
    """A feedback disk of 64 kB that is filled by feedback: no more is taken, answering goes on."""
    needs_root("mount")
    folder = stage.folder("small-disk")
    mount = 'mount -t tmpfs -o size=64k none "$0" && exec "$@"'
    prefix = ("unshare", "-m", "sh", "-c", mount, str(folder))
    log = stage.folder("small-disk-log") / "log"
    settings = {"MOC_INDEX_DIR": str(stage.index), "MOC_FEEDBACK_DIR": str(folder)}
    with Program(log, settings, prefix=prefix) as program:
        statuses = [_leave_feedback(program) for _ in range(400)]
        wrong = _wrong(stage, program)
    taken, refused = statuses.count(201), statuses.count(503)
    wrong += [] if taken and refused and taken + refused == 400 and statuses[-1] == 503 else [f"{set(statuses)}"]
    return judged(wrong, f"{taken} kept, then {refused} × 503; answers go on")


@dataclass(frozen=True)
class Oddity:
    """Something odd about a machine: settings of the environment, a command in front, a mask."""

    name: str
    settings: Mapping[str, str]
    shell: str = ""  # run by a shell before the service, in mounts of its own


def oddities() -> list[Oddity]:
    """Each on its own; they do not contradict each other."""
    packages = Path(os.__file__).parent if sys.prefix == sys.base_prefix else Path(sys.prefix)
    read_only = "".join(
        f'mount --bind "{place}" "{place}" && mount -o remount,bind,ro "{place}" && '
        for place in (packages, Path.cwd(), Path.home())
    )
    odd_locale = {"LC_ALL": "C", "LANG": "ja_JP.EUC-JP", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
    no_home = {"HOME": "/nonexistent", "USER": "", "XDG_CACHE_HOME": ""}
    return [
        Oddity("read-only packages, checkout and home, no home at all, umask 077", no_home, read_only + "umask 077"),
        Oddity(
            "locale C with ASCII, time zone far ahead", odd_locale | {"PYTHONUTF8": "0", "TZ": "Pacific/Kiritimati"}
        ),
        Oddity(
            "a locale and a time zone that do not exist, umask 000",
            {"LC_ALL": "xx_XX.ISO-8859-9", "LANG": "xx", "TZ": "Nowhere/At+All:::"},
            "umask 000",
        ),
    ]


def odd_all_at_once() -> tuple[dict[str, str], tuple[str, ...]]:
    """Settings and the command in front for a machine that is odd in every way it may be made so."""
    settings: dict[str, str] = {}
    for oddity in oddities():
        settings |= oddity.settings
    try:
        needs_root("unshare")
    except CannotRun:
        return settings, ("sh", "-c", 'umask 077 && exec "$0" "$@"')
    return settings, ("unshare", "-m", "sh", "-c", oddities()[0].shell + ' && exec "$0" "$@"')


def odd_machines(stage: Stage) -> Seen:
    """Builds, starts and answers as everywhere, in both languages, also on the command line."""
    needs_root("unshare")
    english, japanese = stage.program.ask(), stage.program.ask(_JAPANESE)
    wrong, found = [], oddities()
    for oddity in found:
        folder = stage.folder("odd")
        settings = dict(oddity.settings) | {"MOC_INDEX_DIR": str(folder / "index"), "TMPDIR": str(folder)}
        prefix = ("unshare", "-m", "sh", "-c", f'{oddity.shell or "true"} && exec "$0" "$@"')
        try:
            with Program(folder / "log", settings, prefix=prefix) as program:
                if not (same(program.ask(), english) and same(program.ask(_JAPANESE), japanese)):
                    wrong.append(f"{oddity.name}: another answer")
                code, _ = program.end()
                if code:
                    wrong.append(f"{oddity.name}: exit code {code}")
            asked = run("-m", "assistant", "ask", _JAPANESE, "--json", prefix=prefix, **settings)
            if asked.returncode or '"ja"' not in asked.stdout:
                wrong.append(f"{oddity.name}: the command line ends with {asked.returncode}: {asked.stderr[-200:]}")
        except AssertionError as error:
            wrong.append(f"{oddity.name}: {str(error)[-300:]}")
    names = ", ".join(oddity.name for oddity in found)
    return judged(wrong, f"{len(found) - len(wrong)} of {len(found)} start and answer the same ({names})")


def nothing_in_the_environment(stage: Stage) -> Seen:
    """``env -i``: only the settings of the program, not even a PATH."""
    folder = stage.folder("clean")
    with Program(folder / "log", {"MOC_INDEX_DIR": str(stage.index)}, clean=True) as program:
        return judged(_wrong(stage, program), "starts and answers the same")


def few_descriptors(stage: Stage) -> Seen:
    """``ulimit -n 256``: more connections than files it may open; it goes on when they are gone."""
    folder = stage.folder("few")
    prefix = ("sh", "-c", 'ulimit -n 256 && exec "$0" "$@"')
    with Program(folder / "log", {"MOC_INDEX_DIR": str(stage.index)}, prefix=prefix) as program:
        raws = [program.connection(5) for _ in range(300)]
        time.sleep(1)
        for raw in raws:
            raw.close()
        return judged(_wrong(stage, program), "answers again once the 300 connections are gone")


def needs_root(program: str) -> None:
    """Raises CannotRun where one may not mount."""
    if os.geteuid() != 0 or not shutil.which(program):
        raise CannotRun(f"needs root and {program}")
    done = subprocess.run(["unshare", "-m", "true"], env=environment(), capture_output=True, check=False)
    if done.returncode:
        raise CannotRun("this machine allows no mounts of one's own")


ROWS = (
    Fault(
        "The machine",
        "disk full while serving (feedback, log)",
        "answers go on; feedback 503, nothing logged; as before when there is room",
        full_disk,
    ),
    Fault(
        "The machine", "stdout and stderr on a full disk (/dev/full)", "starts, answers, exit 0", full_log, only="full"
    ),
    Fault(
        "The machine",
        "a feedback disk of 64 kB (tmpfs)",
        "feedback 503 when it is full; answers go on",
        small_feedback_disk,
        only="full",
    ),
    Fault(
        "The machine",
        "read-only home, packages and checkout; umask, locale, time zone",
        "builds, starts and answers the same in both languages",
        odd_machines,
        only="full",
    ),
    Fault(
        "The machine", "an empty environment", "starts and answers the same", nothing_in_the_environment, only="full"
    ),
    Fault(
        "The machine",
        "few open files (ulimit -n 256)",
        "answers again when connections are gone",
        few_descriptors,
        only="full",
    ),
)
