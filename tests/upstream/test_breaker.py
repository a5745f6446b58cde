"""The circuit breaker, by a clock that stands still until it is moved."""

import pytest

from plugwright.upstream.breaker import Breaker, BreakerOpen, BreakerRules
from tests.upstream.services import FakeTime


def settle(breaker: Breaker, *outcomes: bool | None) -> None:
    for went_well in outcomes:
        breaker.settle(breaker.admit(), went_well=went_well)


def opened(time: FakeTime) -> Breaker:
    breaker = Breaker(time.clock)
    settle(breaker, *[False] * 5)
    return breaker


def test_five_failures_in_a_row_open_it() -> None:
    breaker = Breaker(FakeTime().clock)

    settle(breaker, False, False, False, False)
    assert breaker.state == "closed"
    settle(breaker, False)

    assert (breaker.state, breaker.openings) == ("open", 1)
    with pytest.raises(BreakerOpen) as refused:
        breaker.admit()
    assert refused.value.retry_after == 1.0


def test_a_success_ends_the_row() -> None:
    breaker = Breaker(FakeTime().clock)

    settle(breaker, *[False, False, False, False, True] * 3)

    assert breaker.state == "closed"


def test_what_says_nothing_of_the_service_is_not_counted() -> None:
    breaker = Breaker(FakeTime().clock)

    settle(breaker, *[False, False, None] * 2, None)
    assert breaker.state == "closed"
    settle(breaker, False)

    assert breaker.state == "open"


def test_half_of_twenty_failing_open_it_though_never_in_a_row() -> None:
    breaker = Breaker(FakeTime().clock)

    settle(breaker, *[True, False] * 9, True)
    assert breaker.state == "closed"
    settle(breaker, False)

    assert breaker.state == "open"


def test_failures_that_are_long_past_are_forgotten() -> None:
    time = FakeTime()
    breaker = Breaker(time.clock)
    settle(breaker, *[True, False] * 9)

    time.seconds += 10
    settle(breaker, True, False)

    assert breaker.state == "closed"


def test_after_a_second_one_request_is_the_probe_and_the_others_are_refused() -> None:
    time = FakeTime()
    breaker = opened(time)
    time.seconds += 0.9
    with pytest.raises(BreakerOpen):
        breaker.admit()

    time.seconds += 0.1
    assert breaker.state == "half_open"
    probe = breaker.admit()

    assert probe.is_probe
    for _ in range(100):
        with pytest.raises(BreakerOpen):
            breaker.admit()
    breaker.settle(probe, went_well=True)
    assert breaker.state == "closed"
    assert not breaker.admit().is_probe


def test_a_probe_that_fails_opens_it_for_another_second() -> None:
    time = FakeTime()
    breaker = opened(time)
    for _ in range(3):
        time.seconds += 1
        settle(breaker, False)

        with pytest.raises(BreakerOpen):
            breaker.admit()

    time.seconds += 1
    settle(breaker, True)
    assert breaker.state == "closed"


def test_a_probe_that_is_given_up_leaves_its_place_to_the_next() -> None:
    time = FakeTime()
    breaker = opened(time)
    time.seconds += 1

    settle(breaker, None)

    assert breaker.admit().is_probe


def test_what_was_sent_before_it_opened_does_not_count_after() -> None:
    time = FakeTime()
    breaker = Breaker(time.clock)
    early = [breaker.admit() for _ in range(8)]
    settle(breaker, *[False] * 5)
    time.seconds += 1
    probe = breaker.admit()

    for permit in early:
        breaker.settle(permit, went_well=True)
    assert breaker.state == "open"
    breaker.settle(probe, went_well=True)
    for permit in early:
        breaker.settle(permit, went_well=False)

    assert breaker.state == "closed"


def test_its_rules_can_differ() -> None:
    time = FakeTime()
    breaker = Breaker(time.clock, BreakerRules(failures_in_a_row=1, open_seconds=60))
    settle(breaker, False)
    time.seconds += 59

    with pytest.raises(BreakerOpen) as refused:
        breaker.admit()
    assert refused.value.retry_after == 1.0
