"""Processes that share jobs: told by a real Valkey, or by nobody."""

from __future__ import annotations

import asyncio

from plugwright.testing import Client
from tests.jobs.reports import at_once, cancel, ended, order, reporting, settings, system, until
from tests.valkey import ValkeyServer


async def test_with_valkey_a_server_accepts_and_workers_run_each_job_once(database_url: str, valkey: ValkeyServer):
    plugin, desk = reporting(at_once)
    server = Client(plugin, settings(database_url, valkey_url=valkey.url))
    workers = [Client(plugin, settings(database_url, valkey_url=valkey.url, jobs="embedded")) for _ in range(2)]
    async with server, workers[0], workers[1]:
        names = [await order(server, str(number)) for number in range(20)]
        told = [await ended(server, name) for name in names]

    assert {each["state"] for each in told} == {"succeeded"}
    assert sorted(desk.written, key=int) == [str(number) for number in range(20)]
    assert not system(server).service.tally.ended
    assert sum(system(worker).service.tally.ended["report", "succeeded"] for worker in workers) == 20


async def test_without_valkey_another_process_finds_the_job_in_the_store(database_url: str):
    plugin, _ = reporting(at_once)
    server = Client(plugin, settings(database_url, jobs="worker"))
    async with server, Client(plugin, settings(database_url)):
        assert (await ended(server, await order(server)))["state"] == "succeeded"


async def test_jobs_go_on_while_valkey_is_gone_and_are_told_of_again_when_it_is_back(
    sqlite_url: str, mortal_valkey: ValkeyServer
):
    plugin, _ = reporting(at_once)
    async with Client(plugin, settings(sqlite_url, valkey_url=mortal_valkey.url, jobs="embedded")) as client:
        await ended(client, await order(client))
        await asyncio.to_thread(mortal_valkey.kill)
        assert (await ended(client, await order(client)))["state"] == "succeeded"
        await asyncio.to_thread(mortal_valkey.start)

        async def has_group() -> bool:
            groups = await asyncio.to_thread(mortal_valkey.command, "XINFO", "GROUPS", "plugwright:{sample}:jobs")
            return b"workers" in groups

        await until(has_group)
        assert (await ended(client, await order(client)))["state"] == "succeeded"


async def test_what_strangers_write_into_the_stream_harms_nothing(sqlite_url: str, valkey: ValkeyServer):
    plugin, _ = reporting(at_once)
    async with Client(plugin, settings(sqlite_url, valkey_url=valkey.url, jobs="embedded")) as client:
        for content in ("nonsense", '{"task_id":"x","task_name":"other","labels":{},"args":[],"kwargs":{}}'):
            await asyncio.to_thread(valkey.command, "XADD", "plugwright:{sample}:jobs", "*", "m", content)
        await asyncio.to_thread(valkey.command, "XADD", "plugwright:{sample}:jobs", "*", "other", "field")
        assert (await ended(client, await order(client)))["state"] == "succeeded"


async def test_a_message_of_a_job_that_was_cancelled_or_has_ended_does_nothing(sqlite_url: str, valkey: ValkeyServer):
    plugin, desk = reporting(at_once)
    shared = {"valkey_url": valkey.url}
    async with Client(plugin, settings(sqlite_url, **shared)) as server:
        cancelled = await order(server, "cancelled")
        await cancel(server, cancelled)
        async with Client(plugin, settings(sqlite_url, jobs="embedded", **shared)):
            name = await order(server, "twice")
            await ended(server, name)
            await system(server).service.kick(name)
            await ended(server, await order(server, "last"))

    assert desk.written == ["twice", "last"]
