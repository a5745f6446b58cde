"""Putting the authorization server together, from what the author and the operator said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plugwright.auth.devices import Devices
from plugwright.auth.kinds import OAuth
from plugwright.auth.pages.brand import Brand
from plugwright.auth.pages.render import Pages
from plugwright.auth.passwords import Passwords
from plugwright.auth.server import urls
from plugwright.auth.server.client_assertions import ClientAssertions
from plugwright.auth.server.client_documents import ClientDocuments
from plugwright.auth.server.client_registry import ClientRegistry
from plugwright.auth.server.cookies import Cookies
from plugwright.auth.server.openid_provider import OpenIdSignIn
from plugwright.auth.server.register import HOUR
from plugwright.auth.server.server import Lifetimes, RegistrationLimits, Server
from plugwright.auth.server.tickets import Tickets
from plugwright.auth.server.urls import Urls
from plugwright.auth.sign_in import SignIn
from plugwright.observe.tally import Tally
from plugwright.operations.durations import seconds
from plugwright.operations.identity import Identity
from plugwright.settings import Settings
from plugwright.store.database import Database
from plugwright.store.throttles import Policy
from plugwright.upstream.safe_fetch import SafeFetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a plugin has anyway: clock, logs, request ids, and the scopes by which something can be changed."""

    now: Callable[[], float]
    report: Callable[[str, str, BaseException], None]
    next_request_id: Callable[[], str]
    write_scopes: frozenset[str] = frozenset()


def build_server(
    oauth: OAuth,
    *,
    identity: Identity,
    settings: Settings,
    secret_texts: Sequence[str],
    database: Database,
    passwords: Passwords,
    strangers: SafeFetch,
    provider: SafeFetch,
    forget: Callable[[], None],
    around: Surroundings,
) -> Server:
    """The authorization server of a plugin.

    ``strangers`` fetches what unknown clients name, ``provider`` what the outside OpenID provider says.

    Raises:
        SetupError: the author's texts do not fit on the pages.
    """
    where = Urls(settings.public_url)
    now = around.now
    documents = ClientDocuments(strangers, now=now) if oauth.client_documents else None
    return Server(
        urls=where,
        oauth=oauth,
        lifetimes=Lifetimes(
            seconds(oauth.access_ttl, of="OAuth: access_ttl"),
            seconds(oauth.refresh_ttl, of="OAuth: refresh_ttl"),
            seconds(oauth.grant_ttl, of="OAuth: grant_ttl"),
            seconds(oauth.session_ttl, of="OAuth: session_ttl"),
        ),
        database=database,
        clients=ClientRegistry(database, documents, now),
        client_assertions=ClientAssertions(strangers, (where.at(urls.TOKEN), where.issuer), now=now),
        sign_in=SignIn(
            database,
            passwords,
            Devices(secret_texts, now=now),
            oauth,
            now=now,
            report=around.report,
            takes_demo=settings.demo_account,
        ),
        openid=_openid(oauth, settings, where, provider, now),
        pages=Pages(
            Brand(
                identity.title,
                logo_path=where.base_path + identity.logo_path,
                color=oauth.color,
                legal_url=identity.legal_url,
                support_email=identity.contact_email,
            ),
            # A client may have opened these pages in a window of its own, and waits for that window.
            opener_policy="unsafe-none",
        ),
        tickets=Tickets(secret_texts, now),
        cookies=Cookies(is_secure=where.issuer.startswith("https:")),
        registrations=RegistrationLimits(
            _registrations(settings.registration_limit), _registrations(settings.registration_total_limit)
        ),
        write_scopes=around.write_scopes,
        tally=Tally(),
        now=now,
        forget=forget,
        next_request_id=around.next_request_id,
        report=around.report,
    )


def _registrations(hourly: int) -> Policy | None:
    return Policy(free=hourly, first_delay=HOUR, longest_delay=HOUR, memory=HOUR) if hourly else None


def _openid(
    oauth: OAuth, settings: Settings, where: Urls, fetch: SafeFetch, now: Callable[[], float]
) -> OpenIdSignIn | None:
    if oauth.openid is None:
        return None
    secret = settings.openid_client_secret
    return OpenIdSignIn(
        oauth.openid,
        client_id=settings.openid_client_id or "",
        client_secret=secret.get_secret_value() if secret else "",
        redirect_uri=where.at(urls.OPENID_CALLBACK),
        fetch=fetch,
        now=now,
    )
