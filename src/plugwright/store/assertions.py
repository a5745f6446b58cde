"""Assertions by which clients prove themselves: each is used once (RFC 7523 §3, ``jti``)."""

from sqlalchemy import Connection

from plugwright.store.secret_values import digest
from plugwright.store.tables import assertions
from plugwright.store.upserts import has_written, unless_there

_USE = unless_there(assertions)


def use(c: Connection, client_id: str, jti: str, expires_at: float) -> bool:
    """Whether this client's assertion is used for the first time; it is remembered until it expires."""
    # The length keeps two pairs from being one text.
    return has_written(c, _USE, {"digest": digest(f"{len(client_id)}:{client_id}{jti}"), "expires_at": expires_at})
