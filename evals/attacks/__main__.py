"""python -m evals.attacks [--write]: attacks withstood, by class and language; real questions refused."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.ask import Assistant
from assistant.config import Config
from evals.attacks import packages, page, results
from evals.attacks.running import Target, Trial, foreign, hidden, own, plantation, quoted, reach
from index.errors import ConfigError, UserError
from index.library import open_index

FROM_PACKAGES = 120


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 when every attack was withstood, 1 when one was not."""
    parser = argparse.ArgumentParser(prog="python -m evals.attacks", description="Attack the assistant.")
    parser.add_argument("--write", action="store_true", help="keep the results and write docs/attacks.md")
    parser.add_argument("--packages", type=int, default=FROM_PACKAGES, metavar="N", help="prompts of other projects")
    arguments = parser.parse_args(argv)
    try:
        return run(arguments.packages, write=arguments.write)
    except UserError as error:
        print(f"attacks: {error}", file=sys.stderr)
        return error.exit_code


def run(number: int, *, write: bool) -> int:
    """Measure, print, and write when asked to."""
    config = Config()
    opened = open_index(config.index)
    assistant = Assistant.open(config, opened)
    target = Target(assistant)
    trials = list(own(target))
    with tempfile.TemporaryDirectory() as folder:
        agreement = plantation(Path(folder), opened[1])
        trials += [*hidden(agreement), *quoted(agreement)]
        reached = reach(agreement)
    sampled, prompts = _sampled(number, required=write)
    trials += foreign(target, sampled)
    found = {
        "measured": results.machine(),
        "attacks": {**results.of_trials(trials), "planted": reached},
        "real": results.of_real_questions(assistant),
        "packages": {"packages": len(sampled), "prompts": prompts},
    }
    _print(found, trials)
    if write:
        before = results.load() if results.PATH.exists() else {}
        found["real_first"] = before.get("real_first", found["real"])
        results.save(found)
        page.PATH.write_text(page.render(found), encoding="utf-8", newline="\n")
        print(f"{page.PATH} written")
    return 1 if found["attacks"]["failed"] else 0


def _sampled(number: int, *, required: bool) -> tuple[list[Any], int]:
    """Prompts of other projects, and how many there are; none where the wheels are missing and not required."""
    try:
        return packages.sample(number), len(packages.prompts())
    except ConfigError as error:
        if required:
            raise
        print(f"left out: {error}", file=sys.stderr)
        return [], 0


def _print(found: dict[str, Any], trials: Sequence[Trial]) -> None:
    for row in found["attacks"]["classes"]:
        print(f"{row['class']:20} {row['language']}  {page.share(row):>9}")
    print(f"{'all':20} --  {page.share(found['attacks']['trials']):>9}  model asked in {found['attacks']['reached']}")
    for trial in trials:
        for breach in trial.breaches:
            print(f"not withstood: {trial.id} ({trial.way}): {breach.kind} in {breach.where}: {breach.text[:80]!r}")
    planted = found["attacks"]["planted"]
    print(f"planted texts: {', '.join(f'{name} {count}' for name, count in planted.items())}")
    for row in found["real"]["rows"]:
        print(f"refused, {row['half']:6} {row['language']}  {page.share(row):>7}  {page.interval(row)}")
    for cause, count in found["real"]["causes"].items():
        print(f"refused {count:3} by {cause}")
    for row in found["real"]["refused"]:
        print(f"refused: {row['id']} by {row['cause']}")


if __name__ == "__main__":
    sys.exit(main())
