"""The database: one engine, transactions in threads.

A transaction is a plain function of a `Connection`. It runs in a thread of its own from begin to commit, so a request
that is cancelled never leaves half of one behind.
"""

import asyncio
import contextlib
import os
import random
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar
from weakref import WeakSet

from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from plugwright.errors import Unavailable
from plugwright.store.engines import Patience, make_engine, usable_url
from plugwright.store.tally import DatabaseTally

ResultT = TypeVar("ResultT")
Work = Callable[[Connection], ResultT]

_RETRIED = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_TRIES = 4
_PAUSE = 0.01  # seconds, doubled and jittered before each new try
_WAITING_PER_THREAD = 50
# PostgreSQL: connection, resources, shutdown and timeouts; a lock not had; a transaction ended for its age
_UNAVAILABLE_CLASSES = frozenset({"08", "53", "57"})
_UNAVAILABLE_CODES = frozenset({"55P03", "25P03", "25P04", *_RETRIED})
_BUSY = ("database is locked", "database table is locked", "disk is full", "disk I/O error", "unable to open")


class StoreUnavailable(Unavailable):
    """The database cannot be reached, or is too slow, for now."""

    def __init__(self) -> None:
        super().__init__("The plugin cannot reach its database now; try again in a moment", retry_after=1)


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
        self.url = usable_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._patience = patience or Patience()
        self.engine = make_engine(self.url, connections, self._patience)
        self.answered_at = float("-inf")  # when a transaction last ended as it should, by the monotonic clock
        self.tally = DatabaseTally()
        """What came of transactions, of those that were waited for in the event loop."""
        self._is_closed = False
        event.listen(self.engine, "do_connect", self._refuse_if_closed)
        self._connected: WeakSet[Any] = WeakSet()  # those of PostgreSQL, which may hang
        if not self.is_sqlite:
            event.listen(self.engine, "connect", self._remember)
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="plugwright-database")
        # SQLite has one writer at a time: they wait here, in order, rather than in its busy loop.
        self._writer = (
            ThreadPoolExecutor(1, thread_name_prefix="plugwright-writer") if self.is_sqlite else self._threads
        )
        self._jobs: set[Future[Any]] = set()
        self._most_jobs = connections * _WAITING_PER_THREAD

    async def read(self, work: Work[ResultT]) -> ResultT:
        """The result of a function that only reads, in one transaction.

        Raises:
            StoreUnavailable: the database cannot be reached, or too much waits for it.
        """
        return await self._in(self._threads, work, writes=False)

    async def write(self, work: Work[ResultT]) -> ResultT:
        """The result of a function that may write, in one transaction; run again after a deadlock.

        An exception rolls back and is raised. A caller that is cancelled leaves a transaction that did not begin, or
        one that ends as if the caller had waited.

        Raises:
            StoreUnavailable: the database cannot be reached, or too much waits for it. As with any lost connection,
                it may have committed all the same.
        """
        return await self._in(self._writer, work, writes=True)

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
                    result = work(connection)
            except DBAPIError as error:
                if _code(error) in _RETRIED and attempt + 1 < _TRIES:
                    time.sleep(_PAUSE * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 jitter is no secret
                elif _is_unavailable(error):
                    raise StoreUnavailable from error
                else:
                    raise
            except NoConnection as error:
                raise StoreUnavailable from error
            else:
                self.answered_at = time.monotonic()
                return result
        raise StoreUnavailable

    def close(self) -> None:
        """Close every connection; transactions that run may finish first, within the patience for one.

        What does not finish loses its connection, so that a server that hangs does not keep a process from ending.
        """
        self._is_closed = True
        for threads in {self._threads, self._writer}:
            threads.shutdown(wait=False, cancel_futures=True)
        pool = self.engine.pool
        late = wait(tuple(self._jobs), timeout=self._patience.transaction).not_done
        self.engine.dispose()
        for job in late:  # it brings its connection back to a pool that nobody looks after
            job.add_done_callback(lambda _: pool.dispose())
        if late:
            for connection in tuple(self._connected):
                _cut(connection)

    def _refuse_if_closed(self, *_: Any) -> None:
        if self._is_closed:
            raise StoreUnavailable

    def _remember(self, connection: Any, _: Any) -> None:
        self._connected.add(connection)

    @property
    def waiting(self) -> int:
        """How many transactions wait for a thread, and so for a connection."""
        return sum(not job.running() for job in tuple(self._jobs))

    async def _in(self, threads: ThreadPoolExecutor, work: Work[ResultT], *, writes: bool) -> ResultT:
        started = time.monotonic()
        outcome = "rolled_back"
        try:
            result = await self._result_in(threads, work, writes=writes)
            outcome = "ok"
        except StoreUnavailable:
            outcome = "unavailable"
            raise
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        finally:
            self.tally.add("write" if writes else "read", outcome, time.monotonic() - started)
        return result

    async def _result_in(self, threads: ThreadPoolExecutor, work: Work[ResultT], *, writes: bool) -> ResultT:
        if len(self._jobs) >= self._most_jobs:
            raise StoreUnavailable
        job = self._begin(threads, work, writes=writes)
        future = asyncio.wrap_future(job)
        try:
            await asyncio.wait((future,), timeout=self._patience.queue)
            if not future.done():
                if job.cancel():  # no thread was free: nothing was done
                    raise StoreUnavailable
                await asyncio.wait((future,), timeout=self._patience.transaction)
            if not future.done():
                future.add_done_callback(_retrieve)
                raise StoreUnavailable
        except asyncio.CancelledError:
            job.cancel()
            future.add_done_callback(_retrieve)
            raise
        if future.cancelled():  # closed meanwhile
            raise StoreUnavailable
        return future.result()

    def _begin(self, threads: ThreadPoolExecutor, work: Work[ResultT], *, writes: bool) -> Future[ResultT]:
        try:
            job = threads.submit(self.run, work, writes=writes)
        except RuntimeError:  # closed
            raise StoreUnavailable from None
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job


def _cut(connection: Any) -> None:
    """End the TCP connection under one of psycopg's, which wakes the thread that waits on it."""
    with contextlib.suppress(OSError, connection.Error), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def _retrieve(future: asyncio.Future[Any]) -> None:
    """Take the exception of a future that nobody waits for any more, so that asyncio does not report it."""
    if not future.cancelled():
        future.exception()


def _code(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _is_unavailable(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    if not hasattr(error.orig, "sqlstate"):
        return isinstance(error, OperationalError) and any(text in str(error.orig) for text in _BUSY)
    code = _code(error)
    if code is None:  # the server said nothing: the connection is gone, or never was
        return isinstance(error, OperationalError | InterfaceError)
    return code[:2] in _UNAVAILABLE_CLASSES or code in _UNAVAILABLE_CODES
