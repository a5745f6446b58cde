"""What all calls of a running plugin share."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plugwright.calls.admission import Admission
from plugwright.observe.events import Observer
from plugwright.upstream.used import UsedUpstreams

if TYPE_CHECKING:
    from plugwright.observe.tracing import Tracing
    from plugwright.store.call_audit import CallAudit
    from plugwright.store.database import Database


@dataclass(slots=True)
class Runtime:
    """Observers, threads, the operator's logger, the database if there is one, and what the author's lifespan yields.

    ``admission`` bounds how many are in progress. ``report`` logs an unforeseen exception: operation, request id,
    exception. ``invalidate`` drops cached replies by tag. ``audit`` records calls, where there is a database.
    ``upstreams`` are the services that calls have used. ``tracing`` makes spans, where the operator wants them.
    """

    observers: Sequence[Observer]
    executor: Executor
    log: Any
    report: Callable[[str, str, BaseException], None]
    next_request_id: Callable[[], str]
    database: "Database | None" = None
    invalidate: Callable[[tuple[str, ...]], None] | None = None
    state: Any = None
    audit: "CallAudit | None" = None
    admission: Admission = field(default_factory=Admission)
    upstreams: UsedUpstreams = field(default_factory=UsedUpstreams)
    tracing: "Tracing | None" = None
