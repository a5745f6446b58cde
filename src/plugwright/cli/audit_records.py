"""What ``plugwright audit`` shows: the latest events that were asked for, and those that come."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from plugwright.cli.showing import Cell, print_json_line, print_table
from plugwright.cli.store import database_settings, opened
from plugwright.errors import SetupError
from plugwright.observe.principal_digests import principal_digests
from plugwright.operations.durations import seconds
from plugwright.store import accounts, audit
from plugwright.store.audit import Entry, Wanted
from plugwright.store.database import Database

_WIDTHS = {"time (UTC)": 19, "event": 14, "outcome": 8, "user": 8, "client": 8, "operation": 10, "more": 8}
_LOOK = 1.0  # seconds between two looks for new events
_OVERLAP = 500  # an event may be seen after one with a greater id: their transactions end in any order
_MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What an operator asked for."""

    since: str | None = None
    event: str | None = None
    subject: str | None = None
    client: str | None = None
    operation: str | None = None
    limit: int = 100


def show(choice: Choice, *, follow: bool, as_json: bool) -> None:
    """Print events, the first one first; with ``follow`` until interrupted.

    Raises:
        SetupError: the database cannot be used, or a time is none.
    """
    since = None if choice.since is None else moment_of(choice.since, time.time())
    lines = partial(_print_lines, digest=_digest())
    with opened() as database, suppress(KeyboardInterrupt):
        subject = choice.subject and database.run(partial(_subject_of, given=choice.subject), writes=False)
        wanted = Wanted(choice.event, subject, choice.client, choice.operation, since)
        # Before the first events are read, so that none falls between.
        known = latest(database)
        first = list(reversed(database.run(lambda c: audit.recent(c, choice.limit, wanted), writes=False)))
        lines(first) if as_json else _print_rows(first, empty="There are no such events")
        known |= {entry.id for entry in first}
        for found in news(database, wanted, known, time.sleep) if follow else ():
            lines(found) if as_json else _print_rows(found, is_first=False)


def latest(database: Database) -> set[int]:
    """The numbers of the latest events."""
    return {entry.id for entry in database.run(lambda c: audit.recent(c, _OVERLAP), writes=False)}


def news(
    database: Database, wanted: Wanted, known: set[int], pause: Callable[[float], None]
) -> Iterator[Sequence[Entry]]:
    """The events that come, as often as there are some, besides those that are known."""
    while True:
        pause(_LOOK)
        after = max(known, default=0) - _OVERLAP
        every = database.run(partial(audit.after, event_id=after, limit=_MOST_AT_ONCE), writes=False)
        found = [entry for entry in every if entry.id not in known and _matches(entry, wanted)]
        known = {entry.id for entry in every} or known
        if found:
            yield found


def moment_of(text: str, now: float) -> float:
    """The time that ``2h``, ``2026-11-22`` or ``2026-11-22T13:00`` stands for, in seconds since the epoch.

    Raises:
        SetupError: it stands for none.
    """
    with suppress(SetupError):
        return now - seconds(text, of="--since")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SetupError(f"--since: {text!r} is no time; write 2h, 7d, 2026-11-22 or 2026-11-22T13:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _subject_of(c: Connection, given: str) -> str:
    """The id of the account of a username, or what was given."""
    found = accounts.password_of(c, given)
    return given if found is None else found[0].id


def _matches(entry: Entry, wanted: Wanted) -> bool:
    pairs = (
        (wanted.event, entry.event),
        (wanted.subject, entry.subject),
        (wanted.client_id, entry.client_id),
        (wanted.operation, entry.operation),
    )
    return all(asked is None or asked == found for asked, found in pairs)


def _digest() -> Callable[[str], str] | None:
    """What stands in the log for a user; nothing where the secret of the log is not known here."""
    secret = next(iter(database_settings().secret_texts), None)
    return None if secret is None else principal_digests(secret)


def _print_lines(entries: Sequence[Entry], *, digest: Callable[[str], str] | None) -> None:
    for entry in entries:
        principal = {} if digest is None or entry.subject is None else {"principal": digest(entry.subject)}
        print_json_line(_shown(entry) | principal)
    sys.stdout.flush()


def _print_rows(entries: Sequence[Entry], *, is_first: bool = True, empty: str = "") -> None:
    rows = [_row(entry) for entry in entries]
    print_table(list(_WIDTHS), rows, folded={"client", "more"}, empty=empty, has_header=is_first, widths=_WIDTHS)


def _row(entry: Entry) -> Sequence[Cell]:
    more = {**entry.detail, **({"request": entry.request_id} if entry.request_id else {})}
    told = "  ".join(f"{name}={value}" for name, value in more.items() if value is not None)
    at = datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return at, entry.event, entry.outcome, entry.subject, entry.client_id, entry.operation, told


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": datetime.fromtimestamp(entry.at, UTC).isoformat(timespec="milliseconds"),
        "event": entry.event,
        "outcome": entry.outcome,
        "subject": entry.subject,
        "client": entry.client_id,
        "operation": entry.operation,
        "request_id": entry.request_id,
        "detail": dict(entry.detail),
    }
