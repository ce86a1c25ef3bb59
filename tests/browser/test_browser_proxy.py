"""The service below a path of another site, behind a real nginx set up as the manual says."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from assistant.config import Config
from assistant.strings import strings
from evals.processes import free_port
from tests.browser.chat import BINDING, FUSION, UNANSWERABLE, Chat
from tests.browser.conftest import served
from tests.browser.proxy import below_a_path

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from assistant.types import Language
    from index.embed import Embedder
    from index.store import Store


@pytest.fixture(scope="package")
def below(
    browser: "Browser",
    opened_index: "tuple[Store, Embedder]",
    index_directory: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[bool], str]]:
    """The service's address below /moc of an nginx that takes that part of the path away, or (True) leaves it."""
    del browser  # no program where there is no browser
    folder = tmp_path_factory.mktemp("below")
    port, kept_port = free_port(), free_port()
    config = Config.from_env(
        {
            "MOC_INDEX_DIR": str(index_directory),
            "MOC_PUBLIC_URL": f"http://127.0.0.1:{port}/moc",
            "MOC_TRUSTED_PROXIES": "127.0.0.1",
            "MOC_FEEDBACK_DIR": str(folder / "feedback"),
        }
    )
    with ExitStack() as stack:
        upstream = stack.enter_context(served(config, opened_index)).removeprefix("http://")
        stack.enter_context(below_a_path(folder / "taken", port, upstream, keep_path=False))
        stack.enter_context(below_a_path(folder / "kept", kept_port, upstream, keep_path=True))
        yield lambda kept: f"http://127.0.0.1:{kept_port if kept else port}/moc"


def test_15_everything_works_below_a_path(page: "Page", below: Callable[[bool], str], language: "Language") -> None:
    """Chat, citation, document, search, receipt, feedback, other pages and errors: no request leaves the path."""
    address = below(False)
    strays: list[str] = []
    page.on("request", lambda sent: None if sent.url.startswith((address, "data:")) else strays.append(sent.url))
    page.allow("404")  # type: ignore[attr-defined]
    chat = Chat(page, address, language).open(f"?lang={language}")
    answer = chat.ask(BINDING[language])
    answer.locator("a.cite").first.click()
    assert chat.shown() == ["iii.p1.s1"]
    answer.get_by_role("button", name=chat.words["helpful"], exact=True).click()
    expect(answer.locator(".said")).to_have_text(chat.words["feedback_thanks"].format(days=30))
    chat.page.locator("#language").click()
    other: Language = "ja" if language == "en" else "en"
    assert page.url.startswith(f"{address}/?lang={other}")
    chat.language = other
    chat.ask(FUSION[other])
    page.goto(f"{address}/{answer.locator('a.receipt').get_attribute('href')}")
    expect(page.locator("#verdict.good")).to_be_visible()
    page.get_by_role("link", name=chat.words["open_document"]).click()
    page.locator("#q").fill("180 days")
    page.locator("#q").press("Enter")
    page.locator(".found a").first.click()
    assert re.match(rf"{address}/document\?.*#iv\.p1\.s4$", page.url)
    for name in ("about", "privacy", "accessibility"):
        page.locator(f'.site a[href*="{name}"]').click()
        assert page.url.startswith(f"{address}/{name}")
    page.goto(f"{address}/a/b/nowhere")
    page.locator("#content").get_by_role("link", name=strings(language)["error_home"]).click()
    chat.box.wait_for()
    assert strays == []


def test_15_a_proxy_may_also_leave_the_path(page: "Page", below: Callable[[bool], str], language: "Language") -> None:
    """With the path passed on the chat works the same, and /moc leads to /moc/."""
    address = below(True)
    page.goto(address)
    assert page.url == f"{address}/"
    chat = Chat(page, address, language)
    chat.box.wait_for()
    expect(chat.ask(UNANSWERABLE[language])).to_have_class(re.compile("not_in_document"))
