"""The audit log: what happened to whose rights. Rows are added and read, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select

from plugwright.store.tables import audit
from plugwright.store.texts import storable

_SUBJECT_LENGTH = 512
_CLIENT_LENGTH = 2048
_DETAIL_LENGTH = 512

_RECORD = insert(audit)
_RECENT = select(
    audit.c.id, audit.c.at, audit.c.event, audit.c.outcome, audit.c.subject, audit.c.client_id, audit.c.detail
).order_by(audit.c.id.desc())


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. A later one has a greater ``id``."""

    id: int
    at: float
    event: str
    outcome: str
    subject: str | None
    client_id: str | None
    detail: Mapping[str, Any] = field(hash=False)


def record(
    c: Connection,
    event: str,
    *,
    at: float,
    outcome: str,
    subject: str | None = None,
    client_id: str | None = None,
    **detail: str | float | bool | None,
) -> None:
    """Add an event, in the transaction of what it tells. Long texts are cut."""
    row = {
        "at": at,
        "event": event,
        "outcome": outcome,
        "subject": None if subject is None else storable(subject, _SUBJECT_LENGTH),
        "client_id": None if client_id is None else storable(client_id, _CLIENT_LENGTH),
        "detail": {
            name: storable(value, _DETAIL_LENGTH) if isinstance(value, str) else value for name, value in detail.items()
        },
    }
    c.execute(_RECORD, row)


def recent(
    c: Connection,
    limit: int,
    *,
    before: int | None = None,
    event: str | None = None,
    subject: str | None = None,
    client_id: str | None = None,
) -> list[Entry]:
    """The latest events, the last one first; of one kind, user or client, and before an id, where given."""
    query = _RECENT.limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    for column, value in ((audit.c.event, event), (audit.c.subject, subject), (audit.c.client_id, client_id)):
        if value is not None:
            query = query.where(column == value)
    return [Entry(*row) for row in c.execute(query)]
