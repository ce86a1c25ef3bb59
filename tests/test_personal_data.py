"""Personal data is found, and what only looks like it is left alone."""

import time
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


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("My password is correct horse battery staple. Is it binding?", "[credential] Is it binding?"),
        ("Their pin was 1234 5678!", "[credential]"),
        ("password: correct horse battery staple", "[credential]"),
        ("パスワードは correct horse battery staple です。有効ですか", "[credential]。有効ですか"),
        ("パスワードは「ただしい うま」です。", "[credential]。"),
        ("暗証番号は1234 5678です。有効ですか", "[credential]。有効ですか"),
        ("私のパスワードは正しい馬の電池です。", "[credential]。"),
        ("私のパスワードは必要ですか", "私のパスワードは必要ですか"),
        ("Is sk-ant-api03-abcdEFG_9mnop-QRST right?", "Is [credential] right?"),
        ("鍵はsk-proj-T3BlbkFJ_aa-bb_ccです", "鍵は[credential]です"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE", "aws_secret_[credential]"),
        ("api_key: abc/def+123456== is mine", "[credential] is mine"),
        ('{"api_key": "abc/def+123456"}', '{"[credential]"}'),
        ("-----BEGIN RSA " + "PRIVATE KEY----- ab+c/1 -----END RSA PRIVATE KEY----- Why?", "[credential] Why?"),
        ("Mine: -----BEGIN " + "PRIVATE KEY----- MIIEvQ ab+c/1", "Mine: [credential]"),
    ],
)
def test_a_secret_is_redacted_to_its_end(text: str, redacted: str) -> None:
    """No part of a key or of a told password stays; what comes after it does."""
    assert redact(text) == redacted


def test_findings_that_overlap_are_redacted_together() -> None:
    """The end of the second one is personal too."""
    assert redact("name: Jane Miller@example.com, is it binding?") == "[name], is it binding?"


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    ["a.", "a dot ", "eyJ", "1-", "ab:", "東京都千", "ア", "私は佐藤", "a at b dot ", "My Aa ", "password:", "token="],
)
def test_long_texts_are_looked_through_at_once(piece: str) -> None:
    """As long as a comment or a history may be, and longer, made of the beginnings of what is looked for."""
    find(piece * (8000 // len(piece)))


@pytest.mark.parametrize("piece", ["sk-", "-", "---BEGIN ", "-----BEGIN " + "PRIVATE KEY", "my password is a! "])
def test_what_looks_like_a_secret_is_looked_through_at_once(piece: str) -> None:
    """As long as the body of a question may be; looking again from every place in it would take many times as long."""
    began = time.process_time()
    find(piece * (16_200 // len(piece)))
    assert time.process_time() - began < 1
