"""What an author says about who may call: one of four kinds of authentication for the whole plugin."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from plugwright.errors import SetupError
from plugwright.operations.durations import seconds

# RFC 6749 §3.3, without the characters that a header's quoted string would have to escape
_SCOPE = re.compile(r"[!#-\[\]-~]{1,100}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
RESERVED_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})


@dataclass(frozen=True, slots=True)
class Scope:
    """One right that a user can give. ``description`` tells it in words, such as "See the places you saved".

    ``is_required``: the plugin makes no sense without it, so the consent page does not let the person unselect it.
    ``in_chinese``: the same words for people whose pages are Chinese (Simplified).
    """

    description: str
    is_required: bool = False
    in_chinese: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the author's ``authenticate`` recognised: an identifier that never changes, and a name to show."""

    id: str
    name: str


Authenticate = Callable[[str, str], Awaitable[Identity | None]]
"""The author's own check of a username and a password."""


@dataclass(frozen=True, slots=True)
class OpenIdProvider:
    """Sign-in by an outside OpenID provider; client id and secret are settings of the operator.

    ``name`` is on the button, such as "Example Corp".
    """

    issuer: str
    name: str
    scopes: tuple[str, ...] = ("openid", "profile", "email")


@dataclass(frozen=True, slots=True)
class JwtIssuer:
    """Another authorization server, whose access tokens are JWTs (RFC 9068). ``audience`` must be in them.

    ``takes_plain_type``: also tokens whose ``typ`` is plain ``JWT``, as issuers older than RFC 9068 make them.
    """

    issuer: str
    audience: str
    jwks_uri: str | None = None
    takes_plain_type: bool = False


@dataclass(frozen=True, slots=True)
class IntrospectionIssuer:
    """Another authorization server, which is asked about each token (RFC 7662).

    Client id and secret for asking are settings of the operator.
    """

    issuer: str
    audience: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class OAuth:
    """Users sign in and allow what the assistant may do: OAuth 2, with an authorization server of the plugin's own.

    Args:
        scopes: each right by its name, with a description in words or a `Scope`.
        authenticate: the author's own check of a username and a password, instead of built-in accounts.
        openid: sign-in by an outside OpenID provider, beside or instead of passwords.
        has_passwords: whether the sign-in page takes a username and a password.
        issuer: an outside authorization server that issues the tokens; then the plugin has none of its own.
        access_ttl: for how long an access token is valid.
        refresh_ttl: for how long a refresh token may lie unused.
        grant_ttl: after how long a user has to sign in anew in any case.
        session_ttl: for how long the browser stays signed in at the plugin.
        registration: whether clients may register themselves (RFC 7591).
        client_documents: whether a client may be the URL of its metadata document.
        tool_challenge: how MCP says that a tool needs sign-in when other tools do not: ``"result"``, as ChatGPT reads
            it, or ``"http"`` (401), as the MCP specification and generic clients have it.
        color: of buttons and links on the sign-in pages, ``#rrggbb``.

    Raises:
        SetupError: a scope, a duration or the color is not of its form, or nobody could sign in.
    """

    scopes: Mapping[str, str | Scope]
    authenticate: Authenticate | None = None
    openid: OpenIdProvider | None = None
    has_passwords: bool = True
    issuer: JwtIssuer | IntrospectionIssuer | None = None
    access_ttl: str = "1h"
    refresh_ttl: str = "30d"
    grant_ttl: str = "365d"
    session_ttl: str = "12h"
    registration: bool = True
    client_documents: bool = True
    tool_challenge: Literal["result", "http"] = "result"
    color: str = "#0b57d0"
    described: Mapping[str, Scope] = field(init=False)
    """The scopes, each as a `Scope`."""

    def __post_init__(self) -> None:
        if not self.scopes:
            raise SetupError("OAuth: scopes is empty; name at least one, such as {'places:read': 'See your places'}")
        described = {name: _scope("OAuth", name, given) for name, given in self.scopes.items()}
        object.__setattr__(self, "described", MappingProxyType(described))
        for name in ("access_ttl", "refresh_ttl", "grant_ttl", "session_ttl"):
            seconds(getattr(self, name), of=f"OAuth: {name}")
        if not _COLOR.fullmatch(self.color):
            raise SetupError(f"OAuth: color {self.color!r} must be of the form #rrggbb")
        if self.issuer is None and not self.has_passwords and self.openid is None:
            raise SetupError("OAuth: nobody could sign in; keep has_passwords, or give openid or issuer")


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """One key for all users, which ChatGPT sends with each call (``service_http``).

    The keys are the setting ``PLUGWRIGHT_SERVICE_KEYS``: several may be valid at once, so that they can be changed.
    """


@dataclass(frozen=True, slots=True)
class UserKey:
    """A key for each user, issued with ``plugwright keys issue`` (``user_http``).

    ``scopes``: what a key may be limited to, each by its name with a description in words or a `Scope`.

    Raises:
        SetupError: a scope is not of its form.
    """

    scopes: Mapping[str, str | Scope] = field(default_factory=dict[str, str | Scope])

    def __post_init__(self) -> None:
        for name, given in self.scopes.items():
            _scope("UserKey", name, given)


Auth = OAuth | ServiceKey | UserKey | None
"""The kinds of authentication; nothing: everybody may call everything."""


def _scope(kind: str, name: str, given: str | Scope) -> Scope:
    if not _SCOPE.fullmatch(name):
        raise SetupError(f"{kind}: scope {name!r} must be 1 to 100 printable ASCII characters without space or quote")
    if name in RESERVED_SCOPES:
        raise SetupError(f"{kind}: scope {name!r} has a meaning of its own in OpenID Connect; choose another name")
    scope = given if isinstance(given, Scope) else Scope(given)
    if not scope.description.strip():
        raise SetupError(f"{kind}: scope {name!r} needs a description, which the user reads before allowing it")
    return scope
