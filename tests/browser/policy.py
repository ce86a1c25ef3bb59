"""The pages' policy in a real browser: what breaks it, and whether every page has a nonce of its own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.types import Language
from tests.browser.chat import BINDING, FUSION, Chat

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Response

PLACES = ("document?q=AI&aid=1", "about", "privacy", "accessibility", "nowhere")
_LISTEN = """document.addEventListener("securitypolicyviolation", event =>
  window.policyBroken(`${event.effectiveDirective}: ${event.blockedURI} at ${event.sourceFile}`))"""


@dataclass
class Seen:
    """What a browser reported (``violations``), and the policy and nonce of each page it was given."""

    violations: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    answers: int = 0

    @property
    def nonces(self) -> list[str]:
        """The nonce of each page, in the order they came."""
        return [nonce for policy in self.policies for nonce in re.findall(r"'nonce-([^']+)'", policy)]

    @property
    def unsafe(self) -> int:
        """How many policies let strings be run as code, or scripts of any kind."""
        scripts = (re.search(r"script-src[^;]*", policy) for policy in self.policies)
        return sum(found is None or "unsafe" in found[0] for found in scripts)

    def listen(self, context: "BrowserContext") -> "Page":
        """A page whose violations and answers are noted here."""

        def noted(response: "Response") -> None:
            if response.request.resource_type == "document":
                self.policies.append(response.headers.get("content-security-policy", ""))

        def broken(told: str) -> None:  # Playwright cannot hang its own mark on a built-in method
            self.violations.append(told)

        context.expose_function("policyBroken", broken)
        context.add_init_script(_LISTEN)
        page = context.new_page()
        page.on("response", noted)
        return page


def visited(browser: "Browser", address: str, languages: Sequence[Language]) -> Seen:
    """Every kind of page in each language, and a chat with two answers, one citation followed, and a receipt."""
    seen = Seen()
    for language in languages:
        context = browser.new_context(locale={"en": "en-US", "ja": "ja-JP"}[language])
        page = seen.listen(context)
        for place in PLACES:
            page.goto(f"{address}/{place}")
        chat = Chat(page, address, language).open()
        for question in (BINDING, FUSION):
            chat.ask(question[language])
            seen.answers += 1
        chat.answer.locator("a.cite").first.click()
        page.goto(f"{address}/{chat.answer.locator('a.receipt').get_attribute('href')}")
        page.locator("main").first.wait_for()
        page.goto(f"{address}/?embed=1&lang={language}")
        page.locator("#question textarea").wait_for()
        context.close()
    return seen
