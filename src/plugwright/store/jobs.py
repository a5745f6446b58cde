"""Queued work. The record is the truth: a job is what its row says, and whoever holds its lease writes there alone.

A job that is neither queued nor running has ended, once: every statement that ends one asks for a job that has not. Of
two processes that run the same job, because one of them was taken for dead, only that of the last attempt can write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from plugwright.store.tables import jobs

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is stored of a call that is accepted. ``owner`` is absent where whoever knows the id may ask for it."""

    id: str
    operation: str
    input: bytes
    request_id: str
    owner: bytes | None
    principal: bytes | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in the hands of one process. ``attempt`` counts every beginning, ``tries`` those that counted."""

    id: str
    operation: str
    input: bytes
    request_id: str
    principal: bytes | None
    attempt: int
    tries: int


@dataclass(frozen=True, slots=True)
class Record:
    """A job as its owner sees it; times are seconds since the epoch, ``result`` and ``error`` JSON."""

    id: str
    operation: str
    state: State
    request_id: str
    tries: int
    progress: Sequence[Any] | None
    created_at: float
    started_at: float | None
    finished_at: float | None
    expires_at: float | None
    result: bytes | None
    error: bytes | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.finished_at is not None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much there is to do, in all processes. ``oldest`` is since when the first queued job waits, if one does."""

    queued: int
    running: int
    oldest: float | None


_TRIES = (jobs.c.attempt - jobs.c.handed_back).label("tries")
_OF_RECORD = (
    jobs.c.id,
    jobs.c.operation,
    jobs.c.state,
    jobs.c.request_id,
    _TRIES,
    jobs.c.progress,
    jobs.c.created_at,
    jobs.c.started_at,
    jobs.c.finished_at,
    jobs.c.expires_at,
    jobs.c.result,
    jobs.c.error,
)
_ITS = jobs.c.id == bindparam("job")
_IS_UNFINISHED = jobs.c.due_at.is_not(None)
_IS_QUEUED = (_IS_UNFINISHED, jobs.c.state == "queued")
_IS_DUE = jobs.c.due_at <= bindparam("now")
_IS_OF_CALLER = or_(jobs.c.owner.is_(None), jobs.c.owner == bindparam("caller"))
_IS_HELD = (_ITS, jobs.c.attempt == bindparam("held"), jobs.c.state == "running")
_NO_MORE: dict[str, Any] = {"due_at": None, "input": None, "principal": None, "progress": None}

_ADD = insert(jobs)
_QUEUED = select(func.count()).select_from(select(jobs.c.id).where(*_IS_QUEUED).limit(bindparam("most")).subquery())
_FIND = select(*_OF_RECORD).where(_ITS, _IS_OF_CALLER)
_DUE = select(jobs.c.id).where(_IS_DUE).order_by(jobs.c.due_at).limit(bindparam("most"))
_CLAIM = (
    update(jobs)
    .where(_ITS, _IS_DUE)
    .values(
        state="running",
        attempt=jobs.c.attempt + 1,
        due_at=bindparam("until"),
        started_at=func.coalesce(jobs.c.started_at, bindparam("now")),
    )
    .returning(
        jobs.c.id,
        jobs.c.operation,
        jobs.c.input,
        jobs.c.request_id,
        jobs.c.principal,
        jobs.c.attempt,
        _TRIES,
    )
)
_RENEW = update(jobs).where(*_IS_HELD).values(due_at=bindparam("until"))
_TELL = _RENEW.values(progress=bindparam("told", type_=jobs.c.progress.type))
_END = (
    update(jobs)
    .where(*_IS_HELD)
    .values(
        state=bindparam("ended_as"),
        result=bindparam("given"),
        error=bindparam("failure"),
        finished_at=bindparam("now"),
        expires_at=bindparam("until"),
        **_NO_MORE,
    )
)
_RETRY = update(jobs).where(*_IS_HELD).values(state="queued", due_at=bindparam("due"))
_HAND_BACK = _RETRY.values(handed_back=jobs.c.handed_back + 1)
_CANCEL = (
    update(jobs)
    .where(_ITS, _IS_OF_CALLER, _IS_UNFINISHED)
    .values(state="cancelled", finished_at=bindparam("now"), expires_at=bindparam("until"), **_NO_MORE)
)
_BACKLOG = select(jobs.c.state, func.count(), func.min(jobs.c.created_at)).where(_IS_UNFINISHED).group_by(jobs.c.state)


def accept(c: Connection, new: NewJob, *, now: float, most: int) -> bool:
    """Queue a job, unless so many are queued already; whether there was room."""
    if c.execute(_QUEUED, {"most": most}).scalar_one() >= most:
        return False
    row = {"state": "queued", "attempt": 0, "handed_back": 0, "created_at": now, "due_at": now}
    c.execute(
        _ADD,
        row
        | {
            "id": new.id,
            "operation": new.operation,
            "input": new.input,
            "request_id": new.request_id,
            "owner": new.owner,
            "principal": new.principal,
        },
    )
    return True


def find(c: Connection, job: str, caller: bytes | None) -> Record | None:
    """A job that the caller may see."""
    row = c.execute(_FIND, {"job": job, "caller": caller}).first()
    return Record(*row) if row else None


def due(c: Connection, now: float, most: int) -> list[str]:
    """Jobs that somebody should take, the longest due first: new ones, repeats, and those whose process has died."""
    return list(c.execute(_DUE, {"now": now, "most": most}).scalars())


def claim(c: Connection, job: str, *, now: float, until: float) -> Claim | None:
    """Take a job that is due, with a lease; nothing where another has it, or it has ended."""
    row = c.execute(_CLAIM, {"job": job, "now": now, "until": until}).first()
    return Claim(*row) if row else None


def renew(c: Connection, job: str, attempt: int, *, until: float, progress: Sequence[Any] | None) -> bool:
    """Keep a job for longer, and tell how far it is if that is new; whether it is still this attempt's."""
    values = {"job": job, "held": attempt, "until": until}
    if progress is None:
        return c.execute(_RENEW, values).rowcount > 0
    return c.execute(_TELL, values | {"told": list(progress)}).rowcount > 0


def end(
    c: Connection, job: str, attempt: int, *, result: bytes | None, error: bytes | None, now: float, until: float
) -> bool:
    """End a job with its result or an error, kept until then; whether it was still this attempt's to end."""
    values = {
        "job": job,
        "held": attempt,
        "ended_as": "succeeded" if error is None else "failed",
        "given": result,
        "failure": error,
        "now": now,
        "until": until,
    }
    return c.execute(_END, values).rowcount > 0


def retry(c: Connection, job: str, attempt: int, *, due: float) -> bool:
    """Queue a job again that failed, for later; whether it was still this attempt's."""
    return c.execute(_RETRY, {"job": job, "held": attempt, "due": due}).rowcount > 0


def hand_back(c: Connection, job: str, attempt: int, *, now: float) -> bool:
    """Queue a job again because its process ends; the attempt does not count."""
    return c.execute(_HAND_BACK, {"job": job, "held": attempt, "due": now}).rowcount > 0


def cancel(c: Connection, job: str, caller: bytes | None, *, now: float, until: float) -> Record | None:
    """End a job that has not, and give it as it is now; nothing where the caller may not see it."""
    c.execute(_CANCEL, {"job": job, "caller": caller, "now": now, "until": until})
    return find(c, job, caller)


def backlog(c: Connection) -> Backlog:
    """How much there is to do."""
    by_state = {state: (count, oldest) for state, count, oldest in c.execute(_BACKLOG)}
    queued, oldest = by_state.get("queued", (0, None))
    return Backlog(queued, by_state.get("running", (0, None))[0], oldest)
