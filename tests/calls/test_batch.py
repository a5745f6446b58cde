"""Batches: each item is a call of its own, and all of them end together."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from plugwright import Cache, Call, Conflict, NotFound, Plugin, ServiceKey
from plugwright.settings import Settings
from plugwright.testing import Client, Reply
from tests.calls.caching import CachingClient, Origin, counting
from tests.calls.caching import Clock as CacheClock
from tests.calls.keyed import new_key, settings_for
from tests.calls.tasks import other_tasks
from tests.clocks import Clock, client_at
from tests.coordination.replicas import replicas
from tests.operations.plugins import plugin_of, served
from tests.valkey import ValkeyServer
from tests.web.plugins import new_plugin

KEY = "k" * 8 + "3f9a1c07be52d846a0e7915b"


@dataclass
class Work:
    """What the handler below does: counts who is in it, and can be held up."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    began: list[int] = field(default_factory=list[int])
    ended: list[int] = field(default_factory=list[int])
    cancelled: list[int] = field(default_factory=list[int])
    remaining: list[float] = field(default_factory=list[float])
    most: int = 0

    @property
    def running(self) -> int:
        """How many calls are in progress."""
        return len(self.began) - len(self.ended) - len(self.cancelled)


def working(work: Work, plugin: Plugin | None = None, **options: Any) -> Plugin:
    """A plugin that doubles numbers once the gate is open; 13 is a conflict, 14 breaks, and 99 needs no gate."""
    plugin = plugin or new_plugin()
    said: dict[str, Any] = {"effect": "write", "open_world": False, "batch": 50}

    @plugin.operation(**(said | options))
    async def double(number: int, *, call: Call) -> int:
        """Double a number."""
        work.began.append(number)
        work.remaining.append(call.remaining)
        work.most = max(work.most, work.running)
        try:
            if number != 99:
                await work.gate.wait()
        except asyncio.CancelledError:
            work.cancelled.append(number)
            raise
        work.ended.append(number)
        if number == 13:
            raise Conflict("Thirteen")
        if number == 14:
            raise RuntimeError("secret")
        return 2 * number

    return plugin


def items(*numbers: Any) -> dict[str, Any]:
    return {"items": [{"number": number} for number in numbers]}


def results(reply: Reply) -> list[Any]:
    """For each item its answer, or the code of its error."""
    assert reply.status == 200, reply.text
    return [entry["result"] if "result" in entry else entry["code"] for entry in reply.json()["results"]]


async def until(is_so: Any) -> None:
    """Let the loop run until something is so."""
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not happen")


async def test_each_item_gets_its_own_answer_or_error_in_order():
    work = Work()
    work.gate.set()
    async with Client(working(work)) as client:
        reply = await client.post("/double/batch", json=items(1, 13, "x", 14, 2))
    first, conflict, bad, broken, last = reply.json()["results"]
    assert (first, last) == ({"result": 2}, {"result": 4})
    assert (conflict["error"], conflict["code"]) == ("Thirteen", "conflict")
    assert (bad["code"], bad["details"][0]["field"]) == ("invalid_input", "number")
    assert broken["code"] == "internal_error"
    assert "secret" not in reply.text


async def test_items_that_end_in_another_order_are_answered_in_their_own():
    plugin = new_plugin()
    turns = [asyncio.Event() for _ in range(4)]

    @plugin.operation(effect="read", open_world=False, batch=4)
    async def take(turn: int) -> int:
        """Wait for a turn, and give it to the one before."""
        if turn == 3:
            turns[3].set()
        await turns[turn].wait()
        if turn:
            turns[turn - 1].set()
        return turn

    async with Client(plugin) as client:
        reply = await client.post("/take/batch", json={"items": [{"turn": number} for number in range(4)]})
    assert results(reply) == [0, 1, 2, 3]


async def test_an_item_that_is_no_object_is_its_own_error():
    work = Work()
    async with Client(working(work)) as client:
        reply = await client.post("/double/batch", json={"items": [7, {"number": 99}, None]})
    assert results(reply) == ["invalid_input", 198, "invalid_input"]


@pytest.mark.parametrize(("concurrency", "most"), [(None, 8), (3, 3), (20, 20)])
async def test_so_many_items_run_at_once_as_the_operation_allows(concurrency: int | None, most: int):
    work = Work()
    async with Client(working(work, concurrency=concurrency)) as client:
        call = asyncio.create_task(client.post("/double/batch", json=items(*range(20, 50))))
        await until(lambda: work.running == most)
        work.gate.set()
        reply = await call
    assert results(reply) == [2 * number for number in range(20, 50)]
    assert work.most == most


async def test_items_of_plain_functions_run_side_by_side_in_threads():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, batch=3)
    def length(text: str) -> int:
        """Measure a text."""
        return len(text)

    async with Client(plugin) as client:
        reply = await client.post("/length/batch", json={"items": [{"text": "x" * number} for number in range(3)]})
    assert results(reply) == [0, 1, 2]


async def test_at_the_deadline_of_the_batch_what_is_done_is_answered_and_the_rest_says_so():
    work = Work()
    started = time.monotonic()
    async with Client(working(work, concurrency=2, timeout="100ms")) as client:
        reply = await client.post("/double/batch", json=items(99, 1, 2, 3))
        counted = {key[2]: counter.calls for key, counter in client.app.counters.by_key.items() if key[0] == "double"}
    assert results(reply) == [198, "call_timeout", "call_timeout", "call_timeout"]
    assert "not begun" in reply.json()["results"][3]["error"]
    assert sorted(work.cancelled) == [1, 2]
    assert time.monotonic() - started < 1
    assert counted == {"ok": 1, "call_timeout": 3}
    assert not other_tasks()


async def test_an_item_that_begins_late_knows_how_little_time_is_left():
    plugin = new_plugin()
    seen: list[float] = []

    @plugin.operation(effect="read", open_world=False, batch=2, concurrency=1, timeout="10s")
    async def rest(*, call: Call) -> None:
        """Take a moment."""
        seen.append(call.deadline)
        await asyncio.sleep(0)

    async with Client(plugin) as client:
        assert results(await client.post("/rest/batch", json={"items": [{}, {}]})) == [None, None]
    assert seen[0] == seen[1]


async def test_a_client_that_leaves_cancels_every_item_and_begins_no_more():
    work = Work()
    left = asyncio.Event()
    async with Client(working(work)) as client:
        call = asyncio.create_task(client.request("POST", "/double/batch", json=items(*range(20, 40)), disconnect=left))
        await until(lambda: work.running == 8)
        left.set()
        reply = await call
        outcomes = {key for key, counter in client.app.counters.by_key.items() if counter.calls}
    assert reply.status == 0
    assert (sorted(work.cancelled), work.ended) == (list(range(20, 28)), [])
    assert outcomes == {("double", "rest", "cancelled"), ("double_batch", "rest", "cancelled")}
    assert not other_tasks()


async def test_each_item_is_counted_by_the_limits_of_its_operation_and_the_reply_says_what_is_left():
    clock = Clock()
    async with client_at(working(Work(), limit="3/minute"), clock) as client:
        first = await client.post("/double/batch", json=items(99, 99))
        second = await client.post("/double/batch", json=items(99, 99, 99))
        clock.pass_by(60)
        third = await client.post("/double/batch", json=items(99))
    assert results(first) == [198, 198]
    assert first.headers["ratelimit"] == '"double.minute";r=1;t=60'
    assert first.headers["ratelimit-policy"] == '"double.minute";q=3;w=60'
    assert results(second) == [198, "too_many_calls", "too_many_calls"]
    assert second.json()["results"][1]["retry_after"] == 60
    assert second.headers["ratelimit"] == '"double.minute";r=0;t=60'
    assert results(third) == [198]


async def test_limits_of_the_plugin_count_items_and_not_the_batch_besides():
    plugin = working(Work(), new_plugin(limit="3/minute"))
    async with Client(plugin) as client:
        assert results(await client.post("/double/batch", json=items(99, 99))) == [198, 198]
        assert (await client.post("/double", json={"number": 99})).status == 200
        assert results(await client.post("/double/batch", json=items(99))) == ["too_many_calls"]


async def test_items_are_cached_like_single_calls_and_the_same_one_twice_is_made_once():
    origin = Origin()
    async with CachingClient(counting(origin, Cache(ttl="100s"), batch=10), CacheClock()) as client:
        single = await client.get("/read?place=a")
        batch = {"items": [{"place": "a"}, {"place": "b"}, {"place": "b", "size": 1}, {"place": "a"}]}
        reply = await client.post("/read/batch", json=batch)
        again = await client.get("/read?place=b")
    assert (single.json(), results(reply), again.json()) == (1, [1, 2, 2, 1], 2)
    assert origin.reads == 2
    assert "etag" not in reply.headers


async def test_items_are_admitted_like_single_calls():
    work = Work()
    settings = Settings(max_concurrent_calls=2, queue_time=0.05, public_url="http://127.0.0.1:8000")
    async with Client(working(work, concurrency=50), settings) as client:
        # The first ones tell that its calls wait.
        first = asyncio.create_task(client.post("/double/batch", json=items(1, 2)))
        await until(lambda: work.running == 2)
        reply = await client.post("/double/batch", json=items(3, 4))
        work.gate.set()
        assert results(await first) == [2, 4]
    assert results(reply) == ["unavailable", "unavailable"]
    assert reply.json()["results"][0]["retry_after"] >= 1


async def test_each_item_and_the_batch_are_observed_with_ids_that_belong_together():
    work = Work()
    async with Client(working(work)) as client:
        reply = await client.post("/double/batch", json=items(99, "x", "y"))
        calls = {key: counter.calls for key, counter in client.app.counters.by_key.items() if counter.calls}
    ids = [entry["request_id"] for entry in reply.json()["results"][1:]]
    assert [name.rpartition(".")[2] for name in ids] == ["1", "2"]
    assert len({name.rpartition(".")[0] for name in ids}) == 1
    assert calls == {
        ("double", "rest", "ok"): 1,
        ("double", "rest", "invalid_input"): 2,
        ("double_batch", "rest", "ok"): 1,
    }


async def test_answers_that_a_chat_does_not_take_together_are_errors_of_their_own():
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, batch=5, answer_limit=1000)
    async def repeat(times: int) -> list[str]:
        """Repeat."""
        return ["x"] * times

    async with Client(plugin) as client:
        reply = await client.post("/repeat/batch", json={"items": [{"times": times} for times in (150, 150, 1)]})
    first, second, third = reply.json()["results"]
    assert (len(first["result"]), third["result"]) == (150, ["x"])
    assert second["code"] == "answer_too_long"
    assert "must not be repeated" in second["error"]


async def test_who_may_not_call_gets_no_item_answered_and_the_items_of_others_know_who_calls():
    plugin = new_plugin(auth=ServiceKey())

    @plugin.operation(effect="read", open_world=False, batch=5)
    async def who(*, call: Call) -> str:
        """Say who calls."""
        return call.subject

    settings = Settings(service_keys=(SecretStr(KEY),))
    async with Client(plugin, settings) as client:
        stranger = await client.post("/who/batch", json={"items": [{}, {}]})
        known = await client.post("/who/batch", json={"items": [{}, {}]}, headers={"authorization": f"Bearer {KEY}"})
        single = await client.get("/who", headers={"authorization": f"Bearer {KEY}"})
    assert stranger.status == 401
    assert results(known) == [single.json()] * 2


async def test_a_batch_is_called_in_process_too():
    assert await working(Work()).invoke("double_batch", items(99)) == {"results": [{"result": 198}]}


async def test_a_handler_that_fails_with_not_found_fails_its_item_alone():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, batch=2)
    async def find(name: str) -> str:
        """Find a name."""
        if name == "none":
            raise NotFound("No such name")
        return name

    async with Client(plugin) as client:
        assert results(await client.post("/find/batch", json={"items": [{"name": "none"}, {"name": "a"}]})) == [
            "not_found",
            "a",
        ]


async def test_replicas_count_and_cache_the_items_of_batches_together(valkey: ValkeyServer):
    origin = Origin()
    plugin = counting(origin, Cache(ttl="100s"), batch=10, limit="6/minute")
    batch = {"items": [{"place": place} for place in "abc"]}
    async with replicas(plugin, valkey.url, CacheClock()) as (one, two):
        first = await one.post("/read/batch", json=batch)
        second = await two.post("/read/batch", json=batch)
        third = await one.post("/read/batch", json=batch)
    assert sorted(results(first)) == [1, 2, 3]
    assert results(second) == results(first)
    assert results(third) == ["too_many_calls"] * 3
    assert origin.reads == 3


async def test_a_repeated_batch_with_a_key_runs_only_the_items_that_were_not_begun(tmp_path: Path):
    work = Work()
    settings = settings_for(f"sqlite:///{tmp_path / 'plugin.db'}")
    headers = {"idempotency-key": new_key()}
    async with Client(working(work, limit="2/minute"), settings) as client:
        first = await client.post("/double/batch", json=items(99, 99, 99), headers=headers)
    async with Client(working(work), settings) as client:
        again = await client.post("/double/batch", json=items(99, 99, 99), headers=headers)
        other = await client.post("/double/batch", json=items(99, 5), headers=headers)
    assert results(first) == [198, 198, "too_many_calls"]
    assert results(again) == [198, 198, 198]
    assert results(other) == [198, "idempotency_mismatch"]
    assert work.ended == [99, 99, 99]


async def test_a_batch_with_a_malformed_key_runs_nothing(tmp_path: Path):
    work = Work()
    async with Client(working(work), settings_for(f"sqlite:///{tmp_path / 'plugin.db'}")) as client:
        reply = await client.post("/double/batch", json=items(99), headers={"idempotency-key": "guess"})
    assert (reply.status, work.began) == (400, [])


async def test_an_item_that_is_slow_to_stop_costs_the_others_nothing():
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, batch=2, timeout="20ms")
    async def write(is_slow: bool) -> str:
        """Write, and clean up when it has to stop."""
        try:
            await asyncio.sleep(5 if is_slow else 0)
        except asyncio.CancelledError:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(5)  # until it is told again
            raise
        return "written"

    async with Client(plugin) as client:
        reply = await client.post("/write/batch", json={"items": [{"is_slow": True}, {"is_slow": False}]})
    assert results(reply) == ["call_timeout", "written"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "more", "x"]), inner),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=60)
@given(items=st.lists(JSON, min_size=1, max_size=5))
def test_every_item_gets_what_a_call_of_its_own_gets(items: list[Any]):
    def echo(value: int | str | list[float] | None, more: dict[str, bool] | None = None) -> list[Any]:
        """Give back what came."""
        if value == "":
            raise NotFound("Nothing")
        return [value, more]

    with served(plugin_of(echo, batch=5)) as request:
        together = request("POST", "/echo/batch", json={"items": items}).json()["results"]
        for item, entry in zip(items, together, strict=True):
            alone = request(
                "POST", "/echo", body=json.dumps(item).encode(), headers={"content-type": "application/json"}
            )
            told = {**alone.json(), "request_id": entry["request_id"]} if alone.status != 200 else None
            assert entry == (told or {"result": alone.json()})
