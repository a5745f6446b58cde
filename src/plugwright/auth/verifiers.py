"""What verifies a token: one interface for own tokens, keys and outside issuers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from plugwright.errors import InternalError, PlugwrightError
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


@dataclass(frozen=True, slots=True)
class Masked:
    """A verifier whose unforeseen failures are logged, and told to nobody.

    ``report`` logs one: what was done, the request id, the exception.
    """

    verifier: Verifier
    report: Callable[[str, str, BaseException], None]

    async def verify(self, token: str) -> Verified:
        """Whom the token stands for.

        Raises:
            InvalidToken: nobody.
            Unavailable: it cannot be told now.
            InternalError: the verifier failed.
        """
        try:
            return await self.verifier.verify(token)
        except PlugwrightError:
            raise
        except Exception as error:  # noqa: BLE001 a call ends here, before it has begun
            self.report("verify token", "", error)
            raise InternalError from None
