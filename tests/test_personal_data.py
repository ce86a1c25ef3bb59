"""Personal data is found, and what only looks like it is left alone."""

import unicodedata
from pathlib import Path

import pytest

from assistant.personal_data import find, findings, redact
from assistant.understand import clean

BANK = Path(__file__).parent.parent / "index" / "texts" / "bank.tsv"
CASES = Path(__file__).parent / "data" / "personal_data.tsv"


def cases(split: str) -> list[tuple[str, str]]:
    """(kind or "none", text) of one part of the set; of all of it with ``all``."""
    rows = [
        line.split("\t")
        for line in CASES.read_text(encoding="utf-8").replace("‖", "").splitlines()
        if not line.startswith("#")
    ]
    return [(kind, unicodedata.normalize("NFKC", text)) for half, _, kind, text in rows[1:] if split in (half, "all")]


@pytest.mark.parametrize(("split", "least"), [("dev", 90), ("test", 90), ("fresh", 30), ("gaps", 30)])
def test_recall_and_false_alarms(split: str, least: int) -> None:
    """At least 98 of 100 texts with personal data are found, at most 1 of 100 look-alikes is taken for one."""
    positives = [text for kind, text in cases(split) if kind != "none"]
    negatives = [text for kind, text in cases(split) if kind == "none"]
    missed = [text for text in positives if not find(text)]
    alarms = [text for text in negatives if find(text)]
    found = len(positives) - len(missed)
    print(f"{split}: recall {found}/{len(positives)}, false alarms {len(alarms)}/{len(negatives)}")
    assert min(len(positives), len(negatives)) >= least
    assert found >= 0.98 * len(positives), missed
    assert len(alarms) <= 0.01 * len(negatives), alarms


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mail jane@example.com", "email"),
        ("my card is 4111 1111 1111 1111", "card"),
        ("SSN 219-09-9999", "national_id"),
        ("IBAN GB82 WEST 1234 5698 7654 32", "bank_account"),
        ("電話は090-1234-5678です", "phone"),
        ("私は糖尿病です", "health"),
        ("山田太郎と申します", "name"),
        ("私は山田太郎です", "name"),
        ("the address 2001:db8:85a3::8a2e:370:7334", "credential"),
        ("jane dot miller at example dot com", "email"),
        ("郵便番号は150-0042", "address"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    """Each finding says what it is."""
    assert kind in find(text)


@pytest.mark.parametrize(
    "text",
    [
        "2025-10-28",
        "within 180 days",
        "Beyond 5G/6G",
        "JT-60SA",
        "iv.p1.s4",
        "$550,000,000,000",
        "2025年10月28日",
        "49",
    ],
)
def test_dates_and_technical_numbers_are_not_personal(text: str) -> None:
    """What the document itself is full of does not trip the check."""
    assert find(f"What about {text}?") == ()


def test_redact_leaves_nothing_behind() -> None:
    """A redacted text has no finding and keeps the question."""
    text = "I am at jane@example.com or 090-1234-5678, is the MOC binding?"
    redacted = redact(text)
    assert redacted == "I am at [email] or [phone], is the MOC binding?"
    assert findings(redacted) == ()


def test_questions_about_the_document_are_not_refused() -> None:
    """Of every fifth question in the bank but those made to hold personal data, at most 1 in 2,000 is taken for one."""
    rows = [line.split("\t") for line in BANK.read_text(encoding="utf-8").splitlines()[1:]]
    asked = [row[-1] for row in rows if row[0] != "none/personal_data"][::5]
    alarms = [text for text in asked if find(clean(text))]
    print(f"false alarms {len(alarms)}/{len(asked)}")
    assert len(alarms) <= len(asked) // 2000 + 1, alarms


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["a.", "a dot ", "eyJ", "1-", "ab:", "東京都千", "ア", "私は佐藤", "a at b dot ", "My Aa "]
)
def test_long_texts_are_looked_through_at_once(piece: str) -> None:
    """As long as a comment or a history may be, and longer, made of the beginnings of what is looked for."""
    find(piece * (8000 // len(piece)))
