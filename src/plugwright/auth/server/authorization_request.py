"""An authorization request (RFC 6749 §4.1.1, OAuth 2.1 §4.1.1), validated.

Until client and redirect URI are known to belong together, nothing leads anywhere: the person sees a page. After that
an error may go back to the client.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugwright.auth.pages.models import ErrorKind
from plugwright.auth.server.forms import Form
from plugwright.auth.server.metadata import OFFLINE_ACCESS
from plugwright.auth.server.oauth_errors import (
    INVALID_REQUEST,
    INVALID_SCOPE,
    INVALID_TARGET,
    UNAUTHORIZED_CLIENT,
    UNSUPPORTED_RESPONSE_TYPE,
)
from plugwright.auth.server.page_errors import PageOnly
from plugwright.auth.server.redirects import matches
from plugwright.auth.server.urls import Urls
from plugwright.store.clients import Client

_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 §4.2
_LONGEST_STATE = 4096
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})


class Returned(Exception):
    """The request is refused, and its client may be told (RFC 6749 §4.1.2.1)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class Return:
    """Where the answer goes: a redirect URI that is the client's, and the state to repeat."""

    redirect_uri: str
    state: str | None


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a client asks a user for. ``scopes`` are those of the plugin, ``offline`` that offline_access was asked."""

    client_id: str
    back: Return
    scopes: frozenset[str]
    offline: bool
    resource: str
    challenge: str | None
    prompts: frozenset[str]

    def as_data(self) -> dict[str, Any]:
        """The request for a ticket."""
        return {
            "client_id": self.client_id,
            "redirect_uri": self.back.redirect_uri,
            "state": self.back.state,
            "scopes": sorted(self.scopes),
            "offline": self.offline,
            "resource": self.resource,
            "challenge": self.challenge,
            "prompts": sorted(self.prompts),
        }


def from_data(data: Mapping[str, Any]) -> AuthorizationRequest:
    """The request in a ticket."""
    return AuthorizationRequest(
        data["client_id"],
        Return(data["redirect_uri"], data["state"]),
        frozenset(data["scopes"]),
        data["offline"],
        data["resource"],
        data["challenge"],
        frozenset(data["prompts"]),
    )


def read_return(form: Form, client: Client) -> Return:
    """Where answers go.

    Raises:
        PageOnly: the redirect URI is not one that the client registered (RFC 9700 §4.1.3).
    """
    given = form.get("redirect_uri")
    if given is None:
        # RFC 6749 §3.1.2.3: it may be left out where exactly one is registered.
        if len(client.redirect_uris) != 1 or client.redirect_templates:
            raise PageOnly(ErrorKind.REDIRECT_UNREGISTERED)
        given = client.redirect_uris[0]
    elif not matches(client.redirect_uris, client.redirect_templates, given):
        raise PageOnly(ErrorKind.REDIRECT_UNREGISTERED)
    state = form.get("state")
    if state is not None and len(state) > _LONGEST_STATE:
        raise PageOnly(ErrorKind.REQUEST_INVALID)
    return Return(given, state)


def read_request(
    form: Form, client: Client, back: Return, where: Urls, known_scopes: frozenset[str]
) -> AuthorizationRequest:
    """The rest of the request.

    Raises:
        Returned: it is not one that this client may make here.
    """
    response_type = form.get("response_type")
    if response_type is None:
        raise Returned(INVALID_REQUEST, "response_type is missing")
    if response_type != "code":
        raise Returned(UNSUPPORTED_RESPONSE_TYPE, "response_type must be code")
    if form.get("response_mode") not in {None, "query"}:
        raise Returned(INVALID_REQUEST, "response_mode must be query")
    if "authorization_code" not in client.grant_types:
        raise Returned(UNAUTHORIZED_CLIENT, "This client may not ask for a code")
    if form.get("request") or form.get("request_uri"):
        raise Returned("request_not_supported", "Send the parameters themselves")
    scopes, offline = _scopes(form, client, known_scopes)
    resource = form.get("resource") or where.resource
    if resource not in where.resources:
        raise Returned(INVALID_TARGET, f"resource must be {where.resource}")
    prompts = frozenset((form.get("prompt") or "").split())
    if not prompts <= _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise Returned(INVALID_REQUEST, "prompt must be none, login, consent or select_account")
    return AuthorizationRequest(client.id, back, scopes, offline, resource, _challenge(form, client), prompts)


def _scopes(form: Form, client: Client, known: frozenset[str]) -> tuple[frozenset[str], bool]:
    allowed = known if client.scopes is None else known & client.scopes
    asked = frozenset((form.get("scope") or "").split())
    offline = OFFLINE_ACCESS in asked
    wanted = asked - {OFFLINE_ACCESS} or allowed
    if not wanted <= allowed:
        raise Returned(INVALID_SCOPE, "scope names something that does not exist here, or that this client may not ask")
    return wanted, offline


def _challenge(form: Form, client: Client) -> str | None:
    challenge = form.get("code_challenge")
    method = form.get("code_challenge_method")
    if challenge is None:
        if client.requires_pkce or method is not None:
            raise Returned(INVALID_REQUEST, "code_challenge is missing; PKCE with S256 is required")
        return None
    if method != "S256":
        raise Returned(INVALID_REQUEST, "code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise Returned(INVALID_REQUEST, "code_challenge must be 43 to 128 unreserved characters")
    return challenge
