"""Caching in one process: one run of a handler for all who ask, nobody waits at expiry, and failures are survived."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from plugwright import Cache, Call, NotFound, Principal, SetupError, UpstreamUnavailable
from plugwright.calls.exchange import LocalExchange
from plugwright.settings import Settings
from plugwright.testing import Reply
from tests.calls.caching import STALE, TTL, CachingClient, Clock, Origin, counting, settled
from tests.web.plugins import doing, new_plugin


async def test_a_second_call_is_answered_from_the_cache() -> None:
    origin = Origin()
    async with CachingClient(counting(origin, Cache(ttl="100s")), Clock()) as client:
        replies = [await client.get("/read") for _ in range(3)]

    assert [reply.json() for reply in replies] == [1, 1, 1]
    assert (client.counts.made, client.counts.hits) == (1, 2)


async def test_inputs_that_mean_the_same_share_an_answer_and_others_do_not() -> None:
    origin = Origin()
    async with CachingClient(counting(origin, Cache(ttl="100s")), Clock()) as client:
        same = [await client.get(target) for target in ("/read", "/read?place=here", "/read?size=1&place=here")]
        other = [await client.get(target) for target in ("/read?place=there", "/read?size=2")]

    assert [reply.json() for reply in same] == [1, 1, 1]
    assert [reply.json() for reply in other] == [2, 3]


async def test_mcp_and_rest_share_answers() -> None:
    origin = Origin()
    async with CachingClient(counting(origin, Cache(ttl="100s")), Clock()) as client:
        first = await client.mcp("tools/call", {"name": "read", "arguments": {}})
        second = await client.get("/read")
        third = await client.mcp("tools/call", {"name": "read", "arguments": {"place": "here"}})

    assert second.json() == 1
    assert first.json()["result"]["structuredContent"] == {"result": 1}
    assert third.json()["result"] == first.json()["result"]
    assert origin.reads == 1


@pytest.mark.parametrize("callers", [500])
async def test_a_cold_stampede_runs_the_handler_once(callers: int) -> None:
    origin = Origin()
    origin.gate = asyncio.Event()
    async with CachingClient(counting(origin, Cache(ttl="100s")), Clock()) as client:
        calls = [asyncio.create_task(client.get("/read")) for _ in range(callers)]
        await settled(lambda: origin.reads > 0)
        origin.gate.set()
        replies = await asyncio.gather(*calls)

    assert origin.reads == 1
    assert {(reply.status, reply.body) for reply in replies} == {(200, b"1")}


async def test_a_failure_is_told_to_all_who_wait_and_is_not_kept() -> None:
    origin = Origin()
    origin.gate = asyncio.Event()
    origin.failure = UpstreamUnavailable("The sea is closed")
    async with CachingClient(counting(origin, Cache(ttl="100s")), Clock()) as client:
        calls = [asyncio.create_task(client.get("/read")) for _ in range(50)]
        await settled(lambda: origin.reads > 0)
        origin.gate.set()
        replies = await asyncio.gather(*calls)
        origin.failure = None
        after = await client.get("/read")

    assert {(reply.status, reply.json()["error"]) for reply in replies} == {(503, "The sea is closed")}
    assert len({reply.json()["request_id"] for reply in replies}) == 50
    assert after.json() == 2


async def test_whoever_came_first_may_leave_without_harm_to_the_others() -> None:
    origin = Origin()
    origin.gate = asyncio.Event()
    left = asyncio.Event()
    async with CachingClient(counting(origin, Cache(ttl="100s")), Clock()) as client:
        first = asyncio.create_task(client.request("GET", "/read", disconnect=left))
        await settled(lambda: origin.reads > 0)
        second = asyncio.create_task(client.get("/read"))
        left.set()
        gone = await first
        origin.gate.set()
        reply = await second

    assert gone.status == 0
    assert (reply.status, reply.json()) == (200, 1)
    assert origin.reads == 1


async def test_an_answer_is_kept_even_when_everybody_has_left() -> None:
    origin = Origin()
    origin.gate = asyncio.Event()
    async with CachingClient(counting(origin, Cache(ttl="100s")), Clock()) as client:
        first = asyncio.create_task(client.get("/read"))
        await settled(lambda: origin.reads > 0)
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        origin.gate.set()
        await settled(lambda: len(client.memory.entries) == 1)

        assert (await client.get("/read")).json() == 1


async def test_each_waits_with_their_own_deadline() -> None:
    origin = Origin()
    origin.gate = asyncio.Event()
    plugin = counting(origin, Cache(ttl="100s"), timeout="50ms")
    async with CachingClient(plugin, Clock()) as client:
        replies = await asyncio.gather(client.get("/read"), client.get("/read"))

    assert [(reply.status, reply.json()["code"]) for reply in replies] == [(504, "call_timeout")] * 2
    assert origin.reads == 1


async def test_shortly_before_expiry_one_call_refreshes_and_none_waits() -> None:
    origin, clock = Origin(), Clock()
    async with CachingClient(counting(origin, Cache(ttl="100s")), clock) as client:
        reply = await client.get("/read")
        (kept,) = client.memory.entries.values()
        clock.at = kept.fresh_until - 0.5
        origin.gate = asyncio.Event()
        during = [(await client.get("/read")).json() for _ in range(20)]
        await settled(lambda: origin.reads == 2)
        origin.gate.set()
        await settled(lambda: client.counts.made == 2 and client.is_idle)
        clock.at = kept.fresh_until + 0.5
        after = await client.get("/read")

    assert reply.json() == 1
    assert during == [1] * 20
    assert after.json() == 2
    assert origin.reads == 2


async def test_within_stale_an_old_answer_is_served_at_once_and_says_so() -> None:
    origin, clock = Origin(), Clock()
    async with CachingClient(counting(origin, Cache(ttl="100s", stale="1000s")), clock) as client:
        await client.get("/read")
        clock.advance(TTL * 2)
        origin.gate = asyncio.Event()
        stale = await client.get("/read")
        origin.gate.set()
        await settled(lambda: origin.reads == 2 and client.is_idle)
        fresh = await client.get("/read")

    assert (stale.json(), fresh.json()) == (1, 2)
    assert stale.headers["cache-status"].startswith("plugwright; hit; ttl=-")
    assert "cache-status" not in fresh.headers
    assert client.counts.stale == 1


async def test_while_the_origin_fails_the_old_answer_serves_on_and_the_origin_is_asked_once_a_second() -> None:
    origin, clock = Origin(), Clock()
    async with CachingClient(counting(origin, Cache(ttl="100s", stale="1000s")), clock) as client:
        await client.get("/read")
        origin.failure = UpstreamUnavailable("The sea is closed")
        clock.advance(TTL * 2)
        replies: list[Reply] = []
        for _ in range(3):
            replies += [await client.get("/read") for _ in range(10)]
            await settled(lambda: client.is_idle)
            replies += [await client.get("/read") for _ in range(10)]
            clock.advance(1.5)
        clock.advance(TTL + STALE)
        at_last = await client.get("/read")

    assert {(reply.status, reply.json()) for reply in replies} == {(200, 1)}
    assert origin.reads == 1 + 3 + 1
    assert client.counts.stale == 60
    assert at_last.status == 503


async def test_without_stale_an_expired_answer_is_not_served() -> None:
    origin, clock = Origin(), Clock()
    async with CachingClient(counting(origin, Cache(ttl="100s")), clock) as client:
        await client.get("/read")
        origin.failure = UpstreamUnavailable("The sea is closed")
        clock.advance(TTL * 1.2)

        assert (await client.get("/read")).status == 503


async def test_a_refusal_of_the_origin_ends_a_stale_answer() -> None:
    origin, clock = Origin(), Clock()
    async with CachingClient(counting(origin, Cache(ttl="100s", stale="1000s")), clock) as client:
        await client.get("/read")
        origin.failure = NotFound("It is gone")
        clock.advance(TTL * 2)
        stale = await client.get("/read")
        await settled(lambda: client.is_idle)
        after = await client.get("/read")

    assert (stale.status, after.status) == (200, 404)


async def test_not_found_is_kept_for_a_short_time_where_asked() -> None:
    origin, clock = Origin(), Clock()
    origin.failure = NotFound("No such place", details=[{"field": "place", "problem": "Unknown"}])
    async with CachingClient(counting(origin, Cache(ttl="100s", negative="10s")), clock) as client:
        replies = [await client.get("/read") for _ in range(3)]
        tool = await client.mcp("tools/call", {"name": "read", "arguments": {}})
        reads = origin.reads
        clock.advance(12)
        origin.failure = None
        found = await client.get("/read")

    assert [(reply.status, reply.json()["error"]) for reply in replies] == [(404, "No such place")] * 3
    assert replies[2].json()["details"] == [{"field": "place", "problem": "Unknown"}]
    assert tool.json()["result"]["isError"] is True
    assert reads == 1
    assert found.json() == 2


async def test_not_found_is_not_kept_unasked() -> None:
    origin = Origin()
    origin.failure = NotFound("No such place")
    async with CachingClient(counting(origin, Cache(ttl="100s")), Clock()) as client:
        assert [(await client.get("/read")).status for _ in range(2)] == [404, 404]
    assert origin.reads == 2


async def test_answers_made_together_do_not_expire_together() -> None:
    origin, clock = Origin(), Clock()
    async with CachingClient(counting(origin, Cache(ttl="100s")), clock) as client:
        for number in range(50):
            await client.get(f"/read?size={number}")
        lives = [reply.fresh_until - clock() for reply in client.memory.entries.values()]

    assert all(0.9 * TTL <= life <= 1.1 * TTL for life in lives)
    assert len({round(life, 2) for life in lives}) > 25


async def test_invalidation_by_tag_drops_what_has_it_and_nothing_else() -> None:
    origin = Origin()
    plugin = counting(origin, Cache(ttl="100s", tags=["place:{place}", "places"]))

    @plugin.operation(effect="write", open_world=False)
    async def change(tag: str, *, call: Call) -> None:
        """Change it."""
        call.invalidate(tag)

    @plugin.operation(effect="write", open_world=False, name="change_in_thread")
    def change_in_thread(tag: str, *, call: Call) -> None:
        """Change it in a thread."""
        call.invalidate(tag)

    async with CachingClient(plugin, Clock()) as client:

        async def both() -> list[int]:
            return [(await client.get(f"/read?place={place}")).json() for place in ("a", "b")]

        first = await both()
        await client.post("/change", json={"tag": "place:a"})
        second = await both()
        await client.post("/change-in-thread", json={"tag": "places"})
        third = await both()

    assert (first, second, third) == ([1, 2], [3, 2], [4, 5])


async def test_what_was_read_before_an_invalidation_is_neither_kept_nor_given_to_later_callers() -> None:
    origin = Origin()
    origin.gate = asyncio.Event()
    async with CachingClient(counting(origin, Cache(ttl="100s", tags=["sea"])), Clock()) as client:
        early = asyncio.create_task(client.get("/read"))
        await settled(lambda: origin.reads == 1)
        client.cache.invalidate(("sea",))
        late = asyncio.create_task(client.get("/read"))
        await settled(lambda: origin.reads == 2)
        origin.gate.set()
        replies = await asyncio.gather(early, late)
        after = await client.get("/read")

    assert [reply.json() for reply in replies] == [1, 2]
    assert after.json() == 2


async def test_memory_stays_within_its_bound_and_what_is_used_stays() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, cache=Cache(ttl="100s"))
    async def page(number: int) -> str:
        """Give a page."""
        return str(number) * 10_000

    settings = Settings(public_url="http://127.0.0.1:8000", cache_bytes=1024 * 1024)
    async with CachingClient(plugin, Clock(), settings) as client:
        memory = client.memory
        for number in range(1, 500):
            await client.get(f"/page?number={number}")
            await client.get("/page?number=1")
            assert memory.bytes <= 1024 * 1024
        made = client.counts.made
        await client.get("/page?number=1")
        await client.get("/page?number=2")

    assert client.counts.made == made + 1
    assert len(memory.entries) < 110


async def test_a_clock_that_was_set_back_makes_no_answer_live_longer() -> None:
    origin, clock = Origin(), Clock()
    async with CachingClient(counting(origin, Cache(ttl="100s")), clock) as client:
        await client.get("/read")
        clock.advance(-3600)

        assert (await client.get("/read")).json() == 2


async def test_a_shared_handler_does_not_learn_who_calls_nor_can_it_ask() -> None:
    seen: list[object] = []
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, cache=Cache(ttl="100s", shared=True))
    async def look(*, call: Call) -> str:
        """Look."""
        seen.append((call.principal, call.protocol))
        call.progress(1)
        return "seen"

    async with CachingClient(plugin, Clock()) as client:
        assert (await client.get("/look")).json() == "seen"
    assert seen == [(None, "local")]


async def test_an_answer_may_vary_by_protocol() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, cache=Cache(ttl="100s", shared=True, vary=["protocol"]))
    async def look(*, call: Call) -> str:
        """Look."""
        return call.protocol

    async with CachingClient(plugin, Clock()) as client:
        rest = await client.get("/look")
        tool = await client.mcp("tools/call", {"name": "look", "arguments": {}})

    assert rest.json() == "rest"
    assert tool.json()["result"]["structuredContent"] == {"result": "mcp"}


async def test_a_client_whose_name_says_that_it_is_none_is_not_none() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, cache=Cache(ttl="100s", shared=True, vary=["client"]))
    async def look(*, call: Call) -> str | None:
        """Look."""
        return call.principal and call.principal.client

    async with CachingClient(plugin, Clock()) as client:
        _, plan = client.app.operations["look"]
        answers: list[bytes] = []
        for name in (None, "None", "null"):
            exchange = LocalExchange(lambda: "of-a-test")
            exchange.principal = Principal("ann", name)
            answers.append(await plan.run(b"{}", exchange))

    assert answers == [b"null", b'"None"', b'"null"']


async def test_what_is_under_way_ends_with_the_plugin() -> None:
    origin = Origin()
    origin.gate = asyncio.Event()
    async with CachingClient(counting(origin, Cache(ttl="100s")), Clock()) as client:
        waiting = asyncio.create_task(client.get("/read"))
        await settled(lambda: origin.reads == 1)
    reply = await waiting

    assert (reply.status, reply.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize(
    ("cache", "options", "message"),
    [
        (Cache(ttl="soon"), {}, "ttl of its cache: 'soon' is not a duration"),
        (Cache(ttl="5m", stale="0s"), {}, "stale of its cache"),
        (Cache(ttl="5m", tags="place"), {}, "tags must be a list, such as \\['place'\\]"),
        (Cache(ttl="5m", tags=["place:{other}"]), {}, "names 'other', which is no parameter; there are place, subject"),
        (Cache(ttl="5m", tags=["place:{"]), {}, "is malformed"),
        (Cache(ttl="5m", tags=["{place.secret}"]), {}, "is no parameter"),
        (Cache(ttl="5m", vary=["protocol"]), {}, "vary is for shared answers"),
        (Cache(ttl="5m", shared=True, vary=["weather"]), {}, "cannot vary by 'weather'; there are client"),
        ("5m", {}, 'cache must be a Cache, such as cache=Cache\\(ttl="5m"\\)'),
        (Cache(ttl="5m"), {"effect": "write"}, "only what reads can be cached"),
    ],
)
def test_what_is_wrong_with_a_cache_is_told_at_start_up(cache: Cache, options: dict[str, str], message: str) -> None:
    async def do(place: str) -> str:
        return place

    with pytest.raises(SetupError, match=message):
        doing(do, cache=cache, **options)
