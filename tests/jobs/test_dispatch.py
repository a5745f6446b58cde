"""Who is told of jobs, and what is told of their progress."""

from __future__ import annotations

from pydantic_core import from_json

from plugwright.jobs.dispatch import LocalBroker
from plugwright.jobs.exchange import JobExchange
from plugwright.store.database import StoreUnavailable


async def nothing_due() -> list[str]:
    return []


async def away() -> list[str]:
    raise StoreUnavailable


async def test_where_nobody_runs_jobs_nothing_is_kept_for_them():
    broker = LocalBroker(0.01)
    for _ in range(5):
        await broker.tell("job_1")
    broker.look = nothing_due

    assert await broker.heard(0.01) == []


async def test_what_is_told_is_heard_and_what_the_store_finds_as_well_also_after_it_was_away():
    broker = LocalBroker(0.01)
    broker.look = away
    await broker.tell("job_1")
    heard: list[str] = []
    async for message in broker.listen():
        assert isinstance(message, bytes)
        heard.append(from_json(message)["args"][0])
        if heard == ["job_1"]:
            broker.look = found
        if len(heard) == 2:
            break

    assert heard == ["job_1", "job_2"]


async def found() -> list[str]:
    return ["job_2"]


def test_progress_grows_is_fit_for_a_chat_and_is_told_once():
    exchange = JobExchange("r-1", None)
    assert exchange.news() is None
    exchange.progress(1, float("inf"), "half\x1b[31m \u202edone" + "x" * 999)
    exchange.progress(0.5, 2, "back")
    exchange.progress(float("nan"), 2, "odd")
    news = exchange.news()

    assert news is not None
    assert news[:2] == [1, None]
    assert "\x1b" not in news[2]
    assert "\u202e" not in news[2]
    assert len(news[2]) == 300
    exchange.stored(news)
    assert exchange.news() is None
    exchange.progress(2, 2, None)
    assert exchange.news() == [2, 2, None]
