"""What an OpenID client asks for, and what an ID token has to claim, by Authlib's client.

Authlib's `OAuth2Client` writes the authorization URL, with state and PKCE, and `CodeIDToken` knows the claims. The
calls of Authlib's clients are left unused: they need a session of requests or httpx, and either would be a way out
beside the safe fetch.
"""

from typing import Any

from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core.claims import CodeIDToken
from joserfc.errors import JoseError

from plugwright.auth.signed_tokens import TokenRefused


def authorization_url(
    endpoint: str, *, client_id: str, redirect_uri: str, scope: str, state: str, nonce: str, code_verifier: str
) -> str:
    """Where to send the browser (OpenID Connect Core §3.1.2.1, RFC 7636 §4.3)."""
    client = OAuth2Client(
        None, client_id=client_id, redirect_uri=redirect_uri, scope=scope, code_challenge_method="S256"
    )
    url, _ = client.create_authorization_url(endpoint, state=state, code_verifier=code_verifier, nonce=nonce)  # pyright: ignore[reportUnknownMemberType] - Authlib has no types
    return url


def check_id_token(claims: dict[str, Any], *, client_id: str, nonce: str, now: float, leeway_seconds: int) -> None:
    """What ID tokens have beyond other tokens: nonce and authorized party (OpenID Connect Core §3.1.3.7).

    Raises:
        TokenRefused: with the claim that is wrong.
    """
    id_token = CodeIDToken(claims, {}, params={"nonce": nonce, "client_id": client_id})
    try:
        id_token.validate(now=int(now), leeway=leeway_seconds)  # pyright: ignore[reportUnknownMemberType] - Authlib has no types
    except JoseError as refused:
        raise TokenRefused(f"The ID token is refused: {refused.description}") from None
