"""What /metrics tells of queued calls."""

from __future__ import annotations

from plugwright.jobs.metrics import JobMetrics
from plugwright.observe.metrics.families import take
from plugwright.testing import Client
from tests.jobs.reports import ended, for_ever, order, reporting, settings, system
from tests.observe.metrics.scraping import scraped


async def test_jobs_tell_of_what_was_queued_and_what_came_of_it(sqlite_url: str) -> None:
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        await ended(client, await order(client))
        found = await scraped(client)

    assert found['plugwright_jobs_accepted_total{operation="report"}'] == 1
    assert found['plugwright_job_attempts_total{operation="report",outcome="succeeded"}'] == 1
    assert found["plugwright_jobs_running"] == 0


async def test_jobs_tell_how_long_the_queue_is_and_whom_it_refused(sqlite_url: str) -> None:
    plugin, desk = reporting(for_ever)
    async with Client(plugin, settings(sqlite_url, jobs_concurrency=1, jobs_queued=2)) as client:
        figures = JobMetrics(system(client).service)
        await figures.refresh()
        before = take(figures.metrics())
        await order(client)
        await desk.begun.wait()
        for _ in range(2):
            await order(client)
        refused = await client.post("/report", json={"topic": "rain"})
        await figures.refresh()
        after = take(figures.metrics())

    assert refused.status == 503
    assert [before[f"plugwright_jobs_{each}"] for each in ("queued", "queue_age_seconds")] == [{(): 0}, {(): 0}]
    assert after["plugwright_jobs_queued"] == {(): 2}
    assert after["plugwright_jobs_running"] == {(): 1}
    assert after["plugwright_jobs_refused"] == {("report",): 1}
    assert 0 <= float(str(after["plugwright_jobs_queue_age_seconds"][()])) < 60


async def test_a_database_that_is_away_leaves_the_length_of_the_queue_unknown(sqlite_url: str) -> None:
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        figures = JobMetrics(system(client).service)
        await figures.refresh()
    await figures.refresh()

    assert take(figures.metrics())["plugwright_jobs_queued"] == {}
