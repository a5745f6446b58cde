"""Flights: making replies that are not in the first tier, each once at a time.

A flight belongs to nobody's request. Whoever needs its reply waits with their own deadline, and when they leave the
flight goes on; a failure is told to all who wait, and is not kept.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Coroutine, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from plugwright.coordination.memory import MemoryTier
from plugwright.coordination.replies import StoredReply
from plugwright.coordination.second_tier import Claim, SecondTier
from plugwright.errors import CallError, NotFound, Unavailable
from plugwright.operations.caching import Caching

_EARLY = 0.1  # this part of its life before the end of it, a reply is made anew
_JITTER = 0.1  # replies that were made together do not expire together
_AGAIN = 1.0  # seconds after a refresh that failed


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reply that somebody needs: where it is kept, and how it is made.

    ``stored_as`` names it in the second tier. ``make`` runs the handler and encodes its answer.
    """

    operation: str
    key: Hashable
    stored_as: bytes
    tags: tuple[str, ...]
    caching: Caching
    timeout: float
    request_id: str
    make: Callable[[], Coroutine[Any, Any, bytes]]


@dataclass(slots=True)
class Counts:
    """Where replies came from, for the operator. ``stale`` are hits too."""

    hits: int = 0
    stale: int = 0
    second_hits: int = 0
    made: int = 0
    failed: int = 0


class _Flight:
    __slots__ = ("is_awaited", "is_void", "tags", "task")

    def __init__(self, tags: tuple[str, ...]) -> None:
        self.tags = tags
        self.is_awaited = False
        self.is_void = False  # what it makes is out of date already
        self.task: asyncio.Task[StoredReply] | None = None


class Flights:
    """All flights of a plugin, and the tiers that they fill."""

    def __init__(
        self,
        memory: MemoryTier,
        *,
        now: Callable[[], float],
        report: Callable[[str, str, BaseException], None],
        second: SecondTier | None = None,
    ) -> None:
        self.memory = memory
        self.second = second
        self.counts: defaultdict[str, Counts] = defaultdict(Counts)
        """Where replies came from, by operation."""
        self._now = now
        self._report = report
        self._flights: dict[Hashable, _Flight] = {}
        self._tasks: set[asyncio.Task[StoredReply]] = set()

    @property
    def running(self) -> int:
        """How many replies are being made."""
        return len(self._tasks)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being made."""
        return not self._tasks

    async def reply(self, wanted: Wanted) -> StoredReply:
        """The reply that a flight makes.

        Raises:
            Exception: as the flight fails.
        """
        flight = self._flights.get(wanted.key) or self._start(wanted)
        flight.is_awaited = True
        task = flight.task
        assert task is not None  # noqa: S101 it has been started
        await asyncio.wait((task,))  # which leaves the task alone when whoever waits leaves
        if task.cancelled():
            raise Unavailable("The plugin is stopping; try again")
        return answered(task.result())

    def refresh(self, wanted: Wanted) -> None:
        """Make the reply anew, unless that is going on; nobody waits for it."""
        if wanted.key not in self._flights:
            self._start(wanted)

    def invalidate(self, tags: Iterable[str]) -> None:
        """Forget in this process what has one of the tags, also what is just being made."""
        dropped = frozenset(tags)
        self.memory.drop_tagged(dropped)
        self._void({key: flight for key, flight in self._flights.items() if not dropped.isdisjoint(flight.tags)})

    def forget_all(self) -> None:
        """Forget everything in this process."""
        self.memory.clear()
        self._void(dict(self._flights))

    async def close(self) -> None:
        """End what is going on."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _void(self, flights: dict[Hashable, _Flight]) -> None:
        for key, flight in flights.items():
            flight.is_void = True
            # Whoever asks from now on must not get what was read before.
            del self._flights[key]

    def _start(self, wanted: Wanted) -> _Flight:
        flight = self._flights[wanted.key] = _Flight(wanted.tags)
        flight.task = task = asyncio.create_task(self._fly(wanted, flight))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._landed(wanted, flight, done))
        return flight

    def _landed(self, wanted: Wanted, flight: _Flight, task: "asyncio.Task[StoredReply]") -> None:
        self._tasks.discard(task)
        if self._flights.get(wanted.key) is flight:
            del self._flights[wanted.key]
        error = None if task.cancelled() else task.exception()
        if error is None or isinstance(error, CallError):
            return
        self.counts[wanted.operation].failed += 1
        kept = self.memory.entries.get(wanted.key)
        if kept is not None:
            # It serves on for as long as it may, and the origin is not asked by every call.
            kept.refresh_at = min(self._now() + _AGAIN, kept.stale_until)
        if not flight.is_awaited:
            self._report(wanted.operation, wanted.request_id, error)

    async def _fly(self, wanted: Wanted, flight: _Flight) -> StoredReply:
        if self.second is None:
            return self._kept(wanted, flight, await self._made(wanted, None))
        found = await self.second.get(wanted.stored_as, wanted.tags)
        if found is not None and (flight.is_awaited or self._now() < found.refresh_at):
            self.counts[wanted.operation].second_hits += 1
            return self._kept(wanted, flight, found)
        async with self.second.claim(wanted.stored_as, wanted.tags, wanted.timeout) as claim:
            if claim.reply is not None:
                self.counts[wanted.operation].second_hits += 1
                return self._kept(wanted, flight, claim.reply)
            return self._kept(wanted, flight, await self._made(wanted, claim))

    def _kept(self, wanted: Wanted, flight: _Flight, reply: StoredReply) -> StoredReply:
        if not flight.is_void:
            self.memory.put(wanted.key, reply, key_bytes=len(wanted.stored_as))
        return reply

    async def _made(self, wanted: Wanted, claim: Claim | None) -> StoredReply:
        caching = wanted.caching
        self.counts[wanted.operation].made += 1
        try:
            reply = self._timed(await wanted.make(), wanted.tags, caching.ttl, caching.stale)
        except CallError as error:
            # An answer too: what was kept is wrong now.
            if type(error) is not NotFound or not caching.negative:
                self.memory.drop(wanted.key)
                if claim is not None:
                    await claim.remove()
                raise
            reply = self._timed(_missing(error), wanted.tags, caching.negative, 0.0, is_missing=True)
        if claim is not None:
            await claim.put(reply)
        return reply

    def _timed(
        self, body: bytes, tags: tuple[str, ...], ttl: float, stale: float, *, is_missing: bool = False
    ) -> StoredReply:
        made = self._now()
        life = ttl * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 no secret
        return StoredReply.of(
            body,
            made=made,
            refresh_at=made + life * (1 - _EARLY),
            fresh_until=made + life,
            stale_until=made + life + stale,
            is_missing=is_missing,
            tags=tags,
        )


def answered(reply: StoredReply) -> StoredReply:
    """The reply, if it is an answer.

    Raises:
        NotFound: it says that there is none.
    """
    if reply.is_missing:
        content = from_json(reply)
        raise NotFound(content["message"], details=content["details"], retry_after=content["retry_after"])
    return reply


def _missing(error: NotFound) -> bytes:
    details = [{"field": detail.field, "problem": detail.problem} for detail in error.details]
    return to_json({"message": error.message, "details": details, "retry_after": error.retry_after})
