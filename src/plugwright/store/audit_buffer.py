"""Audit records that wait to be written: a bounded number, in batches, apart from the calls that they tell of.

What decides about rights is recorded in the transaction of the decision instead (`audit.record`).
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import islice
from typing import Any

from plugwright.store import audit
from plugwright.store.audit import Record
from plugwright.store.database import Database, StoreUnavailable

_MOST = 10_000
_BATCH = 500
_WINDOW = 0.5  # seconds that the first record of a batch waits for others
_AGAIN = 1.0  # seconds until a database that was away is tried again
_LAST_TRY = 5.0  # seconds for what waits when the process ends


class AuditBuffer:
    """Takes records at any time and writes them while it is `running`.

    When the database is away so long that no more fit, the newest are dropped, counted, and the count is recorded.

    Args:
        database: where the record is.
        log: told of what was dropped.
        now: seconds since the epoch.
        pause: waits for so many seconds.
        most: how many records wait at most.
    """

    def __init__(
        self,
        database: Database,
        log: Any,
        *,
        now: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most: int = _MOST,
    ) -> None:
        self._database = database
        self._log = log
        self._now = now
        self._pause = pause
        self._most = most
        self._waiting: list[Record] = []
        self._some = asyncio.Event()
        self._untold = 0
        self.dropped = 0
        """How many records were dropped since the start."""

    def add(self, record: Record) -> None:
        """Take a record; never waits, never fails."""
        if len(self._waiting) >= self._most:
            self._drop(1)
            return
        self._waiting.append(record)
        self._some.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Write while the block runs; what waits at its end is tried once more."""
        writing = asyncio.create_task(self._write_for_ever())
        try:
            yield
        finally:
            writing.cancel()
            await asyncio.wait([writing])
            await self._write_the_rest()

    async def _write_for_ever(self) -> None:
        while True:
            await self._some.wait()
            await self._pause(_WINDOW)
            try:
                await self._write_all()
            except StoreUnavailable:
                await self._pause(_AGAIN)
            except Exception as error:  # noqa: BLE001 one round of a job: the next has to come
                self._give_up("audit_records_refused", error)

    async def _write_all(self) -> None:
        while self._waiting:
            batch = [*self._about_dropped(), *islice(self._waiting, _BATCH)]
            untold = self._untold
            # In this order a process that is stopped here writes a batch twice rather than not at all.
            await self._database.write(partial(audit.append, records=batch))
            self._untold -= untold
            del self._waiting[: len(batch) - bool(untold)]
        self._some.clear()

    def _about_dropped(self) -> list[Record]:
        if not self._untold:
            return []
        return [Record(self._now(), "records_dropped", "lost", detail={"count": self._untold})]

    async def _write_the_rest(self) -> None:
        try:
            async with asyncio.timeout(_LAST_TRY):
                await self._write_all()
        except Exception as error:  # noqa: BLE001 the process ends here, and says what it takes along
            self._give_up("audit_records_lost", error)

    def _give_up(self, event: str, error: Exception) -> None:
        lost = len(self._waiting)
        self._waiting.clear()
        self._some.clear()
        self.dropped += lost
        self._log.error(event, count=lost, exc_info=error)

    def _drop(self, count: int) -> None:
        if not self._untold:
            self._log.error("audit_records_dropped", mend="the database has been away for too long")
        self._untold += count
        self.dropped += count
