"""Transactions, on both kinds of database."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, QueuePool, func, insert, select, text

from plugwright.errors import NotFound
from plugwright.store.database import Database, StoreUnavailable
from plugwright.store.engines import Patience
from plugwright.store.tables import assertions, clients, user_keys
from tests.postgres import wait_until


def nothing(_: Connection) -> None:
    """A transaction without content."""


def put(name: str) -> Callable[[Connection], None]:
    """Insert one row."""

    def work(c: Connection) -> None:
        c.execute(insert(assertions), {"digest": name.encode(), "expires_at": 0.0})

    return work


def names(c: Connection) -> set[str]:
    """The rows that are there."""
    return {row.digest.decode() for row in c.execute(select(assertions.c.digest))}


class Gate:
    """A transaction that waits in its thread until it is let through."""

    def __init__(self, then: Callable[[Connection], None] = nothing, first: Callable[[Connection], None] = nothing):
        self.is_in = threading.Event()
        self.open = threading.Event()
        self._first = first
        self._then = then

    def __call__(self, c: Connection) -> None:
        self._first(c)
        self.is_in.set()
        assert self.open.wait(10)
        self._then(c)


async def in_thread(event: threading.Event) -> None:
    """Wait for an event of another thread."""
    assert await asyncio.to_thread(event.wait, 10)


async def test_what_is_written_is_read(database: Database):
    await database.write(put("a"))

    assert await database.read(names) == {"a"}


async def test_an_exception_rolls_back_and_is_raised(database: Database):
    def work(c: Connection) -> None:
        put("a")(c)
        raise NotFound("No such thing")

    with pytest.raises(NotFound, match="No such thing"):
        await database.write(work)

    assert await database.read(names) == set()


async def test_a_cancelled_caller_leaves_a_whole_transaction(database: Database):
    gate = Gate(first=put("a"), then=put("b"))
    caller = asyncio.create_task(database.write(gate))
    await in_thread(gate.is_in)

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await database.read(names) == set()
    gate.open.set()

    await asyncio.to_thread(wait_until, lambda: database.run(names, writes=False) == {"a", "b"})


async def test_a_caller_cancelled_before_its_transaction_began_leaves_none(database_url: str):
    database = Database(database_url, connections=1)
    gate = Gate()
    first = asyncio.create_task(database.write(gate))
    await in_thread(gate.is_in)
    second = asyncio.create_task(database.write(put("second")))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.open.set()
    await first

    await database.write(put("third"))
    assert await database.read(names) == {"third"}
    database.close()


async def test_nobody_waits_for_a_thread_longer_than_allowed(database_url: str):
    database = Database(database_url, connections=1, patience=Patience(queue=0.05))
    gate = Gate()
    first = asyncio.create_task(database.write(gate))
    await in_thread(gate.is_in)

    with pytest.raises(StoreUnavailable) as refused:
        await database.write(put("late"))
    assert refused.value.retry_after == 1
    gate.open.set()
    await first

    await database.write(put("later"))
    assert await database.read(names) == {"later"}
    database.close()


async def test_when_too_many_wait_the_next_is_refused_at_once(database_url: str):
    database = Database(database_url, connections=1)
    gate = Gate()
    first = asyncio.create_task(database.write(gate))
    await in_thread(gate.is_in)
    waiting = [asyncio.create_task(database.write(nothing)) for _ in range(49)]
    await asyncio.sleep(0)

    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(database.write(put("one too many")), timeout=0.5)
    gate.open.set()
    await asyncio.gather(first, *waiting)
    assert await database.read(names) == set()
    database.close()


async def test_a_transaction_that_does_not_end_is_not_waited_for(database_url: str):
    database = Database(database_url, patience=Patience(queue=0.02, transaction=0.05))
    gate = Gate(then=put("late"))

    with pytest.raises(StoreUnavailable):
        await database.write(gate)
    gate.open.set()

    await asyncio.to_thread(wait_until, lambda: database.run(names, writes=False) == {"late"})
    database.close()


async def test_parallel_writers_lose_no_update(database: Database):
    await database.write(put("counter"))

    def add_one(c: Connection) -> None:
        c.execute(assertions.update().values(expires_at=assertions.c.expires_at + 1))

    await asyncio.gather(*(database.write(add_one) for _ in range(100)))

    assert await database.read(lambda c: c.execute(select(assertions.c.expires_at)).scalar()) == 100


async def test_every_connection_goes_back_whatever_happens(database: Database):
    def fail(c: Connection) -> None:
        put("a")(c)
        raise NotFound("No such thing")

    def break_rule(c: Connection) -> None:
        put("a")(c)
        put("a")(c)

    def misspell(c: Connection) -> None:
        c.execute(text("no SQL at all"))

    works = [put("fine"), fail, break_rule, misspell] * 10
    results = await asyncio.gather(*(database.write(work) for work in works), return_exceptions=True)

    assert sum(result is None for result in results) == 1
    assert checked_out(database) == 0


def checked_out(database: Database) -> int:
    """How many connections are in use."""
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


async def test_a_closed_database_is_unavailable(database_url: str):
    database = Database(database_url)
    await database.write(put("a"))
    database.close()

    with pytest.raises(StoreUnavailable):
        await database.read(names)
    with pytest.raises(StoreUnavailable):
        database.run(names, writes=False)


async def test_closing_waits_for_a_transaction_but_not_for_ever(database_url: str):
    database = Database(database_url, patience=Patience(transaction=0.1))
    gate = Gate()
    writer = asyncio.create_task(database.write(gate))
    await in_thread(gate.is_in)

    began = time.monotonic()
    await asyncio.to_thread(database.close)
    assert time.monotonic() - began < 2
    gate.open.set()
    await writer


async def test_those_who_wait_when_it_closes_are_told(database_url: str):
    database = Database(database_url, connections=1)
    gate = Gate()
    first = asyncio.create_task(database.write(gate))
    await in_thread(gate.is_in)
    second = asyncio.create_task(database.write(put("second")))
    await asyncio.sleep(0)

    closing = asyncio.create_task(asyncio.to_thread(database.close))
    with pytest.raises(StoreUnavailable):
        await second
    gate.open.set()
    await asyncio.gather(first, closing)


def test_json_is_compact_and_in_order(database: Database):
    row = {"id": "k", "digest": b"d", "subject": "s", "label": "l", "created_at": 0.0}
    scopes = {"b": [1, "é"], "a": None}
    database.run(lambda c: c.execute(insert(user_keys), {**row, "scopes": scopes}), writes=True)

    stored = database.run(
        lambda c: c.execute(text("SELECT CAST(scopes AS TEXT) FROM user_keys")).scalar(), writes=False
    )

    assert stored == '{"a":null,"b":[1,"\\u00e9"]}'


def test_a_list_that_is_absent_is_no_json_value(database: Database):
    values = {"id": "c", "source": "operator", "name": "n", "auth_method": "none", "created_at": 0.0, "jwks": None}
    lists: dict[str, list[str]] = {
        name: [] for name in ("redirect_uris", "redirect_templates", "onward_origins", "grant_types")
    }
    flags = dict.fromkeys(("requires_pkce", "takes_json", "is_trusted"), False)
    database.run(lambda c: c.execute(insert(clients), {**values, **lists, **flags}), writes=True)

    query = select(func.count()).where(clients.c.jwks.is_(None))
    assert database.run(lambda c: c.execute(query).scalar(), writes=False) == 1
