"""What is shipped beside the text: settings, bank, reading aid and entries hold together, and say where they don't."""

from pathlib import Path

import pytest

from index import bank, parse, reading_aid
from index.bank import BankQuestion
from index.entries import EMBEDDED_AS_QUERY, digest, entries_of
from index.errors import ConfigError, DocumentError
from index.settings import DEFAULT_DIRECTORY, IndexSettings, read_secret

DOCUMENT = parse.load()
OTHER = parse.parse("T\n\nD\n\nI. Purpose\n\nOne thing.\n")


def test_the_shipped_texts_fit_the_document() -> None:
    """Bank and reading aid load; every sentence has a rendering and at least one question in each language."""
    aid = reading_aid.load(DOCUMENT)
    questions = bank.load(DOCUMENT)
    assert list(aid.sentences) == list(DOCUMENT.by_address)
    for language in ("en", "ja"):
        covered = {address for question in questions if question.language == language for address in question.addresses}
        assert set(DOCUMENT.by_address) <= covered
        assert any(question.reason for question in questions if question.language == language)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("nowhere.p1.s1\tplain\ten\tw\tWhat?", "no sentence has the address 'nowhere.p1.s1'"),
        ("none/silly\tplain\ten\tw\tWhat?", "unknown reason 'silly'"),
        ("date\tplain\tfr\tw\tQuoi?", "'fr' is not 'en' or 'ja'"),
        ("date\tplain\ten\tw\t " + "x" * 501, "1 to 500 characters, has 502"),
        ("date\tplain\ten\tw\t ", "1 to 500 characters"),
        ("date\tplain\ten\tWhat?", "4 columns, need 5"),
        ("date\tplain\ten\tw\tWHEN, was it signed", "same as number 1"),
    ],
)
def test_a_bad_row_of_the_bank_is_named_by_its_line(row: str, says: str, tmp_path: Path) -> None:
    """The message holds the file, the line and what is wrong."""
    path = tmp_path / "bank.tsv"
    header = "\t".join(bank.HEADER)
    path.write_text(f"{header}\ndate\tplain\ten\tw\tWhen was it signed?\n{row}\n", encoding="utf-8")
    with pytest.raises(DocumentError) as error:
        bank.load(DOCUMENT, path)
    assert f"{path}:3:" in str(error.value)
    assert says in str(error.value)


def test_a_bank_without_header_is_refused(tmp_path: Path) -> None:
    """The first line has to name the columns."""
    path = tmp_path / "bank.tsv"
    path.write_text("date\tplain\ten\tw\tWhen?\n", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"bank\.tsv:1:"):
        bank.load(DOCUMENT, path)
    with pytest.raises(DocumentError, match="cannot be read"):
        bank.load(DOCUMENT, tmp_path / "absent.tsv")


def test_a_reading_aid_follows_its_sentence() -> None:
    """For another document, or a changed sentence, there is no reading aid: its sentence is no longer there."""
    with pytest.raises(DocumentError):
        reading_aid.load(OTHER)
    changed = parse.parse(DOCUMENT.source.replace("180 days", "90 days"), parse.Source.load().names)
    with pytest.raises(DocumentError, match=r"iv\.p1\.s4 was rendered from another English sentence"):
        reading_aid.load(changed)


def test_entries_have_their_own_ids_and_a_fixed_order() -> None:
    """Passages, renderings, questions; ids are unique, and the digest sees any change of text, label or order."""
    questions = [
        BankQuestion("date", "plain", "en", "w", "When?"),
        BankQuestion("none/opinion", "x", "ja", "w", "良い？"),
    ]
    entries = entries_of(DOCUMENT, reading_aid.load(DOCUMENT), questions)
    assert [entry.role for entry in entries] == ["passage"] * 51 + ["reading_aid"] * 51 + ["question"] * 2
    assert len({entry.id for entry in entries}) == len(entries)
    assert entries[-1].addresses == ()
    assert digest(entries) != digest(entries[::-1]) != digest(entries[:-1])


def test_the_prefix_is_part_of_a_vectors_key() -> None:
    """The same words as passage and as question are two vectors, since the model embeds them differently."""
    sentence = DOCUMENT.by_address["iii.p1.s4"].text
    passage = next(e for e in entries_of(DOCUMENT) if e.label == "iii.p1.s4")
    question = entries_of(DOCUMENT, bank=[BankQuestion("iii.p1.s4", "plain", "en", "w", sentence)])[-1]
    assert passage.key != question.key
    assert (EMBEDDED_AS_QUERY["passage"], EMBEDDED_AS_QUERY["question"]) == (False, True)


def test_index_settings_come_from_the_environment() -> None:
    """The defaults, and each variable."""
    assert IndexSettings.from_env({}) == IndexSettings(DEFAULT_DIRECTORY)
    found = IndexSettings.from_env(
        {
            "MOC_INDEX_DIR": "/somewhere",
            "MOC_INDEX_BUILD": "never",
            "MOC_EMBEDDING_MODEL": "m",
            "MOC_EMBEDDING_BASE_URL": "http://127.0.0.1:1/v1",
            "MOC_EMBEDDING_API_KEY": "k",
        }
    )
    assert found == IndexSettings(Path("/somewhere"), False, "m", "http://127.0.0.1:1/v1", "k")


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"MOC_INDEX_BUILD": "sometimes"}, "MOC_INDEX_BUILD is 'sometimes'"),
        ({"MOC_EMBEDDING_BASE_URL": "http://x"}, "set MOC_EMBEDDING_MODEL too"),
        ({"MOC_EMBEDDING_API_KEY": "k"}, "set MOC_EMBEDDING_MODEL too"),
        ({"MOC_EMBEDDING_MODEL": "m"}, "set MOC_EMBEDDING_BASE_URL or"),
        ({"MOC_EMBEDDING_MODEL": "m", "MOC_EMBEDDING_BASE_URL": "localhost:80"}, "'localhost:80'"),
        ({"MOC_EMBEDDING_MODEL": "m", "MOC_EMBEDDING_API_KEY": "k", "MOC_EMBEDDING_API_KEY_FILE": "/x"}, "both set"),
        ({"MOC_EMBEDDING_MODEL": "m", "MOC_EMBEDDING_API_KEY_FILE": "/no/file"}, "'/no/file'"),
    ],
)
def test_a_wrong_index_setting_is_named(environ: dict[str, str], says: str) -> None:
    """The message names the variable or the value."""
    with pytest.raises(ConfigError, match=says):
        IndexSettings.from_env(environ)


def test_a_secret_may_come_in_a_file(tmp_path: Path) -> None:
    """Blank space around it is no part of it; an empty file is no secret."""
    path = tmp_path / "key"
    path.write_text(" s3cret\n", encoding="utf-8")
    assert read_secret("KEY", {"KEY_FILE": str(path)}) == "s3cret"
    path.write_text("\n", encoding="utf-8")
    assert read_secret("KEY", {"KEY_FILE": str(path)}) is None
    assert read_secret("KEY", {"KEY": ""}) is None


def test_a_line_separator_inside_a_question_ends_no_row(tmp_path: Path) -> None:
    """Rows end with the line feed alone, as for whoever checks the file."""
    path = tmp_path / "bank.tsv"
    path.write_text("\t".join(bank.HEADER) + "\ndate\tplain\ten\tw\tWhen\u2028was it signed?\n", encoding="utf-8")
    (question,) = bank.load(DOCUMENT, path)
    assert question.addresses == ("date",)
