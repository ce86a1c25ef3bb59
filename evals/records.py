"""What earlier runs left in the repository, line by line: history, baseline and the recordings of the small model.

The programs that use these files stop at the first thing they cannot use; ``validate`` names every line and field.
"""

import json
import math
import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_args

from assistant.types import REASONS
from evals.cases import SUITES
from evals.gates import Mode

_TEXTS = ("verdict", "commit")
_DIGESTS = ("document_sha256", "index_fingerprint")
_BINDING = ("document_sha256", "mode", "seed")
_RECORDING = ("case", "finish", "request", "text")
_SHA256 = re.compile("[0-9a-f]{64}")
_CASE_DIGEST = re.compile("[0-9a-f]{8}")


def history_problems(path: Path) -> Iterator[str]:
    """Of ``history.jsonl``: a run of a suite on each line, with its reason, in order of time."""
    before = ""
    recorded: set[tuple[str, str]] = set()
    for number, row, wrong in _lines(path):
        if wrong:
            yield wrong
            continue
        at = f"{path}:{number}"
        suite, mode, day = row.get("suite"), row.get("mode"), str(row.get("date"))
        if suite not in SUITES:
            yield f"{at}:suite: {suite!r} is not one of {', '.join(SUITES)}"
        if mode not in get_args(Mode):
            yield f"{at}:mode: {mode!r} is not one of {', '.join(get_args(Mode))}"
        if not _is_date(day):
            yield f"{at}:date: {row.get('date')!r} is no date such as 2026-01-31"
        elif day < before:
            yield f"{at}:date: {day} is before {before} of an earlier line; runs are added at the end"
        else:
            before = day
        # What a suite is first measured at lowers nothing.
        if not _is_text(row.get("reason")) and ("reason" in row or (suite, mode) in recorded):
            yield f"{at}:reason: must say why the numbers may change"
        recorded.add((str(suite), str(mode)))
        if not isinstance(row.get("cases"), int) or row["cases"] < 1:
            yield f"{at}:cases: {row.get('cases')!r} is no number of cases"
        yield from (
            f"{at}:{field}: {row.get(field)!r} must be text" for field in _TEXTS if not _is_text(row.get(field))
        )
        for field in _DIGESTS:
            if not _SHA256.fullmatch(str(row.get(field))):
                yield f"{at}:{field}: {row.get(field)!r} is no digest"
        yield from (f"{at}:metrics: {what}" for what in _wrong_metrics(row.get("metrics")))


def baseline_problems(path: Path) -> Iterator[str]:
    """Of ``baseline.json``: what it was made from, its metrics, and a line for each case."""
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text)
        parts = [data[name] for name in ("provenance", "metrics", "cases")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield f"{path}:{getattr(error, 'lineno', 1)}:file: cannot be read: {error!r}"
        return
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if key := re.match(r'\s*"([^"]+)":', line):
            lines.setdefault(key[1], number)
    for name, part in zip(("provenance", "metrics", "cases"), parts, strict=True):
        if not isinstance(part, Mapping):
            yield f"{path}:{lines[name]}:{name}: must be an object"
            return
    provenance, metrics, cases = parts
    for field in _BINDING:
        if field not in provenance:
            yield f"{path}:{lines['provenance']}:provenance: lacks {field!r}"
    if set(metrics) != set(cases):
        yield f"{path}:{lines['metrics']}:metrics: are of {sorted(metrics)}, but the cases of {sorted(cases)}"
    for suite in sorted({*metrics, *cases} - set(SUITES)):
        yield f"{path}:{lines[suite]}:{suite}: is not one of {', '.join(SUITES)}"
    for suite, found in metrics.items():
        yield from (f"{path}:{lines['metrics']}:{suite}: {what}" for what in _wrong_metrics(found))
    for suite, by_id in cases.items():
        if not isinstance(by_id, Mapping) or not by_id:
            yield f"{path}:{lines[suite]}:{suite}: holds no cases"
            continue
        for id_, record in by_id.items():
            yield from (f"{path}:{lines.get(id_, 1)}:{id_}: {what}" for what in _wrong_record(record))


def recording_problems(path: Path, ids: Collection[str]) -> Iterator[str]:
    """Of the recordings: a completion on each line, one for each request; ``ids`` are those of the questions there are.

    A recording of a question that is gone is one that nobody will ever ask for.
    """
    first: dict[str, int] = {}
    for number, row, wrong in _lines(path):
        if wrong:
            yield wrong
            continue
        at = f"{path}:{number}"
        if unknown := sorted(set(row) - set(_RECORDING)):
            yield f"{at}:{unknown[0]}: unknown field; a recording has {', '.join(_RECORDING)}"
        for field in _RECORDING:
            if not isinstance(row.get(field), str):
                yield f"{at}:{field}: is {row[field]!r}, must be text" if field in row else f"{at}:{field}: is missing"
        request, case = str(row.get("request")), str(row.get("case"))
        if "request" in row and not _SHA256.fullmatch(request):
            yield f"{at}:request: {request!r} is no digest"
        if first.setdefault(request, number) != number:
            yield f"{at}:request: is the request of line {first[request]} too"
        if ids and "case" in row and case.partition("#")[0] not in ids:
            yield f"{at}:case: no question has the id {case!r}; 'python -m evals record --stale' drops it"


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any], str]]:
    """(line, object, what is wrong with the line as such) of a file that holds a JSON object on each line."""
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        yield 1, {}, f"{path}:1:file: cannot be read: {error}"
        return
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            yield number, {}, f"{path}:{number}:row: is no JSON: {error}"
            continue
        wrong = "" if isinstance(row, dict) else f"{path}:{number}:row: is no JSON object"
        yield number, row, wrong


def _wrong_metrics(metrics: object) -> Iterator[str]:
    """What is wrong with a mapping of metric → [k, n] or number."""
    if not isinstance(metrics, Mapping) or not metrics:
        yield "must name at least one metric"
        return
    for name, reached in metrics.items():
        match reached:
            case bool():
                yield f"{name} is {reached!r}, must be [k, n] or a number"
            case int() | float() if math.isfinite(reached):
                pass
            case [int(k), int(n)] if 0 <= k <= n and n > 0:
                pass
            case _:
                yield f"{name} is {reached!r}, must be [k, n] or a number"


def _wrong_record(record: object) -> Iterator[str]:
    """What is wrong with ``digest fact status sections metric=value …``."""
    digest, *rest = record.split(" ") if isinstance(record, str) else [""]
    if len(rest) < 3 or not _CASE_DIGEST.fullmatch(digest):
        yield f"{record!r} must be a digest, a fact, a status, sections and scores, each after one space"
        return
    status = rest[1].partition("/")[0]
    if status not in (*REASONS, "error"):
        yield f"{status!r} is no status"
    for score in rest[3:]:
        name, equals, value = score.partition("=")
        try:
            right = bool(name) and (not equals or 0 <= float(value) < 1)
        except ValueError:
            right = False
        if not right:
            yield f"{score!r} is no score; it is a metric's name, with =value where that is below 1"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
