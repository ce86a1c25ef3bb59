"""Standing: which addresses are known because they come back, and how many are remembered."""

from assistant.web.standing import MOST, PROBATION, REMEMBERED, Standing


def test_an_address_is_known_when_it_comes_back() -> None:
    """Two seconds after it was first seen or later, for an hour from when it was last."""
    now = [0.0]
    standing = Standing(lambda: now[0])
    assert not standing.seen("a")
    now[0] += PROBATION / 2
    assert not standing.seen("a")
    now[0] += PROBATION / 2
    assert standing.seen("a")
    for _ in range(3):
        now[0] += REMEMBERED - 1
        assert standing.seen("a")
    now[0] += REMEMBERED
    assert not standing.seen("a")
    assert not standing.seen("b")
    now[0] += REMEMBERED
    assert not standing.seen("b")


def test_new_addresses_push_out_no_known_one() -> None:
    """What is remembered is bounded; a flood of addresses costs only other new ones their place."""
    now = [0.0]
    standing = Standing(lambda: now[0], most=100)
    standing.seen("reader")
    now[0] = PROBATION
    assert standing.seen("reader")
    for number in range(5000):
        assert not standing.seen(f"new {number}")
    assert len(standing) == 101
    assert standing.seen("reader")
    assert MOST >= 1000
