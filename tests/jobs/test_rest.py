"""Queued calls over REST: accepted, asked for, cancelled."""

from __future__ import annotations

import asyncio

import pytest

from plugwright import Call, NotFound
from plugwright.testing import Client
from tests.jobs.reports import URL, cancel, ended, for_ever, job, order, reporting, settings, system, until


async def test_a_call_is_answered_with_a_job_that_is_stored_and_can_be_asked_for(database_url: str):
    plugin, _ = reporting(for_ever)
    async with Client(plugin, settings(database_url, jobs="worker")) as client:
        reply = await client.post("/report", json={"topic": "rain"})
        told = reply.json()

        assert reply.status == 202
        assert reply.headers["location"] == told["url"] == f"{URL}/jobs/{told['id']}"
        assert reply.headers["retry-after"] == str(told["retry_after"])
        assert reply.headers["cache-control"] == "no-store"
        assert (told["state"], told["operation"], told["attempts"]) == ("queued", "report", 0)
        assert "get_job" in told["next"]
        again = await client.get(f"/jobs/{told['id']}")
        assert again.json() == told
        assert (again.status, again.headers["cache-control"]) == (200, "no-store")
        assert again.headers["retry-after"] == str(told["retry_after"])


async def test_a_job_runs_tells_how_far_it_is_and_gives_its_result(database_url: str):
    may_go_on = asyncio.Event()

    async def work(call: Call) -> str:
        call.progress(1, 4, "reading")
        await may_go_on.wait()
        return f"by {call.protocol}"

    plugin, _ = reporting(work)
    async with Client(plugin, settings(database_url)) as client:
        name = await order(client)

        async def has_progress() -> bool:
            return "progress" in await job(client, name)

        await until(has_progress)
        running = await job(client, name)
        may_go_on.set()
        told = await ended(client, name)

    assert (running["state"], running["attempts"]) == ("running", 1)
    assert running["progress"] == {"done": 1, "total": 4, "message": "reading"}
    assert (told["state"], told["result"]) == ("succeeded", "by job")
    assert told["created_at"] <= told["started_at"] <= told["finished_at"] < told["expires_at"]
    assert not {"error", "retry_after", "next", "progress"} & told.keys()


async def test_who_waits_for_a_job_is_answered_when_it_ends_or_when_the_time_has_passed(database_url: str):
    may_end = asyncio.Event()

    async def work(call: Call) -> str:
        await may_end.wait()
        return "done"

    plugin, _ = reporting(work)
    async with Client(plugin, settings(database_url)) as client:
        name = await order(client)
        in_vain = await job(client, name, wait=0.2)
        waiting = asyncio.create_task(job(client, name, wait=20))
        may_end.set()

        assert in_vain["state"] in {"queued", "running"}
        assert (await waiting)["result"] == "done"
        assert (await client.get(f"/jobs/{name}?wait=26")).json()["code"] == "invalid_input"


@pytest.mark.parametrize("body", [{}, {"topic": 7}, {"topic": "rain", "more": 1}])
async def test_what_does_not_fit_is_refused_and_nothing_is_queued(body: object, sqlite_url: str):
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url, jobs="worker")) as client:
        reply = await client.post("/report", json=body)

        assert (reply.status, reply.json()["code"]) == (400, "invalid_input")
        assert (await system(client).service.backlog()).queued == 0


async def test_calls_beyond_the_end_of_the_queue_are_refused_until_there_is_room(database_url: str):
    plugin, _ = reporting()
    async with Client(plugin, settings(database_url, jobs="worker", jobs_queued=2)) as client:
        first = await order(client)
        await order(client)
        reply = await client.post("/report", json={"topic": "rain"})

        assert (reply.status, reply.json()["code"]) == (503, "unavailable")
        assert int(reply.headers["retry-after"]) > 0
        await cancel(client, first)
        await order(client)


async def test_a_queued_job_is_cancelled_before_it_begins(sqlite_url: str):
    plugin, desk = reporting()
    async with Client(plugin, settings(sqlite_url, jobs="worker")) as client:
        name = await order(client)
        reply = await cancel(client, name)
        again = await cancel(client, name)

    assert (reply.status, reply.json()["state"]) == (200, "cancelled")
    assert again.json() == reply.json()
    async with Client(plugin, settings(sqlite_url)) as client:
        await ended(client, await order(client, "snow"))
    assert desk.written == ["snow"]


async def test_a_running_job_is_cancelled_and_its_handler_stopped(sqlite_url: str):
    was_stopped = asyncio.Event()

    async def work(call: Call) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            was_stopped.set()
        return "never"

    plugin, desk = reporting(work)
    async with Client(plugin, settings(sqlite_url)) as client:
        name = await order(client)
        await desk.begun.wait()
        reply = await cancel(client, name)
        async with asyncio.timeout(10):
            await was_stopped.wait()

        assert reply.json()["state"] == "cancelled"
        assert (await job(client, name))["state"] == "cancelled"
    assert system(client).service.tally.ended == {("report", "lost"): 1}


async def test_a_refusal_of_the_handler_is_the_error_of_its_job_in_the_one_shape(sqlite_url: str):
    async def work(call: Call) -> str:
        raise NotFound("No such topic", details=[{"field": "topic", "problem": "unknown"}])

    plugin, _ = reporting(work)
    async with Client(plugin, settings(sqlite_url)) as client:
        told = await ended(client, await order(client))

    assert (told["state"], told["attempts"]) == ("failed", 1)
    assert "result" not in told
    error = told["error"]
    assert (error["error"], error["code"]) == ("No such topic", "not_found")
    assert error["details"] == [{"field": "topic", "problem": "unknown"}]
    assert error["request_id"]


async def test_nothing_of_an_unforeseen_exception_is_told_or_stored(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
):
    async def work(call: Call) -> str:
        raise ValueError("the secret of the house")

    plugin, desk = reporting(work)
    async with Client(plugin, settings(sqlite_url)) as client:
        told = await ended(client, await order(client))

    assert (told["state"], told["error"]["code"]) == ("failed", "internal_error")
    assert "secret" not in str(told)
    assert len(desk.written) == 1
    logged = capsys.readouterr().err
    assert "the secret of the house" in logged
    assert told["error"]["request_id"] in logged


@pytest.mark.parametrize("name", ["job_" + "a" * 43])
async def test_a_job_that_is_not_there_is_not_found(name: str, sqlite_url: str):
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        for reply in (await client.get(f"/jobs/{name}"), await cancel(client, name)):
            assert (reply.status, reply.json()["code"]) == (404, "not_found")
        assert (await client.get("/jobs/a%00b")).status == 400


async def test_a_long_result_is_compressed(sqlite_url: str):
    async def work(call: Call) -> str:
        return "rain " * 1000

    plugin, _ = reporting(work)
    async with Client(plugin, settings(sqlite_url)) as client:
        name = await order(client)
        await ended(client, name)
        reply = await client.get(f"/jobs/{name}", headers={"accept-encoding": "gzip"})

    assert (reply.status, reply.headers["content-encoding"]) == (200, "gzip")
    assert int(reply.headers["content-length"]) == len(reply.body) < 1000
