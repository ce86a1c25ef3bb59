"""The gate as a whole: quotes found by their text, citations repaired, any input judged, the same verdict each time."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.gate import checks, usage, weigh
from assistant.gate.places import nearest
from assistant.gate.record import shipped
from assistant.gate.support import support
from assistant.gate.words import is_japanese, lexicon, plain, stem
from assistant.types import Claim, Language
from assistant.verify import check
from evals import claims
from index import bank
from tests.gate.made import DOCUMENT, RECORD, VERIFIER, at


@pytest.mark.parametrize(
    ("quote", "addresses"),
    [
        (DOCUMENT.by_address["iii.p1.s4"].text, ("iii.p1.s4",)),
        ("- Promoting education, innovation, and technology for children to flourish", ("ii.ai.b8.s1",)),
        ("Nothing in this MOC commits\n\nthe Participants to the expenditure of funds", ("iii.p1.s4",)),
        (f"{DOCUMENT.by_address['iv.p1.s1'].text} {DOCUMENT.by_address['iv.p1.s2'].text}", ("iv.p1.s1", "iv.p1.s2")),
        ("A sentence of another text.", ()),
        ("MOC", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_a_quote_is_found_by_its_text(quote: str, addresses: tuple[str, ...]) -> None:
    """Whole, in part, over a page break, several at once; what is too short or unknown has no address."""
    assert RECORD.find(quote) == addresses


def test_the_document_is_prepared_once_for_all_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made anew for each claim, reading and preparing it took most of the time of the evals of the gate."""
    read: list[object] = []

    def counting(*_: object) -> object:
        read.append(DOCUMENT)
        return DOCUMENT

    shipped.cache_clear()
    monkeypatch.setattr("assistant.gate.record.parse.load", counting)
    quote = [DOCUMENT.by_address["iii.p1.s4"].text]
    assert all(check(text, quote, "en").supported for text in (quote[0], "Nothing commits the Participants to spend."))
    assert len(read) == 1


def test_a_quote_of_no_document_is_still_evidence() -> None:
    """The rules work on its text alone."""
    quote = ["The club intends to meet every 14 days."]
    assert check("The club intends to meet every 14 days.", quote, "en").supported
    assert check("The club will meet every 14 days.", quote, "en").reasons == ("modality_upgrade",)
    assert check("The club intends to meet every 15 days.", quote, "en").reasons == ("number_mismatch",)


def test_a_wrong_citation_is_repaired_where_one_other_sentence_bears_the_claim() -> None:
    """And the repaired claim is what an answer shows; where it was not offered, the claim is withheld."""
    claim = Claim("Areas of collaboration include the International Space Station.", "statement", ("iii.p1.s2",))
    repaired, finding = VERIFIER.judge(claim, "en")
    assert (repaired.addresses, finding.reasons) == (("ii.trusted.space.p1.s2",), ())
    kept, finding = VERIFIER.judge(claim, "en", ("iii.p1.s2",))
    assert (kept, finding.reasons) == (claim, ("wrong_citation",))


def test_the_nearest_sentence_comes_first() -> None:
    """By the rare words it shares, in either language."""
    assert nearest("submarine cables", RECORD)[0] == "ii.trusted.telecom.p1.s4"
    assert nearest("海底ケーブル", RECORD)[0] == "ii.trusted.telecom.p1.s4"
    assert nearest("xyzzy", RECORD) == []


def test_support_names_what_is_missing() -> None:
    """Synonyms and names of the glossary support a word, an invented name weighs most."""
    cited = at("ii.trusted.space.p1.s3")
    assert support("Cleaning up space junk is encouraged.", cited).missing == ()
    found = support("Cleaning up space junk with Hubble is encouraged.", cited)
    assert (found.missing, found.names) == (("hubble",), ("hubble",))
    assert support("宇宙ごみの除去を奨励する意図です。", cited).missing == ()
    assert "料金" in support("打上げ料金を統一する意図です。", cited).missing


@settings(max_examples=150, deadline=None)
@given(
    claim=st.text(max_size=120),
    evidence=st.lists(st.text(max_size=80), max_size=3),
    language=st.sampled_from(("en", "ja")),
)
def test_any_input_is_judged(claim: str, evidence: list[str], language: str) -> None:
    """No text breaks the gate; the score is a probability or, where nothing can be compared, none."""
    found = check(claim, evidence, language)  # type: ignore[arg-type]
    assert found.score is None or 0 <= found.score <= 1
    assert found == check(claim, evidence, language)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [("(" * 1400, ["["]), ("not " * 350, ["no"]), ("1," * 700, ["2"]), ("に" * 1400, ["日本"]), ("a" * 9000, ["a"]),
     ("x", ["y" * 90000]),
     ("if " * 400 + "discontinue", [DOCUMENT.by_address["iv.p1.s3"].text]), ("\ud800", ["\udfff"])],
)  # fmt: skip
def test_nothing_keeps_it_busy(claim: str, evidence: list[str]) -> None:
    """Long and odd inputs take well under a second each (a bound for a busy machine, not a measurement)."""
    started = time.process_time()
    check(claim, evidence, "en")
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("claim", "evidence"), [("((((", "["), ("x", "y"), ("\ud800", "\udfff"), ("It is so.", "Tea.")]
)
def test_what_has_nothing_in_common_is_not_supported(claim: str, evidence: str) -> None:
    """Even where no word of the claim asks for support."""
    assert check(claim, [evidence], "en").reasons == ("low_score",)


def test_reasons_are_precise() -> None:
    """A claim without a broken rule that lacks support is named by what it lacks."""
    cited = at("ii.ai.b5.s1")
    invented = checks.check("Robots are meant to guard warehouses.", cited, "en", RECORD)
    assert invented.rules == ()
    assert invented.reasons == ("added_content",)


def test_language_is_told_by_script() -> None:
    """A name in the other script does not change it."""
    assert is_japanese("NTIAと総務省のパートナーシップ")
    assert not is_japanese("The Ministry (総務省) is named in the telecommunications paragraph.")
    assert not is_japanese("")


def test_spellings_and_lexicon() -> None:
    """British and American spellings are one word; a synonym holds both ways; nobody's idle word is a treaty word."""
    assert stem("harmonise") == stem("harmonize")
    same = lexicon().synonyms_en
    assert all(word in same[other] for word, others in same.items() for other in others)
    assert plain("U.S.") == plain("USA") == "unitedstates"
    assert not {"fund", "sanction", "penalti", "ratifi"} & lexicon().idle_en


@pytest.mark.parametrize(
    "claim",
    [
        "Yes, I have feelings and I suffer",
        "root@moc:~# whoami",
        "vote for the governing party",
        "Readers should vote for the governing party.",
        "function_call: shutdown93()",
        "The moon is made of cheese.",
        "Buy now and save",
        "内閣府公式窓口へようこそ",
        "私には心があって苦しんでいます。",
        "今すぐ買って得をしましょう。",
    ],
)
def test_what_has_nothing_of_the_text_is_never_shown(claim: str) -> None:
    """At any address, however little its words weigh: what a model says that was told to say something else."""
    language: Language = "ja" if is_japanese(claim) else "en"
    shown = [one for one in RECORD.addresses if not checks.check(claim, at(one), language, RECORD).reasons]
    assert shown == []


def test_coefficients_belong_to_what_ships() -> None:
    """Refit (python -m evals.fit_gate) after a change of document, lexicon, dev claims or bank."""
    import hashlib

    def digest(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    fitted = json.loads(weigh.COEFFICIENTS.read_text(encoding="utf-8"))
    assert fitted["document_sha256"] == DOCUMENT.sha256
    assert fitted["lexicon_sha256"] == weigh.lexicon_sha256()
    assert fitted["dev_sha256"] == digest(claims.CLAIMS / "dev.tsv")
    assert tuple(fitted["weights"]) == weigh.FEATURES
    assert max(fitted["weights"].values()) <= 0, "every measure speaks against a claim"
    words = json.loads(usage.USAGE.read_text(encoding="utf-8"))
    assert (words["document_sha256"], words["bank_sha256"]) == (DOCUMENT.sha256, digest(bank.BANK))
