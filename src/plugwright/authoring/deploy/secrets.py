"""Values that never stand in a deployment file: where each comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_RANDOM: Final = frozenset({"secret", "service_keys"})
_ORIGINS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "database_url": "postgresql://user:password@host/name, from who runs your database",
        "valkey_url": "valkeys://user:password@host:6379/0, from who runs your Valkey",
        "openid_client_id": "from the OpenID provider",
        "openid_client_secret": "from the OpenID provider",
        "introspection_client_id": "from your authorization server",
        "introspection_client_secret": "from your authorization server",
    }
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A setting whose value is a file of its own, named by ``PLUGWRIGHT_<FIELD>_FILE``."""

    field: str

    @property
    def variable(self) -> str:
        """The environment variable that names its file."""
        return f"PLUGWRIGHT_{self.field.upper()}_FILE"

    @property
    def is_random(self) -> bool:
        """Whether chance makes it."""
        return self.field in _RANDOM

    @property
    def is_foreign(self) -> bool:
        """Whether the author gets it from somebody and puts it there."""
        return not self.is_random

    @property
    def origin(self) -> str:
        """Who gives it."""
        return _ORIGINS[self.field]
