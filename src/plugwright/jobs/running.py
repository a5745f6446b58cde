"""One attempt at a job: claim it, run its operation, keep its lease meanwhile, and write how it ended.

A handler may run more than once: its process may die, or be taken for dead. What is written is written once.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from plugwright.calls.plan import Plan
from plugwright.errors import InternalError, InvalidInput, JobAbandoned, OperationChanged, PlugwrightError
from plugwright.jobs.exchange import JobExchange
from plugwright.jobs.owners import restored
from plugwright.jobs.policy import JobPolicy
from plugwright.jobs.tally import JobTally
from plugwright.store import jobs
from plugwright.store.database import Database, StoreUnavailable, Work
from plugwright.store.jobs import Claim
from plugwright.web.replies import error_body

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0  # seconds before a job that failed for now is tried again
_ABANDONED = "The work was begun {} times, and each time the process that did it ended before it was done"
_GONE = "The operation {!r} that this was queued for does not exist any more"
_MISFIT = "The operation does not take this input any more; it has changed since this was queued"


@dataclass(slots=True)
class _Held:
    """A job in this process's hands. ``is_lost``: it was cancelled, or is somebody else's now."""

    claim: Claim
    exchange: JobExchange
    work: "asyncio.Task[bytes]"
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class _Ended:
    """How an attempt ended, and what writes that down."""

    outcome: str
    write: Work[bool] | None = None


@dataclass(slots=True, kw_only=True)
class JobRunner:
    """Runs the jobs of a plugin by the plans of its operations."""

    database: Database
    plans: Mapping[str, Plan]
    policy: JobPolicy
    tally: JobTally
    report: Callable[[str, str, BaseException], None]
    log: Any
    now: Callable[[], float] = time.time
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    _held: dict[str, _Held] = field(default_factory=dict[str, _Held])
    _tasks: "set[asyncio.Task[Any]]" = field(default_factory=set["asyncio.Task[Any]"])
    _is_ending: bool = False

    async def due(self) -> list[str]:
        """Some jobs that somebody should take.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        return await self.database.read(partial(jobs.due, now=self.now(), most=2 * self.policy.concurrency))

    async def run(self, job: str) -> None:
        """Run a job if it can be had, and write how that ended."""
        if self._is_ending or job in self._held:
            return
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            now = self.now()
            claim = await self.database.write(partial(jobs.claim, job=job, now=now, until=now + self.policy.lease))
            if claim is not None:
                await self._attempt(claim)
        except StoreUnavailable:
            return  # it is found again, at the latest when its lease has ended
        except Exception as error:  # noqa: BLE001 a job ends here
            self.report("jobs", "", error)

    async def end(self) -> None:
        """Stop what runs, and hand it back for another process."""
        self._is_ending = True
        for held in self._held.values():
            held.work.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _attempt(self, claim: Claim) -> None:
        ended = self._handed_back(claim) if self._is_ending else self._unfit(claim)
        if ended is not None:
            await self._write(claim, ended)
            return
        exchange = JobExchange(claim.request_id, restored(claim.principal))
        work: asyncio.Task[bytes] = asyncio.create_task(self.plans[claim.operation].run(claim.input, exchange))
        held = self._held[claim.id] = _Held(claim, exchange, work)
        self.tally.running += 1
        keeping = asyncio.create_task(self._keep(held))
        try:
            await asyncio.wait([work])
            await self._write(claim, self._ended(held))
        finally:
            keeping.cancel()
            self.tally.running -= 1
            del self._held[claim.id]

    async def _keep(self, held: _Held) -> None:
        """Renew the lease and tell of progress, until the job is lost."""
        claim = held.claim
        while not held.is_lost:
            await self.pause(self.policy.beat)
            news = held.exchange.news()
            until = self.now() + self.policy.lease
            renew = partial(jobs.renew, job=claim.id, attempt=claim.attempt, until=until, progress=news)
            try:
                held.is_lost = not await self.database.write(renew)
            except StoreUnavailable:
                continue
            except Exception as error:  # noqa: BLE001 one round of a service: the next has to come
                self.report("jobs", "", error)
                continue
            held.exchange.stored(news)
        held.work.cancel()

    async def _write(self, claim: Claim, ended: _Ended) -> None:
        """Write how an attempt ended, as soon as the database can be reached; who is ending does not wait for it."""
        outcome, pause = ended.outcome, self.policy.beat
        while ended.write is not None:
            try:
                outcome = outcome if await self.database.write(ended.write) else "lost"
                break
            except StoreUnavailable:
                if self._is_ending:
                    break
                await self.pause(pause)
        self.tally.ended[claim.operation, outcome] += 1

    def _unfit(self, claim: Claim) -> _Ended | None:
        """How an attempt ends that cannot begin."""
        reason: PlugwrightError | None = None
        plan = self.plans.get(claim.operation)
        if claim.tries > self.policy.attempts:
            reason = JobAbandoned(_ABANDONED.format(self.policy.attempts))
        elif plan is None:
            reason = OperationChanged(_GONE.format(claim.operation))
        else:
            try:
                plan.handler.input.decode(claim.input)
            except InvalidInput as error:
                reason = OperationChanged(_MISFIT, details=error.details)
        if reason is None:
            return None
        self.log.warning("job_failed", operation=claim.operation, request_id=claim.request_id, code=reason.code)
        return self._failed(claim, reason)

    def _ended(self, held: _Held) -> _Ended:
        """How an attempt ended."""
        claim, work = held.claim, held.work
        if held.is_lost:
            return _Ended("lost")
        if work.cancelled() and self._is_ending:
            return self._handed_back(claim)
        match None if work.cancelled() else work.exception():
            case None if not work.cancelled():
                return self._with_end(claim, "succeeded", result=work.result())
            case PlugwrightError() as error if error.retryable and claim.tries < self.policy.attempts:
                due = self.now() + _pause(claim.tries, error)
                return _Ended("retried", partial(jobs.retry, job=claim.id, attempt=claim.attempt, due=due))
            case PlugwrightError() as error:
                return self._failed(claim, error)
            case _:
                return self._failed(claim, InternalError())

    def _handed_back(self, claim: Claim) -> _Ended:
        write = partial(jobs.hand_back, job=claim.id, attempt=claim.attempt, now=self.now())
        return _Ended("handed_back", write)

    def _failed(self, claim: Claim, error: PlugwrightError) -> _Ended:
        return self._with_end(claim, "failed", error=error_body(error, claim.request_id))

    def _with_end(
        self, claim: Claim, outcome: str, *, result: bytes | None = None, error: bytes | None = None
    ) -> _Ended:
        now = self.now()
        write = partial(
            jobs.end,
            job=claim.id,
            attempt=claim.attempt,
            result=result,
            error=error,
            now=now,
            until=now + self.policy.kept,
        )
        return _Ended(outcome, write)


def _pause(tries: int, error: PlugwrightError) -> float:
    """Seconds before another attempt: longer each time, and never before the failure says."""
    spread = random.uniform(0.5, 1.5)  # noqa: S311 no secret
    return max(error.retry_after or 0.0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (tries - 1)) * spread)
