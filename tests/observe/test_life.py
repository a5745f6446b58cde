"""What a process does no more once it drains."""

from __future__ import annotations

from plugwright.observe.life import Life, Stage
from plugwright.testing import Client
from tests.jobs.reports import ended, job, order, reporting, settings


def test_everybody_who_asked_is_told_once_in_their_order():
    told: list[int] = []
    life = Life()
    life.on_drain(lambda: told.append(1))
    life.on_drain(lambda: told.append(2))
    life.drain()
    life.drain()
    assert told == [1, 2]


async def test_a_process_that_is_told_to_end_while_it_starts_does_not_become_ready(sqlite_url: str):
    plugin, _ = reporting()
    client = Client(plugin, settings(sqlite_url))
    client.app.life.stage = Stage.DRAINING
    async with client:
        assert (await client.get("/readyz")).json()["status"] == "draining"


async def test_a_process_that_drains_accepts_jobs_for_others_to_run(sqlite_url: str):
    plugin, desk = reporting()
    async with Client(plugin, settings(sqlite_url)) as draining:
        await ended(draining, await order(draining))
        draining.app.life.drain()
        name = await order(draining)
        assert (await job(draining, name, wait=0.3))["state"] == "queued"
        async with Client(plugin, settings(sqlite_url)) as other:
            assert (await ended(other, name))["state"] == "succeeded"
    assert len(desk.written) == 2
