"""What is particular to SQLite and to PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, insert, select, text, update

from plugwright.errors import SetupError
from plugwright.store.database import Database, StoreUnavailable
from plugwright.store.engines import Patience
from plugwright.store.tables import assertions
from tests.external.servers import HOST, free_port
from tests.postgres import PostgresServer, wait_until

COUNT = """
import sys
from plugwright.store.database import Database
from plugwright.store.tables import assertions
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(30):
    database.run(lambda c: c.execute(assertions.update().values(expires_at=assertions.c.expires_at + 1)), writes=True)
"""


def one(c: Connection) -> int | None:
    """Ask the database anything at all."""
    return c.execute(text("SELECT 1")).scalar()


def put_two(c: Connection) -> None:
    """Two rows, numbered zero."""
    c.execute(insert(assertions), [{"digest": name, "expires_at": 0.0} for name in (b"a", b"b")])


def add(c: Connection, name: bytes) -> None:
    """Count in one row, which locks it."""
    statement = update(assertions).where(assertions.c.digest == bindparam("name"))
    c.execute(statement.values(expires_at=assertions.c.expires_at + 1), {"name": name})


def sums(c: Connection) -> list[float]:
    """The numbers of the rows."""
    return list(c.execute(select(assertions.c.expires_at).order_by(assertions.c.digest)).scalars())


@pytest.mark.parametrize(
    ("url", "mend"),
    [
        ("nonsense", "must be a URL such as"),
        ("postgresql://user:hunter2@host:port/name", "must be a URL such as"),
        ("mysql://user:hunter2@host/name", "mysql is not supported; use SQLite or PostgreSQL"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
        ("sqlite:///file:name?mode=memory&uri=true", "SQLite needs a file"),
        ("sqlite:////dev/null/plugin.db", "cannot create"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_the_mend(url: str, mend: str):
    with pytest.raises(SetupError, match=mend) as refused:
        Database(url)

    assert "hunter2" not in refused.value.message


def test_sqlite_keeps_a_log_ahead_of_a_file_that_only_its_owner_reads(tmp_path: Path):
    file = tmp_path / "new" / "plugin.db"
    database = Database(f"sqlite:///{file}")
    database.run(lambda c: c.execute(text("CREATE TABLE t (x)")), writes=True)

    assert database.run(lambda c: c.execute(text("PRAGMA journal_mode")).scalar(), writes=False) == "wal"
    assert database.run(lambda c: c.execute(text("PRAGMA foreign_keys")).scalar(), writes=False) == 1
    assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
    database.close()


async def test_a_locked_sqlite_file_is_unavailable_to_writers_in_time_and_open_to_readers(sqlite_url: str):
    database = Database(sqlite_url, patience=Patience(lock=0.1))
    holder = Database(sqlite_url)
    is_held, may_go = threading.Event(), threading.Event()

    def hold(c: Connection) -> None:
        put_two(c)
        is_held.set()
        assert may_go.wait(10)

    holding = asyncio.create_task(holder.write(hold))
    assert await asyncio.to_thread(is_held.wait, 10)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await database.write(put_two)

    assert time.monotonic() - began < 1
    assert await database.read(sums) == []
    may_go.set()
    await holding
    assert await database.read(sums) == [0, 0]
    database.close()
    holder.close()


def test_processes_that_write_to_one_database_lose_no_update(database_url: str):
    database = Database(database_url)
    database.run(put_two, writes=True)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COUNT, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.communicate("go\n", timeout=60)

    assert [process.returncode for process in processes] == [0, 0]
    assert database.run(sums, writes=False) == [60, 60]
    database.close()


async def test_a_deadlock_is_run_again(postgresql_url: str):
    database = Database(postgresql_url)
    await database.write(put_two)
    meeting = threading.Barrier(2)
    tries: list[str] = []

    def lock(first: bytes, second: bytes, c: Connection) -> None:
        tries.append("try")
        add(c, first)
        if len(tries) <= 2:
            meeting.wait(10)
        add(c, second)

    await asyncio.gather(
        database.write(lambda c: lock(b"a", b"b", c)),
        database.write(lambda c: lock(b"b", b"a", c)),
    )

    assert len(tries) == 3
    assert await database.read(sums) == [2, 2]
    database.close()


async def test_a_server_that_is_not_there_is_unavailable_at_once():
    database = Database(f"postgresql://postgres@{HOST}:{free_port()}/nothing")
    began = time.monotonic()

    with pytest.raises(StoreUnavailable) as refused:
        await database.read(one)

    assert time.monotonic() - began < 2
    assert refused.value.message == "The plugin cannot reach its database now; try again in a moment"
    database.close()


async def test_a_server_that_stands_still_is_unavailable_in_time_and_used_again(
    postgresql_server: PostgresServer, postgresql_url: str
):
    database = Database(postgresql_url, connections=2, patience=Patience(queue=0.1, transaction=0.2))
    await asyncio.gather(*(database.read(one) for _ in range(2)))
    began = time.monotonic()

    with postgresql_server.frozen():
        results = await asyncio.gather(*(database.read(one) for _ in range(10)), return_exceptions=True)
        assert all(isinstance(result, StoreUnavailable) for result in results)
        assert time.monotonic() - began < 2

    assert await database.read(one) == 1
    database.close()


async def test_closing_does_not_wait_for_a_server_that_stands_still(
    postgresql_server: PostgresServer, postgresql_url: str
):
    before = set(threading.enumerate())
    database = Database(postgresql_url, patience=Patience(queue=0.05, transaction=0.05))
    await database.read(one)

    with postgresql_server.frozen():
        with pytest.raises(StoreUnavailable):
            await database.read(one)
        workers = {thread for thread in threading.enumerate() if thread not in before}
        workers = {thread for thread in workers if thread.name.startswith("plugwright-database")}
        assert workers
        await asyncio.to_thread(database.close)
        await asyncio.to_thread(wait_until, lambda: not any(thread.is_alive() for thread in workers))


async def test_a_statement_that_takes_too_long_is_ended(postgresql_url: str):
    database = Database(postgresql_url, patience=Patience(statement=0.1))

    with pytest.raises(StoreUnavailable):
        await database.write(lambda c: c.execute(text("SELECT pg_sleep(10)")))

    assert await database.read(one) == 1
    database.close()


async def test_connections_that_the_server_closed_are_made_anew(postgresql_url: str):
    database = Database(postgresql_url, connections=3)
    await asyncio.gather(*(database.read(one) for _ in range(3)))
    other = Database(postgresql_url)
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"  # noqa: S608 a constant

    await other.write(lambda c: c.execute(text(end)))

    assert await database.read(one) == 1
    database.close()
    other.close()


async def test_a_connection_lost_in_a_transaction_is_unavailable_and_nothing_is_written(postgresql_url: str):
    database = Database(postgresql_url)

    def work(c: Connection) -> None:
        put_two(c)
        c.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StoreUnavailable):
        await database.write(work)

    assert await database.read(sums) == []
    database.close()
