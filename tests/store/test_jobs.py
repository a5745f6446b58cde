"""Jobs in the store: whoever holds one writes, nobody else, and each ends once."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, select

from plugwright.store import jobs
from plugwright.store.database import Database
from plugwright.store.jobs import Claim, NewJob, Record
from plugwright.store.sweep import sweep
from plugwright.store.tables import jobs as rows

ANN, BEN = b"a" * 32, b"b" * 32


def new(name: str, owner: bytes | None = None) -> NewJob:
    return NewJob(id=name, operation="report", input=b"{}", request_id="r-1", owner=owner, principal=b"[]")


def queued(c: Connection, name: str = "j", owner: bytes | None = None, *, now: float = 0.0) -> None:
    assert jobs.accept(c, new(name, owner), now=now, most=100)


def claimed(c: Connection, name: str = "j", *, now: float = 0.0, until: float = 10.0) -> Claim:
    claim = jobs.claim(c, name, now=now, until=until)
    assert claim is not None
    return claim


def found(c: Connection, name: str = "j", caller: bytes | None = None) -> Record:
    record = jobs.find(c, name, caller)
    assert record is not None
    return record


def finished(c: Connection, claim: Claim, *, error: bytes | None = None) -> bool:
    return jobs.end(c, claim.id, claim.attempt, result=b"1", error=error, now=20.0, until=100.0)


def row(c: Connection, name: str = "j") -> Any:
    return c.execute(select(rows).where(rows.c.id == name)).one()


async def test_a_job_is_claimed_by_one_of_many_who_try(database: Database):
    await database.write(queued)

    claims = await asyncio.gather(*(database.write(partial(jobs.claim, job="j", now=1.0, until=9.0)) for _ in range(8)))

    (claim,) = [claim for claim in claims if claim is not None]
    assert (claim.attempt, claim.tries, claim.input, claim.principal) == (1, 1, b"{}", b"[]")
    assert (await database.read(found)).state == "running"


async def test_a_job_whose_lease_has_ended_is_taken_over_and_its_first_holder_can_write_nothing(database: Database):
    def check(c: Connection) -> None:
        queued(c)
        first = claimed(c, until=10.0)
        assert jobs.claim(c, "j", now=9.9, until=20.0) is None
        second = claimed(c, now=10.0, until=20.0)

        assert not jobs.renew(c, "j", first.attempt, until=99.0, progress=None)
        assert not finished(c, first)
        assert not jobs.retry(c, "j", first.attempt, due=0.0)
        assert not jobs.hand_back(c, "j", first.attempt, now=0.0)
        assert (second.attempt, second.tries) == (2, 2)
        assert finished(c, second)

    await database.write(check)


async def test_a_job_ends_once_and_keeps_nothing_but_its_end(database: Database):
    def check(c: Connection) -> None:
        queued(c)
        claim = claimed(c)
        assert jobs.renew(c, "j", claim.attempt, until=10.0, progress=[1, 2.5, "half"])
        assert found(c).progress == [1, 2.5, "half"]
        assert finished(c, claim)

        assert not finished(c, claim, error=b"{}")
        assert jobs.claim(c, "j", now=1e9, until=2e9) is None
        cancelled = jobs.cancel(c, "j", None, now=30.0, until=200.0)

        assert cancelled is not None
        assert cancelled == found(c)
        assert (cancelled.state, cancelled.result, cancelled.error) == ("succeeded", b"1", None)
        assert (cancelled.finished_at, cancelled.expires_at) == (20.0, 100.0)
        left = row(c)
        assert (left.input, left.principal, left.progress, left.due_at) == (None, None, None, None)

    await database.write(check)


@pytest.mark.parametrize("is_running", [False, True], ids=["queued", "running"])
async def test_a_cancelled_job_can_neither_be_begun_nor_ended(is_running: bool, database: Database):
    def check(c: Connection) -> None:
        queued(c)
        claim = claimed(c) if is_running else None
        cancelled = jobs.cancel(c, "j", None, now=5.0, until=50.0)

        assert cancelled is not None
        assert cancelled.state == "cancelled"
        assert jobs.claim(c, "j", now=1e9, until=2e9) is None
        assert claim is None or not finished(c, claim)
        assert found(c).state == "cancelled"

    await database.write(check)


async def test_an_attempt_that_was_handed_back_does_not_count(database: Database):
    def check(c: Connection) -> None:
        queued(c)
        for _ in range(5):
            assert jobs.hand_back(c, "j", claimed(c).attempt, now=0.0)
        claim = claimed(c)
        assert (claim.attempt, claim.tries) == (6, 1)
        assert jobs.retry(c, "j", claim.attempt, due=7.0)
        assert jobs.claim(c, "j", now=6.9, until=20.0) is None
        assert claimed(c, now=7.0, until=20.0).tries == 2

    await database.write(check)


async def test_what_is_due_is_listed_the_longest_due_first(database: Database):
    def check(c: Connection) -> None:
        for number, name in enumerate(("late", "held", "dead", "first", "ended")):
            queued(c, name, now=float(5 - number))
        claimed(c, "held", now=5.0, until=100.0)
        claimed(c, "dead", now=5.0, until=6.0)
        finished(c, claimed(c, "ended", now=5.0))

        assert jobs.due(c, 7.0, 10) == ["first", "late", "dead"]
        assert jobs.due(c, 7.0, 1) == ["first"]
        assert jobs.due(c, 1.0, 10) == []

    await database.write(check)


async def test_the_queue_has_an_end_and_what_runs_is_not_in_it(database: Database):
    def check(c: Connection) -> None:
        for name in ("a", "b"):
            assert jobs.accept(c, new(name), now=0.0, most=2)
        assert not jobs.accept(c, new("c"), now=0.0, most=2)
        claimed(c, "a")
        assert jobs.accept(c, new("c"), now=3.0, most=2)
        assert jobs.backlog(c) == jobs.Backlog(queued=2, running=1, oldest=0.0)

    await database.write(check)


async def test_a_job_is_seen_and_cancelled_by_its_owner_only_and_one_without_owner_by_whoever_knows_it(
    database: Database,
):
    def check(c: Connection) -> None:
        queued(c, "ann's", ANN)
        queued(c, "anybody's")

        for other in (BEN, None):
            assert jobs.find(c, "ann's", other) is None
            assert jobs.cancel(c, "ann's", other, now=1.0, until=2.0) is None
        assert found(c, "ann's", ANN).state == "queued"
        assert found(c, "anybody's", BEN) == found(c, "anybody's", None)

    await database.write(check)


async def test_an_end_is_swept_when_its_time_has_come_and_unfinished_jobs_never(database: Database):
    def check(c: Connection) -> None:
        queued(c, "ended")
        queued(c, "waiting")
        finished(c, claimed(c, "ended"))

        sweep(c, 99.0)
        assert found(c, "ended").has_ended
        sweep(c, 1e12)
        assert jobs.find(c, "ended", None) is None
        assert not found(c, "waiting").has_ended

    await database.write(check)
