"""axe-core in a page: every violation, and every result it leaves undecided, judged by measuring or reported as open.

What was found is also kept beside the screenshots, one file for each state of a page: ``measure`` makes a table of it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.chat import OUT

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOUND = OUT / "axe"
LEAST = 4.5  # WCAG 1.4.3, for text of any size

_COLOURS = ("color-contrast", "link-in-text-block")  # the rules whose result depends on the colour scheme

_RUN = """async ([rules, left]) => {
  const options = { resultTypes: ["violations", "incomplete"] };
  if (rules.length) options.runOnly = { type: "rule", values: rules };
  const found = await axe.run(left.length ? { exclude: left.map(one => [one]) } : document, options);
  const nodes = rule => rule.nodes.map(node => ({
    rule: rule.id, impact: rule.impact, target: node.target.join(" "), html: node.html.slice(0, 160),
    why: [...node.any, ...node.all, ...node.none].map(check => check.data?.messageKey ?? check.message),
  }));
  return { passed: found.passes.length, violations: found.violations.flatMap(nodes),
    incomplete: found.incomplete.flatMap(nodes) };
}"""

# What axe-core cannot decide of a text that is half scrolled out of its box: the colours it has there, and whether it
# is that box, and nothing lying over it, that hides the rest.
_MEASURE = """targets => targets.map(target => {
  const element = document.querySelector(target);
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const above = []; for (let one = element; one; one = one.parentElement) above.push(one);
  const paint = above.map(one => getComputedStyle(one).backgroundColor).find(colour => !/, 0\\)$/.test(colour));
  const [dark, bright] = [light(getComputedStyle(element).color), light(paint)].sort((a, b) => a - b);
  const lines = [...element.getClientRects()];
  const box = above.slice(1).find(one => /auto|scroll/.test(getComputedStyle(one).overflowY))?.getBoundingClientRect();
  const inside = line => line.top >= box.top && line.bottom <= box.bottom;
  const out = Boolean(box) && !lines.every(inside);
  const line = box && lines.find(inside); // a whole line that can be seen, if there is one
  const top = line ? document.elementFromPoint((line.left + line.right) / 2, (line.top + line.bottom) / 2) : element;
  return { out, over: !(top === element || element.contains(top) || top?.contains(element)),
    ratio: (bright + 0.05) / (dark + 0.05) };
})"""


def problems(
    page: "Page", state: str, language: str, colours_only: bool = False, leave_out: tuple[str, ...] = ()
) -> list[str]:
    """What is wrong in this state of a page: violations of any impact, and undecided results that do not hold up.

    With ``colours_only`` just the rules that look at colours: for the same state in another colour scheme. Selectors to
    ``leave_out`` name what is the same in this state as in one that was looked at in full.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate(_RUN, [list(_COLOURS) if colours_only else [], list(leave_out)])
    contrasts = _contrasts(page, found["incomplete"])
    judged = [{**node, "contrast": contrast} for node, contrast in zip(found["incomplete"], contrasts, strict=True)]
    scheme = "dark" if page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches") else "light"
    _keep({"state": state, "language": language, "scheme": scheme, **found, "incomplete": judged})
    wrong = [f"{node['rule']} ({node['impact']}): {node['html']}" for node in found["violations"]]
    unsettled = [node for node in judged if node["contrast"] is None or node["contrast"] < LEAST]
    return wrong + [f"undecided {node['rule']} {node['why']} {node['contrast']}: {node['html']}" for node in unsettled]


def _contrasts(page: "Page", nodes: Sequence[Mapping[str, Any]]) -> list[float | None]:
    """The contrast of each text that is scrolled out of its box; None where anything else is undecided."""
    scrolled = [node["rule"] == "color-contrast" and "elmPartiallyObscured" in node["why"] for node in nodes]
    targets = [node["target"] for node, out in zip(nodes, scrolled, strict=True) if out]
    measured = iter(page.evaluate(_MEASURE, targets) if targets else ())
    found = [next(measured) if out else None for out in scrolled]
    return [round(one["ratio"], 2) if one and one["out"] and not one["over"] else None for one in found]


def _keep(record: Mapping[str, Any]) -> None:
    FOUND.mkdir(parents=True, exist_ok=True)
    path: Path = FOUND / f"{record['state']}-{record['language']}-{record['scheme']}.json"
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
