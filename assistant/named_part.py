"""Which one section a question names by its number or place: what it asks for is looked for only there."""

import re
import unicodedata

from index.document import Document, Part

_NUMBERS = {
    spelled: number
    for number, forms in enumerate(
        (
            ("1", "i", "one", "first", "一"),
            ("2", "ii", "two", "second", "二"),
            ("3", "iii", "three", "third", "三"),
            ("4", "iv", "four", "fourth", "四"),
            ("5", "v", "five", "fifth", "五"),
            ("6", "vi", "six", "sixth", "六"),
        )
    )
    for spelled in forms
}
_SPELLED = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_ONE_OF = (
    r"(?! of (?:the|an?|its|this|that)\b)"  # "the first part of the deal" and "Article 3 of the treaty" name no section
)
NUMBERED = re.compile(
    rf"\b(?:sections?|sect\.?|sec\.?)\s*(?P<after>(?!i (?!in\b|of\b))(?:{_SPELLED}))\b"  # "which section I should read"
    rf"|\b(?:parts?|chapters?|articles?)\s*(?P<part>(?!i\b)(?:{_SPELLED}))\b{_ONE_OF}"
    rf"|\b(?P<before>first|second|third|fourth|fifth|sixth|1st|2nd|3rd|4th|5th|6th) (?:section|part|chapter)\b{_ONE_OF}"
    rf"|§\s*(?P<sign>{_SPELLED})(?![a-z0-9])"
    rf"|第\s*(?P<ja>{_SPELLED})\s*(?:節|章|部(?!分|門|署)|条(?!約|件|項))"
    rf"|(?<![0-9a-z一二三四五六七八九十唯第])(?P<bare>{_SPELLED})\s*(?:節|章)"
)
_PLACES = (
    (
        "preamble",
        re.compile(
            r"\b(?:preamble|recitals?|introductory (?:part|section|paragraphs?))\b|前文"
            r"|\bbefore (?:section (?:i|1|one)|the (?:first|numbered) sections?)\b"
            r"|第\s*(?:i|1|一)\s*(?:節|章)(?:の前|より前)(?!文)"
        ),
    ),
    (
        "closing",
        re.compile(
            r"\bclosing (?:part|section|paragraphs?|remarks|lines?|text)\b|結びの?(?:部分|文|言葉|段落)"
            r"|\bafter (?:section (?:iv|4|four)|the (?:last|fourth|numbered) sections?)\b"
            r"|第\s*(?:iv|4|四)\s*(?:節|章)(?:の後ろ?|より後ろ?)(?!半)|末尾の(?:部分|文|段落)"
        ),
    ),
)
# Who names a section to leave it out, or to set it against the rest, asks about the others too.
OUTSIDE = re.compile(
    r"\b(?:other than|except|apart from|aside from|besides|outside|unlike|instead of|before|after|affect|compared?"
    r"|not|rest of|elsewhere|lead-?in|forget|ignore|skip|never mind)\b"
    r"|以外|除い|除く|のほか|の外(?!国)|より前|の前(?!文)|の後(?!半)|影響|比べ|違い"
)


def named_part(text: str, document: Document) -> Part | None:
    """The section, preamble or closing that a question names, when it names exactly one and does not set it apart."""
    plain = unicodedata.normalize("NFKC", text).lower()
    places = {kind for kind, words in _PLACES if words.search(plain)}
    plain = without_places(plain)
    if OUTSIDE.search(plain):
        return None
    sections = [part for part in document.parts if part.kind == "section"]
    found: list[Part] = []
    for match in NUMBERED.finditer(plain):
        spelled = next(group for group in match.groups() if group)
        number = _NUMBERS[re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", spelled)]
        if number >= len(sections):
            return None
        found.append(sections[number])
    found += [part for part in document.parts if part.kind in places]
    return found[0] if len({part.address for part in found}) == 1 else None


def without_places(plain: str) -> str:
    """A question (NFKC, lower case) without the names of preamble and closing: "before Section I" names no section."""
    for _, words in _PLACES:
        plain = words.sub(" ", plain)
    return plain
