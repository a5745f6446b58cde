"""The metadata that a client registers, checked against what this server lets clients do (RFC 7591 §2)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from plugwright.auth.jwks import KeysRefused, public_keys
from plugwright.auth.kinds import OAuth
from plugwright.auth.server.client_authentication import BASIC, METHODS, PRIVATE_KEY_JWT
from plugwright.auth.server.metadata import OFFLINE_ACCESS, SIGNING_ALGORITHMS
from plugwright.auth.server.oauth_errors import INVALID_CLIENT_METADATA, INVALID_REDIRECT_URI, OAuthError
from plugwright.auth.server.redirects import RedirectRefused, check_redirect_uri
from plugwright.json_types import is_array

_MOST_REDIRECTS = 10
_LONGEST_NAME = 200
_LONGEST_URL = 2048
_GRANT_TYPES = ("authorization_code", "refresh_token")


def read_metadata(given: Mapping[str, Any], oauth: OAuth) -> dict[str, Any]:
    """Checked metadata, as fields of a client. What is not known is ignored, as RFC 7591 §2 has it.

    Raises:
        OAuthError: something is not acceptable; the description names it.
    """
    if "software_statement" in given:
        raise _refused("software_statement is not accepted here; leave it out")
    method = _one_of(given, "token_endpoint_auth_method", METHODS, BASIC)
    _subset(given, "response_types", ("code",))
    jwks, jwks_uri = _keys(given, method)
    _check_scope(given, oauth)
    return {
        "name": _text(given, "client_name", _LONGEST_NAME) or "An application without a name",
        "uri": _client_uri(given),
        "auth_method": method,
        "jwks": jwks,
        "jwks_uri": jwks_uri,
        "signing_alg": _one_of(given, "token_endpoint_auth_signing_alg", SIGNING_ALGORITHMS, None),
        "redirect_uris": _redirect_uris(given),
        "grant_types": _subset(given, "grant_types", _GRANT_TYPES) or ("authorization_code",),
        "scopes": None,
    }


def _redirect_uris(given: Mapping[str, Any]) -> tuple[str, ...]:
    uris = given.get("redirect_uris")
    if not is_array(uris) or not uris or len(uris) > _MOST_REDIRECTS:
        raise OAuthError(INVALID_REDIRECT_URI, f"redirect_uris must be a list of 1 to {_MOST_REDIRECTS} URIs")
    for uri in uris:
        if not isinstance(uri, str) or len(uri) > _LONGEST_URL:
            raise OAuthError(INVALID_REDIRECT_URI, f"A redirect URI has at most {_LONGEST_URL} characters")
        try:
            check_redirect_uri(uri)
        except RedirectRefused as refused:
            raise OAuthError(INVALID_REDIRECT_URI, str(refused)) from None
    return tuple(dict.fromkeys(uris))


def _check_scope(given: Mapping[str, Any], oauth: OAuth) -> None:
    """Refuse a scope that does not exist; what is named limits nothing (RFC 7591 §3.2.1 lets the server replace it).

    Clients register with the scope of the first challenge they meet, and step up to more later on: a limit that
    anybody could set for himself protects nobody and ends there. Users decide; an operator's clients can be limited.
    """
    text = _text(given, "scope", _LONGEST_URL)
    if text is not None and not frozenset(text.split()) <= {*oauth.scopes, OFFLINE_ACCESS}:
        raise _refused(f"scope may only name {' '.join(oauth.scopes)} {OFFLINE_ACCESS}")


def _keys(given: Mapping[str, Any], method: str) -> tuple[dict[str, Any] | None, str | None]:
    jwks, jwks_uri = given.get("jwks"), _text(given, "jwks_uri", _LONGEST_URL)
    if jwks is not None and jwks_uri is not None:
        raise _refused("jwks and jwks_uri exclude each other")
    if jwks is not None:
        _check_keys(jwks)
    if jwks_uri is not None and not _is_web_url(jwks_uri):
        raise _refused("jwks_uri must be an https URL")
    if method == PRIVATE_KEY_JWT and jwks is None and jwks_uri is None:
        raise _refused("private_key_jwt needs jwks or jwks_uri")
    return jwks, jwks_uri


def _check_keys(jwks: object) -> None:
    try:
        keys = public_keys(jwks, is_strict=True)
    except KeysRefused as refused:
        raise _refused(f"jwks is refused: {refused}") from None
    if not keys:
        raise _refused("jwks holds no public key that can verify a signature")


def _client_uri(given: Mapping[str, Any]) -> str | None:
    """The client's page; one that cannot be used is left out, since clients on somebody's own machine name such."""
    text = given.get("client_uri")
    is_usable = isinstance(text, str) and len(text) <= _LONGEST_URL and text.isprintable() and _is_web_url(text)
    return text if is_usable else None


def _is_web_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and not parts.fragment
    except ValueError:
        return False


def _text(given: Mapping[str, Any], name: str, longest: int) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise _refused(f"{name} must be one line of at most {longest} characters")
    return value.strip() or None


def _one_of(given: Mapping[str, Any], name: str, known: tuple[str, ...], default: Any) -> Any:
    value = given.get(name, default)
    if value is not default and value not in known:
        raise _refused(f"{name} must be one of {', '.join(known)}")
    return value


def _subset(given: Mapping[str, Any], name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    values = given.get(name)
    if values is None:
        return ()
    if not is_array(values) or not all(value in known for value in values):
        raise _refused(f"{name} may only hold {', '.join(known)}")
    return tuple(dict.fromkeys(values))


def _refused(description: str) -> OAuthError:
    return OAuthError(INVALID_CLIENT_METADATA, description)
