"""OAuth clients: what may ask users for access, and all that makes one differ from another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, select, update

from plugwright.errors import Conflict
from plugwright.store.grants import revoke_client
from plugwright.store.tables import clients, consents
from plugwright.store.texts import is_storable, storable
from plugwright.store.upserts import Insert, has_written, unless_there, upsert

Source = Literal["operator", "registration", "document"]

_NAME_LENGTH = 200
_ID_LENGTH = 2048
_LISTS = ("redirect_uris", "redirect_templates", "onward_origins", "grant_types")
_KEPT = frozenset({"id", "source", "created_at", "used_at"})  # whatever else of a client changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client: who entered it, how it proves itself, and what it may do. Defaults are what is safest."""

    id: str
    source: Source
    name: str
    uri: str | None = None
    auth_method: str = "none"
    secret_digest: bytes | None = None
    jwks: Mapping[str, Any] | None = field(default=None, hash=False)
    jwks_uri: str | None = None
    signing_alg: str | None = None
    redirect_uris: tuple[str, ...] = ()
    redirect_templates: tuple[str, ...] = ()
    onward_origins: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code",)
    scopes: frozenset[str] | None = None
    requires_pkce: bool = True
    takes_json: bool = False
    is_trusted: bool = False
    registration_digest: bytes | None = None
    document_digest: str | None = None
    created_at: float
    used_at: float | None = None

    @property
    def authenticates(self) -> bool:
        """Whether it has to prove who it is at the token endpoint."""
        return self.auth_method != "none"


_NAMES = tuple(item.name for item in fields(Client))
_CHANGED = tuple(name for name in _NAMES if name not in _KEPT)


def _put(new: Insert) -> Insert:
    changes = {name: new.excluded[name] for name in _CHANGED}
    return new.on_conflict_do_update(index_elements=["id"], set_=changes, where=clients.c.source == "document")


_COLUMNS = tuple(clients.c[name] for name in _NAMES)
_ADD = unless_there(clients)
_PUT_DOCUMENT = upsert(lambda insert: _put(insert(clients)))
_FIND = select(*_COLUMNS).where(clients.c.id == bindparam("client"))
_LISTED = select(*_COLUMNS).order_by(clients.c.created_at, clients.c.id)
_REPLACE = update(clients).where(clients.c.id == bindparam("client"))
_MARK_USED = (
    update(clients)
    .where(clients.c.id == bindparam("client"), clients.c.used_at.is_(None))
    .values(used_at=bindparam("now"))
)
_REMOVE = delete(clients).where(clients.c.id == bindparam("client"))
_REMOVE_CONSENTS = delete(consents).where(consents.c.client_id == bindparam("client"))


class ClientTaken(Conflict):
    """Another client has this id."""


def add(c: Connection, client: Client) -> None:
    """Add a client.

    Raises:
        ClientTaken: there is one of this id.
    """
    if not has_written(c, _ADD, _row(client)):
        raise ClientTaken(f"There is a client {client.id!r} already")


def find(c: Connection, client_id: str) -> Client | None:
    """The client of this id, whatever text that is."""
    if not is_storable(client_id, _ID_LENGTH):
        return None
    row = c.execute(_FIND, {"client": client_id}).first()
    return _client(row) if row else None


def listed(c: Connection, source: Source | None = None) -> list[Client]:
    """Every client, or those of one source; the oldest first."""
    query = _LISTED if source is None else _LISTED.where(clients.c.source == source)
    return [_client(row) for row in c.execute(query)]


def replace(c: Connection, client: Client) -> bool:
    """Change all of a client but its id, its source and its times. Whether there is such a client."""
    row = _row(client)
    return c.execute(_REPLACE, {"client": client.id, **{name: row[name] for name in _CHANGED}}).rowcount > 0


def put_document(c: Connection, client: Client) -> bool:
    """Enter a client of a metadata document as it now is. False: the operator or a registration has this id."""
    if client.source != "document":
        raise ValueError("Only the client of a metadata document is put in place of what was there")
    return has_written(c, _PUT_DOCUMENT, _row(client))


def mark_used(c: Connection, client_id: str, now: float) -> None:
    """Note that a user completed a sign-in with a client; the first time counts."""
    c.execute(_MARK_USED, {"client": client_id, "now": now})


def remove(c: Connection, client_id: str, *, now: float) -> bool:
    """Remove a client, its consents, and every access that it was granted. Whether there was such a client."""
    revoke_client(c, client_id, "client_removed", now)
    c.execute(_REMOVE_CONSENTS, {"client": client_id})
    return c.execute(_REMOVE, {"client": client_id}).rowcount > 0


def _row(client: Client) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(client, name) for name in _NAMES}
    row.update({name: list(row[name]) for name in _LISTS})
    row["name"] = storable(client.name, _NAME_LENGTH)
    row["scopes"] = None if client.scopes is None else sorted(client.scopes)
    row["jwks"] = None if client.jwks is None else dict(client.jwks)
    return row


def _client(row: Sequence[Any]) -> Client:
    values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    values.update({name: tuple(values[name]) for name in _LISTS})
    if values["scopes"] is not None:
        values["scopes"] = frozenset(values["scopes"])
    return Client(**values)
