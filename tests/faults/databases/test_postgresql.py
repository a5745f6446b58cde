"""PostgreSQL that is away, hangs, is full or locked: callers are told so in time, and all goes on when it is back."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Generator

import psycopg
import pytest
from psycopg import sql

from tests.databases import migrate
from tests.faults.databases.guests import (
    all_timed,
    check_recovered,
    check_remembered,
    check_unavailable,
    check_untouched,
    guest,
)
from tests.postgres import PostgresServer


@pytest.fixture(scope="module")
def server() -> Generator[PostgresServer]:
    """A server of these tests' own, with few connections, which keeps what it committed through a crash."""
    started = PostgresServer(max_connections="20", synchronous_commit="on")
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture
def url(server: PostgresServer) -> Generator[str]:
    """A database with the present tables."""
    with server.database() as found:
        migrate(found)
        yield found


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_while_it_is_restarted_or_has_crashed(server: PostgresServer, url: str, how: signal.Signals):
    async with guest(url) as found:
        with server.stopped(how):
            await check_untouched(found)
            await check_remembered(found)
            check_unavailable(await all_timed({**found.writes(100), **found.reads()}))
            await found.until_unready()
        await check_recovered(found)


async def test_while_it_stands_still(server: PostgresServer, url: str):
    async with guest(url) as found:
        with server.frozen():
            asked = asyncio.create_task(all_timed({**found.writes(100), **found.reads()}))
            await check_untouched(found)
            check_unavailable(await asked)
            await found.until_unready()
            check_unavailable(await all_timed({**found.writes(101), **found.reads()}))
            await check_untouched(found)
        await check_recovered(found)


async def test_while_it_has_no_connection_left(server: PostgresServer, url: str):
    async with guest(url) as found:
        with no_connections(server, url):
            await check_remembered(found)
            await check_untouched(found)
            check_unavailable(await all_timed({**found.writes(100), **found.reads()}))
            await found.until_unready()
        await check_recovered(found)


async def test_while_somebody_holds_every_table(url: str):
    async with guest(url) as found:
        with psycopg.connect(url) as other:
            tables = [row[0] for row in other.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            other.execute(sql.SQL("LOCK TABLE {}").format(sql.SQL(", ").join(map(sql.Identifier, tables))))
            await check_untouched(found)
            check_unavailable(await all_timed({**found.writes(100), **found.reads()}))
            await check_untouched(found)
        await check_recovered(found)


@contextlib.contextmanager
def no_connections(server: PostgresServer, url: str) -> Generator[None]:
    """End the connections of everybody else, and take all that there are."""
    with contextlib.ExitStack() as held:
        first = held.enter_context(psycopg.connect(url, autocommit=True))
        first.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                held.enter_context(psycopg.connect(server.url("postgres")))
        yield
