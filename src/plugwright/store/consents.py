"""Consents: what a user allowed a client, remembered so that they are not asked again."""

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, select

from plugwright.store.tables import consents
from plugwright.store.upserts import Insert, has_written, upsert

_ALLOWED = select(consents.c.scopes).where(
    consents.c.account_id == bindparam("account"), consents.c.key == bindparam("digest")
)
_WITHDRAW = delete(consents).where(
    consents.c.account_id == bindparam("account"), consents.c.client_id == bindparam("client")
)


def _put(new: Insert) -> Insert:
    changes = {name: new.excluded[name] for name in ("scopes", "granted_at")}
    return new.on_conflict_do_update(index_elements=["account_id", "key"], set_=changes)


_REMEMBER = upsert(lambda insert: _put(insert(consents)))


def allowed(c: Connection, account_id: str, key: bytes) -> frozenset[str]:
    """The scopes that a user allowed under this key, which stands for a client as the user saw it."""
    return frozenset(c.execute(_ALLOWED, {"account": account_id, "digest": key}).scalar() or ())


def remember(  # noqa: PLR0917 one row of the table, in its order
    c: Connection, account_id: str, key: bytes, client_id: str, scopes: Iterable[str], now: float
) -> None:
    """Remember exactly these scopes as allowed, in place of any before."""
    row = {"account_id": account_id, "key": key, "client_id": client_id, "scopes": sorted(scopes), "granted_at": now}
    has_written(c, _REMEMBER, row)


def withdraw(c: Connection, account_id: str, client_id: str) -> bool:
    """Forget whatever a user allowed a client; its grants are not touched. Whether there was anything."""
    return c.execute(_WITHDRAW, {"account": account_id, "client": client_id}).rowcount > 0
