"""What has expired goes, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, insert, select

from plugwright.store import accounts, assertions, audit, clients, consents, sessions, throttles
from plugwright.store.clients import Client
from plugwright.store.database import Database, StoreUnavailable
from plugwright.store.sweep import Sweeper, sweep
from plugwright.store.tables import access_tokens, codes, grants, refresh_tokens
from plugwright.store.tables import assertions as assertion_rows
from plugwright.store.tables import clients as client_rows
from plugwright.store.tables import sessions as session_rows
from plugwright.store.tables import throttles as throttle_rows
from plugwright.store.throttles import Policy

DAY = 86_400.0


def size(c: Connection, table: Table) -> int:
    """How many rows a table has."""
    return c.execute(select(func.count()).select_from(table)).scalar_one()


def account_id(c: Connection) -> str:
    """The one account."""
    return accounts.ensure(c, provider="author", name="7", display_name="Ada", now=0.0).id


def put_grant(c: Connection, name: str, *, ends_at: float = 1e9, revoked_at: float | None = None) -> None:
    """A grant with a code and two tokens that live as long."""
    grant: dict[str, Any] = {"id": name, "account_id": account_id(c), "client_id": "c_1", "scopes": [], "resource": "r"}
    c.execute(insert(grants), {**grant, "created_at": 0.0, "ends_at": ends_at, "revoked_at": revoked_at})
    put_credential(c, codes, name, name, expires_at=1e9)
    put_credential(c, access_tokens, name, name, expires_at=1e9)
    put_credential(c, refresh_tokens, name, name, expires_at=1e9)


def put_credential(
    c: Connection, table: Table, name: str, grant: str, *, expires_at: float, used_at: float | None = None
) -> None:
    """A code or a token; one that was used has its sealed answer."""
    values: dict[str, Any] = {
        "digest": name.encode(),
        "grant_id": grant,
        "expires_at": expires_at,
        "issued_at": 0.0,
        "scopes": [],
        "ticket": name.encode(),
        "redirect_uri": "",
        "used_at": used_at,
        "sealed_answer": None if used_at is None else b"sealed",
    }
    c.execute(insert(table), {key: value for key, value in values.items() if key in table.c})


def names(c: Connection, table: Table) -> set[str]:
    """The names of the rows of a table."""
    key = next(iter(table.primary_key.columns))
    return {name.decode() if isinstance(name, bytes) else name for name in c.execute(select(key)).scalars()}


def test_expired_tokens_go_and_valid_ones_stay(database: Database):
    def work(c: Connection) -> None:
        put_grant(c, "g")
        for table in (access_tokens, refresh_tokens):
            put_credential(c, table, "expired", "g", expires_at=100.0)
            put_credential(c, table, "valid", "g", expires_at=100.5)
        assert sweep(c, 100.0) == 2
        assert sweep(c, 100.0) == 0
        assert names(c, access_tokens) == names(c, refresh_tokens) == {"g", "valid"}

    database.run(work, writes=True)


def test_a_used_code_is_kept_for_a_day_so_that_its_reuse_is_noticed(database: Database):
    def work(c: Connection) -> None:
        put_grant(c, "g")
        put_credential(c, codes, "code", "g", expires_at=60.0)
        assert sweep(c, 60.0 + DAY - 1) == 0
        assert sweep(c, 60.0 + DAY) == 1
        assert names(c, codes) == {"g"}

    database.run(work, writes=True)


def test_sealed_answers_go_when_nobody_may_repeat_any_more(database: Database):
    def work(c: Connection) -> None:
        put_grant(c, "g")
        for table in (codes, refresh_tokens):
            put_credential(c, table, "used", "g", expires_at=1e9, used_at=100.0)
        assert sweep(c, 110.0) == 0
        assert sweep(c, 110.1) == 2
        for table in (codes, refresh_tokens):
            row = c.execute(select(table).where(table.c.digest == b"used")).one()
            assert (row.sealed_answer, row.used_at) == (None, 100.0)

    database.run(work, writes=True)


def test_grants_go_thirty_days_after_they_ended_with_all_that_they_gave(database: Database):
    def work(c: Connection) -> None:
        put_grant(c, "live")
        put_grant(c, "ended", ends_at=DAY)
        put_grant(c, "revoked", revoked_at=DAY)
        put_grant(c, "ended later", ends_at=2 * DAY)
        put_grant(c, "revoked later", revoked_at=2 * DAY)
        assert sweep(c, 31 * DAY) == 2
        for table in (grants, codes, access_tokens, refresh_tokens):
            assert names(c, table) == {"live", "ended later", "revoked later"}

    database.run(work, writes=True)


def test_sessions_assertions_and_throttles_go_when_they_expire(database: Database):
    def work(c: Connection) -> None:
        user = account_id(c)
        for lifetime in (100.0, 101.0):
            sessions.start(c, user, now=0.0, lifetime=lifetime)
            assertions.use(c, "c_1", str(lifetime), lifetime)
            throttles.attempt(c, str(lifetime), Policy(1, 1.0, 1.0, lifetime), 0.0)
        throttles.attempt(c, "still blocked", Policy(1, 999.0, 999.0, 1.0), 0.0)
        assert sweep(c, 100.0) == 3
        assert [size(c, table) for table in (session_rows, assertion_rows, throttle_rows)] == [1, 1, 2]

    database.run(work, writes=True)


def test_clients_go_when_nobody_signed_in_with_them_for_thirty_days(database: Database):
    def work(c: Connection) -> None:
        for source in ("operator", "registration", "document"):
            for created_at in (0.0, DAY):
                for used_at in (None, 1.0):
                    name = f"{source} {created_at} {used_at}"
                    clients.add(c, Client(id=name, source=source, name="", created_at=created_at, used_at=used_at))
        assert sweep(c, 30 * DAY) == 2
        assert size(c, client_rows) == 10
        assert not {"registration 0.0 None", "document 0.0 None"} & names(c, client_rows)

    database.run(work, writes=True)


async def test_events_are_swept_when_they_are_older_than_an_operator_keeps_them(database: Database):
    now = time.time()
    ages = [400, 366, 364, 1]
    for age in ages:
        await database.write(partial(audit.record, event="sign_in", at=now - age * 86_400, outcome="ok"))

    await Sweeper(database, now=lambda: now, report=reraise).sweep_all()
    kept = await database.read(lambda c: audit.recent(c, 9))
    assert [round((now - entry.at) / 86_400) for entry in kept] == [1, 364]

    await Sweeper(database, now=lambda: now, report=reraise, audit_days=30).sweep_all()
    assert len(await database.read(lambda c: audit.recent(c, 9))) == 1


def test_accounts_consents_and_events_are_never_swept(database: Database):
    def work(c: Connection) -> None:
        user = account_id(c)
        consents.remember(c, user, b"key", "c_1", ["a"], 0.0)
        audit.record(c, "sign_in", at=0.0, outcome="ok")
        assert sweep(c, 1e12) == 0
        assert consents.allowed(c, user, b"key") == {"a"}
        assert len(audit.recent(c, 9)) == 1

    database.run(work, writes=True)


def test_a_batch_is_no_larger_than_asked_for(database: Database):
    def work(c: Connection) -> None:
        for number in range(5):
            assertions.use(c, "c_1", str(number), 1.0)
        assert [sweep(c, 2.0, batch=2) for _ in range(4)] == [2, 2, 1, 0]

    database.run(work, writes=True)


async def test_replicas_that_sweep_at_once_share_the_work(database: Database):
    rows = [{"digest": number.to_bytes(4), "expires_at": 1.0} for number in range(3000)]
    await database.write(lambda c: c.execute(insert(assertion_rows), rows))
    sweepers = [Sweeper(database, now=lambda: 2.0, report=reraise) for _ in range(3)]

    assert sum(await asyncio.gather(*(sweeper.sweep_all() for sweeper in sweepers))) == 3000
    assert await database.read(lambda c: size(c, assertion_rows)) == 0


def reraise(error: Exception) -> None:
    """A report that nobody expects."""
    raise error


@dataclass
class Pauses:
    """Pauses that are over at once, up to a number of rounds; then the server ends."""

    rounds: int
    lengths: list[float] = field(default_factory=list[float])

    async def __call__(self, seconds: float) -> None:
        if len(self.lengths) == self.rounds:
            raise asyncio.CancelledError
        self.lengths.append(seconds)


async def test_a_sweeper_sweeps_at_intervals_that_vary(database: Database):
    await database.write(lambda c: assertions.use(c, "c_1", "j", 1.0))
    pauses = Pauses(rounds=20)

    with pytest.raises(asyncio.CancelledError):
        await Sweeper(database, now=lambda: 2.0, report=reraise, pause=pauses).run()

    assert await database.read(lambda c: size(c, assertion_rows)) == 0
    assert all(48.0 <= length <= 72.0 for length in pauses.lengths)
    assert len(set(pauses.lengths)) > 10


async def test_a_round_that_fails_is_reported_and_followed_by_the_next(database: Database):
    await database.write(lambda c: assertions.use(c, "c_1", "j", 1.0))
    times: Iterator[float | Exception] = iter([StoreUnavailable(), *[2.0] * 99])
    reported: list[Exception] = []

    def now() -> float:
        found = next(times)
        if isinstance(found, Exception):
            raise found
        return found

    with pytest.raises(asyncio.CancelledError):
        await Sweeper(database, now=now, report=reported.append, pause=Pauses(rounds=2)).run()

    assert [type(error) for error in reported] == [StoreUnavailable]
    assert await database.read(lambda c: size(c, assertion_rows)) == 0
