"""The keys that stand for a service: settings, compared in constant time."""

import hmac
from collections.abc import Sequence

from plugwright.auth.challenge import INVALID_TOKEN
from plugwright.auth.verifiers import Verified
from plugwright.errors import InvalidToken
from plugwright.principal import Principal
from plugwright.store.secret_values import digest

SERVICE = Principal("service")


class ServiceKeys:
    """Several keys may be valid at once, so that they can be changed without a pause."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._digests = [digest(key) for key in keys]

    async def verify(self, token: str) -> Verified:
        """The service, whichever key it holds.

        Raises:
            InvalidToken: it is none of the keys.
        """
        given = digest(token)
        # Each is compared, so that the time tells nothing of which one came close.
        if not any([hmac.compare_digest(given, known) for known in self._digests]):  # noqa: C419 see above
            raise InvalidToken(INVALID_TOKEN)
        return Verified(SERVICE)
