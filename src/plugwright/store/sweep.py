"""Sweeping: what has expired is deleted, a batch at a time, so that no lock is held long."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Delete,
    Table,
    Update,
    bindparam,
    delete,
    select,
    tuple_,
    update,
)

from plugwright.store.database import Database
from plugwright.store.tables import (
    access_tokens,
    assertions,
    audit,
    clients,
    codes,
    grants,
    idempotency_keys,
    jobs,
    refresh_tokens,
    sessions,
    throttles,
)
from plugwright.store.token_requests import REPEATABLE_FOR

_DAY = 86_400.0
# A code that comes back is worth an alarm for as long as somebody may hold a copy of it.
_CODES_KEPT = _DAY
_GRANTS_KEPT = 30 * _DAY
_UNUSED_CLIENTS_KEPT = 30 * _DAY
_BATCH = 500
_BATCHES_A_ROUND = 20
_INTERVAL = 60.0

_NOW = bindparam("now", type_=grants.c.created_at.type)


def _batch_of(column: Column[Any], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Some of the rows that meet the conditions, without those that another process has in hand.

    They are found by the index of the column, even before the database has counted its rows.
    """
    keys = column.table.primary_key.columns
    query = select(*keys).where(*conditions).order_by(column).limit(bindparam("batch"))
    found = query.with_for_update(skip_locked=True).cte(
        "found", nesting=True
    )  # chosen once, however the rest is planned
    return tuple_(*keys).in_(select(*found.c))


def _swept(column: Column[Any], age: float = 0.0, *conditions: ColumnElement[bool]) -> Delete:
    """Delete the rows whose time passed so many seconds ago."""
    return delete(column.table).where(_batch_of(column, column <= _NOW - age, *conditions))


def _unsealed(table: Table) -> Update:
    conditions = (table.c.sealed_answer.is_not(None), table.c.used_at < _NOW - REPEATABLE_FOR)
    return update(table).where(_batch_of(table.c.used_at, *conditions)).values(sealed_answer=None)


_STATEMENTS: tuple[Delete | Update, ...] = (
    _unsealed(codes),
    _unsealed(refresh_tokens),
    _swept(codes.c.expires_at, _CODES_KEPT),
    _swept(access_tokens.c.expires_at),
    _swept(refresh_tokens.c.expires_at),
    _swept(sessions.c.expires_at),
    _swept(assertions.c.expires_at),
    _swept(jobs.c.expires_at),
    _swept(idempotency_keys.c.expires_at),
    _swept(throttles.c.expires_at, 0.0, throttles.c.blocked_until <= _NOW),
    _swept(grants.c.ends_at, _GRANTS_KEPT),
    _swept(grants.c.revoked_at, _GRANTS_KEPT, grants.c.revoked_at.is_not(None)),
    _swept(clients.c.created_at, _UNUSED_CLIENTS_KEPT, clients.c.used_at.is_(None), clients.c.source != "operator"),
)


def sweep(c: Connection, now: float, batch: int = _BATCH) -> int:
    """Delete what has expired, so many rows of each table at most; sealed answers go as soon as nobody may repeat.

    Returns:
        How many rows were deleted or cleared.
    """
    return sum(_run(c, statement, now, batch) for statement in _STATEMENTS)


def _run(c: Connection, statement: Delete | Update, now: float, batch: int) -> int:
    return c.execute(statement, {"now": now, "batch": batch}).rowcount


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Sweeps for as long as a server runs; several servers do not disturb each other.

    ``report`` is told of what fails: the next round tries again. ``audit_days``: how long audit records are kept.
    """

    database: Database
    now: Callable[[], float]
    report: Callable[[Exception], None]
    audit_days: float = 365.0
    interval: float = _INTERVAL
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Sweep while the block runs."""
        sweeping = asyncio.create_task(self.run())
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.wait([sweeping])

    async def run(self) -> None:
        """Sweep at every interval, until cancelled."""
        while True:
            # Servers that start together do not sweep together.
            await self.pause(self.interval * random.uniform(0.8, 1.2))  # noqa: S311 jitter is no secret
            try:
                await self.sweep_all()
            except Exception as error:  # noqa: BLE001 one round of a job: the next has to come
                self.report(error)

    async def sweep_all(self) -> int:
        """Sweep until nothing is left or the round is full, each batch of a table in a transaction of its own."""
        swept = 0
        for statement in (*_STATEMENTS, _swept(audit.c.at, self.audit_days * _DAY)):
            for _ in range(_BATCHES_A_ROUND):
                found = await self.database.write(partial(_run, statement=statement, now=self.now(), batch=_BATCH))
                swept += found
                if found < _BATCH:
                    break
        return swept
