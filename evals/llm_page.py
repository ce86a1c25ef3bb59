"""The page of language-model mode: what happened, as Markdown."""

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from assistant.ask import Assistant
from assistant.render import answer_object
from assistant.types import LANGUAGES, Answer, Claim, Language
from evals import fault_table, recording, scorers
from evals.cases import Case
from evals.outcomes import Result, result
from evals.recording import Labelled
from evals.scorers import Measure
from evals.small_model import Replayed
from evals.smol import NAME
from evals.statistics import Rate
from evals.told import DECIDABLE, SEED, Told

SAMPLE = 60  # shown sentences


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
        f"{len(wrong)} are labelled unsupported. It withholds {len(blocked)} that are labelled supported."
        "\n\nShown and unsupported:\n\n"
    )
    text += "\n".join(f"- {one.id} ({', '.join(claim.addresses)}): {one.text}" for one, claim in wrong) or "none"
    text += "\n\nSupported and withheld:\n\n"
    rows = [f"- {one.id} ({', '.join(finding.reasons)}): {one.text}" for one, finding in blocked]
    return text + ("\n".join(rows) or "none")


def _language(one: Labelled) -> Language:
    return "ja" if one.language == "ja" else "en"


def sample_section(replayed: Sequence[Replayed], labelled: Sequence[Labelled]) -> str:
    """A sample of the small model's sentences that readers of the replayed answers saw, and their labels."""
    shown = [
        (one.case.id, claim.text, tuple(one.answer.citation(number).address for number in claim.citations))
        for one in replayed
        for claim in one.answer.claims
        if claim.kind == "statement"
    ]
    chosen = random.Random(SEED).sample(shown, min(SAMPLE, len(shown)))
    found = [(*row, recording.label_of(row[1], row[2], labelled)) for row in chosen]
    unlabelled = [row for row in found if row[3] is None]
    wrong = [row for row in found if row[3] is not None and not row[3].is_supported_at(row[2])]
    text = (
        f"### A sample of what was shown\n\n{len(shown)} sentences of {NAME} were shown in these answers; of "
        f"{len(found)} of them, drawn by chance, {len(wrong)} are labelled unsupported and "
        f"{len(unlabelled)} have no label. "
        "All labels: `evals/claims/recorded.tsv`.\n\nUnsupported in the sample:\n\n"
    )
    text += _listed(wrong)
    return f"{text}\n\nWithout a label in the sample:\n\n{_listed(unlabelled)}" if unlabelled else text


def _listed(rows: Sequence[tuple[str, str, tuple[str, ...], Labelled | None]]) -> str:
    return "\n".join(f"- {id_} ({', '.join(addresses)}): {said}" for id_, said, addresses, _ in rows) or "none"


def timing_section(rows: Sequence[tuple[float, float, float | None, float]]) -> str:
    """The application over the running small model against the model alone, question by question."""
    told = [(alone, raw, first, whole) for alone, raw, first, whole in rows if first is not None]
    cells = [f"{median(row[place] for row in told):.2f}" for place in range(4)] if told else ["-"] * 4
    return (
        f"### Times\n\nMedians over {len(told)} of {len(rows)} questions (those with a verified claim), seconds, one "
        "machine, each question first to the model alone and then through the application (which finds the prompt in "
        "the server's memory).\n\n"
        + table(("model alone: first token", "model alone: whole", "first verified claim", "whole answer"), [cells])
    )


def _rate(score: object, pairs: Sequence[tuple[Case, Answer]], measure: Measure) -> Rate | None:
    assert callable(score)
    results: list[Result] = [result(case, json.loads(json.dumps(answer_object(answer)))) for case, answer in pairs]
    found = [one for one in (score(item, measure) for item in results) if one is not None]
    return Rate(sum(one.k for one in found), sum(one.n for one in found)) if found else None


def _word(passed: bool) -> str:
    return "yes" if passed else "**no**"
