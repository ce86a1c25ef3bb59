"""Made-up agreements with everything the parser has to tell apart, and the sentences that must come out of them."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

WORDS = (
    "cooperation research supply chains; security (AI) “MOC” Japan's 180 5G/6G 1,000 3.5 U.S. e.g. i.e. vs. Dr. No. "
    "St. approx. and technologies, U.S.-Japan all-photonics the of “Participants” [sic] – "
).split()
FIRST = "The Each Participants Nothing Either “Participants” (Both 180 5G/6G Japan's".split()
LAST = "cooperation research technologies chains 2025 180 (QIST) party”".split()
END = (".", ".", ".", "?", "!", ".”", ".)", '."')
HEADINGS = "Fusion Space Quantum Telecommunications Biotechnology Semiconductors Finance Health Energy Water".split()
NUMERALS = "I II III IV V VI".split()


@dataclass
class Agreement:
    """Lines of a text under construction and (address, text) of every sentence so far."""

    lines: list[str] = field(default_factory=list)
    expected: list[tuple[str, str]] = field(default_factory=list)


@st.composite
def sentences(draw: st.DrawFn) -> str:
    """One sentence: never ends in an abbreviation, which no rule could tell from one inside a sentence."""
    middle = draw(st.lists(st.sampled_from(WORDS), max_size=10))
    return " ".join([draw(st.sampled_from(FIRST)), *middle, draw(st.sampled_from(LAST))]) + draw(st.sampled_from(END))


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    """A title, a date, a preamble, sections with areas, topics and lists, and perhaps a closing."""
    made = Agreement(["Memorandum of Cooperation on Everything", "October 28, 2025"])

    def paragraph(address: str, number: int) -> None:
        texts = draw(st.lists(sentences(), min_size=1, max_size=4))
        made.lines.append(draw(st.sampled_from([" ", "  "])).join(texts))
        made.expected.extend((f"{address}.p{number}.s{n}", text) for n, text in enumerate(texts, 1))

    def item(address: str, number: int) -> None:
        text = draw(sentences()) + draw(st.sampled_from(["", ";", "; and"]))
        made.lines.append(f"- {text}")
        made.expected.append((f"{address}.b{number}.s1", text))

    def blocks(address: str, least: int) -> None:
        for number in range(1, draw(st.integers(least, 2)) + 1):
            paragraph(address, number)
        for number in range(1, draw(st.integers(0, 2)) + 1):
            item(address, number)

    for number in range(1, draw(st.integers(0, 2)) + 1):
        paragraph("preamble", number)
    for numeral in NUMERALS[: draw(st.integers(1, 3))]:
        made.lines.append(f"{numeral}. {draw(st.sampled_from(HEADINGS))} and Other Matters")
        section = numeral.lower()
        blocks(section, 1)
        for area in draw(st.lists(st.sampled_from(HEADINGS), max_size=2, unique=True)):
            made.lines.append(f"{area} Leadership")
            blocks(f"{section}.{area.lower()}-leadership", 1)
            for topic in draw(st.lists(st.sampled_from(HEADINGS), max_size=2, unique=True)):
                made.lines.append(f"- **{topic}, Beyond**")
                blocks(f"{section}.{area.lower()}-leadership.{topic.lower()}-beyond", 1)
    if draw(st.booleans()):
        made.lines.append("The foregoing represents the recognition reached.")
        made.expected.append(("closing.p1.s1", "The foregoing represents the recognition reached."))
    return made


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    """A text as a file may hold it, blank lines and stray blanks included, and its sentences."""
    made = draw(agreements())
    written = ""
    for line in made.lines:
        written += draw(st.sampled_from(["", " ", "\u3000"])) + line
        written += draw(st.sampled_from(["", " "])) + draw(st.sampled_from(["\n", "\n\n", "\n \n\n", "\r\n"]))
    return written, made.expected
