"""The database: one engine, transactions in threads.

A transaction is a plain function of a `Connection`. It runs in a thread of its own from begin to commit, so a request
that is cancelled never leaves half of one behind.
"""

import asyncio
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from plugwright.errors import SetupError, Unavailable

ResultT = TypeVar("ResultT")
Work = Callable[[Connection], ResultT]

_RETRIED = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_TRIES = 4
_PAUSE = 0.01  # seconds, doubled and jittered before each new try
_WAITING_PER_THREAD = 50
_BUSY = ("database is locked", "database table is locked", "disk is full", "disk I/O error", "unable to open")


class StoreUnavailable(Unavailable):
    """The database cannot be reached, or is too slow, for now."""

    def __init__(self) -> None:
        super().__init__("The plugin cannot reach its database now; try again in a moment", retry_after=1)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the database may take, in seconds: to connect, to lend a connection, for one statement, for a lock."""

    connect: float = 3.0
    checkout: float = 1.0
    statement: float = 5.0
    lock: float = 3.0


class Database:
    """A database by its URL: ``sqlite:///file`` or ``postgresql://…``.

    Args:
        url: where it is.
        connections: how many are held at most.
        patience: its timeouts.

    Raises:
        SetupError: the URL is malformed, names another kind of database, or its driver is missing.
    """

    def __init__(self, url: str, *, connections: int = 10, patience: Patience | None = None) -> None:
        self.url = _usable_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        patience = patience or Patience()
        self.engine = _sqlite(self.url, patience) if self.is_sqlite else _postgresql(self.url, connections, patience)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="plugwright-database")
        # SQLite has one writer at a time: they wait here, in order, rather than in its busy loop.
        self._writer = (
            ThreadPoolExecutor(1, thread_name_prefix="plugwright-writer") if self.is_sqlite else self._threads
        )
        self._waiting = 0
        self._most_waiting = connections * _WAITING_PER_THREAD

    async def read(self, work: Work[ResultT]) -> ResultT:
        """The result of a function that only reads, in one transaction.

        Raises:
            StoreUnavailable: the database cannot be reached, or too much waits for it.
        """
        return await self._in(self._threads, work, writes=False)

    async def write(self, work: Work[ResultT]) -> ResultT:
        """The result of a function that may write, in one transaction; run again after a deadlock.

        An exception rolls back and is raised.

        Raises:
            StoreUnavailable: the database cannot be reached, or too much waits for it.
        """
        return await self._in(self._writer or self._threads, work, writes=True)

    def run(self, work: Work[ResultT], *, writes: bool) -> ResultT:
        """The same without a thread, for commands.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        for attempt in range(_TRIES):
            try:
                with (
                    self.engine.connect().execution_options(plugwright_writes=writes) as connection,
                    connection.begin(),
                ):
                    return work(connection)
            except DBAPIError as error:
                if _code(error) in _RETRIED and attempt + 1 < _TRIES:
                    time.sleep(_PAUSE * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 jitter is no secret
                elif _is_unavailable(error):
                    raise StoreUnavailable from error
                else:
                    raise
            except NoConnection as error:
                raise StoreUnavailable from error
        raise StoreUnavailable

    def close(self) -> None:
        """Close every connection; transactions that run are finished first."""
        self._threads.shutdown(cancel_futures=True)
        if self._writer is not None:
            self._writer.shutdown(cancel_futures=True)
        self.engine.dispose()

    async def _in(self, threads: ThreadPoolExecutor, work: Work[ResultT], *, writes: bool) -> ResultT:
        if self._waiting >= self._most_waiting:
            raise StoreUnavailable
        self._waiting += 1
        future = asyncio.get_running_loop().run_in_executor(threads, lambda: self.run(work, writes=writes))
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, future: asyncio.Future[Any]) -> None:
        self._waiting -= 1
        if not future.cancelled():
            future.exception()  # the caller may be gone


def _usable_url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise SetupError(
            "PLUGWRIGHT_DATABASE_URL: must be a URL such as sqlite:///plugin.db or postgresql://user@host/name"
        ) from None
    backend = url.get_backend_name()
    if backend == "sqlite":
        return url.set(drivername="sqlite+pysqlite")
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise SetupError(f"PLUGWRIGHT_DATABASE_URL: {backend} is not supported; use SQLite or PostgreSQL")


def _sqlite(url: URL, patience: Patience) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        connect_args={"timeout": patience.lock, "check_same_thread": False},
        pool_size=5,
        max_overflow=10,
        pool_timeout=patience.checkout,
    )

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:  # pyright: ignore[reportUnusedFunction] SQLAlchemy calls it
        connection.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction] SQLAlchemy calls it
        # A writer that begins as a reader may find its snapshot outdated; one that says so at once waits its turn.
        writes = connection.get_execution_options().get("plugwright_writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL, connections: int, patience: Patience) -> Engine:
    options = (
        f"-c statement_timeout={int(patience.statement * 1000)} -c lock_timeout={int(patience.lock * 1000)} "
        f"-c idle_in_transaction_session_timeout={int(patience.statement * 2000)}"
    )
    try:
        return create_engine(
            url,
            connect_args={"connect_timeout": max(1, int(patience.connect)), "options": options},
            pool_size=connections,
            max_overflow=0,
            pool_timeout=patience.checkout,
            pool_pre_ping=True,
            pool_recycle=1800,
        )
    except ModuleNotFoundError:
        raise SetupError("PLUGWRIGHT_DATABASE_URL: PostgreSQL needs its driver; install plugwright[postgres]") from None


def _code(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _is_unavailable(error: DBAPIError) -> bool:
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    code = _code(error)
    # PostgreSQL: no code is a failed connection; 08 connection, 53 resources, 55P03 lock, 57 shutdown and timeouts.
    if hasattr(error.orig, "sqlstate"):
        return code is None or code[:2] in {"08", "53", "57"} or code in {"55P03", *_RETRIED}
    return any(text in str(error.orig) for text in _BUSY)
