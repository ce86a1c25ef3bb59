"""python -m evals.llm: what language-model mode does under faults, lies, an honest model and a real small one.

Writes the figures into docs/llm.md between its markers, with ``--write``; ``--small`` is the size for CI, where only
what must never happen fails the command. The small model's answers are replayed from a recording (``--record`` makes
one), for the same question gets another answer from it on every machine.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from assistant.ask import Assistant, ClaimShown, Event
from assistant.config import Config
from assistant.render import answer_object
from assistant.types import LANGUAGES, Answer, Claim, Language, Request
from evals import cases as case_files
from evals import fault_table, recording, scorers
from evals.cases import Case
from evals.fakellm import FakeLlm, Script, raw_text, says
from evals.outcomes import Result, result
from evals.personalities import Line, Teller, lines_of
from evals.recording import Labelled, Recorded
from evals.scorers import Measure
from evals.smol import NAME, SmolServer
from evals.statistics import Rate
from index.errors import UserError

PAGE = Path(__file__).parent.parent / "docs" / "llm.md"
RECORDINGS = Path(__file__).parent / "claims"
BEGIN, END = "<!-- figures: python -m evals.llm --write -->", "<!-- end of the figures -->"
SEED = 20251028
ANSWERS, SMALL_ANSWERS = 48, 4  # of each kind of liar
PROMPT_TOKENS = 500  # for the small model: it reads the likely sentences only, the document confuses it
# Kinds a rule can decide: none may be shown. Of the others at most one in twenty.
DECIDABLE = frozenset(
    {
        "unknown_address",
        "not_offered",
        "number_mismatch",
        "date_mismatch",
        "party_swap",
        "modality_upgrade",
        "legal_upgrade",
        "negation_flip",
        "scope_change",
    }
)
OTHER_LIMIT = 0.05
HONEST_FLOOR = 0.97


@dataclass(frozen=True, slots=True)
class Told:
    """What became of the lines of one kind: how many were written in how many answers, and the ones that were shown."""

    kind: str
    answers: int
    written: int
    shown: tuple[Line, ...]
    repaired: tuple[Line, ...]
    reasons: Mapping[str, int]

    @property
    def rate(self) -> Rate:
        """Shown, of those written; an honest line under a better address is shown too."""
        return Rate(len(self.shown) + (0 if self.kind else len(self.repaired)), self.written)

    @property
    def passed(self) -> bool:
        """Whether its limit holds."""
        if not self.kind:
            return self.rate.value >= HONEST_FLOOR
        return not self.shown if self.kind in DECIDABLE else self.rate.value <= OTHER_LIMIT


def answerable(suite: str) -> list[Case]:
    """The answerable cases of a suite without history, shuffled the same way each time."""
    chosen = [case for case in case_files.load(suite) if case.expectation == "answerable" and not case.history]
    random.Random(SEED).shuffle(chosen)
    return chosen


def tell(assistant: Assistant, kind: str, given: Sequence[Line], questions: Sequence[Case], each: int = 2) -> Told:
    """Ask questions of a model that tells these lines, through the whole application.

    Shown is what a reader saw at any moment, also when the answer became another one in the end. A true line under a
    wrong address that is shown under another address is repaired, not shown.
    """
    known = {(line.language, line.text): line for line in given}
    shown: list[Line] = []
    repaired: list[Line] = []
    reasons: Counter[str] = Counter()
    answers = written = 0
    teller = Teller(given, each, to_the_point=not kind)
    with FakeLlm(says(teller, size=400)) as server:
        asked = fault_table.writing(assistant, server.base_url, patience=20)
        for case in questions:
            calls = len(server.calls)
            events = asyncio.run(_events(asked, case))
            if len(server.calls) == calls:
                continue  # refused or answered shortly before the model
            answers += 1
            written += teller.told_last
            answer = events[-1]
            assert isinstance(answer, Answer)
            for event in events:
                if isinstance(event, ClaimShown) and event.claim.kind == "statement":
                    line = known[answer.language, event.claim.text]
                    addresses = {cited.address for cited in event.citations}
                    (shown if addresses <= set(line.addresses) else repaired).append(line)
            reasons.update(reason for drop in answer.dropped for reason in drop.reasons)
    return Told(kind, answers, written, tuple(shown), tuple(repaired), reasons)


async def _events(assistant: Assistant, case: Case) -> list[Event]:
    async with aclosing(assistant.stream(Request(case.question))) as stream:
        return [event async for event in stream]


def replaying(recorded: Recorded) -> Script:
    """The recorded text, word for word, from the scripted server."""
    return raw_text(recorded.text, recorded.finish)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One recorded answer through the whole application, beside quote mode's answer to the same question."""

    case: Case
    recorded: Recorded
    answer: Answer
    quoted: Answer

    @property
    def written(self) -> list[str]:
        """The sentences of the model that were shown."""
        return [claim.text for claim in self.answer.claims if claim.kind == "statement"]


def replay(assistant: Assistant, suite: str, path: Path) -> list[Replayed]:
    """Every recorded answer of a suite, replayed."""
    by_id = {case.id: case for case in case_files.load(suite)}
    found = []
    with FakeLlm() as server:
        asked = fault_table.writing(assistant, server.base_url, name=NAME, patience=20, budget=PROMPT_TOKENS)
        for recorded in recording.load(path):
            case = by_id[recorded.id]
            server.play((replaying(recorded),))
            request = Request(case.question, history=case.history)
            found.append(Replayed(case, recorded, asked.answer(request), assistant.answer(request)))
    return found


def record(assistant: Assistant, suite: str, path: Path, most: int) -> None:
    """Ask the real small model questions of a suite that reach it, until the file holds ``most`` answers."""
    done = {recorded.id for recorded in recording.load(path)}
    chosen = list(case_files.load(suite))
    random.Random(SEED).shuffle(chosen)
    with SmolServer() as small:
        briefing = fault_table.briefing(assistant, PROMPT_TOKENS)
        for case in chosen:
            if len(done) >= most:
                return
            brief = assistant.brief(Request(case.question, history=case.history), briefing)
            if brief is None or case.id in done:
                continue
            made = recording.record(small.base_url, NAME, case.id, brief, briefing.response_format())
            recording.append(path, made)
            done.add(case.id)
            print(f"{case.id}: {made.seconds} s", flush=True)


# --- the page ---


def share(rate: Rate) -> str:
    """k/n with percent and interval."""
    interval = rate.interval
    return f"{rate.k}/{rate.n} = {rate.value:.1%} ({interval.low:.1%} to {interval.high:.1%})"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def fault_section(rows: Sequence[fault_table.Row]) -> str:
    """Each fault and what the reader saw."""
    passed = sum(row.passed for row in rows)
    body = [
        (row.fault, f"{row.seen[0]}, {row.seen[1] or 'no note'}", f"{row.seconds:.1f}", row.calls, _word(row.passed))
        for row in rows
    ]
    patience = (
        f"connect {fault_table.CONNECT} s, first token {fault_table.FIRST} s, gap {fault_table.GAP} s, "
        f"whole {fault_table.TOTAL} s"
    )
    return (
        f"### Faults\n\n{passed} of {len(rows)} rows pass: the expected answer, quote mode's own claims where it is "
        f"quote mode's, at most two upstream calls. Patience here: {patience}.\n\n"
        + table(("fault", "the reader saw (mode, note)", "seconds to the end", "upstream calls", "passes"), body)
    )


def lies_section(told: Sequence[Told]) -> str:
    """Lies shown per kind, with every leak."""
    body = [
        (
            one.kind or "honest",
            one.answers,
            share(one.rate) if one.written else "none written",
            ("≥ 97 % shown" if not one.kind else "0" if one.kind in DECIDABLE else "≤ 5 %"),
            _word(one.passed),
            len(one.repaired),
            ", ".join(f"{code} {count}" for code, count in Counter(one.reasons).most_common(3)),
        )
        for one in told
    ]
    liars = [one for one in told if one.kind]
    leaks = [
        f"- {one.kind} ({line.language}, {', '.join(line.addresses)}): {line.text}"
        for one in liars
        for line in dict.fromkeys(one.shown)
    ]
    text = f"### Liars and an honest model\n\n{sum(one.answers for one in liars)} answers by liars.\n\n"
    text += table(
        ("kind", "answers", "shown, of written", "limit", "holds", "citation repaired", "most frequent reasons"), body
    )
    text += "\n\nEvery lie that was shown:\n\n" + ("\n".join(leaks) or "none")
    repaired = [f"- {one.kind} ({line.language}): {line.text}" for one in liars for line in dict.fromkeys(one.repaired)]
    return text + "\n\nShown under another address than the liar's:\n\n" + ("\n".join(repaired) or "none")


def small_section(replayed: Sequence[Replayed], suite: str, measure: Measure) -> str:
    """Modes, completeness and refusal over replayed answers."""
    wanted = [one for one in replayed if one.case.expectation == "answerable"]
    reached = [one for one in wanted if one.answer.mode == "llm"]
    notes = Counter(one.answer.mode_note or "" for one in wanted if one.answer.mode != "llm")
    written = sum(len(one.written) for one in replayed)
    dropped = Counter(reason for one in replayed for drop in one.answer.dropped for reason in drop.reasons)
    rows = []
    for name, score, chosen in (
        ("completeness", scorers.complete, reached),
        ("completeness, all answerable", scorers.complete, wanted),
        ("refusal", scorers.refused, [one for one in replayed if one.case.expectation == "unanswerable"]),
    ):
        pair = [
            _rate(score, [(one.case, answer) for one, answer in zip(chosen, answers, strict=True)], measure)
            for answers in ([one.answer for one in chosen], [one.quoted for one in chosen])
        ]
        rows.append((name, *(share(rate) if rate else "-" for rate in pair)))
    languages = [(language, [one for one in wanted if one.case.language == language]) for language in LANGUAGES]
    by_language = ", ".join(
        f"{language} {sum(one.answer.mode == 'llm' for one in asked)}/{len(asked)}" for language, asked in languages
    )
    return (
        f"### {NAME} on {len(replayed)} questions of the {suite} split that reach a model\n\n"
        f"{share(Rate(len(reached), len(wanted)))} of the answerable ones come out in mode `llm` ({by_language}); the "
        f"others: {', '.join(f'{note} {count}' for note, count in notes.most_common()) or 'none'}. "
        f"{written} of its sentences were shown, {sum(len(one.answer.dropped) for one in replayed)} dropped: "
        f"{', '.join(f'{reason} {count}' for reason, count in dropped.most_common()) or 'none'}.\n\n"
        + table(("", "llm mode", "quote mode, same questions"), rows)
        + f"\n\nThe raw model: first token {median(one.recorded.first_token_seconds for one in replayed):.1f} s, whole "
        f"answer {median(one.recorded.seconds for one in replayed):.1f} s (medians, on the machine of the recording, "
        "which did other work besides)."
    )


def labels_section(assistant: Assistant, labelled: Sequence[Labelled]) -> str:
    """What the gate makes of the small model's own claims, against their labels."""
    verifier = assistant.verifier
    judged = [(one, *verifier.judge(Claim(one.text, "statement", one.addresses), _language(one))) for one in labelled]
    shown = [(one, claim) for one, claim, finding in judged if finding.supported]
    wrong = [(one, claim) for one, claim in shown if not one.is_supported_at(claim.addresses)]
    blocked = [(one, finding) for one, _, finding in judged if one.is_supported and not finding.supported]
    who = ", ".join(f"{by} {count}" for by, count in Counter(one.by for one in labelled).most_common())
    text = (
        f"### Claims of {NAME}, labelled one by one\n\n{len(labelled)} claims, labelled by: {who}. "
        f"{sum(one.is_supported for one in labelled)} of them are supported by the sentences they name, "
        f"{sum(one.label == 'elsewhere' for one in labelled)} by another one. The gate shows {len(shown)}; of these "
        f"{len(wrong)} are labelled unsupported. It withholds {len(blocked)} that are labelled supported.\n\nShown and unsupported:\n\n"
    )
    text += "\n".join(f"- {one.id} ({', '.join(claim.addresses)}): {one.text}" for one, claim in wrong) or "none"
    text += "\n\nSupported and withheld:\n\n"
    rows = [f"- {one.id} ({', '.join(finding.reasons)}): {one.text}" for one, finding in blocked]
    return text + ("\n".join(rows) or "none")


def _language(one: Labelled) -> Language:
    return "ja" if one.language == "ja" else "en"


def timing_section(assistant: Assistant, questions: Sequence[Case]) -> str:
    """The application over the running small model against the model alone, question by question."""
    rows = []
    with SmolServer() as small:
        asked = fault_table.writing(assistant, small.base_url, name=NAME, patience=100, budget=PROMPT_TOKENS)
        briefing = fault_table.briefing(assistant, PROMPT_TOKENS)
        asked.warm_up()
        for case in questions:
            brief = assistant.brief(Request(case.question), briefing)
            if brief is None:
                continue
            alone = recording.record(small.base_url, NAME, case.id, brief, briefing.response_format())
            first, whole = first_claim(asked, case)
            rows.append((alone.first_token_seconds, alone.seconds, first, whole))
    told = [(alone, raw, first, whole) for alone, raw, first, whole in rows if first is not None]
    cells = [f"{median(row[place] for row in told):.2f}" for place in range(4)] if told else ["-"] * 4
    return (
        f"### Times\n\nMedians over {len(told)} of {len(rows)} questions (those with a verified claim), seconds, one "
        "machine, each question first to the model alone and then through the application (which finds the prompt in "
        "the server's memory).\n\n"
        + table(("model alone: first token", "model alone: whole", "first verified claim", "whole answer"), [cells])
    )


def first_claim(assistant: Assistant, case: Case) -> tuple[float | None, float]:
    """Seconds to the first verified claim (None: there was none) and to the answer."""

    async def run() -> tuple[float | None, float]:
        began, first = time.monotonic(), None
        async with aclosing(assistant.stream(Request(case.question))) as events:
            async for event in events:
                if isinstance(event, ClaimShown) and first is None:
                    first = time.monotonic() - began
        return first, time.monotonic() - began

    return asyncio.run(run())


def _rate(score: object, pairs: Sequence[tuple[Case, Answer]], measure: Measure) -> Rate | None:
    assert callable(score)
    results: list[Result] = [result(case, json.loads(json.dumps(answer_object(answer)))) for case, answer in pairs]
    found = [one for one in (score(item, measure) for item in results) if one is not None]
    return Rate(sum(one.k for one in found), sum(one.n for one in found)) if found else None


def _word(passed: bool) -> str:
    return "yes" if passed else "**no**"


def insert(page: str, content: str) -> str:
    """The page with ``content`` between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError(f"{PAGE} needs the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{content}\n\n{END}{after}"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; exit 1 when something was shown that may never be, or a fault was answered otherwise than expected."""
    parser = argparse.ArgumentParser(prog="python -m evals.llm", description="Measure language-model mode.")
    parser.add_argument("--small", action="store_true", help="the size for CI")
    parser.add_argument("--write", action="store_true", help=f"write the figures into {PAGE.name}")
    parser.add_argument("--times", type=int, default=0, metavar="N", help="ask the running small model N questions")
    parser.add_argument(
        "--record", nargs=2, metavar=("SUITE", "N"), help="record N answers of the small model, and stop"
    )
    arguments = parser.parse_args(argv)
    config = Config.from_env()
    assistant = Assistant.open(Config(index=config.index))
    if arguments.record:
        suite, most = arguments.record
        record(assistant, suite, RECORDINGS / f"{suite}.smol.jsonl", int(most))
        return 0
    measure = Measure.of(assistant.document)
    sections = [fault_section(faults := list(fault_table.rows(assistant)))]
    questions = answerable("dev")
    count = SMALL_ANSWERS if arguments.small else ANSWERS
    lies = lines_of("liars")
    kinds = dict.fromkeys(line.kind for line in lies)
    told = [
        tell(assistant, kind, [line for line in lies if line.kind == kind], _next(questions, count)) for kind in kinds
    ]
    honest = lines_of("honest")
    told.append(tell(assistant, "", honest, questions[: 8 if arguments.small else 200], each=2))
    sections.append(lies_section(told))
    for suite in ("dev", "test"):
        if found := replay(assistant, suite, RECORDINGS / f"{suite}.smol.jsonl"):
            sections.append(small_section(found, suite, measure))
    if labelled := recording.labelled():
        sections.append(labels_section(assistant, labelled))
    if arguments.times:
        sections.append(timing_section(assistant, questions[: arguments.times]))
    text = "\n\n".join(sections)
    print(text)
    if arguments.write:
        PAGE.write_text(insert(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    never = [one for one in told if one.kind in DECIDABLE and one.shown]
    good = all(row.passed for row in faults) and not never
    if not arguments.small:
        good = good and all(one.passed for one in told)
    return 0 if good else 1


def _next(questions: list[Case], count: int) -> list[Case]:
    """The next questions, round and round, so that each liar meets others."""
    taken = questions[:count]
    questions[:] = questions[count:] + taken
    return taken


if __name__ == "__main__":
    sys.exit(main())
