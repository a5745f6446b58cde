"""Sign-in by an outside OpenID provider: the authorization code flow with PKCE (OpenID Connect Core §3.1, RFC 7636)."""

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugwright.auth.discovery import RemoteMetadata, openid_url
from plugwright.auth.jwks import RemoteKeys
from plugwright.auth.kinds import OpenIdProvider
from plugwright.auth.server.openid_messages import authorization_url, check_id_token
from plugwright.auth.signed_tokens import Expected, TokenRefused, check_claims, verify_signature
from plugwright.errors import Unavailable
from plugwright.json_types import is_array, is_object
from plugwright.upstream.credentials import basic_credentials
from plugwright.upstream.safe_fetch import Fetched, FetchError, SafeFetch

LEEWAY_SECONDS = 60
_ID_TOKEN_TYPES = ("jwt", None)
_ONCE = frozenset({"state", "code", "iss", "error"})
_MAX_BYTES = 65_536
_DEADLINE_SECONDS = 10.0
_OK = 200
_BAD_REQUEST = 400
_LONGEST_TEXT = 320


class OpenIdFailed(Exception):
    """The person was not signed in. The message is safe to show; ``is_declined``: by the person's own will."""

    def __init__(self, message: str, *, is_declined: bool = False) -> None:
        super().__init__(message)
        self.is_declined = is_declined


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """What must survive the round trip, sealed and bound to the browser, for a few minutes, and used once."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenIdIdentity:
    """Whom the provider vouches for. ``issuer`` and ``subject`` together identify them; the rest may change."""

    issuer: str
    subject: str
    name: str | None
    email: str | None
    email_verified: bool


class OpenIdSignIn:
    """Signs people in at one provider.

    Args:
        provider: which one, and what is asked of it.
        client_id: under which this server is registered there.
        client_secret: its proof; empty: a public client, by PKCE alone.
        redirect_uri: where the provider sends the browser back.
        fetch: the way out.
        now: seconds since the epoch.
    """

    def __init__(
        self,
        provider: OpenIdProvider,
        *,
        client_id: str,
        client_secret: str,
        redirect_uri: str,
        fetch: SafeFetch,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._provider = provider
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri
        self._fetch = fetch
        self._now = now
        self._metadata = RemoteMetadata(fetch, provider.issuer, (openid_url(provider.issuer),), now=now)
        self._keys: RemoteKeys | None = None

    async def begin(self) -> tuple[str, PendingSignIn]:
        """Where to send the browser, and what to keep until it comes back.

        Raises:
            Unavailable: the provider's metadata cannot be had now.
        """
        pending = PendingSignIn(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))
        url = authorization_url(
            await self._metadata.url("authorization_endpoint"),
            client_id=self._client_id,
            redirect_uri=self._redirect_uri,
            scope=" ".join(dict.fromkeys(("openid", *self._provider.scopes))),
            state=pending.state,
            nonce=pending.nonce,
            code_verifier=pending.code_verifier,
        )
        return url, pending

    async def finish(self, pending: PendingSignIn, query: Sequence[tuple[str, str]]) -> OpenIdIdentity:
        """Whom the browser brings back.

        Args:
            pending: what `begin` gave, in this browser.
            query: the parameters of the callback, in order, repeated ones too.

        Raises:
            OpenIdFailed: the answer is not to this request, or the provider refuses.
            Unavailable: the provider does not answer as it should.
        """
        code = self._code(pending, query, await self._metadata.get())
        id_token = await self._exchanged(code, pending)
        try:
            claims = await verify_signature(id_token, await self._known_keys(), types=_ID_TOKEN_TYPES)
            now = self._now()
            check_claims(
                claims,
                Expected(self._provider.issuer, (self._client_id,), ("sub", "iat"), LEEWAY_SECONDS),
                now=now,
            )
            check_id_token(
                claims, client_id=self._client_id, nonce=pending.nonce, now=now, leeway_seconds=LEEWAY_SECONDS
            )
        except TokenRefused as refused:
            raise OpenIdFailed(refused.description) from None
        return _identity(claims)

    def _code(self, pending: PendingSignIn, query: Sequence[tuple[str, str]], metadata: Mapping[str, Any]) -> str:
        """The code of an answer to this very request (RFC 6749 §4.1.2 and §10.12, RFC 9207 §2.4)."""
        names = [name for name, _ in query]
        if any(names.count(name) > 1 for name in _ONCE):
            raise OpenIdFailed("The answer of the provider repeats a parameter")
        answer = dict(query)
        if not secrets.compare_digest(answer.get("state", "").encode(errors="replace"), pending.state.encode()):
            raise OpenIdFailed("The answer of the provider belongs to another sign-in; please start again")
        is_identified = metadata.get("authorization_response_iss_parameter_supported") is True
        if answer.get("iss", None if is_identified else self._provider.issuer) != self._provider.issuer:
            raise OpenIdFailed("The answer is not from the provider that was asked")
        if "error" in answer:
            is_declined = answer["error"] == "access_denied"
            raise OpenIdFailed("The provider did not sign you in", is_declined=is_declined)
        if not answer.get("code"):
            raise OpenIdFailed("The answer of the provider has no code")
        return answer["code"]

    async def _exchanged(self, code: str, pending: PendingSignIn) -> str:
        """The ID token for a code (OpenID Connect Core §3.1.3.1)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": pending.code_verifier,
        }
        proof, authorization = self._proof(await self._metadata.get())
        try:
            fetched = await self._fetch.post_form(
                await self._metadata.url("token_endpoint"),
                {**form, **proof},
                max_bytes=_MAX_BYTES,
                deadline_seconds=_DEADLINE_SECONDS,
                authorization=authorization,
            )
        except FetchError:
            raise Unavailable("The OpenID provider cannot be reached now") from None
        return _id_token(fetched)

    def _proof(self, metadata: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
        """How the provider wants this client to prove itself: in the form, or by the header, which is the default."""
        if not self._client_secret:
            return {"client_id": self._client_id}, None
        methods = metadata.get("token_endpoint_auth_methods_supported")
        if is_array(methods) and "client_secret_post" in methods and "client_secret_basic" not in methods:
            return {"client_id": self._client_id, "client_secret": self._client_secret}, None
        return {}, basic_credentials(self._client_id, self._client_secret)

    async def _known_keys(self) -> RemoteKeys:
        if self._keys is None:
            self._keys = RemoteKeys(self._fetch, await self._metadata.url("jwks_uri"), now=self._now)
        return self._keys


def _id_token(fetched: Fetched) -> str:
    try:
        answer = json.loads(fetched.body)
    except (ValueError, RecursionError):
        answer = None
    error = answer.get("error") if is_object(answer) else None
    if fetched.status == _BAD_REQUEST and error == "invalid_grant":
        raise OpenIdFailed("The provider does not take the code; please start again")
    id_token = answer.get("id_token") if is_object(answer) else None
    if fetched.status != _OK or not isinstance(id_token, str):
        raise Unavailable("The OpenID provider does not answer as it should; its operator has to look at it")
    return id_token


def _identity(claims: Mapping[str, Any]) -> OpenIdIdentity:
    return OpenIdIdentity(
        issuer=claims["iss"],
        subject=claims["sub"],
        name=_text(claims.get("name")) or _text(claims.get("preferred_username")),
        email=_text(claims.get("email")),
        email_verified=claims.get("email_verified") is True,
    )


def _text(value: object) -> str | None:
    """A claim that can be shown (OpenID Connect Core §5.1); others are as if they were absent."""
    is_shown = isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST_TEXT and value.isprintable()
    return value.strip() if isinstance(value, str) and is_shown else None
