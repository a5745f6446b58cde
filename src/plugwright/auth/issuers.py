"""The resource server's side of an outside authorization server: JWT access tokens (RFC 9068) or introspection (7662).

When the issuer cannot be asked, the answer is `Unavailable` (503), never 401: a client throws its token away on 401.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from plugwright.auth.discovery import RemoteMetadata, metadata_urls
from plugwright.auth.jwks import RemoteKeys
from plugwright.auth.kinds import IntrospectionIssuer, JwtIssuer
from plugwright.auth.signed_tokens import Expected, TokenRefused, check_claims, verify_signature
from plugwright.auth.verifiers import Verified
from plugwright.errors import InvalidToken, Unavailable
from plugwright.json_types import is_array, is_object
from plugwright.principal import Principal
from plugwright.upstream.credentials import basic_credentials
from plugwright.upstream.safe_fetch import FetchError, SafeFetch

LEEWAY_SECONDS = 60
_ACCESS_TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type, RFC 9068 §2.1
_PLAIN_TYPES = ("jwt", None)
# What ID tokens carry and access tokens do not (OpenID Connect Core §2 and §3.1.3.6)
_ID_TOKEN_CLAIMS = frozenset({"nonce", "at_hash", "c_hash"})
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]{1,16384}=*")
_MAX_BYTES = 65_536
_DEADLINE_SECONDS = 5.0
_OK = 200
_INVALID = "The token is not valid at its issuer"


class JwtVerifier:
    """Verifies the JWT access tokens of an outside issuer.

    Args:
        issuer: whose tokens, and for which audience.
        fetch: the way out.
        takes_plain_type: also take tokens whose ``typ`` is ``JWT`` or absent, as issuers older than RFC 9068 make them.
        now: seconds since the epoch.
    """

    def __init__(
        self,
        issuer: JwtIssuer,
        fetch: SafeFetch,
        *,
        takes_plain_type: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._expected = Expected(issuer.issuer, (issuer.audience,), ("sub",), LEEWAY_SECONDS)
        self._types = (_ACCESS_TOKEN_TYPE, *(_PLAIN_TYPES if takes_plain_type else ()))
        self._fetch = fetch
        self._now = now
        self._metadata = RemoteMetadata(fetch, issuer.issuer, metadata_urls(issuer.issuer), now=now)
        self._keys = RemoteKeys(fetch, issuer.jwks_uri, now=now) if issuer.jwks_uri else None

    async def verify(self, token: str) -> Verified:
        """Whom the token stands for.

        Raises:
            InvalidToken: it is not an access token of this issuer for this audience, or not valid now.
            Unavailable: the keys of the issuer cannot be had now.
        """
        try:
            claims = await verify_signature(token, await self._known_keys(), types=self._types)
            check_claims(claims, self._expected, now=self._now())
        except TokenRefused as refused:
            raise InvalidToken(refused.description) from None
        if not _ID_TOKEN_CLAIMS.isdisjoint(claims) or str(claims.get("typ", "Bearer")).lower() != "bearer":
            raise InvalidToken("The token is not an access token")
        return _verified(claims)

    async def _known_keys(self) -> RemoteKeys:
        if self._keys is None:
            self._keys = RemoteKeys(self._fetch, await self._metadata.url("jwks_uri"), now=self._now)
        return self._keys


class IntrospectionVerifier:
    """Asks an outside issuer about each token.

    Args:
        issuer: whom to ask, and for which audience.
        client_id: under which this server is known to the issuer.
        client_secret: its proof.
        fetch: the way out.
        now: seconds since the epoch.
    """

    def __init__(
        self,
        issuer: IntrospectionIssuer,
        client_id: str,
        client_secret: str,
        fetch: SafeFetch,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._credentials = basic_credentials(client_id, client_secret)
        self._fetch = fetch
        self._now = now

    async def verify(self, token: str) -> Verified:
        """Whom the token stands for.

        Raises:
            InvalidToken: the issuer does not know it, or it is meant for something else.
            Unavailable: the issuer does not answer as it should.
        """
        if not _BEARER.fullmatch(token):
            raise InvalidToken(_INVALID)
        claims = await self._asked(token)
        if claims.get("active") is not True:
            raise InvalidToken(_INVALID)
        # Of these members only aud is needed; where others are given, they have to be right (RFC 7662 §2.2)
        if str(claims.get("token_type", "Bearer")).lower() != "bearer":
            raise InvalidToken("The token is not a bearer access token")
        self._check(claims)
        return _verified(claims)

    async def _asked(self, token: str) -> dict[str, Any]:
        try:
            fetched = await self._fetch.post_form(
                self._issuer.endpoint,
                {"token": token, "token_type_hint": "access_token"},
                max_bytes=_MAX_BYTES,
                deadline_seconds=_DEADLINE_SECONDS,
                authorization=self._credentials,
            )
            claims = json.loads(fetched.body) if fetched.status == _OK else None
        except (FetchError, ValueError, RecursionError):
            claims = None
        if not is_object(claims):
            raise Unavailable("The issuer of the token cannot be asked about it now")
        return claims

    def _check(self, claims: dict[str, Any]) -> None:
        now = self._now()
        required = ("sub",)
        optional = {"iss": self._issuer.issuer, "exp": int(now) + 1}
        expected = Expected(self._issuer.issuer, (self._issuer.audience,), required, LEEWAY_SECONDS)
        try:
            check_claims({**optional, **claims}, expected, now=now)
        except TokenRefused as refused:
            raise InvalidToken(refused.description) from None


def _verified(claims: Mapping[str, Any]) -> Verified:
    if "cnf" in claims:
        # RFC 7800 §3.1: bound to a key whose possession is not proved here
        raise InvalidToken("The token is bound to a key, and is no bearer token")
    expires_at = claims.get("exp")
    client = claims.get("client_id", claims.get("azp"))
    principal = Principal(str(claims["sub"]), client if isinstance(client, str) else None, _scopes(claims))
    return Verified(principal, None if expires_at is None else float(expires_at) + LEEWAY_SECONDS)


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """RFC 9068 §2.2.3 has a text with spaces; others send a list, or call it ``scp``."""
    value = claims.get("scope", claims.get("scp"))
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(item for item in value if isinstance(item, str)) if is_array(value) else frozenset()
