"""Tokens as they are presented: whether one is valid, what it allows, and its end."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from plugwright.store.grants import is_live, revoke, with_grant
from plugwright.store.secret_values import digest
from plugwright.store.tables import access_tokens, accounts, grants, refresh_tokens


@dataclass(frozen=True, slots=True)
class AccessRow:
    """A valid access token. ``expires_at`` is in seconds since the epoch."""

    account_id: str
    client_id: str
    scopes: frozenset[str]
    resource: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A valid token of either kind, as introspection shows it."""

    kind: str
    account_id: str
    client_id: str
    scopes: frozenset[str]
    resource: str
    issued_at: float
    expires_at: float


def access(c: Connection, token: str, now: float) -> AccessRow | None:
    """What an access token allows; nothing when it is not valid."""
    row = c.execute(_FIND_ACCESS, {"digest": digest(token), "now": now}).one_or_none()
    if row is None:
        return None
    return AccessRow(row.account_id, row.client_id, frozenset(row.token_scopes), row.resource, row.expires_at)


def token_row(c: Connection, token: str, now: float) -> TokenRow | None:
    """A valid access or refresh token; nothing when it is neither."""
    presented = digest(token)
    row = c.execute(_FIND_ACCESS, {"digest": presented, "now": now}).one_or_none()
    if row is not None:
        return _token_row("access_token", row, row.token_scopes)
    row = c.execute(_FIND_REFRESH, {"digest": presented}).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now or not is_live(row, now):
        return None
    return _token_row("refresh_token", row, row.scopes)


def revoke_token(c: Connection, token: str, client_id: str, now: float) -> str | None:
    """End a token of this client (RFC 7009 §2.1): an access token alone, or a refresh token with its family.

    Whose it was; nothing where there was no such token.
    """
    presented = digest(token)
    row = c.execute(_FIND_REFRESH, {"digest": presented}).one_or_none()
    if row is not None and row.client_id == client_id:
        revoke(c, row.grant_id, "revoked_by_client", now)
        return row.account_id
    found = c.execute(_FIND_ACCESS, {"digest": presented, "now": now}).one_or_none()
    if found is not None and found.client_id == client_id:
        c.execute(_REVOKE_ACCESS, {"presented": presented, "now": now})
        return found.account_id
    return None


def _token_row(kind: str, row: Row[*tuple[Any, ...]], scopes: Iterable[str]) -> TokenRow:
    return TokenRow(kind, row.account_id, row.client_id, frozenset(scopes), row.resource, row.issued_at, row.expires_at)


_FIND_REFRESH = with_grant(refresh_tokens)
_FIND_ACCESS = (
    select(
        access_tokens.c.scopes.label("token_scopes"),
        access_tokens.c.issued_at,
        access_tokens.c.expires_at,
        grants.c.account_id,
        grants.c.client_id,
        grants.c.resource,
    )
    .join(grants, grants.c.id == access_tokens.c.grant_id)
    .join(accounts, accounts.c.id == grants.c.account_id)
    .where(
        access_tokens.c.digest == bindparam("digest"),
        access_tokens.c.expires_at > bindparam("now"),
        access_tokens.c.revoked_at.is_(None),
        grants.c.revoked_at.is_(None),
        grants.c.ends_at > bindparam("now"),
        accounts.c.disabled_at.is_(None),
    )
)
_REVOKE_ACCESS = (
    update(access_tokens).where(access_tokens.c.digest == bindparam("presented")).values(revoked_at=bindparam("now"))
)
