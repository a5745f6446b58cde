"""The gate of an operation: lets callers in who may call it, and says to the others how to mend it."""

from collections.abc import Sequence

from plugwright.auth.bearer import bearer_token
from plugwright.auth.challenge import MISSING_SCOPE, SIGN_IN, Challenger
from plugwright.auth.remembered import Remembered
from plugwright.auth.verifiers import Verifier
from plugwright.errors import AccessRefused, MissingScope, NotAuthenticated
from plugwright.operations.access import Access
from plugwright.principal import Principal


class Gate:
    """Who may pass, compiled from one `Access`.

    `known` answers at once for a caller who was here a moment ago; otherwise `admit` finds out. ``named`` are the
    scopes that a challenge names when they are not those of the access.
    """

    __slots__ = ("_challenger", "_is_public", "_named", "_remembered", "_scopes", "_verifier")

    def __init__(
        self,
        access: Access,
        verifier: Verifier,
        remembered: Remembered,
        challenger: Challenger,
        *,
        named: Sequence[str] | None = None,
    ) -> None:
        self._is_public = access.is_public
        self._scopes = frozenset(access.scopes)
        self._named = access.scopes if named is None else tuple(named)
        self._verifier = verifier
        self._remembered = remembered
        self._challenger = challenger

    def known(self, authorization: bytes | None) -> Principal | None:
        """The caller, if it is known already who they are and that they may pass; nothing: ask `admit`.

        Raises:
            NotAuthenticated: the operation needs to know who calls, and nothing says it.
        """
        if authorization is None:
            if self._is_public:
                return None
            raise self.explained(NotAuthenticated(SIGN_IN))
        principal = self._remembered.get(authorization)
        return principal if principal is not None and self._scopes <= principal.scopes else None

    async def admit(self, authorization: bytes | None) -> Principal | None:
        """The caller, or nothing where anybody may pass and comes as nobody in particular.

        Raises:
            AccessRefused: they may not pass; its challenge says how to mend it.
            Unavailable: it cannot be told now who they are.
        """
        try:
            return self._allowed(await self._identified(authorization))
        except AccessRefused as error:
            raise self.explained(error) from None

    def allowed(self, principal: Principal | None) -> Principal | None:
        """The same for a caller who was identified already.

        Raises:
            AccessRefused: they may not pass.
        """
        try:
            return self._allowed(principal)
        except AccessRefused as error:
            raise self.explained(error) from None

    def explained(self, error: AccessRefused) -> AccessRefused:
        """The error with the challenge of this gate, unless it has one."""
        if error.challenge is None:
            error.challenge = self._challenger.of(error, self._named)
        return error

    def challenge_in_result(self, error: AccessRefused) -> str:
        """The challenge for the inside of an MCP result."""
        return self._challenger.in_result(error, self._named)

    def _allowed(self, principal: Principal | None) -> Principal | None:
        if principal is not None and self._scopes <= principal.scopes:
            return principal
        if self._is_public:
            # Who was not allowed the scopes may still do what anybody may.
            return None
        if principal is None:
            raise NotAuthenticated(SIGN_IN)
        raise MissingScope(MISSING_SCOPE, subject=principal.subject, client=principal.client)

    async def _identified(self, authorization: bytes | None) -> Principal | None:
        token = bearer_token(authorization)
        if authorization is None or token is None:
            return None
        known = self._remembered.get(authorization)
        if known is not None:
            return known
        return await self._remembered.ask(authorization, lambda: self._verifier.verify(token))
