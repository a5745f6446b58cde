"""How the OpenAPI documents say who may call: security schemes, requirements, and the replies of refusal."""

from typing import Any

from plugwright.auth.kinds import Auth, JwtIssuer, OAuth, ServiceKey
from plugwright.operations.access import Access

_NAMES = {"oauth": "oauth2", "key": "key"}
_UNKNOWN = "The caller has to sign in, or the token is not valid."
_TOO_LITTLE = "The caller was not allowed this."
_CHALLENGE = {"WWW-Authenticate": {"description": "How to sign in (RFC 6750).", "schema": {"type": "string"}}}


def security_schemes(auth: Auth, public_url: str) -> dict[str, Any]:
    """``components.securitySchemes``; empty where nobody signs in."""
    if auth is None:
        return {}
    if not isinstance(auth, OAuth):
        whose = "One key for all users." if isinstance(auth, ServiceKey) else "The user's own key."
        return {_NAMES["key"]: {"type": "http", "scheme": "bearer", "description": whose}}
    if auth.issuer is not None:
        return {_NAMES["oauth"]: _outside(auth.issuer.issuer, is_jwt=isinstance(auth.issuer, JwtIssuer))}
    flow = {
        "authorizationUrl": f"{public_url}/oauth/authorize",
        "tokenUrl": f"{public_url}/oauth/token",
        "refreshUrl": f"{public_url}/oauth/token",
        "scopes": {name: scope.description for name, scope in auth.described.items()},
    }
    return {_NAMES["oauth"]: {"type": "oauth2", "flows": {"authorizationCode": flow}}}


def security_of(access: Access) -> list[dict[str, list[str]]] | None:
    """The requirements of one operation; nothing where the plugin has no sign-in, so that none need be said."""
    if access.sign_in == "none":
        return None
    if access.is_open:
        return []
    # Only OAuth has scopes in a requirement: OpenAPI 3.0 wants an empty list for the other kinds.
    needed = {_NAMES[access.sign_in]: list(access.scopes) if access.sign_in == "oauth" else []}
    return [{}, needed] if access.is_public else [needed]


def refusals(access: Access) -> dict[str, dict[str, Any]]:
    """The replies to callers who may not call, by status."""
    if access.is_open:
        return {}
    found: dict[str, dict[str, Any]] = {"401": {"description": _UNKNOWN, "headers": _CHALLENGE}}
    if access.scopes and not access.is_public:
        found["403"] = {"description": _TOO_LITTLE, "headers": _CHALLENGE}
    return found


def _outside(issuer: str, *, is_jwt: bool) -> dict[str, Any]:
    # Its endpoints are in its metadata, and may change there.
    kind = "JWTs of" if is_jwt else "Access tokens of"
    return {
        "type": "openIdConnect",
        "openIdConnectUrl": f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        "description": f"{kind} {issuer}.",
    }
