"""Counting calls and naming requests."""

import json
from bisect import bisect_left

import pytest

from plugwright import Call, Conflict
from plugwright.observe.counters import BUCKETS, CallCounters
from plugwright.observe.request_ids import request_ids
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.observe.arrivals import Came
from tests.web.plugins import new_plugin


def test_calls_are_counted_by_operation_protocol_and_outcome() -> None:
    counters = CallCounters()
    for outcome, seconds in (("ok", 0.5), ("ok", 0.25), ("not_found", 1.0)):
        counters("find")(Came("x"), outcome, seconds)
    counters("find")(Came("x", "mcp"), "ok", 0.1)

    assert {key: (value.calls, value.seconds) for key, value in counters.by_key.items()} == {
        ("find", "rest", "ok"): (2, 0.75),
        ("find", "rest", "not_found"): (1, 1.0),
        ("find", "mcp", "ok"): (1, 0.1),
    }


@pytest.mark.parametrize("seconds", [0.0, 0.005, 0.0051, 1.0, 29.9, 30.0, 30.1, 1e9])
def test_a_duration_falls_into_the_first_bucket_that_holds_it(seconds: float) -> None:
    counters = CallCounters()
    counters("find")(Came("x"), "ok", seconds)

    buckets = counters.by_key["find", "rest", "ok"].buckets
    assert sum(buckets) == 1
    place = buckets.index(1)
    assert place == bisect_left(BUCKETS, seconds)
    assert place == len(BUCKETS) or seconds <= BUCKETS[place]
    assert place == 0 or seconds > BUCKETS[place - 1]


def test_counters_do_not_share_buckets() -> None:
    counters = CallCounters()
    counters("a")(Came("x"), "ok", 0.0)
    counters("b")(Came("x"), "ok", 0.0)

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


async def test_a_call_that_shows_no_id_takes_none() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/do")
    async def do() -> None:
        """Do it."""

    taken: list[str] = []
    async with Client(plugin, Settings(call_log=False)) as client:
        before = client.app.runtime.next_request_id()
        for _ in range(5):
            taken.append((await client.get("/do")).headers.get("x-request-id", ""))
            await client.mcp("tools/call", {"name": "do"})
        after = client.app.runtime.next_request_id()

    assert set(taken) == {""}
    assert int(after.rpartition("-")[2]) == int(before.rpartition("-")[2]) + 1


async def test_a_call_has_one_id_however_often_it_is_asked_for() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, path="/do")
    async def do(*, call: Call) -> None:
        """Do it."""
        raise Conflict(f"{call.request_id} {call.request_id}")

    async with Client(plugin) as client:
        refused = (await client.get("/do")).json()
        result = (await client.mcp("tools/call", {"name": "do"})).json()["result"]

    for shown in (refused, json.loads(result["content"][0]["text"])):
        assert shown["error"] == f"{shown['request_id']} {shown['request_id']}"
