"""Keys that the plugin issued to its users, looked up in its database."""

import re
from collections.abc import Callable

from plugwright.auth.challenge import INVALID_TOKEN
from plugwright.auth.verifiers import Verified
from plugwright.errors import InvalidToken
from plugwright.principal import Principal
from plugwright.store import user_keys
from plugwright.store.database import Database

# Nothing else was ever issued, so nothing else is worth a look into the database.
_USER_KEY = re.compile(r"pw_key_[A-Za-z0-9_-]{43}")


class UserKeys:
    """Keys that were issued to users with ``plugwright keys issue``."""

    def __init__(self, database: Database, *, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    async def verify(self, token: str) -> Verified:
        """The user who holds the key.

        Raises:
            InvalidToken: there is no such key, or it is revoked or expired.
            StoreUnavailable: the database cannot be reached.
        """
        if _USER_KEY.fullmatch(token) is None:
            raise InvalidToken(INVALID_TOKEN)
        now = self._now()
        row = await self._database.read(lambda connection: user_keys.find(connection, token, now))
        if row is None:
            raise InvalidToken(INVALID_TOKEN)
        return Verified(Principal(row.subject, scopes=frozenset(row.scopes)), row.expires_at)
