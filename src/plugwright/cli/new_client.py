"""A client from what an operator says of it, with everything checked before it is stored."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from plugwright.auth.server.client_authentication import NONE, PRIVATE_KEY_JWT
from plugwright.auth.server.redirects import RedirectRefused, check_redirect_uri, check_template
from plugwright.cli.presets import ANY_CLIENT, PRESETS, Preset
from plugwright.cli.scopes import scopes_of
from plugwright.errors import SetupError
from plugwright.store.clients import Client
from plugwright.store.secret_values import digest, new_id, new_secret
from plugwright.upstream.urls import UrlRefused, check_url

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the operator said; what is absent follows from the preset."""

    preset: str | None
    name: str | None
    redirect_uris: Sequence[str]
    is_public: bool
    auth_method: str | None
    jwks_uri: str | None
    scopes: Sequence[str]
    is_trusted: bool


def make_client(wishes: Wishes, *, now: float, private_origins: Collection[str] = ()) -> tuple[Client, str | None]:
    """A client with a new id, and its secret if it has one, which is nowhere else.

    Raises:
        SetupError: something is missing, malformed, or contradicts the rest.
    """
    preset = _preset(wishes.preset)
    method = _auth_method(wishes, preset)
    uris, templates = _redirects(wishes, preset)
    secret = None if method in {NONE, PRIVATE_KEY_JWT} else new_secret("pw_cs")
    client = Client(
        id=new_id("c"),
        source="operator",
        name=_name(wishes, preset),
        auth_method=method,
        secret_digest=None if secret is None else digest(secret),
        jwks_uri=_jwks_uri(wishes, method, private_origins),
        redirect_uris=uris,
        redirect_templates=templates,
        onward_origins=preset.onward_origins,
        grant_types=("authorization_code", "refresh_token"),
        scopes=scopes_of(wishes.scopes) or None,
        requires_pkce=preset.requires_pkce,
        takes_json=preset.takes_json,
        is_trusted=wishes.is_trusted,
        created_at=now,
    )
    return client, secret


def _preset(name: str | None) -> Preset:
    if name is None:
        return ANY_CLIENT
    if name not in PRESETS:
        raise SetupError(
            f"there is no preset {name!r}; there are: {', '.join(PRESETS)}. "
            "For another client leave it out and give --name and --redirect-uri"
        )
    return PRESETS[name]


def _name(wishes: Wishes, preset: Preset) -> str:
    name = preset.name if wishes.name is None else wishes.name.strip()
    if not name and wishes.name is None:
        raise SetupError("a client needs a --name, which users read before they allow it anything, or a preset")
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise SetupError(f"--name must be one line of 1 to {_LONGEST_NAME} characters")
    return name


def _auth_method(wishes: Wishes, preset: Preset) -> str:
    wished = {wishes.auth_method} - {None}
    if wishes.is_public:
        wished.add(NONE)
    if wishes.jwks_uri is not None:
        wished.add(PRIVATE_KEY_JWT)
    if len(wished) > 1:
        raise SetupError(
            "--public, --jwks-uri and --auth-method contradict each other: a public client does not authenticate, "
            f"and --jwks-uri is for {PRIVATE_KEY_JWT}"
        )
    method = wished.pop() if wished else preset.auth_methods[0]
    if method not in preset.auth_methods:
        raise SetupError(
            f"{wishes.preset} does not authenticate with {method}; leave it to {' or '.join(preset.auth_methods)}"
        )
    return method or NONE


def _redirects(wishes: Wishes, preset: Preset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The operator's own take the place of the preset's: they are narrower."""
    if not wishes.redirect_uris:
        if not preset.redirect_uris and not preset.redirect_templates:
            raise SetupError(f"a client needs a --redirect-uri, or a preset: {', '.join(PRESETS)}")
        return preset.redirect_uris, preset.redirect_templates
    given = tuple(dict.fromkeys(wishes.redirect_uris))
    for uri in given:
        try:
            (check_template if _is_template(uri) else check_redirect_uri)(uri)
        except RedirectRefused as refused:
            raise SetupError(f"--redirect-uri {uri!r} cannot be used: {refused}") from None
    return tuple(uri for uri in given if not _is_template(uri)), tuple(uri for uri in given if _is_template(uri))


def _is_template(uri: str) -> bool:
    return "{" in uri


def _jwks_uri(wishes: Wishes, method: str, private_origins: Collection[str]) -> str | None:
    if method != PRIVATE_KEY_JWT:
        return None
    if wishes.jwks_uri is None:
        raise SetupError(f"{PRIVATE_KEY_JWT} needs --jwks-uri, where the client publishes its keys")
    try:
        check_url(wishes.jwks_uri, private_origins)
    except UrlRefused as refused:
        raise SetupError(f"--jwks-uri {wishes.jwks_uri!r} cannot be used: {refused}") from None
    return wishes.jwks_uri
