"""What verifies a token: one interface for own tokens, keys and outside issuers."""

from typing import NamedTuple, Protocol

from plugwright.principal import Principal


class Verified(NamedTuple):
    """Whom a token stands for, and until when, in seconds since the epoch; absent: until it is revoked."""

    principal: Principal
    expires_at: float | None = None


class Verifier(Protocol):
    """Verifies tokens of one kind."""

    async def verify(self, token: str) -> Verified:
        """Whom the token stands for.

        Raises:
            InvalidToken: nobody: it is unknown, expired, revoked, or meant for something else.
            Unavailable: it cannot be told now.
        """
        ...
