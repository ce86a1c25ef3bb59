"""python -m evals.llm: what language-model mode does under faults, lies, an honest model and a real small one.

Writes the figures into docs/llm.md between its markers, with ``--write``; ``--small`` is the size for CI, where only
what must never happen fails the command. The small model's answers are replayed from a recording (``--record`` makes
one), for the same question gets another answer from it on every machine.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from assistant.ask import Assistant
from assistant.config import Config
from evals import fault_table, llm_page, recording, small_model, told
from evals.cases import Case
from evals.marked import insert
from evals.personalities import lines_of
from evals.scorers import Measure

PAGE = Path(__file__).parent.parent / "docs" / "llm.md"
BEGIN, END = "<!-- figures: python -m evals.llm --write -->", "<!-- end of the figures -->"
SUITES = ("dev", "test")  # of which answers of the small model are recorded
ANSWERS, SMALL_ANSWERS = 48, 4  # of each kind of liar


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; exit 1 when something was shown that may never be, or a fault was answered otherwise than expected."""
    parser = argparse.ArgumentParser(prog="python -m evals.llm", description="Measure language-model mode.")
    parser.add_argument("--small", action="store_true", help="the size for CI")
    parser.add_argument("--write", action="store_true", help=f"write the figures into {PAGE.name}")
    parser.add_argument("--times", type=int, default=0, metavar="N", help="ask the running small model N questions")
    parser.add_argument(
        "--record", nargs=2, metavar=("SUITE", "N"), help="record N answers of the small model, and stop"
    )
    parser.add_argument("--unlabelled", action="store_true", help="print recorded claims that need a label, and stop")
    arguments = parser.parse_args(argv)
    if arguments.unlabelled:
        answers = [one for suite in SUITES for one in recording.load(small_model.RECORDINGS / f"{suite}.smol.jsonl")]
        print("\n".join(recording.unlabelled(answers, recording.labelled())))
        return 0
    config = Config.from_env()
    assistant = Assistant.open(Config(index=config.index))
    if arguments.record:
        suite, most = arguments.record
        small_model.record(assistant, suite, small_model.RECORDINGS / f"{suite}.smol.jsonl", int(most))
        return 0
    measure = Measure.of(assistant.document)
    began = time.monotonic()
    sections = [llm_page.fault_section(faults := list(fault_table.rows(assistant)))]
    questions = told.answerable("dev")
    count = SMALL_ANSWERS if arguments.small else ANSWERS
    lies = lines_of("liars")
    kinds = dict.fromkeys(line.kind for line in lies)
    found_lies = [
        told.tell(assistant, kind, [line for line in lies if line.kind == kind], _next(questions, count))
        for kind in kinds
    ]
    honest = lines_of("honest")
    found_lies.append(told.tell(assistant, "", honest, questions[: 8 if arguments.small else 200], each=2))
    sections.append(llm_page.lies_section(found_lies))
    replayed = []
    for suite in SUITES:
        if found := small_model.replay(assistant, suite, small_model.RECORDINGS / f"{suite}.smol.jsonl"):
            sections.append(llm_page.small_section(found, suite, measure))
            replayed += found
    if labelled := recording.labelled():
        sections.append(llm_page.sample_section(replayed, labelled))
        sections.append(llm_page.labels_section(assistant, labelled))
    if arguments.times:
        sections.append(llm_page.timing_section(small_model.times(assistant, questions[: arguments.times])))
    text = "\n\n".join(sections)
    print(text)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    if arguments.write:
        PAGE.write_text(insert(PAGE.read_text(encoding="utf-8"), BEGIN, END, text), encoding="utf-8")
    never = [one for one in found_lies if one.kind in told.DECIDABLE and one.new_leaks > 0]
    good = all(row.passed for row in faults) and not never
    if not arguments.small:
        good = good and all(one.passed for one in found_lies)
    return 0 if good else 1


def _next(questions: list[Case], count: int) -> list[Case]:
    """The next questions, round and round, so that each liar meets others."""
    taken = questions[:count]
    questions[:] = questions[count:] + taken
    return taken


if __name__ == "__main__":
    sys.exit(main())
