"""Records of calls wait for each other, and outlast a database that is away."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plugwright.store import audit
from plugwright.store.audit import Entry, Record
from plugwright.store.audit_buffer import AuditBuffer
from plugwright.store.database import Database, StoreUnavailable, Work


@dataclass
class Log:
    """Remembers what was logged."""

    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])

    def error(self, event: str, **fields: Any) -> None:
        self.lines.append((event, fields))


@dataclass
class Pauses:
    """Pauses that end when a test says so."""

    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def __call__(self, seconds: float) -> None:  # noqa: ARG002 a pause of any length
        self.begun.release()
        await self.turns.acquire()

    async def let_pass(self) -> None:
        """Let one pause end, and wait until the next begins."""
        self.turns.release()
        await self.begun.acquire()


class Away:
    """A database that is away while a test says so, and counts the transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_away = False
        self.error: Exception = StoreUnavailable()
        self.written = 0

    async def write(self, work: Work[Any]) -> Any:
        if self.is_away:
            raise self.error
        self.written += 1
        return await self._database.write(work)


def call(number: int) -> Record:
    """A record of some call."""
    return Record(float(number), "call", "ok", operation="save", request_id=f"r-{number}")


async def entries(database: Database) -> Sequence[Entry]:
    """All that was recorded, the first event first."""
    return await database.read(lambda c: audit.after(c, 0, 10_000))


async def test_records_are_written_together_and_in_order(database: Database) -> None:
    pauses, front = Pauses(), Away(database)
    buffer = AuditBuffer(front, Log(), pause=pauses)  # pyright: ignore[reportArgumentType] as much of a database as it needs
    async with buffer.running():
        buffer.add(call(0))
        await pauses.begun.acquire()
        for number in range(1, 700):
            buffer.add(call(number))
        pauses.turns.release()
        async with asyncio.timeout(10):
            while len(await entries(database)) < 700:  # noqa: ASYNC110 what is in the database tells no event
                await asyncio.sleep(0.01)

    assert [entry.request_id for entry in await entries(database)] == [f"r-{number}" for number in range(700)]
    assert front.written == 2


async def test_what_waits_at_the_end_is_written(database: Database) -> None:
    buffer = AuditBuffer(database, Log(), pause=Pauses())
    async with buffer.running():
        buffer.add(call(1))
        buffer.add(call(2))

    assert [entry.request_id for entry in await entries(database)] == ["r-1", "r-2"]


async def test_records_outlast_a_database_that_is_away_and_are_written_once(database: Database) -> None:
    pauses, front = Pauses(), Away(database)
    front.is_away = True
    buffer = AuditBuffer(front, Log(), pause=pauses)  # pyright: ignore[reportArgumentType] as much of a database as it needs
    async with buffer.running():
        buffer.add(call(1))
        await pauses.begun.acquire()
        await pauses.let_pass()  # it tries, and waits to try again
        buffer.add(call(2))
        front.is_away = False

    assert [entry.request_id for entry in await entries(database)] == ["r-1", "r-2"]
    assert buffer.dropped == 0


async def test_what_does_not_fit_is_dropped_and_the_record_says_how_much(database: Database) -> None:
    log = Log()
    buffer = AuditBuffer(database, log, now=lambda: 9.0, pause=Pauses(), most=3)
    async with buffer.running():
        for number in range(10):
            buffer.add(call(number))

    found = await entries(database)
    assert sorted(entry.request_id or entry.event for entry in found) == ["r-0", "r-1", "r-2", "records_dropped"]
    (told,) = [entry for entry in found if entry.event == "records_dropped"]
    assert (told.at, told.detail) == (9.0, {"count": 7})
    assert buffer.dropped == 7
    assert [event for event, _ in log.lines] == ["audit_records_dropped"]


async def test_what_cannot_be_written_at_the_end_is_counted_and_logged(database: Database) -> None:
    log, front = Log(), Away(database)
    front.is_away = True
    buffer = AuditBuffer(front, log, pause=Pauses())  # pyright: ignore[reportArgumentType] as much of a database as it needs
    async with buffer.running():
        buffer.add(call(1))

    assert buffer.dropped == 1
    assert [(event, fields["count"]) for event, fields in log.lines] == [("audit_records_lost", 1)]


async def test_a_failure_that_nobody_foresaw_ends_a_round_and_not_the_writing(database: Database) -> None:
    log, pauses, front = Log(), Pauses(), Away(database)
    front.is_away, front.error = True, RuntimeError()
    buffer = AuditBuffer(front, log, pause=pauses)  # pyright: ignore[reportArgumentType] as much of a database as it needs
    async with buffer.running():
        buffer.add(call(1))
        await pauses.begun.acquire()
        pauses.turns.release()
        while not log.lines:  # noqa: ASYNC110 a log tells no event
            await asyncio.sleep(0)
        front.is_away = False
        buffer.add(call(2))

    assert [entry.request_id for entry in await entries(database)] == ["r-2"]
    assert [event for event, _ in log.lines] == ["audit_records_refused"]
