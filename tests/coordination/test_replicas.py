"""Replicas on one Valkey share answers, make each once, and hear of each other's invalidations."""

from __future__ import annotations

import asyncio

import pytest

from plugwright import Cache, Call, NotFound, Plugin, UpstreamUnavailable
from tests.calls.caching import TTL, CachingClient, Clock, Origin, counting, soon
from tests.coordination.replicas import replicas
from tests.valkey import ValkeyServer

CACHE = Cache(ttl="100s", stale="1000s", shared=True, tags=["place:{place}"])


def invalidating(origin: Origin, cache: Cache = CACHE) -> Plugin:
    plugin = counting(origin, cache)

    @plugin.operation(effect="write", open_world=False)
    async def change(place: str, *, call: Call) -> None:
        """Change it."""
        call.invalidate(f"place:{place}")

    return plugin


async def test_what_one_replica_made_another_serves(valkey: ValkeyServer) -> None:
    origin = Origin()
    async with replicas(counting(origin, CACHE), valkey.url, Clock()) as (one, other):
        replies = [await client.get("/read") for client in (one, other, other)]

    assert [reply.json() for reply in replies] == [1, 1, 1]
    assert len({reply.headers["etag"] for reply in replies}) == 1
    assert (other.counts.second_hits, other.counts.made) == (1, 0)


async def test_a_cold_stampede_on_two_replicas_runs_the_handler_once(valkey: ValkeyServer) -> None:
    origin = Origin()
    origin.gate = asyncio.Event()
    async with replicas(counting(origin, CACHE), valkey.url, Clock()) as clients:
        calls = [asyncio.create_task(clients[number % 2].get("/read")) for number in range(500)]
        await soon_read(origin)
        origin.gate.set()
        replies = await asyncio.gather(*calls)

    assert origin.reads == 1
    assert {(reply.status, reply.body) for reply in replies} == {(200, b"1")}


async def test_an_invalidation_reaches_the_first_tier_of_every_replica_within_a_second(valkey: ValkeyServer) -> None:
    origin = Origin()
    async with replicas(invalidating(origin), valkey.url, Clock(), count=3) as clients:
        for client in clients:
            assert (await client.get("/read?place=a")).json() == 1
            assert (await client.get("/read?place=b")).json() == 2
        await clients[0].post("/change", json={"place": "a"})
        assert (await clients[0].get("/read?place=a")).json() == 3

        for client in clients[1:]:

            async def is_new() -> bool:
                return (await client.get("/read?place=a")).json() == 3  # noqa: B023 called at once

            await soon(is_new, within=1.0)
        kept = [(await client.get("/read?place=b")).json() for client in clients]

    assert kept == [2, 2, 2]


async def test_what_was_read_before_an_invalidation_is_not_served_by_the_second_tier(valkey: ValkeyServer) -> None:
    origin = Origin()
    origin.gate = asyncio.Event()
    async with replicas(invalidating(origin), valkey.url, Clock()) as (one, other):
        early = asyncio.create_task(one.get("/read?place=a"))
        await soon_read(origin)
        await other.post("/change", json={"place": "a"})
        await soon(lambda: _is_sent(other))
        origin.gate.set()
        assert (await early).json() == 1
        late = (await other.get("/read?place=a")).json()

    assert late == 2


async def test_a_refresh_happens_on_one_replica_and_nobody_waits(valkey: ValkeyServer) -> None:
    origin, clock = Origin(), Clock()
    async with replicas(counting(origin, CACHE), valkey.url, clock) as clients:
        for client in clients:
            await client.get("/read")
        clock.advance(TTL * 1.5)
        origin.gate = asyncio.Event()
        during = [(await client.get("/read")).json() for client in clients * 10]
        await soon_read(origin, 2)
        origin.gate.set()
        for client in clients:
            await soon(lambda: _is_idle(client))  # noqa: B023 called at once
        after = [(await client.get("/read")).json() for client in clients]

    assert during == [1] * 20
    assert after == [2, 2]
    assert origin.reads == 2


async def test_a_failure_on_one_replica_lets_the_other_try(valkey: ValkeyServer) -> None:
    origin = Origin()
    origin.failure = UpstreamUnavailable("The sea is closed")
    async with replicas(counting(origin, CACHE), valkey.url, Clock()) as (one, other):
        first = await one.get("/read")
        origin.failure = None
        second = await other.get("/read")

    assert (first.status, second.json()) == (503, 2)


async def test_a_replica_that_starts_while_the_origin_fails_serves_what_is_stale(valkey: ValkeyServer) -> None:
    origin, clock = Origin(), Clock()
    plugin = counting(origin, CACHE)
    async with replicas(plugin, valkey.url, clock, count=1) as (one,):
        await one.get("/read")
    origin.failure = UpstreamUnavailable("The sea is closed")
    clock.advance(TTL * 2)
    async with replicas(plugin, valkey.url, clock, count=1) as (one,):
        reply = await one.get("/read")

    assert (reply.status, reply.json()) == (200, 1)


async def test_not_found_is_shared_too(valkey: ValkeyServer) -> None:
    origin = Origin()
    origin.failure = NotFound("No such place")
    plugin = counting(origin, Cache(ttl="100s", shared=True, negative="10s"))
    async with replicas(plugin, valkey.url, Clock()) as clients:
        replies = [await client.get("/read") for client in clients]

    assert [(reply.status, reply.json()["error"]) for reply in replies] == [(404, "No such place")] * 2
    assert origin.reads == 1


async def test_another_version_of_a_plugin_never_serves_the_old_ones_answers(valkey: ValkeyServer) -> None:
    origin = Origin()
    async with replicas(counting(origin, CACHE), valkey.url, Clock(), count=1) as (old,):
        await old.get("/read")
    newer = counting(origin, CACHE)
    object.__setattr__(newer.identity, "version", "2.0.0")
    async with replicas(newer, valkey.url, Clock(), count=1) as (new,):
        assert (await new.get("/read")).json() == 2


async def test_nothing_of_a_caller_is_readable_in_valkey(valkey: ValkeyServer) -> None:
    async with replicas(counting(Origin(), CACHE), valkey.url, Clock(), count=1) as (client,):
        await client.get("/read?place=a-private-place")
    assert b"a-private-place" not in valkey.command("KEYS", "*")


@pytest.mark.parametrize("what", ["garbage", "[1,2]\nbody", '[2,0,0,9e18,9e18,false,[],[]]\n"x"'])
async def test_what_cannot_be_read_is_made_anew(valkey: ValkeyServer, what: str) -> None:
    origin = Origin()
    plugin = counting(origin, CACHE)
    async with replicas(plugin, valkey.url, Clock(), count=1) as (client,):
        await client.get("/read")
    keys = [word for word in valkey.command("KEYS", "*:reply:*").decode().split() if ":reply:" in word]
    valkey.command("SET", keys[0], what)
    async with replicas(plugin, valkey.url, Clock(), count=1) as (client,):
        assert (await client.get("/read")).json() == 2


async def soon_read(origin: Origin, count: int = 1) -> None:
    async def is_so() -> bool:
        return origin.reads >= count

    await soon(is_so)


async def _is_idle(client: CachingClient) -> bool:
    return client.is_idle


async def _is_sent(client: CachingClient) -> bool:
    return client.invalidations.has_sent
