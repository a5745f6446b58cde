"""What a user allowed a client: the grant, a family to which everything issued for one consent belongs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, Update, bindparam, insert, select, update

from plugwright.store.secret_values import digest, new_id, new_secret
from plugwright.store.tables import accounts, codes, grants
from plugwright.store.upserts import has_written, unless_there

CODE_LIFETIME = 60.0  # seconds


class TicketUsed(Exception):
    """The consent has given its code already."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a user allowed: whom, what, where, and how the code has to be redeemed.

    ``challenge`` is that of PKCE (S256), absent for a client of a protocol without it. ``ticket`` identifies the
    consent form, which gives one code.
    """

    account_id: str
    client_id: str
    scopes: frozenset[str]
    resource: str
    redirect_uri: str
    challenge: str | None
    ticket: bytes


def approve(c: Connection, approval: Approval, *, now: float, lifetime: float) -> str:
    """Store a grant, which lasts ``lifetime`` seconds, and its code; the code.

    Raises:
        TicketUsed: the form was sent before.
    """
    grant_id = new_id("g")
    code = new_secret("pw_code")
    c.execute(
        _INSERT_GRANT,
        {
            "id": grant_id,
            "account_id": approval.account_id,
            "client_id": approval.client_id,
            "scopes": sorted(approval.scopes),
            "resource": approval.resource,
            "created_at": now,
            "ends_at": now + lifetime,
        },
    )
    row = {
        "digest": digest(code),
        "grant_id": grant_id,
        "ticket": approval.ticket,
        "redirect_uri": approval.redirect_uri,
        "challenge": approval.challenge,
        "expires_at": now + CODE_LIFETIME,
    }
    if not has_written(c, _INSERT_CODE, row):
        raise TicketUsed
    return code


def revoke(c: Connection, grant_id: str, because: str, now: float) -> bool:
    """End one grant; whether it was still live."""
    return _revoke(c, grants.c.id == grant_id, because=because, now=now) > 0


def revoke_account(c: Connection, account_id: str, because: str, now: float) -> int:
    """End every grant of a user; how many there were."""
    return _revoke(c, grants.c.account_id == account_id, because=because, now=now)


def revoke_client(c: Connection, client_id: str, because: str, now: float) -> int:
    """End every grant of a client; how many there were."""
    return _revoke(c, grants.c.client_id == client_id, because=because, now=now)


def withdraw(c: Connection, account_id: str, client_id: str, because: str, now: float) -> int:
    """End what a user allowed a client; how many grants there were."""
    return _revoke(c, grants.c.account_id == account_id, grants.c.client_id == client_id, because=because, now=now)


def is_live(row: Row[Any], now: float) -> bool:
    """Whether the grant in a row of `with_grant` gives anything now."""
    return row.revoked_at is None and row.disabled_at is None and row.ends_at > now


def with_grant(table: Table) -> Select[Any]:
    """Finds a credential by its ``digest``, with its grant."""
    return (
        select(*table.c, *_GRANT_COLUMNS)
        .join(grants, grants.c.id == table.c.grant_id)
        .join(accounts, accounts.c.id == grants.c.account_id)
        .where(table.c.digest == bindparam("digest"))
    )


def _revoke(c: Connection, *which: ColumnElement[bool], because: str, now: float) -> int:
    statement: Update = update(grants).where(grants.c.revoked_at.is_(None), *which)
    return c.execute(statement.values(revoked_at=now, revoked_because=because)).rowcount


_GRANT_COLUMNS: Sequence[ColumnElement[Any]] = (
    grants.c.account_id,
    grants.c.client_id,
    grants.c.scopes,
    grants.c.resource,
    grants.c.ends_at,
    grants.c.revoked_at,
    accounts.c.disabled_at,
)


_INSERT_GRANT = insert(grants)
_INSERT_CODE = unless_there(codes)
