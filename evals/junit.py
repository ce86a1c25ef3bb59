"""A run as JUnit XML: a suite for the gates and for the cases of each file of questions, errors apart from failures."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from evals import summary, wording
from evals.gates import CLAIMS
from evals.stored import Run, Suite

# What XML 1.0 cannot hold, not even escaped; questions of attacks contain it.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A case fails when it misses one of these; the others (a reason code, an extra quote) are told in the report.
_CASE_FAILS = ("completeness", "status", "verbatim", "dangling", "upgrades", "false_absence", "injected", "determinism")


def render(run: Run) -> str:
    """The content of junit.xml."""
    root = ElementTree.Element("testsuites", name=clean(f"evals {run.manifest['mode']}: {run.conclusion['line']}"))
    for name, suite in run.suites.items():
        mode = suite.metrics["mode"]
        root.append(_gates(name, suite.metrics["gates"], suite.metrics["metrics"], mode))
        root.append(_cases(name, suite))
    if found := run.extras.get("detector"):
        root.append(_gates(CLAIMS, found["gates"], found.get("metrics", {})))
    if found := run.extras.get("liars"):
        root.append(_liars(found))
    if found := run.extras.get("selftest"):
        root.append(_mutants(found))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _gates(
    name: str, gates: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any], mode: str = "quote"
) -> ElementTree.Element:
    element = ElementTree.Element("testsuite", name=f"{name}.gates")
    properties = ElementTree.SubElement(element, "properties")
    for metric, found in metrics.items():
        ElementTree.SubElement(properties, "property", name=metric, value=wording.ranged(found))
    broken = skipped = 0
    for gate in gates:
        case = ElementTree.SubElement(element, "testcase", classname=f"evals.{name}.gates", name=gate["name"])
        if gate["state"] == "broken":
            broken += 1
            text = clean(f"{gate['why']}\nagain: {summary.again(name, mode=mode)}")
            ElementTree.SubElement(case, "failure", message=clean(gate["why"])).text = text
        elif gate["state"] != "holds":
            skipped += 1
            ElementTree.SubElement(case, "skipped", message=clean(gate["why"]))
    return _counted(element, failures=broken, skipped=skipped)


def _cases(name: str, suite: Suite) -> ElementTree.Element:
    element = ElementTree.Element("testsuite", name=f"{name}.cases")
    short_of = summary.short_of(suite)
    failures = errors = 0
    for row in suite.rows:
        seconds = suite.timings["cases_ms"].get(row["id"], 0.0) / 1000
        case = ElementTree.SubElement(
            element, "testcase", classname=f"evals.{name}", name=row["id"], time=f"{seconds:.3f}"
        )
        missed = [metric for metric in short_of.get(row["id"], ()) if metric in _CASE_FAILS]
        if row["outcome"] == "error":
            errors += 1
            ElementTree.SubElement(case, "error", message=clean(row["error"])).text = _text(name, suite, row, missed)
        elif missed:
            failures += 1
            ElementTree.SubElement(case, "failure", message=clean(", ".join(missed))).text = _text(
                name, suite, row, missed
            )
    for left in suite.metrics["not_run"]:
        case = ElementTree.SubElement(element, "testcase", classname=f"evals.{name}", name=left["id"])
        ElementTree.SubElement(case, "skipped", message=clean(left["why"]))
    return _counted(element, failures=failures, errors=errors, skipped=len(suite.metrics["not_run"]))


def _mutants(found: Mapping[str, Any]) -> ElementTree.Element:
    element = ElementTree.Element("testsuite", name="selftest")
    survived = 0
    for mutant in found["mutants"]:
        case = ElementTree.SubElement(element, "testcase", classname="evals.selftest", name=mutant["name"])
        if not mutant["killed"]:
            survived += 1
            ElementTree.SubElement(case, "failure", message=clean(mutant["why"]))
    return _counted(element, failures=survived)


def _liars(found: Mapping[str, Any]) -> ElementTree.Element:
    """A test for each scripted model; one that lies fails with every lie that got through."""
    element = ElementTree.Element("testsuite", name="liars")
    rows = summary.let_through(found)
    failures = 0
    for name in [*(lies["name"] for lies in found["liars"]), "honest"]:
        case = ElementTree.SubElement(element, "testcase", classname="evals.liars", name=name)
        why = [f"{row['id']}: {row['text']}\nagain: {row['again']}" for row in rows if row["name"] == name]
        if name == "honest" and found["honest"]["line"].startswith("FAIL"):
            why = [found["honest"]["line"]]
        if why:
            failures += 1
            ElementTree.SubElement(case, "failure", message=clean(why[0])).text = clean("\n".join(why))
    return _counted(element, failures=failures)


def _counted(element: ElementTree.Element, **counts: int) -> ElementTree.Element:
    element.set("tests", str(len(element.findall("testcase"))))
    for name in ("failures", "errors", "skipped"):
        element.set(name, str(counts.get(name, 0)))
    return element


def _text(name: str, suite: Suite, row: Mapping[str, Any], missed: Sequence[str]) -> str:
    return clean(
        f"question: {row['question']}\nexpected: {summary.expected(row)}\ngot: {summary.got(row)}\n"
        f"again: {summary.again(name, *summary.needed(suite, row, missed), mode=suite.metrics['mode'])}"
    )


def clean(text: str) -> str:
    """Text that XML can hold."""
    return _FORBIDDEN.sub("\ufffd", text)
