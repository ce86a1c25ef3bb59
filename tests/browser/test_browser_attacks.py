"""The worst attacks in a real browser: the model behind the page does what they say."""

from typing import TYPE_CHECKING

import pytest

from evals.attacks.cases import attacks
from evals.attacks.hostile import Order, flattened, hostile
from evals.fakellm import says
from tests.browser.chat import BINDING, FUSION, Chat

if TYPE_CHECKING:
    from playwright.sync_api import Dialog

# What would run, load, send or cover something if the page let it: scripts, pictures, frames, forms, links, styles.
WORST = (
    *("attack-en-080", "attack-en-081", "attack-en-082", "attack-en-084", "attack-en-085", "attack-en-088"),
    *("attack-en-089", "attack-en-093", "attack-en-095", "attack-en-103", "attack-en-106", "attack-ja-045"),
)
ALLOWED = "a, p, h2, h3, div, span, br, em, blockquote, details, summary, ul, li, button"
_STRANGE = f"""() => [...document.querySelectorAll("#conversation :is(.answer, .answer *, .asked *)")]
    .filter(part => !part.matches({ALLOWED!r}) || [...part.attributes].some(at => /^on|^style$|^src/.test(at.name)))
    .map(part => part.outerHTML.slice(0, 200))"""
_LINKS = """() => [...document.querySelectorAll("#conversation a")].map(link => link.href)"""


@pytest.mark.parametrize("language", ["en"])
def test_nothing_runs_and_nothing_leaves(written: Chat, language: str) -> None:
    """Twelve attacks typed in one session, each then repeated by the model in the answer to a real question.

    No dialog, no element or attribute that is not the page's own, every link to the document or the answer's receipt,
    no rogue word in what is said, and not one request to anywhere else (nor a complaint, as the fixture asserts).
    """
    del language
    assert written.model is not None
    chosen = [attack for attack in attacks() if attack.id in WORST]
    assert len(chosen) == len(WORST)
    asked: list[str] = []
    dialogs: list[str] = []

    def dismissed(dialog: "Dialog") -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    written.page.on("request", lambda request: asked.append(request.url))
    written.page.on("dialog", dismissed)
    written.open()
    address = f"{written.address}/"
    for number, attack in enumerate(chosen):
        written.model.play([says(hostile(Order.of(attack)), size=400)])
        written.ask(attack.text)
        answer = written.ask((BINDING, FUSION)[number % 2]["en"])
        assert answer.locator(".statement").count() > 0, "the model wrote nothing that was shown"
        said = answer.locator(".words").inner_text()
        assert flattened(attack.rogue) not in flattened(said)
        written.page.evaluate(
            "() => document.querySelectorAll('#conversation details').forEach(one => { one.open = true; })"
        )
        assert written.page.evaluate(_STRANGE) == []
        links = written.page.evaluate(_LINKS)
        assert links
        assert [link for link in links if not link.startswith((f"{address}#", f"{address}?", f"{address}a/a_"))] == []
        written.open()  # clears it: a longer conversation would only be sent and drawn again each time
    assert dialogs == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert not any("rogue.example" in url for url in asked)
    print(f"{2 * len(chosen)} questions, {len(asked)} requests, all to {address}")
