"""Answer → what a person reads (Markdown, plain text) and what a program reads (the JSON answer object)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from assistant.types import Answer, Citation, Language, VerifiedClaim
from index.document import Document, Part
from index.parse import short_names

_GROUP_FROM = 4  # that many quotes are shown under the headings of their parts
# What renderers that make links of bare addresses go by; a backslash in it is not seen and breaks it.
_BARE_LINK = re.compile(r"(?<=[a-z]):(?=//)|(?<=\bwww)\.|(?<=\bmailto):|(?<=\w)@(?=\w)", re.IGNORECASE)
_WORDING = Path(__file__).parent / "wording.toml"
_OUTER: Mapping[str, Mapping[Language, str]] = {
    "preamble": {"en": "Preamble", "ja": "前文"},
    "closing": {"en": "Closing", "ja": "結語"},
    "title": {"en": "Title", "ja": "表題"},
    "date": {"en": "Date line", "ja": "日付"},
}
_STEP: Mapping[str, Mapping[Language, str]] = {
    "sentence": {"en": "sentence $n", "ja": "第$n文"},
    "item": {"en": "item $n", "ja": "第$n項"},
    "paragraph": {"en": "paragraph $n", "ja": "第$n段落"},
}


@cache
def _wording() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads(_WORDING.read_text(encoding="utf-8"))


def wording(key: str, language: Language, **values: object) -> str:
    """The words for ``group.name`` in a language, with ``$name`` variables filled; KeyError when there are none."""
    group, name = key.split(".")
    return Template(_wording()[group][name][language]).substitute(values)


def note_addresses(name: str) -> tuple[str, ...]:
    """The sentences a note rests on."""
    return tuple(_wording()["note"][name]["addresses"])


def note_names() -> tuple[str, ...]:
    """The names of all notes."""
    return tuple(_wording()["note"])


def part_name(part: Part, language: Language) -> str:
    """A part as citations name it: ``Section III`` / 第III節, ``Space`` / 宇宙, ``Preamble`` / 前文."""
    if part.number:
        return f"Section {part.number}" if language == "en" else f"第{part.number}節"
    if part.kind in _OUTER:
        return _OUTER[part.kind][language]
    return short_names().get(part.heading, {}).get(language, part.heading)


def label(document: Document, address: str, language: Language) -> str:
    """The citation of a sentence as it is spoken: "Section II, Space, sentence 2" / 「第II節 宇宙 第2文」.

    Raises:
        KeyError: no sentence has this address.
    """
    if address in ("title", "date"):
        return _OUTER[address][language]
    section, part = document.section_of[address], document.part_of[address]
    names = [part_name(section, language)]
    if part is not section:
        names.append(part_name(part, language))
    *_, block_key, sentence_key = address.split(".")
    block = next(block for block in part.blocks if block.key == block_key)
    paragraphs = sum(other.kind == "paragraph" for other in part.blocks)
    steps: list[tuple[str, str]] = []
    if block.kind == "item":
        steps.append(("item", block_key[1:]))
    elif paragraphs > 1 or section.kind in ("preamble", "closing"):
        steps.append(("paragraph", block_key[1:]))
    if len(block.sentences) > 1 or not steps:
        steps.append(("sentence", sentence_key[1:]))
    names += [Template(_STEP[kind][language]).substitute(n=number) for kind, number in steps]
    return (", " if language == "en" else " ").join(names)


def section_title(document: Document, address: str) -> str:
    """The outermost heading a sentence stands under: "IV. Modification and Discontinuation"."""
    if address in ("title", "date"):
        return _OUTER[address]["en"]
    section = document.section_of[address]
    return section.title or part_name(section, "en")


def escape(text: str) -> str:
    """Markdown and HTML made harmless: the text reads the same, and nothing in it is a tag, image, link or list."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_\[\]!#|~$])", r"\\\1", text)
    return _BARE_LINK.sub(lambda found: f"\\{found.group()}", text)


def markdown(answer: Answer, base_url: str = "") -> str:
    """The answer as Markdown; every citation is a link ``[Section III, sentence 2](BASE/document#iii.p1.s2)``."""
    language = answer.language
    blocks: list[str] = []
    if answer.status in ("answered", "partial"):
        if answer.mode == "quote":
            blocks.append(wording(f"frame.{answer.status}", language))
        written = any(claim.kind == "statement" for claim in answer.claims)
        announced = False
        headings = part_headings(answer)
        for place, claim in enumerate(answer.claims):
            if written and claim.kind == "quote" and not announced:
                blocks.append(f"**{wording('frame.also_relevant', language)}**")
                announced = True
            if place in headings:
                blocks.append(f"**{escape(headings[place])}**")
            blocks.append(_claim(answer, claim, base_url))
        if answer.status == "partial":
            blocks.append(wording("frame.rest_absent", language, count=answer.compared))
    elif answer.status == "not_in_document":
        blocks.append(_absence(answer))
        blocks += [
            f"{wording('frame.nearest', language)} {escape(near.snippet)} {_link(near.label, near.address, base_url)}"
            for near in answer.related[:1]
        ]
    else:
        blocks.append(wording(f"{answer.status}.{answer.reason}", language))
        if answer.reason == "unclear" and answer.follow_ups:
            readings = "\n".join(f"- {escape(reading)}" for reading in answer.follow_ups)
            blocks.append(f"{wording('frame.readings', language)}\n\n{readings}")
    return "\n\n".join(blocks)


def plain(answer: Answer) -> str:
    """The answer for a terminal: Markdown's words with labels in brackets and no links."""
    text = re.sub(r"\[([^\]\\]+)\]\([^)\s]*\)", r"[\1]", markdown(answer))
    text = re.sub(r"\\([\\`*_\[\]!#|~$:.@])", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def answer_object(answer: Answer, base_url: str = "") -> dict[str, Any]:
    """The answer as the JSON object of every surface (schema 1)."""
    return {
        "schema": 1,
        "id": answer.id,
        "question": answer.question,
        "standalone": answer.standalone,
        "language": answer.language,
        "mode": answer.mode,
        "mode_note": answer.mode_note,
        "status": answer.status,
        "reason": answer.reason,
        "confidence": answer.confidence,
        "text": markdown(answer, base_url),
        "claims": [
            {"text": claim.text, "kind": claim.kind, "citations": list(claim.citations)} for claim in answer.claims
        ],
        "citations": [asdict(citation) for citation in answer.citations],
        "related": [asdict(near) for near in answer.related],
        "follow_ups": list(answer.follow_ups),
        "missing_words": list(answer.missing_words),
        "dropped": [
            {"text": drop.text, "addresses": list(drop.addresses), "reasons": list(drop.reasons)}
            for drop in answer.dropped
        ],
        "document": asdict(answer.document),
        "index": asdict(answer.index),
        "model": asdict(answer.model) if answer.model else None,
        "timings_ms": dict(answer.timings_ms),
    }


def claim_markdown(
    claim: VerifiedClaim, citations: tuple[Citation, ...], language: Language, base_url: str = ""
) -> str:
    """One claim with its citations as links; a quote stands in a block quote, with its reading aid in Japanese."""
    links = " ".join(_link(cited.label, cited.address, base_url) for cited in citations)
    if claim.kind != "quote":
        return f"{escape(claim.text)} {links}".strip()
    lines = [f"> {escape(claim.text)} {links}"]
    lines += [
        f"> {wording('frame.reading_aid', language)}: {escape(cited.reading_aid)}"
        for cited in citations
        if cited.reading_aid
    ]
    return "\n>\n".join(lines)


def _link(label_: str, address: str, base_url: str) -> str:
    return f"[{label_}]({base_url}/document#{address})"


def _claim(answer: Answer, claim: VerifiedClaim, base_url: str) -> str:
    cited = tuple(answer.citation(number) for number in claim.citations)
    return claim_markdown(claim, cited, answer.language, base_url)


def part_headings(answer: Answer) -> Mapping[int, str]:
    """Place of a claim → heading to stand before it, when many quotes come from several parts of the document."""
    if sum(claim.kind == "quote" for claim in answer.claims) < _GROUP_FROM:
        return {}
    part_of = {
        place: answer.citation(claim.citations[0]).label.rpartition(", " if answer.language == "en" else " ")[0]
        for place, claim in enumerate(answer.claims)
        if claim.kind == "quote"
    }
    if len(set(part_of.values())) < 2:
        return {}
    first: dict[int, str] = {}
    previous = None
    for place, part in part_of.items():
        if part != previous:
            first[place] = part
        previous = part
    return first


def _absence(answer: Answer) -> str:
    sentences = [wording("frame.not_in_document", answer.language, count=answer.compared)]
    sentences += [wording("frame.missing_word", answer.language, word=escape(word)) for word in answer.missing_words]
    if answer.reason == "after_document":
        sentences.append(wording("frame.after_document", answer.language))
    return (" " if answer.language == "en" else "").join(sentences)
