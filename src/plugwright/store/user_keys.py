"""Keys of users, for plugins where each user has one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from plugwright.store.secret_values import digest, new_id, new_secret
from plugwright.store.tables import user_keys
from plugwright.store.texts import storable

_LABEL_LENGTH = 200

_COLUMNS = (
    user_keys.c.id,
    user_keys.c.subject,
    user_keys.c.label,
    user_keys.c.scopes,
    user_keys.c.created_at,
    user_keys.c.expires_at,
    user_keys.c.revoked_at,
)
_ISSUE = insert(user_keys)
_FIND = select(*_COLUMNS).where(
    user_keys.c.digest == bindparam("key"),
    user_keys.c.revoked_at.is_(None),
    or_(user_keys.c.expires_at.is_(None), user_keys.c.expires_at > bindparam("now")),
)
_LISTED = select(*_COLUMNS).order_by(user_keys.c.created_at, user_keys.c.id)
_REVOKE = (
    update(user_keys)
    .where(user_keys.c.id == bindparam("key"), user_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class UserKeyRow:
    """What is known of a key, but not the key."""

    id: str
    subject: str
    label: str
    scopes: frozenset[str]
    created_at: float
    expires_at: float | None
    revoked_at: float | None


def issue(
    c: Connection, *, subject: str, label: str, scopes: Iterable[str], now: float, expires_at: float | None = None
) -> tuple[UserKeyRow, str]:
    """Make a key for a user. The key itself is nowhere else."""
    secret = new_secret("pw_key")
    key = UserKeyRow(
        id=new_id("k"),
        subject=subject,
        label=storable(label, _LABEL_LENGTH),
        scopes=frozenset(scopes),
        created_at=now,
        expires_at=expires_at,
        revoked_at=None,
    )
    row = {
        "id": key.id,
        "digest": digest(secret),
        "subject": subject,
        "label": key.label,
        "scopes": sorted(key.scopes),
        "created_at": now,
        "expires_at": expires_at,
    }
    c.execute(_ISSUE, row)
    return key, secret


def find(c: Connection, secret: str, now: float) -> UserKeyRow | None:
    """What is known of a key that is valid now."""
    row = c.execute(_FIND, {"key": digest(secret), "now": now}).first()
    return _key(row) if row else None


def listed(c: Connection, subject: str | None = None) -> list[UserKeyRow]:
    """Every key, or those of one user; the oldest first."""
    query = _LISTED if subject is None else _LISTED.where(user_keys.c.subject == subject)
    return [_key(row) for row in c.execute(query)]


def revoke(c: Connection, key_id: str, now: float) -> bool:
    """Make a key invalid. Whether it was valid, or had only expired."""
    return c.execute(_REVOKE, {"key": key_id, "now": now}).rowcount > 0


def _key(row: Sequence[Any]) -> UserKeyRow:
    key_id, subject, label, scopes, *times = row
    return UserKeyRow(key_id, subject, label, frozenset(scopes), *times)
