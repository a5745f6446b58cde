"""Throttles: attempts and their delays."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Connection, select

from plugwright.store import throttles
from plugwright.store.database import Database
from plugwright.store.tables import throttles as throttle_rows
from plugwright.store.throttles import Policy

POLICY = Policy(free=3, first_delay=1.0, longest_delay=10.0, memory=100.0)


def test_the_delay_doubles_after_the_free_attempts_and_has_a_limit(database: Database):
    def work(c: Connection) -> None:
        now = 0.0
        waits: list[float] = []
        for _ in range(9):
            assert throttles.attempt(c, "k", POLICY, now) == 0.0
            wait = throttles.attempt(c, "k", POLICY, now)
            if wait == 0.0:  # it was free, and counted
                continue
            waits.append(wait)
            assert throttles.attempt(c, "k", POLICY, now + wait - 0.25) == pytest.approx(0.25)
            now += wait
        assert waits == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0, 10.0]

    database.run(work, writes=True)


def test_attempts_are_counted_to_the_last_free_one(database: Database):
    def work(c: Connection) -> None:
        assert [throttles.attempt(c, "k", POLICY, 0.0) for _ in range(5)] == [0.0, 0.0, 0.0, 1.0, 1.0]
        one = replace(POLICY, free=1)
        assert [throttles.attempt(c, "one", one, 0.0) for _ in range(3)] == [0.0, 1.0, 1.0]

    database.run(work, writes=True)


def test_after_very_many_attempts_it_still_only_waits(database: Database):
    policy = replace(POLICY, free=1, memory=1e9)

    def work(c: Connection) -> None:
        for number in range(60):
            assert throttles.attempt(c, "k", policy, number * 10.0) == 0.0
        assert throttles.attempt(c, "k", policy, 590.0) == 10.0

    database.run(work, writes=True)


def test_attempts_are_forgotten_after_a_time_without_any(database: Database):
    def work(c: Connection) -> None:
        for _ in range(3):
            throttles.attempt(c, "k", POLICY, 0.0)
        assert throttles.attempt(c, "k", POLICY, 0.5) == 0.5
        assert [throttles.attempt(c, "k", POLICY, 100.0) for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]

    database.run(work, writes=True)


def test_a_delay_longer_than_the_memory_is_waited_for(database: Database):
    policy = Policy(free=1, first_delay=50.0, longest_delay=50.0, memory=10.0)

    def work(c: Connection) -> None:
        assert [throttles.attempt(c, "k", policy, now) for now in (0.0, 20.0, 50.0)] == [0.0, 30.0, 0.0]

    database.run(work, writes=True)


def test_success_forgives(database: Database):
    def work(c: Connection) -> None:
        for _ in range(3):
            throttles.attempt(c, "k", POLICY, 0.0)
        throttles.forgive(c, "k")
        assert [throttles.attempt(c, "k", POLICY, 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 1.0]

    database.run(work, writes=True)


async def test_of_fifty_parallel_attempts_only_the_free_ones_are_admitted(database: Database):
    attempt = partial(throttles.attempt, key="k", policy=POLICY, now=0.0)

    waits = await asyncio.gather(*(database.write(attempt) for _ in range(50)))

    assert sorted(waits) == [0.0] * 3 + [1.0] * 47


def test_keys_do_not_touch_each_other_and_are_not_stored(database: Database):
    def work(c: Connection) -> None:
        for _ in range(4):
            throttles.attempt(c, "account:ada", POLICY, 0.0)
        assert throttles.attempt(c, "account:bob", POLICY, 0.0) == 0.0
        assert all(b"ada" not in row.key for row in c.execute(select(throttle_rows)))

    database.run(work, writes=True)
