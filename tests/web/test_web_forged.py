"""Forged receipts: an answer that was changed anywhere, or bears the id of another, does not hold."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from assistant.receipt import digest_of_object

JSON = {"content-type": "application/json"}


WEIRD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 10**30, 0.5, float("nan"), float("inf"), "", "\ud800", "<b>", "a" * 300, [], [[]], {}, {"": None}]
)


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of an object."""
    if here:
        yield here
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from places(below, (*here, key))


# What only the id tells: with a new id these are another answer, with the old one they are none.
IDENTIFIED = ("question", "standalone", "language", "mode", "reason", "model")
IDENTIFIED_INDEX = (("index",), ("index", "fingerprint"))
OTHERS: tuple[Any, ...] = (
    None,
    True,
    7,
    0.5,
    "",
    "x",
    "en",
    "ja",
    "llm",
    "quote",
    "too_long",
    [],
    {},
    {"fingerprint": "0" * 64},
)


@pytest.mark.parametrize("place", [*((name,) for name in IDENTIFIED), *IDENTIFIED_INDEX], ids=".".join)
def test_an_id_is_of_one_answer(place: tuple[str, ...], client: TestClient) -> None:
    """Whatever an answer is made to have been asked, written by or found in: its id tells."""
    answer = client.post("/api/ask", json={"question": "Is it binding?"}).json()
    assert client.post("/api/verify", json=answer).json()["holds"]
    for value in OTHERS:
        forged = json.loads(json.dumps(answer))
        inside = forged
        for key in place[:-1]:
            inside = inside[key]
        if inside[place[-1]] == value:
            continue
        inside[place[-1]] = value
        reply = client.post("/api/verify", json=forged)
        assert reply.status_code in (200, 400), (place, value, reply.text[:300])
        assert reply.status_code == 400 or not reply.json()["holds"], (place, value)


def test_no_change_of_an_answer_breaks_its_check(client: TestClient) -> None:
    """Any part of a saved answer replaced by anything: checked or refused, never an error of ours, never "holds"."""
    answer = client.post("/api/ask", json={"question": "Is it binding?"}).json()
    covered = sorted(
        (place for place in places(answer) if place[0] not in ("timings_ms", "confidence")),
        key=lambda place: str(place),
    )

    @given(st.sampled_from(covered), WEIRD, st.booleans())
    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(place: tuple[Any, ...], value: Any, careful: bool) -> None:
        forged = json.loads(json.dumps(answer))
        inside = forged
        for key in place[:-1]:
            inside = inside[key]
        changed = inside[place[-1]] != value
        inside[place[-1]] = value
        if careful:
            with suppress(Exception):
                forged["id"] = digest_of_object(forged)
        reply = client.post("/api/verify", content=json.dumps(forged).encode(), headers=JSON)
        assert reply.status_code in (200, 400), (place, value, reply.text[:300])
        # What the id covers, or the text says, cannot be another without being noticed.
        said = place[0] in ("claims", "citations", "document", "status", "text")
        identified = not careful and (place[0] in IDENTIFIED or place in IDENTIFIED_INDEX)
        if changed and reply.status_code == 200 and (said or identified):
            assert not reply.json()["holds"], (place, value)

    check()


def test_a_receipt_of_another_answer_is_found_out(client: TestClient) -> None:
    """An id of one answer over the words of another, and an id that is no id."""
    one, other = (client.post("/api/ask", json={"question": question}).json() for question in ("Q", "法的拘束力は"))
    found = client.post("/api/verify", json={**one, "id": other["id"]}).json()
    assert (found["holds"], found["id_fits"]) == (False, False)
    for identity in ("../../document", "a_" + "0" * 64, "<script>", "\x00"):
        reply = client.post("/api/verify", json={**one, "id": identity})
        assert (reply.status_code, reply.json()["holds"]) == (200, False)
