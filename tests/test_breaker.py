"""The breaker opens, lets one through at a time, and closes again; time is a number here."""

from assistant.breaker import Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_at_the_last_failure_within_the_window() -> None:
    """Three failures in ten seconds keep the next question away; two do not."""
    clock = Clock()
    breaker = Breaker(3, 10, 5, clock)
    breaker.failed()
    breaker.failed()
    assert (breaker.open, breaker.allows()) == (False, True)
    breaker.failed()
    assert (breaker.open, breaker.allows()) == (True, False)


def test_old_failures_do_not_count() -> None:
    """Failures further apart than the window never open it."""
    clock = Clock()
    breaker = Breaker(3, 10, 5, clock)
    for _ in range(9):
        breaker.failed()
        clock.now += 6
    assert not breaker.open


def test_one_question_tries_after_each_pause() -> None:
    """While open, one try a pause; a failed try starts the next pause."""
    clock = Clock()
    breaker = Breaker(1, 10, 5, clock)
    breaker.failed()
    clock.now += 5
    assert [breaker.allows(), breaker.allows()] == [True, False]
    clock.now += 3
    breaker.failed()
    clock.now += 4.9
    assert not breaker.allows()
    clock.now += 0.1
    assert breaker.allows()


def test_a_success_closes_it_and_forgets() -> None:
    """After it, as many failures are needed as at the start."""
    clock = Clock()
    breaker = Breaker(2, 10, 5, clock)
    breaker.failed()
    breaker.failed()
    clock.now += 5
    assert breaker.allows()
    breaker.succeeded()
    breaker.failed()
    assert (breaker.open, breaker.allows()) == (False, True)
