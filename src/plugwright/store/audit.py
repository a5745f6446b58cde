"""The audit record: who did what, and what happened to whose rights. Rows are added and read, never changed.

The database refuses a change as well, and the removal of what is younger than 29 days (migration 0004).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from plugwright.store.tables import audit
from plugwright.store.texts import storable

_SUBJECT_LENGTH = 512
_CLIENT_LENGTH = 2048
_NAME_LENGTH = 64
_DETAIL_LENGTH = 512

_INSERT = insert(audit)
_EVERY = select(
    audit.c.id,
    audit.c.at,
    audit.c.event,
    audit.c.outcome,
    audit.c.subject,
    audit.c.client_id,
    audit.c.detail,
    audit.c.operation,
    audit.c.request_id,
)

Detail = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Record:
    """One event, to be recorded."""

    at: float
    event: str
    outcome: str
    subject: str | None = None
    client_id: str | None = None
    operation: str | None = None
    request_id: str | None = None
    detail: Mapping[str, Detail] = field(default_factory=dict[str, Detail], hash=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, as it was recorded. A later one has a greater ``id``, but for those of the same moment."""

    id: int
    at: float
    event: str
    outcome: str
    subject: str | None
    client_id: str | None
    detail: Mapping[str, Any] = field(hash=False)
    operation: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events are looked for; absent: any."""

    event: str | None = None
    subject: str | None = None
    client_id: str | None = None
    operation: str | None = None
    since: float | None = None


_ANY = Wanted()


def record(
    c: Connection,
    event: str,
    *,
    at: float,
    outcome: str,
    subject: str | None = None,
    client_id: str | None = None,
    **detail: Detail,
) -> None:
    """Add an event, in the transaction of what it tells. Long texts are cut."""
    append(c, [Record(at, event, outcome, subject, client_id, detail=detail)])


def append(c: Connection, records: Sequence[Record]) -> None:
    """Add several events. Long texts are cut."""
    c.execute(_INSERT, [_row(one) for one in records])


def recent(c: Connection, limit: int, wanted: Wanted = _ANY, *, before: int | None = None) -> list[Entry]:
    """The latest events, the last one first; those before an id, where given."""
    query = _matching(wanted).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [Entry(*row) for row in c.execute(query)]


def after(c: Connection, event_id: int, limit: int, wanted: Wanted = _ANY) -> list[Entry]:
    """The events after an id, the first one first."""
    query = _matching(wanted).where(audit.c.id > event_id).order_by(audit.c.id).limit(limit)
    return [Entry(*row) for row in c.execute(query)]


def _matching(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = _EVERY
    conditions = (
        (audit.c.event, wanted.event),
        (audit.c.subject, wanted.subject),
        (audit.c.client_id, wanted.client_id),
        (audit.c.operation, wanted.operation),
    )
    for column, value in conditions:
        if value is not None:
            query = query.where(column == value)
    return query if wanted.since is None else query.where(audit.c.at >= wanted.since)


def _row(one: Record) -> Mapping[str, Any]:
    return {
        "at": one.at,
        "event": one.event,
        "outcome": storable(one.outcome, _NAME_LENGTH),
        "subject": _cut(one.subject, _SUBJECT_LENGTH),
        "client_id": _cut(one.client_id, _CLIENT_LENGTH),
        "operation": _cut(one.operation, _NAME_LENGTH),
        "request_id": _cut(one.request_id, _NAME_LENGTH),
        "detail": {
            name: storable(value, _DETAIL_LENGTH) if isinstance(value, str) else value
            for name, value in one.detail.items()
        },
    }


def _cut(text: str | None, length: int) -> str | None:
    return None if text is None else storable(text, length)
