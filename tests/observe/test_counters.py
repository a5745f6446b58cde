"""Counting calls and naming requests."""

from bisect import bisect_left

import pytest

from plugwright import Conflict
from plugwright.observe.counters import BUCKETS, CallCounters
from plugwright.observe.request_ids import request_ids
from plugwright.testing import Client
from tests.web.plugins import new_plugin


def test_calls_are_counted_by_operation_protocol_and_outcome() -> None:
    counters = CallCounters()
    for outcome, seconds in (("ok", 0.5), ("ok", 0.25), ("not_found", 1.0)):
        counters("find")("rest", outcome, seconds, "x")
    counters("find")("mcp", "ok", 0.1, "x")

    assert {key: (value.calls, value.seconds) for key, value in counters.by_key.items()} == {
        ("find", "rest", "ok"): (2, 0.75),
        ("find", "rest", "not_found"): (1, 1.0),
        ("find", "mcp", "ok"): (1, 0.1),
    }


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.0051, 1.0, 29.9, 30.0, 30.1, 1e9])
def test_a_duration_falls_into_the_first_bucket_that_holds_it(seconds: float) -> None:
    counters = CallCounters()
    counters("find")("rest", "ok", seconds, "x")

    buckets = counters.by_key["find", "rest", "ok"].buckets
    assert sum(buckets) == 1
    place = buckets.index(1)
    assert place == bisect_left(BUCKETS, seconds)
    assert place == len(BUCKETS) or seconds <= BUCKETS[place]
    assert place == 0 or seconds > BUCKETS[place - 1]


def test_counters_do_not_share_buckets() -> None:
    counters = CallCounters()
    counters("a")("rest", "ok", 0.0, "x")
    counters("b")("rest", "ok", 0.0, "x")

    assert [sum(counter.buckets) for counter in counters.by_key.values()] == [1, 1]


async def test_each_outcome_of_a_call_is_counted_once() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/do")
    async def do(how: str) -> None:
        """Do it."""
        if how == "conflict":
            raise Conflict("No")
        if how == "crash":
            raise ValueError

    async with Client(plugin) as client:
        for target in ("/do?how=well", "/do?how=conflict", "/do?how=crash", "/do", "/do?how=well"):
            await client.get(target)
        await client.request("HEAD", "/do?how=well")
        counted = {key[2]: counter.calls for key, counter in client.app.counters.by_key.items()}

    assert counted == {"ok": 3, "conflict": 1, "internal_error": 1, "invalid_input": 1}


def test_request_ids_are_unique_over_calls_and_processes() -> None:
    makers = [request_ids() for _ in range(20)]
    made = [make() for make in makers for _ in range(500)]

    assert len(set(made)) == len(made)
    assert all(len(one) >= 16 and one.isascii() for one in made)
    assert all(character.isalnum() or character == "-" for character in "".join(made))


async def test_every_error_has_its_own_id() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/do")
    async def do(number: int = 0) -> None:
        """Do it."""

    targets = ["/do?number=x", "/nothing", "/do?x=%FF", "/do?number=x"]
    async with Client(plugin) as one, Client(plugin) as two:
        replies = [await client.get(target) for client in (one, two) for target in targets]
        replies += [await one.request("PATCH", "/do"), await one.get("/do", headers={"accept": "text/html"})]

    ids = [reply.headers["x-request-id"] for reply in replies]
    assert len(set(ids)) == len(replies)


async def test_a_client_cannot_choose_the_request_id() -> None:
    async with Client(new_plugin()) as client:
        reply = await client.get("/nothing", headers={"x-request-id": "mine"})

    assert reply.headers["x-request-id"] != "mine"
