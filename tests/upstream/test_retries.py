"""Repeats: which, when, and how many."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugwright.upstream.budget import RetryBudget
from plugwright.upstream.failures import (
    BROKEN_OFF,
    BUSY,
    DOWN,
    LEFT_ALONE,
    REFUSED,
    TOO_SLOW,
    UNCONNECTED,
    AttemptFailed,
    Kind,
    kind_of_status,
)
from plugwright.upstream.retries import may_repeat, pause_before, read_retry_after
from tests.upstream.services import FakeTime

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize("kind", [BROKEN_OFF, BUSY, DOWN, TOO_SLOW])
def test_what_the_service_may_have_got_is_repeated_only_when_that_is_harmless(kind: Kind) -> None:
    assert may_repeat(AttemptFailed(kind), is_idempotent=True)
    assert not may_repeat(AttemptFailed(kind), is_idempotent=False)


def test_what_was_never_sent_is_always_safe_to_repeat() -> None:
    assert may_repeat(AttemptFailed(UNCONNECTED), is_idempotent=False)


@pytest.mark.parametrize("kind", [REFUSED, LEFT_ALONE])
def test_what_would_fail_again_is_not_repeated(kind: Kind) -> None:
    assert not may_repeat(AttemptFailed(kind), is_idempotent=True)


@pytest.mark.parametrize(
    ("status", "is_transient", "is_breakdown"),
    [
        *((status, True, True) for status in (500, 502, 503, 504)),
        *((status, False, True) for status in (501, 505, 511, 599)),
        *((status, False, False) for status in (100, 304, 400, 401, 403, 404, 409, 410, 422, 499)),
        (429, True, False),
    ],
)
def test_a_status_says_whether_to_repeat_and_whether_the_service_is_broken(
    status: int, is_transient: bool, is_breakdown: bool
) -> None:
    kind = kind_of_status(status)

    assert (kind.is_transient, kind.is_breakdown) == (is_transient, is_breakdown)


def test_pauses_have_full_jitter_under_a_bound_that_doubles() -> None:
    failed = AttemptFailed(DOWN)

    assert [pause_before(repeat, failed, lambda _, high: high) for repeat in (1, 2, 3, 9)] == [0.1, 0.2, 0.4, 2.0]
    assert pause_before(3, failed, lambda low, _: low) == 0.0


def test_a_service_is_not_asked_before_it_said() -> None:
    failed = AttemptFailed(BUSY, retry_after=7.0)

    assert pause_before(1, failed, lambda low, _: low) == 7.0
    assert pause_before(1, failed, lambda _, high: high) == 7.1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("0", 0.0), ("30", 30.0), (" 5 ", 5.0), ("99999", 3600.0), ("9" * 400, 3600.0)),
        *(("Fri, 15 Jan 2027 08:00:30 GMT", 30.0), ("Friday, 15-Jan-27 08:00:30 GMT", 30.0)),
        *(("Fri Jan 15 08:00:30 2027", 30.0), ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0)),
        *(("Fri, 15 Jan 2037 08:00:30 GMT", 3600.0), ("-1", None), ("1.5", None), ("soon", None), ("", None)),
        *(("٣", None), (None, None), ("Fri, 99 Jan 2027 08:00:30 GMT", None)),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert read_retry_after(text, NOW) == seconds


@given(st.text())
def test_whatever_retry_after_says_it_is_bounded_or_ignored(text: str) -> None:
    seconds = read_retry_after(text, NOW)

    assert seconds is None or 0 <= seconds <= 3600


def test_repeats_are_at_most_a_tenth_of_the_requests() -> None:
    budget = RetryBudget(FakeTime().clock)
    repeats = 0

    for _ in range(1000):
        budget.count_request()
        repeats += budget.take()

    assert repeats == 100


def test_a_service_that_is_seldom_asked_gets_a_few_repeats_all_the_same() -> None:
    time = FakeTime()
    budget = RetryBudget(time.clock)
    budget.count_request()

    assert [budget.take() for _ in range(5)] == [True, True, True, False, False]
    time.seconds += 10
    assert budget.take()


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 60), st.integers(0, 20)), max_size=30))
def test_whatever_happens_repeats_stay_within_their_share(steps: list[tuple[float, int, int]]) -> None:
    time = FakeTime()
    budget = RetryBudget(time.clock)
    repeats = 0
    for seconds, asked, failed in steps:
        time.seconds += seconds
        for _ in range(asked):
            budget.count_request()
        repeats += sum(budget.take() for _ in range(failed))

    windows = sum(seconds for seconds, _, _ in steps) / 9 + 1
    assert repeats <= 0.1 * sum(asked for _, asked, _ in steps) + 3 * windows
