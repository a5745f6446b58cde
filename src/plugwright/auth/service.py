"""Everything behind a plugin's kind of authentication, opened for serving: verifier, gates, endpoints, database."""

import secrets
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from plugwright.auth.access_tokens import AccessTokens
from plugwright.auth.demo import DemoAccount, demo_problems, ensure_demo_account
from plugwright.auth.issuers import IntrospectionVerifier, JwtVerifier
from plugwright.auth.keys import ServiceKeys
from plugwright.auth.kinds import IntrospectionIssuer, OAuth, ServiceKey, UserKey
from plugwright.auth.passwords import Passwords
from plugwright.auth.production import worker_count
from plugwright.auth.resource_server import ResourceServer, resources
from plugwright.auth.server.app import AuthorizationServer, metadata_app, metadata_apps
from plugwright.auth.server.build import Surroundings, build_server
from plugwright.auth.server.metadata import resource_metadata
from plugwright.auth.server.server import Server
from plugwright.auth.server.urls import Urls
from plugwright.auth.user_keys import UserKeys
from plugwright.auth.verifiers import Masked, Verifier
from plugwright.errors import SetupError
from plugwright.operations.identity import Identity
from plugwright.settings import Settings
from plugwright.store.database import Database
from plugwright.upstream.safe_fetch import SafeFetch
from plugwright.web.asgi import ASGIApp

Welcome = Callable[[DemoAccount], None]
"""Told how to sign in with the demo account, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthService:
    """What serves one kind of authentication.

    ``apps`` are ASGI applications by path; ``server`` is the one behind every path that begins with ``/oauth/``, absent
    where the plugin has no authorization server of its own. `running` opens and closes what they need.
    """

    resource_server: ResourceServer
    settings: Settings
    around: Surroundings
    apps: Mapping[str, ASGIApp] = field(default_factory=dict[str, ASGIApp])
    endpoints: ASGIApp | None = None
    server: Server | None = None
    database: Database | None = None
    passwords: Passwords | None = None
    fetches: Sequence[SafeFetch] = ()

    @asynccontextmanager
    async def running(self, welcome: Welcome | None = None) -> AsyncGenerator[None]:
        """Prepare the database, which is up to date, and close everything at the end.

        Raises:
            SetupError: the database holds what production refuses.
            StoreUnavailable: it cannot be reached.
        """
        try:
            if self.database is not None:
                await self._prepare(self.database, welcome)
            yield
        finally:
            await self._close()

    async def _prepare(self, database: Database, welcome: Welcome | None) -> None:
        if self.settings.is_production:
            problems = await database.read(demo_problems)
            if problems:
                raise SetupError("; ".join(problems))
        elif self.settings.demo_account and self.passwords is not None and self._has_built_in_accounts():
            secret = self.settings.secret.get_secret_value() if self.settings.secret else None
            demo = await ensure_demo_account(database, self.passwords, secret, now=self.around.now)
            if demo is not None and welcome is not None:
                welcome(demo)

    def _has_built_in_accounts(self) -> bool:
        oauth = self.server.oauth if self.server is not None else None
        return oauth is not None and oauth.has_passwords and oauth.authenticate is None

    async def _close(self) -> None:
        for fetch in self.fetches:
            await fetch.aclose()
        if self.passwords is not None:
            self.passwords.close()


def open_auth(
    auth: OAuth | ServiceKey | UserKey,
    database: Database | None,
    *,
    identity: Identity,
    settings: Settings,
    around: Surroundings,
) -> AuthService:
    """The service of a plugin's kind of authentication.

    Raises:
        SetupError: a setting is missing or wrong.
    """
    if isinstance(auth, OAuth):
        if auth.issuer is not None:
            return _outside(auth, identity, settings, around)
        return _own(auth, _needed(database), identity, settings, around)
    if isinstance(auth, UserKey):
        database = _needed(database)
        gates = _gates(auth, UserKeys(database, now=around.now), identity, settings, around)
        return AuthService(resource_server=gates, settings=settings, around=around, database=database)
    keys = ServiceKeys([key.get_secret_value() for key in settings.service_keys])
    gates = _gates(auth, keys, identity, settings, around)
    return AuthService(resource_server=gates, settings=settings, around=around)


def _own(auth: OAuth, database: Database, identity: Identity, settings: Settings, around: Surroundings) -> AuthService:
    verifier = AccessTokens(database, resources=resources(settings.public_url), now=around.now)
    gates = _gates(auth, verifier, identity, settings, around)
    passwords = Passwords()
    # Apart, so that strangers' slow documents do not keep the provider waiting.
    strangers, provider = (SafeFetch(settings.fetch_allowed_origins) for _ in range(2))
    server = build_server(
        auth,
        identity=identity,
        settings=settings,
        secret_texts=_secret_texts(settings),
        database=database,
        passwords=passwords,
        strangers=strangers,
        provider=provider,
        forget=gates.forget,
        around=around,
    )
    return AuthService(
        resource_server=gates,
        settings=settings,
        around=around,
        apps={**metadata_apps(server), **_resource_apps(auth, settings)},
        endpoints=AuthorizationServer(server),
        server=server,
        database=database,
        passwords=passwords,
        fetches=[strangers, provider],
    )


def _outside(auth: OAuth, identity: Identity, settings: Settings, around: Surroundings) -> AuthService:
    fetch = SafeFetch(settings.fetch_allowed_origins)
    gates = _gates(auth, _outside_verifier(auth, settings, fetch, around), identity, settings, around)
    return AuthService(
        resource_server=gates,
        settings=settings,
        around=around,
        apps=_resource_apps(auth, settings),
        fetches=[fetch],
    )


def _outside_verifier(auth: OAuth, settings: Settings, fetch: SafeFetch, around: Surroundings) -> Verifier:
    issuer = auth.issuer
    if isinstance(issuer, IntrospectionIssuer):
        secret = settings.introspection_client_secret
        return IntrospectionVerifier(
            issuer,
            settings.introspection_client_id or "",
            secret.get_secret_value() if secret else "",
            fetch,
            now=around.now,
        )
    if issuer is None:
        raise SetupError("OAuth: there is no outside issuer")
    return JwtVerifier(issuer, fetch, takes_plain_type=issuer.takes_plain_type, now=around.now)


def _gates(
    auth: OAuth | ServiceKey | UserKey,
    verifier: Verifier,
    identity: Identity,
    settings: Settings,
    around: Surroundings,
) -> ResourceServer:
    masked = Masked(verifier, around.report)
    return ResourceServer(auth, masked, name=identity.name, public_url=settings.public_url, now=around.now)


def _resource_apps(auth: OAuth, settings: Settings) -> dict[str, ASGIApp]:
    """The resource's metadata where clients look: for ``/mcp``, and at the root (RFC 9728 §3.1)."""
    where = Urls(settings.public_url)
    app = metadata_app(resource_metadata(where, auth))
    root = "/.well-known/oauth-protected-resource"
    return dict.fromkeys((root, f"{root}/mcp", f"{root}{where.base_path}/mcp"), app)


def _needed(database: Database | None) -> Database:
    if database is None:
        raise SetupError("PLUGWRIGHT_DATABASE_URL: this kind of authentication needs a database")
    return database


def _secret_texts(settings: Settings) -> list[str]:
    """The operator's secrets, the newest first. Without one, what browsers carry lasts as long as this process."""
    given = settings.secret_texts
    if not given and worker_count() > 1:
        raise SetupError("PLUGWRIGHT_SECRET: must be set where several processes serve: each opens what another sealed")
    return given or [secrets.token_hex(32)]
