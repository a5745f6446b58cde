"""Accepting calls as jobs, and what their callers ask of them later."""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from plugwright.errors import MissingScope, NotFound, Unavailable
from plugwright.jobs.owners import owner_of, stored
from plugwright.jobs.policy import JobPolicy
from plugwright.jobs.tally import JobTally
from plugwright.operations.operation import Operation
from plugwright.principal import Principal
from plugwright.store import jobs
from plugwright.store.database import Database
from plugwright.store.jobs import Backlog, NewJob, Record

Kick = Callable[[str], Awaitable[None]]
"""Tells whoever runs jobs of a new one. It may be lost: the store is looked at anyway."""

_PAUSES = (0.1, 0.2, 0.4)  # seconds between looks at a job that somebody waits for, then the last one
_MOST_WAITING = 64  # who waits keeps a place among the calls in progress
_FULL_FOR = 10.0  # seconds


class JobService:
    """The jobs of one plugin, as its callers see them; ``operations`` are those whose calls are queued.

    ``principal`` is always who asks: a job belongs to the user who had it queued, over whichever client; one that
    nobody in particular had queued belongs to whoever knows its id.
    """

    def __init__(
        self,
        database: Database,
        operations: Mapping[str, Operation],
        policy: JobPolicy,
        *,
        now: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.tally = JobTally()
        self.policy = policy
        self.now = now
        self.kick: Kick = _tell_nobody
        self._database = database
        self._operations = operations
        self._pause = pause
        self._waiting = 0

    async def accept(self, operation: str, taken: bytes, request_id: str, principal: Principal | None) -> Record:
        """Queue a call whose input was checked. When this returns, the job is in the store and will be run.

        Raises:
            Unavailable: too many jobs are queued, or the database cannot be reached.
        """
        new = NewJob(
            id=f"job_{secrets.token_urlsafe(32)}",
            operation=operation,
            input=taken,
            request_id=request_id,
            owner=owner_of(principal),
            principal=stored(principal),
        )
        now = self.now()
        if not await self._database.write(partial(jobs.accept, new=new, now=now, most=self.policy.queued)):
            self.tally.refused[operation] += 1
            pause = _FULL_FOR * random.uniform(0.5, 1.5)  # noqa: S311 so that not all return at once; no secret
            raise Unavailable("Too many jobs are waiting; try again", retry_after=pause)
        self.tally.accepted[operation] += 1
        await self.kick(new.id)
        return Record(new.id, operation, "queued", request_id, 0, None, now, None, None, None, None, None)

    async def find(self, job: str, principal: Principal | None) -> Record:
        """A job of the caller's.

        Raises:
            NotFound: there is none of this id, or it is somebody else's.
            MissingScope: the client that asks may not call its operation.
        """
        return self._shown(
            await self._database.read(partial(jobs.find, job=job, caller=owner_of(principal))), principal
        )

    async def wait(self, job: str, principal: Principal | None, seconds: float) -> Record:
        """The same, as soon as it has ended, or after so many seconds; at once where too many wait."""
        deadline = time.monotonic() + seconds
        record = await self.find(job, principal)
        if self._waiting >= _MOST_WAITING:
            return record
        self._waiting += 1
        try:
            looks = 0
            while not record.has_ended and (left := deadline - time.monotonic()) > 0:
                await self._pause(min(left, _PAUSES[min(looks, len(_PAUSES) - 1)]))
                looks += 1
                record = await self.find(job, principal)
        finally:
            self._waiting -= 1
        return record

    async def cancel(self, job: str, principal: Principal | None) -> Record:
        """End a job that has not ended, and give it as it is now. One that runs is stopped within a moment.

        Raises:
            NotFound: there is none of this id, or it is somebody else's.
            MissingScope: the client that asks may not call its operation.
        """
        await self.find(job, principal)
        now = self.now()
        work = partial(jobs.cancel, job=job, caller=owner_of(principal), now=now, until=now + self.policy.kept)
        return self._shown(await self._database.write(work), principal)

    async def backlog(self) -> Backlog:
        """How much there is to do, in all processes."""
        return await self._database.read(jobs.backlog)

    def _shown(self, record: Record | None, principal: Principal | None) -> Record:
        if record is None:
            raise NotFound("There is no such job, or no longer; ask with the id that the call was answered with")
        operation = self._operations.get(record.operation)
        if principal is not None and operation is not None:
            missing = [scope for scope in operation.access.scopes if scope not in principal.scopes]
            if missing and not operation.access.is_public:
                raise MissingScope("This job is of an operation that was not allowed here", scopes=missing)
        return record


async def _tell_nobody(job: str) -> None:
    """Where nothing listens yet, the store is looked at."""
