"""The document as a page: complete, searchable and linkable without a script; and as the exact text."""

import hashlib
import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from assistant.web.outline import search_pattern
from index import parse, reading_aid


class Page(HTMLParser):
    """The text of every element with an id, and the addresses of all links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.by_id: dict[str, str] = {}
        self.links: list[str] = []
        self.tags: list[str] = []
        self.marks = 0
        self._open: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.marks += tag == "mark"
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag not in ("meta", "link", "input", "br"):
            self._open.append((tag, given.get("id")))
            if given.get("id"):
                self.by_id.setdefault(given["id"] or "", "")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, name in self._open:
            if name:
                self.by_id[name] += data


@pytest.mark.parametrize("address", ["/document", "/document?lang=ja", "/document?q=the&aid=1"])
def test_every_sentence_has_its_anchor(client: TestClient, address: str) -> None:
    """Each address is an id that holds exactly its sentence, in every form of the page, and no script is there."""
    page = Page(client.get(address).text)
    for sentence in parse.load().passages:
        assert page.by_id[sentence.address] == sentence.text
    assert "script" not in page.tags


def test_links_inside_the_page_lead_somewhere(client: TestClient) -> None:
    """Each contents, copy and hit link names an anchor that exists."""
    page = Page(client.get("/document?q=quantum").text)
    fragments = [link.partition("#")[2] for link in page.links if "#" in link]
    assert len(fragments) >= 51 + 12  # a copy-link for each sentence, a contents line for each heading
    assert set(fragments) <= set(page.by_id)


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("180 days", 1),
        ("QUANTUM", None),
        ("Japan's dragon", 0),
        ("Participants' shared", 1),
        ("ＪＴ－６０ＳＡ", None),
        ("<script>", 0),
        ("核融合", None),
    ],
)
def test_search_marks_and_counts(client: TestClient, query: str, hits: int | None) -> None:
    """Any case, style of quotes or width, Japanese in the reading aid: marked hits equal the stated number."""
    document = parse.load()
    aid = reading_aid.load(document)
    reply = client.get("/document", params={"q": query, "lang": "en"})
    page = Page(reply.text)
    found = re.search(r"is found (once|\d+)|not found", reply.text)
    assert found is not None
    stated = {"once": "1", None: "0"}.get(found[1], found[1])
    assert page.marks == int(stated)
    if hits is not None:
        assert page.marks == hits
    else:
        pattern = search_pattern(query)
        assert pattern is not None
        texts = [sentence.text for sentence in document.passages] + list(aid.sentences.values())
        assert page.marks == sum(len(pattern.findall(text)) for text in texts) > 0


@pytest.mark.parametrize(("query", "words"), [("energy fusion", 2), ("安全　サプライ", 2), ("funds commits", 2)])
def test_words_that_are_no_phrase(client: TestClient, query: str, words: int) -> None:
    """Several words found nowhere in a row: passages that hold all of them, marked and linked, and it says so."""
    reply = client.get("/document", params={"q": query, "lang": "en"})
    page = Page(reply.text)
    stated = re.search(r"not found as a phrase\. Passages that hold all of these words: (\d+)\.", reply.text)
    assert stated is not None
    found = reply.text.partition('<ul class="found">')[2].partition("</ul>")[0].count("<li>")
    assert found == int(stated[1]) > 0
    assert page.marks >= words * found


def test_a_search_is_shown_not_executed(client: TestClient) -> None:
    """What was searched for comes back as text."""
    assert "<img" not in client.get("/document", params={"q": '"><img src=x onerror=alert(1)>'}).text


def test_reading_aid_is_a_toggle_and_labelled(client: TestClient) -> None:
    """Hidden in English, shown in Japanese, each changeable by a link; shown it says that it is unofficial."""
    first = reading_aid.load(parse.load()).sentences["i.p1.s1"]
    assert first not in client.get("/document?lang=en").text
    assert first in client.get("/document?lang=en&aid=1").text
    assert "unofficial reading aid" in client.get("/document?lang=en&aid=1").text
    assert "正文は英語のみ" in client.get("/document?lang=ja").text
    assert first not in client.get("/document?lang=ja&aid=0").text


@pytest.mark.parametrize(
    ("address", "accept", "language"),
    [
        ("/document", "", "en"),
        ("/document", "ja,en;q=0.8", "ja"),
        ("/document", "de, ja;q=0.3, en;q=0.2", "ja"),
        ("/document?lang=en", "ja", "en"),
        ("/document?lang=ja-JP", "en", "ja"),
        ("/document?lang=xx", "ja;q=0", "en"),
    ],
)
def test_language_of_a_page(client: TestClient, address: str, accept: str, language: str) -> None:
    """?lang= decides, else the browser's language, else English; the document itself is marked as English."""
    page = client.get(address, headers={"accept-language": accept}).text
    assert f'<html lang="{language}">' in page
    assert '<article lang="en">' in page


def test_text_of_record_is_exact(client: TestClient) -> None:
    """GET /document.txt: the very bytes; their sha256 is the ETag; a known ETag gets 304."""
    reply = client.get("/document.txt")
    assert reply.content == parse.TEXT_OF_RECORD.read_bytes()
    assert reply.headers["etag"] == f'"{hashlib.sha256(reply.content).hexdigest()}"'
    again = client.get("/document.txt", headers={"if-none-match": f'"other", W/{reply.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
