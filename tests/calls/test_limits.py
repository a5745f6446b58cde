"""Limits in one process: a moving window that lets exactly so many calls through, and says when there is room."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugwright.calls.limits import Limiter, compile_limiters
from plugwright.calls.windows import MovingWindow
from plugwright.errors import TooManyCalls
from plugwright.operations.limits import compile_limits
from plugwright.principal import Principal
from plugwright.web.asgi import Headers
from tests.clocks import Clock

ANA, BEN = Principal("ana", "chatgpt"), Principal("ben", "chatgpt")


def limiter(clock: Clock, *limits: str, by: str | None = None) -> Limiter:
    wanted = compile_limits("get", list(limits), by)  # pyright: ignore[reportArgumentType] a test may say anything
    return compile_limiters({"get": wanted}, None, clock=clock)["get"]


def admitted(one: Limiter, principal: Principal | None = None, address: str = "192.0.2.1") -> Headers | None:
    try:
        headers = one.admit(principal, address)
    except TooManyCalls:
        return None
    assert isinstance(headers, list)
    return headers


def refused(one: Limiter, principal: Principal | None = None) -> TooManyCalls:
    with pytest.raises(TooManyCalls) as error:
        one.admit(principal, "192.0.2.1")
    return error.value


@pytest.mark.parametrize("calls", [1, 60, 1000])
def test_any_minute_holds_exactly_so_many_calls_however_they_come(calls: int):
    clock, times, chance = Clock(), list[float](), random.Random(calls)  # noqa: S311 the calls of a test
    one = limiter(clock, f"{calls}/minute")
    while clock.time < 1300:
        if admitted(one):
            times.append(clock.time)
        clock.pass_by(chance.choice([0, 0.001, 0.3]) * 60 / calls)
    assert len(times) == 5 * calls
    assert all(later - earlier >= 60 for earlier, later in zip(times, times[calls:], strict=False))


def test_a_limit_of_many_calls_never_lets_one_too_many_through_and_hardly_one_too_few():
    clock, times = Clock(), list[float]()
    one = limiter(clock, "20000/minute")
    while clock.time < 1180:
        if admitted(one):
            times.append(clock.time)
        clock.pass_by(0.002)
    assert all(later - earlier >= 60 - 1e-9 for earlier, later in zip(times, times[20_000:], strict=False))
    assert len(times) >= 3 * 20_000 * 0.998


@given(st.lists(st.floats(0, 30), min_size=1, max_size=60), st.integers(1, 5))
def test_the_next_call_is_let_through_at_the_second_that_a_refusal_names_and_not_before(
    pauses: list[float], calls: int
):
    clock = Clock()
    one = limiter(clock, f"{calls}/minute")
    for pause in pauses:
        clock.pass_by(pause)
        if admitted(one):
            continue
        seconds = refused(one).retry_after
        assert seconds is not None
        assert seconds == int(seconds)
        clock.pass_by(seconds - 1)
        early = admitted(one)
        clock.pass_by(1)
        # Within the second before it may be let through, as a header has no parts of seconds.
        assert early or admitted(one)


def test_a_refusal_is_exact_on_whole_seconds():
    clock = Clock()
    one = limiter(clock, "2/minute")
    admitted(one)
    clock.pass_by(20)
    admitted(one)
    clock.pass_by(10)
    assert refused(one).retry_after == 30
    clock.pass_by(29.999)
    assert refused(one).retry_after == 1
    clock.pass_by(0.001)
    assert admitted(one)
    assert refused(one).retry_after == 20


def test_a_refused_call_counts_for_nothing():
    clock = Clock()
    one = limiter(clock, "1/minute")
    admitted(one)
    for _ in range(59):
        clock.pass_by(1)
        assert not admitted(one)
    clock.pass_by(1)
    assert admitted(one)


def test_of_several_limits_all_must_have_room_and_the_longest_wait_is_named():
    clock = Clock()
    one = limiter(clock, "2/second", "3/minute")
    assert admitted(one)
    assert admitted(one)
    assert refused(one).limit == "2/second"
    clock.pass_by(1)
    assert admitted(one)
    error = refused(one)
    assert (error.limit, error.remaining, error.retry_after, error.reset) == ("3/minute", 0, 59, 59)
    assert dict(error.headers)[b"ratelimit"] == b'"get.minute";r=0;t=59'


def test_the_header_fields_are_those_of_the_draft():
    clock = Clock()
    one = limiter(clock, "10/second", "60/minute")
    admitted(one)
    clock.pass_by(0.5)
    assert admitted(one) == [
        (b"ratelimit-policy", b'"get.second";q=10;w=1, "get.minute";q=60;w=60'),
        (b"ratelimit", b'"get.second";r=8;t=1, "get.minute";r=58;t=60'),
    ]


def test_calls_are_counted_per_user_and_of_strangers_per_address():
    one = limiter(Clock(), "1/minute")
    assert admitted(one, ANA)
    assert admitted(one, BEN)
    assert admitted(one, None, "192.0.2.1")
    assert admitted(one, None, "192.0.2.2")
    assert not admitted(one, ANA, "192.0.2.3")
    assert not admitted(one, None, "192.0.2.1")


def test_a_user_whose_name_is_an_address_is_not_that_address():
    one = limiter(Clock(), "1/minute")
    assert admitted(one, Principal("192.0.2.1"))
    assert admitted(one, None, "192.0.2.1")


def test_calls_can_be_counted_per_client_or_per_address():
    by_client = limiter(Clock(), "1/minute", by="client")
    assert admitted(by_client, ANA)
    assert not admitted(by_client, BEN)
    assert admitted(by_client, Principal("ana", "codex"))
    assert admitted(by_client, Principal("chatgpt"))
    by_address = limiter(Clock(), "1/minute", by="address")
    assert admitted(by_address, ANA)
    assert not admitted(by_address, BEN)


def test_operations_count_apart_and_the_plugin_counts_them_together():
    clock = Clock()
    own = compile_limits("x", "2/minute", None)
    limiters = compile_limiters({"a": own, "b": own, "c": None}, compile_limits("p", "3/minute", None), clock=clock)
    assert [bool(admitted(limiters[name])) for name in "aaabbc"] == [True, True, False, True, False, False]
    assert refused(limiters["c"]).limit == "3/minute"
    # The call that one limit refused was not counted by the other.
    assert dict(refused(limiters["b"]).headers)[b"ratelimit"] == b'"minute";r=0;t=60'


def test_an_operation_without_limits_has_no_limiter():
    assert compile_limiters({"a": None}, None) == {}


def test_callers_who_come_once_are_forgotten_after_a_window():
    window, now = MovingWindow(60, 60), 1000.0
    for number in range(20_000):
        now += 0.1
        window.count(window.used(f"user {number}", now), now)
    assert len(window) <= 1201


def test_never_more_callers_are_remembered_than_there_is_room_for():
    window = MovingWindow(60, 3600, keys=100)
    for number in range(10_000):
        window.count(window.used(f"user {number}", 1.0), 1.0)
        window.used("regular", 1.0)
    assert len(window) <= 200


def test_a_caller_who_keeps_coming_is_not_forgotten_while_others_flood():
    window = MovingWindow(60, 3600, keys=100)
    regular = window.used("regular", 1.0)
    window.count(regular, 1.0)
    for number in range(10_000):
        window.count(window.used(f"user {number}", 1.0), 1.0)
        assert window.used("regular", 1.0) is regular


def test_a_caller_of_a_large_limit_takes_bounded_memory():
    window, now = MovingWindow(1_000_000, 60), 1000.0
    for _ in range(200_000):
        now += 0.0003
        window.count(window.used("user", now), now)
    assert len(window.used("user", now).slots) <= 1001
