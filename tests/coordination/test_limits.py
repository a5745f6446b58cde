"""Limits that processes count together in a real Valkey, and what is left of them while it is away."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

import pytest

from plugwright import Plugin
from plugwright.coordination.limits import SharedWindow, book
from plugwright.coordination.names import Names
from plugwright.coordination.valkey import ValkeyClient, ValkeyLimits
from plugwright.observe.logs import LogStyle, make_logger
from plugwright.settings import Settings
from plugwright.testing import Client, Reply
from tests.external.servers import free_port
from tests.valkey import ValkeyServer
from tests.web.plugins import new_plugin


def limited(*limits: str) -> Plugin:
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, limit=list(limits))
    async def get() -> str:
        """Get."""
        return "got"

    return plugin


@contextlib.asynccontextmanager
async def processes(plugin: Plugin, url: str, count: int = 2, wait: float = 2.0) -> AsyncGenerator[list[Client]]:
    """As many applications, each with limits of its own as different processes have them."""
    settings = Settings(valkey_url=url, valkey_timeout=wait, processes=count, call_log=False)  # pyright: ignore[reportArgumentType] the model makes a secret of it
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Client(plugin, settings)) for _ in range(count)]


async def calls(clients: list[Client], count: int, at_once: int = 50) -> list[Reply]:
    """So many calls, from one process and the next in turn, some at a time."""
    turns = asyncio.Semaphore(at_once)

    async def call(number: int) -> Reply:
        async with turns:
            return await clients[number % len(clients)].get("/get")

    return await asyncio.gather(*(call(number) for number in range(count)))


def passed(replies: list[Reply]) -> int:
    assert {reply.status for reply in replies} <= {200, 429}
    return sum(reply.status == 200 for reply in replies)


@pytest.fixture
async def client(valkey: ValkeyServer) -> AsyncGenerator[ValkeyClient]:
    found = ValkeyClient(valkey.url, ValkeyLimits(timeout=2.0), log=make_logger(LogStyle(level="error")))
    yield found
    await found.close()


@pytest.mark.parametrize("limit", [1, 60, 1000, 5000])
async def test_two_processes_let_no_more_through_than_the_limit_and_a_twentieth(limit: int, valkey: ValkeyServer):
    async with processes(limited(f"{limit}/hour"), valkey.url) as clients:
        replies = await calls(clients, limit + 300)
    # What a process booked and did not come to use is not let through.
    assert limit * 0.95 - 1 <= passed(replies) <= limit * 1.05


async def test_callers_alternating_between_processes_get_exactly_the_limit(valkey: ValkeyServer):
    async with processes(limited("20/hour"), valkey.url) as clients:
        replies = [(await calls([clients[number % 2]], 1))[0] for number in range(30)]
    assert [reply.status for reply in replies] == [200] * 20 + [429] * 10
    assert [int(reply.headers["ratelimit"].split(";")[1][2:]) for reply in replies[:20]] == list(range(19, -1, -1))


async def test_a_refusal_of_one_process_names_the_time_that_the_other_began(valkey: ValkeyServer):
    async with processes(limited("1/hour"), valkey.url) as (one, other):
        assert (await one.get("/get")).status == 200
        refused = await other.get("/get")
    assert refused.status == 429
    assert 3598 <= int(refused.headers["retry-after"]) <= 3600
    assert refused.headers["ratelimit"].startswith('"get.hour";r=0;t=3')
    assert refused.headers["ratelimit-policy"] == '"get.hour";q=1;w=3600'


async def test_the_window_moves_and_the_second_named_is_exact(client: ValkeyClient):
    window = [SharedWindow(Names("p").limit("x", "user"), 2, 1)]
    began = time.monotonic()
    assert (await book(client, window, 1)).granted == 1
    assert (await book(client, window, 1)).granted == 1
    refused = await book(client, window, 1)
    assert refused.granted == 0
    wait = refused.left[0][1]
    granted = 0
    async with asyncio.timeout(5):
        while not granted:
            granted = (await book(client, window, 1)).granted
    assert time.monotonic() - began >= 1.0
    assert time.monotonic() - began <= 1.0 + 0.5
    assert 0 < wait <= 1.0


async def test_of_several_windows_all_must_have_room_and_a_refusal_counts_for_none(client: ValkeyClient):
    names = Names("p")
    short, long = SharedWindow(names.limit("s", "u"), 2, 60), SharedWindow(names.limit("l", "u"), 3, 3600)
    assert (await book(client, [short, long], 5)).granted == 2
    assert (await book(client, [short, long], 1)).granted == 0
    assert (await book(client, [long], 5)).granted == 1


async def test_many_calls_take_bounded_memory(client: ValkeyClient):
    keys = Names("p").limit("x", "user")
    for _ in range(1500):
        await book(client, [SharedWindow(keys, 1_000_000, 3600)], 100)
    slots = await client.run(lambda commands: commands.llen(keys[0]))
    assert slots <= 1001
    assert await client.run(lambda commands: commands.get(keys[1])) == b"150000"
    assert 3600 < await client.run(lambda commands: commands.ttl(keys[0])) <= 3606


async def test_a_limit_of_many_calls_asks_valkey_seldom(valkey: ValkeyServer):
    async with processes(limited("100000/minute"), valkey.url) as clients:
        valkey.command("CONFIG", "RESETSTAT")
        replies = await calls(clients, 3000, at_once=10)
    assert passed(replies) == 3000
    asked = valkey.command("INFO", "commandstats").decode()
    count = int(asked.split("cmdstat_evalsha:calls=")[1].split(",")[0])
    assert count < 300


async def test_without_a_server_each_process_counts_its_share_and_nobody_waits_for_it():
    async with processes(limited("60/hour"), f"valkey://127.0.0.1:{free_port()}/0", wait=0.1) as clients:
        started = time.monotonic()
        replies = await calls(clients, 200)
        seconds = time.monotonic() - started
    assert passed(replies) == 60
    assert seconds < 2.0


@pytest.mark.parametrize("fault", ["killed", "frozen"])
async def test_when_the_server_goes_away_under_load_calls_go_on_and_the_limit_holds_within_twice(
    fault: str, mortal_valkey: ValkeyServer
):
    async with processes(limited("100/hour"), mortal_valkey.url, wait=0.1) as clients:
        before = await calls(clients, 60)
        with contextlib.ExitStack() as stack:
            if fault == "killed":
                mortal_valkey.kill()
            else:
                stack.enter_context(mortal_valkey.frozen())
            during = await calls(clients, 100)
            async with asyncio.timeout(10):
                while not all(client.app.valkey is not None and client.app.valkey.is_away for client in clients):
                    during += await calls(clients, 2)
            started = time.monotonic()
            later = await calls(clients, 200)
            seconds = time.monotonic() - started
    assert passed(before) == 60
    assert 100 <= passed(before + during + later) <= 200
    assert seconds < 1.0  # two hundred calls


async def test_a_server_that_was_emptied_begins_anew_and_nothing_fails(valkey: ValkeyServer):
    async with processes(limited("10/hour"), valkey.url) as clients:
        assert passed(await calls(clients, 5, at_once=1)) == 5
        valkey.command("FLUSHALL")
        valkey.command("SCRIPT", "FLUSH")
        assert passed(await calls(clients, 20, at_once=1)) == 10


async def test_calls_over_mcp_are_counted_in_the_same_place(valkey: ValkeyServer):
    async with processes(limited("1/hour"), valkey.url) as (one, other):
        assert (await one.mcp("tools/call", {"name": "get"})).json()["result"]["isError"] is False
        refused = await other.mcp("tools/call", {"name": "get"})
        assert (await one.get("/get")).status == 429
    assert refused.json()["result"]["isError"] is True
    assert refused.headers["ratelimit"].startswith('"get.hour";r=0;t=3')


async def test_another_plugin_and_another_caller_count_apart(client: ValkeyClient):
    for names, caller in ((Names("a"), "u"), (Names("a"), "v"), (Names("b"), "u")):
        assert (await book(client, [SharedWindow(names.limit("x", caller), 1, 60)], 1)).granted == 1
