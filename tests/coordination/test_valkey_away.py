"""Valkey killed, standing still, emptied or full: calls go on, nobody waits for it, and nothing old is served after."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from plugwright import Cache, Call, Plugin
from plugwright.coordination.valkey import Away, ValkeyClient, ValkeyLimits
from plugwright.observe.logs import LogStyle, make_logger
from plugwright.settings import load_settings
from tests.calls.caching import CachingClient, Clock, Origin, counting, soon
from tests.coordination.replicas import replicas
from tests.external.servers import free_port
from tests.valkey import ValkeyServer

CACHE = Cache(ttl="100s", shared=True, tags=["place:{place}"])


def invalidating(origin: Origin) -> Plugin:
    plugin = counting(origin, CACHE)

    @plugin.operation(effect="write", open_world=False)
    async def change(place: str, *, call: Call) -> None:
        """Change it."""
        call.invalidate(f"place:{place}")

    return plugin


async def test_without_a_server_each_process_makes_an_answer_once_and_soon_asks_no_more() -> None:
    origin = Origin()
    nowhere = f"valkey://127.0.0.1:{free_port()}/0"
    async with replicas(counting(origin, CACHE), nowhere, Clock(), hears=False) as clients:
        replies = await asyncio.gather(*(clients[number % 2].get(f"/read?size={number % 50}") for number in range(500)))
        started = time.monotonic()
        more = [await client.get(f"/read?size={number}") for client in clients for number in range(100, 120)]
        seconds = time.monotonic() - started

    assert {reply.status for reply in [*replies, *more]} == {200}
    assert origin.reads == 50 + 40
    assert seconds < 1.0


async def test_a_server_that_stands_still_holds_nobody_up_once_the_breaker_is_open(mortal_valkey: ValkeyServer) -> None:
    origin = Origin()
    async with replicas(counting(origin, CACHE), mortal_valkey.url, Clock(), count=1) as (client,):
        await client.get("/read")
        with mortal_valkey.frozen():
            first = await asyncio.gather(*(client.get(f"/read?size={number}") for number in range(2, 12)))
            assert client.app.valkey is not None
            await soon(lambda: _is_away(client))
            started = time.monotonic()
            later = [await client.get(f"/read?size={number}") for number in range(20, 120)]
            seconds = time.monotonic() - started
            assert (await client.get("/read")).json() == 1
        await soon(lambda: _is_back(client))
        back = await client.get("/read?size=1000")

    assert {reply.status for reply in [*first, *later, back]} == {200}
    assert seconds < 1.0  # a hundred calls
    assert client.counts.failed == 0


async def test_after_a_restart_the_first_tier_is_dropped_for_messages_may_have_been_missed(
    mortal_valkey: ValkeyServer,
) -> None:
    origin = Origin()
    async with replicas(invalidating(origin), mortal_valkey.url, Clock()) as (one, other):
        assert [(await client.get("/read?place=a")).json() for client in (one, other)] == [1, 1]
        mortal_valkey.kill()
        await one.post("/change", json={"place": "a"})
        assert (await one.get("/read?place=a")).json() == 2
        assert (await other.get("/read?place=a")).json() == 1
        mortal_valkey.start()

        async def is_new() -> bool:
            return (await other.get("/read?place=a")).json() != 1

        await soon(is_new, within=5.0)


async def test_an_invalidation_made_while_the_server_stood_still_counts_afterwards(mortal_valkey: ValkeyServer) -> None:
    origin = Origin()
    async with replicas(invalidating(origin), mortal_valkey.url, Clock(), count=3) as (one, other, third):
        assert (await one.get("/read?place=a")).json() == 1
        with mortal_valkey.frozen():
            await one.post("/change", json={"place": "a"})
            assert (await one.get("/read?place=a")).json() == 2
        await soon(lambda: _has_sent(one), within=5.0)

        assert (await third.get("/read?place=a")).json() != 1
        assert (await other.get("/read?place=a")).json() != 1


async def test_an_emptied_server_costs_one_run_and_serves_nothing_wrong(valkey: ValkeyServer) -> None:
    origin = Origin()
    async with replicas(invalidating(origin), valkey.url, Clock()) as (one, other):
        await one.get("/read?place=a")
        valkey.command("FLUSHALL")
        assert (await other.get("/read?place=a")).json() == 2
        await other.post("/change", json={"place": "a"})

        async def is_new() -> bool:
            return (await one.get("/read?place=a")).json() == 3

        await soon(is_new, within=1.0)


async def test_a_server_that_takes_no_writes_costs_nothing_but_its_help(mortal_valkey: ValkeyServer) -> None:
    origin = Origin()
    mortal_valkey.command("CONFIG", "SET", "maxmemory", "1")
    async with replicas(counting(origin, CACHE), mortal_valkey.url, Clock()) as clients:
        replies = [await client.get("/read") for client in clients * 2]

    assert {reply.status for reply in replies} == {200}
    assert origin.reads == 2


async def test_commands_fail_at_once_while_the_server_is_away_and_work_again_when_it_is_back(
    mortal_valkey: ValkeyServer,
) -> None:
    client = ValkeyClient(mortal_valkey.url, ValkeyLimits(), log=make_logger(LogStyle(level="error")))
    await client.run(lambda commands: commands.ping())
    mortal_valkey.kill()
    for _ in range(5):
        with pytest.raises(Away):
            await client.run(lambda commands: commands.ping())
    assert client.is_away
    started = time.monotonic()
    for _ in range(1000):
        with pytest.raises(Away):
            await client.run(lambda commands: commands.ping())
    assert time.monotonic() - started < 0.5
    mortal_valkey.start()

    async def is_back() -> bool:
        return not client.is_away

    await soon(is_back, within=3.0)
    assert await client.run(lambda commands: commands.ping())
    await client.close()


async def test_a_silent_server_is_given_up_in_time() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = ValkeyClient(f"valkey://127.0.0.1:{port}/0", ValkeyLimits(), log=make_logger(LogStyle(level="error")))
    started = time.monotonic()
    with pytest.raises(Away):
        await client.run(lambda commands: commands.ping())
    seconds = time.monotonic() - started
    await client.close()
    server.close()

    assert seconds < 0.5


@pytest.mark.parametrize(
    "url", ["http://localhost:6379", "valkey://", "valkey://localhost:0", "valkey://localhost:99999", "valkey://h/name"]
)
def test_what_is_no_valkey_is_refused_without_telling_the_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUGWRIGHT_VALKEY_URL", url)
    with pytest.raises(Exception, match="PLUGWRIGHT_VALKEY_URL: must be a URL such as valkey://host:6379/0") as caught:
        load_settings()
    assert url not in str(caught.value).removeprefix("Settings: PLUGWRIGHT_VALKEY_URL: must be a URL such as valkey://")


async def _is_away(client: CachingClient) -> bool:
    assert client.app.valkey is not None
    return client.app.valkey.is_away


async def _is_back(client: CachingClient) -> bool:
    return not await _is_away(client)


async def _has_sent(client: CachingClient) -> bool:
    return client.invalidations.has_sent
