"""Attempts: what is tried again, what is not, and what becomes of jobs whose process ends."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from plugwright import Call, Plugin, Unavailable, UpstreamUnavailable
from plugwright.jobs import running
from plugwright.store import jobs
from plugwright.store.database import Database, StoreUnavailable
from plugwright.testing import Client
from tests.jobs.reports import Work, ended, for_ever, job, order, reporting, settings, system, until
from tests.web.plugins import new_plugin


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeats come at once."""
    monkeypatch.setattr(running, "_FIRST_PAUSE", 0.0)


def failing(times: int, error: Exception) -> Work:
    """Fails so often, then works."""
    left = times

    async def work(call: Call) -> str:
        nonlocal left
        left -= 1
        if left >= 0:
            raise error
        return "written"

    return work


async def test_what_fails_for_now_is_tried_again(database_url: str):
    plugin, desk = reporting(failing(2, UpstreamUnavailable("The archive is closed")))
    async with Client(plugin, settings(database_url)) as client:
        told = await ended(client, await order(client))

    assert (told["state"], told["result"], told["attempts"]) == ("succeeded", "written", 3)
    assert len(desk.written) == 3
    assert system(client).service.tally.ended == {("report", "retried"): 2, ("report", "succeeded"): 1}


async def test_after_the_last_attempt_the_failure_is_the_end(sqlite_url: str):
    plugin, desk = reporting(failing(9, Unavailable("Not now")))
    async with Client(plugin, settings(sqlite_url, jobs_attempts=2)) as client:
        told = await ended(client, await order(client))

    assert (told["state"], told["attempts"], told["error"]["code"]) == ("failed", 2, "unavailable")
    assert len(desk.written) == 2


async def test_another_attempt_waits_as_long_as_the_failure_says(database: Database, database_url: str):
    plugin, _ = reporting(failing(1, Unavailable("Not now", retry_after=600)))
    async with Client(plugin, settings(database_url)) as client:
        name = await order(client)

        async def has_failed() -> bool:
            return system(client).service.tally.ended["report", "retried"] == 1

        before = time.time()
        await until(has_failed)
        told = await job(client, name)

    assert (told["state"], told["attempts"]) == ("queued", 1)
    assert await database.read(partial(jobs.due, now=before + 599, most=9)) == []
    assert await database.read(partial(jobs.due, now=time.time() + 601, most=9)) == [name]


async def test_each_attempt_has_the_deadline_of_the_operation(sqlite_url: str):
    plugin, _ = reporting(for_ever, timeout="50ms")
    async with Client(plugin, settings(sqlite_url, jobs_attempts=1)) as client:
        told = await ended(client, await order(client))

    assert (told["state"], told["error"]["code"]) == ("failed", "call_timeout")


async def test_a_job_that_took_its_process_with_it_each_time_ends_as_abandoned(database: Database, database_url: str):
    plugin, desk = reporting()
    async with Client(plugin, settings(database_url, jobs="worker")) as client:
        name = await order(client)
        for _ in range(3):  # as many processes that die at once
            assert await database.write(partial(jobs.claim, job=name, now=2e9, until=1.0))
    async with Client(plugin, settings(database_url)) as client:
        told = await ended(client, name)

    assert (told["state"], told["error"]["code"]) == ("failed", "job_abandoned")
    assert "3 times" in told["error"]["error"]
    assert desk.written == []


async def test_the_job_of_a_process_that_died_is_taken_over_when_its_lease_has_ended(
    database: Database, database_url: str
):
    plugin, desk = reporting()
    async with Client(plugin, settings(database_url, jobs="worker")) as client:
        name = await order(client)
        assert await database.write(partial(jobs.claim, job=name, now=2e9, until=1.0))
    async with Client(plugin, settings(database_url)) as client:
        told = await ended(client, name)

    assert (told["state"], told["attempts"]) == ("succeeded", 2)
    assert desk.written == ["rain"]


async def test_unfinished_jobs_are_taken_up_again_after_a_restart(database_url: str):
    plugin, desk = reporting()
    async with Client(plugin, settings(database_url, jobs="worker")) as client:
        names = [await order(client, topic) for topic in ("rain", "snow")]
    async with Client(plugin, settings(database_url)) as client:
        told = [await ended(client, name) for name in names]

    assert {each["state"] for each in told} == {"succeeded"}
    assert sorted(desk.written) == ["rain", "snow"]


async def test_a_process_that_ends_hands_its_jobs_back_and_that_counts_as_no_attempt(database_url: str):
    plugin, desk = reporting(for_ever)
    client = Client(plugin, settings(database_url))
    service = system(client).service
    service.policy = replace(service.policy, grace=0.05)
    async with client:
        name = await order(client)
        await desk.begun.wait()
    assert service.tally.ended == {("report", "handed_back"): 1}

    async with Client(plugin, settings(database_url, jobs="worker")) as client:
        told = await job(client, name)
        assert (told["state"], told["attempts"]) == ("queued", 0)


async def test_a_job_that_is_nearly_done_may_end_before_its_process_does(sqlite_url: str):
    may_end = asyncio.Event()

    async def work(call: Call) -> str:
        await may_end.wait()
        return "written"

    plugin, desk = reporting(work)
    async with Client(plugin, settings(sqlite_url)) as client:
        await order(client)
        await desk.begun.wait()
        asyncio.get_running_loop().call_later(0.1, may_end.set)
    assert system(client).service.tally.ended == {("report", "succeeded"): 1}


async def test_a_job_of_an_operation_that_is_gone_or_takes_other_input_by_now_fails_and_says_so(sqlite_url: str):
    before, _ = reporting()
    async with Client(before, settings(sqlite_url, jobs="worker")) as client:
        name = await order(client)
    async with Client(_taking("title"), settings(sqlite_url)) as client:
        misfit = await ended(client, name)
    async with Client(before, settings(sqlite_url, jobs="worker")) as client:
        name = await order(client)
    async with Client(_taking("topic", name="article"), settings(sqlite_url)) as client:
        gone = await ended(client, name)

    assert (misfit["state"], misfit["error"]["code"]) == ("failed", "operation_changed")
    assert {detail["field"] for detail in misfit["error"]["details"]} == {"title", "topic"}
    assert (gone["state"], gone["error"]["code"]) == ("failed", "operation_changed")
    assert "'report'" in gone["error"]["error"]


async def test_no_more_jobs_run_at_a_time_than_a_process_may(sqlite_url: str):
    now, most = 0, 0

    async def work(call: Call) -> str:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.05)  # others may begin meanwhile
        now -= 1
        return "written"

    plugin, _ = reporting(work)
    async with Client(plugin, settings(sqlite_url, jobs_concurrency=2)) as client:
        for name in [await order(client) for _ in range(6)]:
            await ended(client, name)

    assert most == 2


async def test_a_plain_function_runs_in_the_background_too(sqlite_url: str):
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, background=True)
    def report(topic: str) -> str:  # pyright: ignore[reportUnusedFunction] it is called over REST
        """Write a report."""
        return topic.upper()

    async with Client(plugin, settings(sqlite_url)) as client:
        assert (await ended(client, await order(client)))["result"] == "RAIN"


async def test_the_database_may_be_away_while_a_job_ends(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    is_away = asyncio.Event()

    async def work(call: Call) -> str:
        is_away.set()
        return "written"

    plugin, _ = reporting(work)
    async with Client(plugin, settings(sqlite_url)) as client:
        database = client.app.database
        assert database is not None
        write = database.write
        failures = 0

        async def failing_write(change: Any) -> Any:
            nonlocal failures
            if is_away.is_set() and failures < 2:
                failures += 1
                raise StoreUnavailable
            return await write(change)

        monkeypatch.setattr(database, "write", failing_write)
        told = await ended(client, await order(client))

    assert (told["state"], told["attempts"], failures) == ("succeeded", 1, 2)


def _taking(parameter: str, *, name: str = "report") -> Plugin:
    """A later version of the plugin."""
    plugin = new_plugin()
    taken: dict[str, Any] = {}
    source = f'async def {name}({parameter}: str) -> str:\n    """Write."""\n    return {parameter}\n'
    exec(source, taken)  # noqa: S102 our own lines
    plugin.operation(effect="read", open_world=False, background=True)(taken[name])
    return plugin
