"""Client authentication by a signed assertion, ``private_key_jwt`` (RFC 7523 §2.2 and §3, OpenID Connect Core §9)."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from plugwright.auth.jwks import ALGORITHMS, FixedKeys, KeySource, KeysRefused, RemoteKeys
from plugwright.auth.signed_tokens import Expected, TokenRefused, check_claims, verify_signature
from plugwright.json_types import is_array
from plugwright.upstream.safe_fetch import SafeFetch

LEEWAY_SECONDS = 30
LONGEST_LIFETIME_SECONDS = 300
_LONGEST_JTI = 256
_MOST_KEY_SOURCES = 1_000
_TYPES = ("client-authentication+jwt", "jwt", None)


class AssertionRefused(Exception):
    """The assertion does not prove the client. The message is safe to show."""


class AssertingClient(Protocol):
    """What is known of a client that authenticates with assertions."""

    @property
    def id(self) -> str:
        """Its client id."""
        ...

    @property
    def jwks(self) -> Mapping[str, Any] | None:
        """Its public keys, by value."""
        ...

    @property
    def jwks_uri(self) -> str | None:
        """Where its public keys are, when they are not given by value."""
        ...

    @property
    def signing_alg(self) -> str | None:
        """The one algorithm that it announced, if it did."""
        ...


@dataclass(frozen=True, slots=True)
class VerifiedAssertion:
    """A valid assertion, to be used once: its caller records the client's ``jti`` until ``expires_at``."""

    jti: str
    expires_at: float


class ClientAssertions:
    """Verifies assertions.

    Args:
        fetch: the way out to the keys of clients.
        audiences: the URL of the token endpoint, and the issuer; RFC 7523 §3 allows either.
        now: seconds since the epoch.
    """

    def __init__(self, fetch: SafeFetch, audiences: tuple[str, ...], *, now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._audiences = audiences
        self._now = now
        self._remote: OrderedDict[str, RemoteKeys] = OrderedDict()

    async def verify(self, client: AssertingClient, assertion: str) -> VerifiedAssertion:
        """Verify the assertion of a client.

        Raises:
            AssertionRefused: it does not prove this client.
            Unavailable: the client's keys cannot be had now.
        """
        algorithms = ALGORITHMS if client.signing_alg is None else ALGORITHMS & {client.signing_alg}
        expected = Expected(client.id, self._audiences, ("sub", "jti"), LEEWAY_SECONDS)
        now = self._now()
        try:
            claims = await verify_signature(assertion, self._keys(client), types=_TYPES, algorithms=algorithms)
            check_claims(claims, expected, now=now)
        except TokenRefused as refused:
            raise AssertionRefused(refused.description) from None
        self._check_own(claims, client.id, now)
        return VerifiedAssertion(claims["jti"], float(claims["exp"]) + LEEWAY_SECONDS)

    def _keys(self, client: AssertingClient) -> KeySource:
        if client.jwks is not None:
            try:
                return FixedKeys(client.jwks)
            except KeysRefused as refused:
                raise AssertionRefused(str(refused)) from None
        if client.jwks_uri is None:
            raise AssertionRefused("The client has registered no keys")
        keys = self._remote.setdefault(client.jwks_uri, RemoteKeys(self._fetch, client.jwks_uri, now=self._now))
        self._remote.move_to_end(client.jwks_uri)
        while len(self._remote) > _MOST_KEY_SOURCES:
            self._remote.popitem(last=False)
        return keys

    def _check_own(self, claims: dict[str, Any], client_id: str, now: float) -> None:
        """What assertions have beyond other tokens: the subject is the issuer, one audience, a short life, one use."""
        if claims["sub"] != client_id:
            raise AssertionRefused("sub is not the client_id")
        audience = claims["aud"]
        # An assertion that is meant for somebody else too could be replayed by them
        if is_array(audience) and not set(audience) <= set(self._audiences):
            raise AssertionRefused("aud names another server too")
        if claims["exp"] > now + LONGEST_LIFETIME_SECONDS + LEEWAY_SECONDS:
            raise AssertionRefused(f"exp is more than {LONGEST_LIFETIME_SECONDS} seconds ahead")
        if len(claims["jti"]) > _LONGEST_JTI:
            raise AssertionRefused(f"jti has more than {_LONGEST_JTI} characters")
