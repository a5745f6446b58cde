"""What a plugin needs of whoever operates it, as far as its definition tells."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from plugwright.auth.kinds import Auth, OAuth, UserKey
from plugwright.operations.registry import Registry

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from plugwright.settings import Settings


@dataclass(frozen=True, slots=True)
class Needs:
    """What settings and database have to serve.

    ``stores``: nothing can be served without a database, whatever the kind of authentication. ``writes``: an operation
    changes something, and what is recorded of its calls, such as their idempotency keys, is in the database.
    """

    auth: Auth = None
    stores: bool = False
    writes: bool = False

    @property
    def database(self) -> bool:
        """Whether nothing can be served without a database."""
        return self.stores or uses_database(self.auth)

    def opens_database(self, settings: "Settings") -> bool:
        """Whether the database is opened at the start.

        Where only writes use it and the operator named none, it is opened when a call first needs it.
        """
        is_named = "database_url" in settings.model_fields_set
        return self.database or (self.writes and (is_named or settings.is_production))


def needs_of(auth: Auth, registry: Registry, tables: "MetaData | None") -> Needs:
    """What a plugin needs, from its definition."""
    operations = registry.operations.values()
    stores = tables is not None or any(operation.is_background for operation in operations)
    return Needs(auth, stores=stores, writes=any(not operation.read_only for operation in operations))


def uses_database(auth: Auth) -> bool:
    """Whether something of this kind of authentication is kept in a database."""
    return isinstance(auth, UserKey) or (isinstance(auth, OAuth) and auth.issuer is None)
