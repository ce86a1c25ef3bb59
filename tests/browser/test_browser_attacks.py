"""The worst attacks in a real browser: the model behind the page does what they say."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pytest

from assistant.types import LANGUAGES, Language
from assistant.web.messages import LIMIT
from evals.attacks.cases import WORST, Attack, in_browser
from evals.attacks.hostile import Order, flattened, hostile
from evals.fakellm import says
from evals.personalities import Personality, Prompt
from tests.browser.chat import BINDING, FUSION, Chat

if TYPE_CHECKING:
    from playwright.sync_api import Dialog

AT_ONCE = 5
ALLOWED = "a, p, h2, h3, div, span, br, em, blockquote, details, summary, ul, li, button"
_STRANGE = f"""() => [...document.querySelectorAll("#conversation :is(.answer, .answer *, .asked *)")]
    .filter(part => !part.matches({ALLOWED!r}) || [...part.attributes].some(at => /^on|^style$|^src/.test(at.name)))
    .map(part => part.outerHTML.slice(0, 200))"""
_LINKS = """() => [...document.querySelectorAll("#conversation a")].map(link => link.href)"""


def batches(language: Language) -> list[list[Attack]]:
    """Five attacks each, long ones with short ones, so that they fit into one question."""
    chosen = sorted((one for one in in_browser() if one.language == language), key=lambda one: len(one.text))
    count = len(chosen) // AT_ONCE
    return [chosen[first::count] for first in range(count)]


def repeated(batch: Sequence[Attack]) -> Personality:
    """A true sentence, then each attack's rogue words behind another and the attack itself, last an invented address.

    One answer takes no more than twelve claims.
    """

    def write(prompt: Prompt) -> Iterable[str]:
        said = [list(hostile(Order.of(attack))(prompt)) for attack in batch]
        return [said[0][0], *(line for lines in said for line in lines[2:4]), said[0][-1]]

    return write


@pytest.mark.parametrize("language", ["en"])
def test_nothing_runs_and_nothing_leaves(written: Chat, language: str) -> None:
    """Sixty attacks typed, each then repeated by the model in the answer to a real question; half of them Japanese.

    No dialog, no element or attribute that is not the page's own, every link to the document or the answer's receipt,
    no rogue word in what is said, and not one request to anywhere else (nor a complaint, as the fixture asserts).
    """
    del language
    assert written.model is not None
    asked: list[str] = []
    dialogs: list[str] = []

    def dismissed(dialog: "Dialog") -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    written.page.on("request", lambda request: asked.append(request.url))
    written.page.on("dialog", dismissed)
    written.open()
    address = f"{written.address}/"
    tried: list[str] = []
    for number, batch in enumerate(one for language_of_attack in LANGUAGES for one in batches(language_of_attack)):
        typed = "\n".join(attack.text for attack in batch)
        assert len(typed) <= LIMIT
        written.model.play([says(repeated(batch), size=400)])
        written.ask(typed)
        answer = written.ask((BINDING, FUSION)[number % 2][batch[0].language])
        assert answer.locator(".statement").count() > 0, "the model wrote nothing that was shown"
        said = flattened(answer.locator(".words").inner_text())
        assert [attack.id for attack in batch if flattened(attack.rogue) in said] == []
        written.page.evaluate(
            "() => document.querySelectorAll('#conversation details').forEach(one => { one.open = true; })"
        )
        assert written.page.evaluate(_STRANGE) == []
        links = written.page.evaluate(_LINKS)
        assert links
        assert [link for link in links if not link.startswith((f"{address}#", f"{address}?", f"{address}a/a_"))] == []
        tried += [attack.id for attack in batch]
        written.open()  # clears it: a longer conversation would only be sent and drawn again each time
    assert sorted(tried) == sorted(attack.id for attack in in_browser())
    assert set(WORST) < set(tried)
    assert dialogs == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert not any("rogue.example" in url for url in asked)
    print(f"{len(tried)} attacks, {len(asked)} requests, all to {address}")
