"""Access tokens of the plugin's own authorization server, looked up in its database."""

import re
from collections.abc import Callable

from plugwright.auth.challenge import INVALID_TOKEN
from plugwright.auth.verifiers import Verified
from plugwright.errors import InvalidToken
from plugwright.principal import Principal
from plugwright.store.database import Database
from plugwright.store.tokens import access

# Nothing else was ever issued, so nothing else is worth a look into the database.
_ACCESS_TOKEN = re.compile(r"pw_at_[A-Za-z0-9_-]{43}")


class AccessTokens:
    """Access tokens of the plugin's own authorization server, issued for one of ``resources`` (RFC 8707 §2)."""

    def __init__(self, database: Database, *, resources: frozenset[str], now: Callable[[], float]) -> None:
        self._database = database
        self._resources = resources
        self._now = now

    async def verify(self, token: str) -> Verified:
        """The user who signed in, with the client that acts for them.

        Raises:
            InvalidToken: it is no access token, expired, revoked, or for another resource.
            StoreUnavailable: the database cannot be reached.
        """
        if _ACCESS_TOKEN.fullmatch(token) is None:
            raise InvalidToken(INVALID_TOKEN)
        now = self._now()
        row = await self._database.read(lambda connection: access(connection, token, now))
        if row is None or row.resource not in self._resources or row.expires_at <= now:
            raise InvalidToken(INVALID_TOKEN)
        return Verified(Principal(row.account_id, row.client_id, row.scopes), row.expires_at)
