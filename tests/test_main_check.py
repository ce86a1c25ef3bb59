"""python -m assistant check: the gate judges claims of others, a line for each line."""

import json
from pathlib import Path

import pytest

from tests.command import DOCUMENT, assistant, lines_of
from tests.index.running import one_line


def test_the_gate_judges_a_batch(tmp_path: Path) -> None:
    """Supported or not, with score and reasons, under each id; a refused claim is a good answer (exit 0)."""
    leave, bind = DOCUMENT.by_address["iv.p1.s3"].text, DOCUMENT.by_address["iii.p1.s1"].text
    rows = [
        {"id": 1, "claim": "Either Participant may discontinue the MOC.", "evidence": [leave], "language": "en"},
        {"id": 2, "claim": "Either Participant must discontinue the MOC.", "evidence": [leave], "language": "en"},
        {"id": 3, "claim": "この覚書は法的拘束力のある権利及び義務を生じさせない。", "evidence": [bind], "lang": "ja"},
        {"id": 4, "claim": "The MOC ends.", "evidence": [], "language": "en"},
    ]
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    done = assistant("check", "--batch", path, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    found = lines_of(out)
    assert [row["id"] for row in found] == [1, 2, 3, 4]
    assert all(set(row) == {"id", "supported", "score", "reasons"} for row in found)
    assert [row["supported"] for row in found] == [True, False, True, False]
    assert "modality_upgrade" in found[1]["reasons"]
    assert found[3]["score"] is None
    assert all(bool(row["reasons"]) != row["supported"] for row in found)


GOOD_CLAIM = '{"id": "good", "claim": "It may end.", "evidence": ["It may end."], "language": "en"}'


@pytest.mark.parametrize(
    ("line", "identity"),
    [
        pytest.param('{"id": "x", "claim": "It ends."}', "x", id="no evidence"),
        pytest.param('{"id": "x", "claim": "It ends.", "evidence": "It ends."}', "x", id="evidence is no list"),
        pytest.param('{"id": "x", "claim": "It ends.", "evidence": [1]}', "x", id="evidence is no text"),
        pytest.param('{"id": "x", "evidence": ["It ends."]}', "x", id="no claim"),
        pytest.param('{"id": "x", "claim": "x", "evidence": [], "language": 5}', "x", id="language is no text"),
        pytest.param("{", None, id="cut"),
        pytest.param("[" * 200_000, None, id="nested too deep"),
        pytest.param('{"id": "\\ud800", "claim": 5}', "\ud800", id="an id that is no text"),
    ],
)
def test_a_bad_claim_does_not_take_others_with_it(line: str, identity: object, tmp_path: Path) -> None:
    """Its line says so, the lines before and after are judged; exit 1, no traceback."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text("\n".join([GOOD_CLAIM, line, GOOD_CLAIM]) + "\n", encoding="utf-8")
    done = assistant("check", "--batch", path, "--out", out)
    assert done.returncode == 1
    assert "1 of 3 lines failed" in one_line(done.stderr)
    first, bad, last = lines_of(out)
    assert (first["supported"], last["supported"]) == (True, True)
    assert bad["id"] == identity
    assert bad["error"]["message"]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_only_line_feeds_end_a_line(separator: str, tmp_path: Path) -> None:
    """JSON may hold Unicode's other line separators as they are."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    row = {"id": 1, "claim": f"It may{separator}end.", "evidence": ["It may end."], "language": "en"}
    path.write_text(json.dumps(row, ensure_ascii=False) + "\r\n" + GOOD_CLAIM + "\n", encoding="utf-8")
    done = assistant("check", "--batch", path, "--out", out)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["supported"] for line in out.read_text(encoding="utf-8").split("\n")[:-1]] == [True, True]
