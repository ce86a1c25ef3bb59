"""The chat page as a person handles it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.strings import strings
from assistant.types import Language
from evals.fakellm import FakeLlm

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# What people may look at after a run: pictures, what axe-core found, what the page asked for.
OUT = Path(os.environ.get("MOC_SCREENSHOTS", Path(__file__).parents[2] / "out" / "screenshots"))

FUSION: Mapping[Language, str] = {
    "en": "What do the two countries intend to do about fusion energy?",
    "ja": "核融合について両国は何をする意図がありますか。",
}
BINDING: Mapping[Language, str] = {"en": "Is the MOC legally binding?", "ja": "この覚書に法的拘束力はありますか。"}
MONEY: Mapping[Language, str] = {
    "en": "Must Japan pay for it?",
    "ja": "日本は資金を支出しなければなりませんか。",
}
UNANSWERABLE: Mapping[Language, str] = {
    "en": "Who is the chief executive of Toyota?",
    "ja": "トヨタの社長は誰ですか。",
}

# Makes a page that was used as good as new, by what it has for that; false when that does not work.
_CLEAR = """async () => {
  const root = document.documentElement, byId = id => document.getElementById(id);
  const until = async there => {
    const end = performance.now() + 5000;
    while (!there() && performance.now() < end) await new Promise(requestAnimationFrame);
    return there();
  };
  const empty = field => { field.value = ""; field.dispatchEvent(new Event("input", { bubbles: true })); };
  document.querySelector("dialog[open]")?.close();
  if (root.matches(".reading, .shown-from")) byId("back").click();
  if (!await until(() => !root.matches(".reading, .shown-from"))) return false;
  if (root.matches(".talking, .busy, .lost")) byId("clear").click();
  for (const field of document.querySelectorAll("#question textarea, #find input[type=search]")) empty(field);
  document.querySelector("#mode input:not(:checked)[value=llm]")?.click();
  document.activeElement.blur();
  for (const id of ["welcome", "text"]) byId(id).scrollTop = 0;
  const cleared = await until(() => byId("question") && !root.matches(".talking, .busy, .lost, .quotes-only")
    && !document.querySelector("#conversation .answer") && byId("welcome").checkVisibility());
  // Gradio writes what it has heard of a field back into it a little later, over what a test has typed by then.
  for (let frame = 0; frame < 4; frame++) await new Promise(requestAnimationFrame);
  return cleared && [...document.querySelectorAll("#question textarea")].every(field => field.value === "");
}"""


@dataclass
class Chat:
    """A page of a running program, in a language; ``model`` is the scripted language model behind it, if any."""

    page: "Page"
    address: str
    language: Language
    model: FakeLlm | None = None

    @property
    def words(self) -> Mapping[str, str]:
        """The page's texts."""
        return strings(self.language)

    @property
    def box(self) -> "Locator":
        """Where a question is typed."""
        return self.page.locator("#question textarea")

    @property
    def answers(self) -> "Locator":
        """All answers, also a growing one."""
        return self.page.locator("#conversation .answer")

    @property
    def answer(self) -> "Locator":
        """The newest answer."""
        return self.answers.last

    def open(self, query: str = "", anew: bool = False) -> "Chat":
        """Go to the page and wait until a question can be typed; where it stands there already, just clear it.

        ``anew``: load it in any case.
        """
        if query or anew or self.page.url != f"{self.address}/" or not self.page.evaluate(_CLEAR):
            self.page.goto(f"{self.address}/{query}")
            self.box.wait_for()
        return self

    def ask(self, question: str) -> "Locator":
        """Type a question, press Enter, wait for the whole answer."""
        before = self.answers.count()
        self.box.fill(question)
        self.box.press("Enter")
        return self.answered(before + 1)

    def answered(self, count: int) -> "Locator":
        """The newest answer, once there are ``count`` and it is whole."""
        self.page.wait_for_function(
            """count => { const all = document.querySelectorAll("#conversation .answer");
            return all.length === count && !all[count - 1].classList.contains("growing"); }""",
            arg=count,
        )
        return self.answer

    def shown(self) -> list[str]:
        """The addresses of the sentences highlighted in the document."""
        return [str(found.get_attribute("id")) for found in self.page.locator("#text .sentence.shown").all()]

    def picture(self, name: str) -> None:
        """Keep a picture of what is to be seen now, for people."""
        OUT.mkdir(parents=True, exist_ok=True)
        scheme = "dark" if self.page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches") else "light"
        self.page.screenshot(path=OUT / f"{name}-{self.language}-{scheme}.png")

    def heard(self, text: str) -> None:
        """Wait until a screen reader was told something with this text."""
        self.page.wait_for_function("text => document.getElementById('live').textContent.includes(text)", arg=text)

    def focus(self) -> str:
        """What has the focus: its id, or its text."""
        return str(self.page.evaluate("() => document.activeElement.id || document.activeElement.textContent.trim()"))
