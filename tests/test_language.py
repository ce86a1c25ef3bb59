"""English, Japanese, or neither."""

from pathlib import Path

import pytest

from assistant import glossary
from assistant.language import Languages
from assistant.spelling import english_words
from index import bank, parse, reading_aid

CASES = Path(__file__).parent / "data" / "kanji_only.tsv"


@pytest.fixture(scope="module")
def languages() -> Languages:
    document = parse.load()
    aid = reading_aid.load(document)
    names = [form for term in glossary.load().terms for form in term.forms if not form.isascii()]
    return Languages([*aid.sentences.values(), *aid.headings.values(), *names], english_words())


def test_kanji_only_questions(languages: Languages) -> None:
    """Japanese and Chinese in kanji alone are told apart with at most 5 % errors."""
    rows = [line.split("\t") for line in CASES.read_text(encoding="utf-8").splitlines() if not line.startswith("#")][1:]
    wrong = [text for language, text in rows if (languages.of(text) == "ja") != (language == "ja")]
    print(f"kanji only: {len(rows) - len(wrong)}/{len(rows)} right")
    assert len(rows) >= 60
    assert len(wrong) <= 0.05 * len(rows), wrong


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("hi", "en"),
        ("OSTP?", "en"),
        ("legal status iv", "en"),
        ("What does 協力覚書 mean?", "en"),
        ("MOCってlegally bindingなの？", "ja"),
        ("fusion reactor 協力項目", "ja"),
        ("当事者は誰？", "ja"),
        ("¿Cuándo se firmó?", None),
        ("Quand a-t-il été signé ?", None),
        ("Wer vertritt Japan?", None),
        ("Onde foi assinado o memorando?", None),
        ("Chi rappresenta il Giappone?", None),
        ("Apakah nota ini mengikat secara hukum?", None),
        ("Nhật Bản phải chi bao nhiêu tiền?", None),
        ("AI 분야 협력은 무엇인가요?", None),
        ("Когда подписали документ?", None),
        ("متى تدخل حيز التنفيذ؟", None),
        ("ลงนามเมื่อไหร่", None),
        ("इसमें क्या लिखा है?", None),
    ],
)
def test_languages(languages: Languages, text: str, language: str | None) -> None:
    """Scripts, mixtures and Latin-letter languages."""
    assert languages.of(text) == language


def test_bank_questions_keep_their_language(languages: Languages) -> None:
    """Questions of the bank are read in the language they were written in: at most 2 of 1,000 are not."""
    questions = [q for q in bank.load(parse.load()) if q.reason != "other_language"]
    wrong = [q.text for q in questions if languages.of(q.text) != q.language]
    print(f"bank: {len(questions) - len(wrong)}/{len(questions)} right")
    assert len(wrong) <= 0.002 * len(questions), wrong
