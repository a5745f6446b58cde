"""What the endpoints of the authorization server share."""

from collections.abc import Callable
from dataclasses import dataclass

from plugwright.auth.kinds import OAuth
from plugwright.auth.pages.render import Pages
from plugwright.auth.server.client_assertions import ClientAssertions
from plugwright.auth.server.client_registry import ClientRegistry
from plugwright.auth.server.cookies import Cookies
from plugwright.auth.server.openid_provider import OpenIdSignIn
from plugwright.auth.server.tickets import Tickets
from plugwright.auth.server.urls import Urls
from plugwright.auth.sign_in import SignIn
from plugwright.observe.tally import Tally
from plugwright.store.database import Database
from plugwright.store.throttles import Policy


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Durations in seconds."""

    access: float
    refresh: float
    grant: float
    session: float


@dataclass(frozen=True, slots=True)
class RegistrationLimits:
    """How many clients may register themselves: from one address, and in all."""

    by_address: Policy | None
    in_all: Policy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The authorization server of one plugin.

    ``forget`` makes this process forget the tokens that it has verified, so that a revocation acts at once. ``report``
    logs an unforeseen exception: what was done, the request id, the exception.
    """

    urls: Urls
    oauth: OAuth
    lifetimes: Lifetimes
    database: Database
    clients: ClientRegistry
    client_assertions: ClientAssertions
    sign_in: SignIn
    openid: OpenIdSignIn | None
    pages: Pages
    tickets: Tickets
    cookies: Cookies
    registrations: RegistrationLimits
    write_scopes: frozenset[str]
    tally: Tally
    now: Callable[[], float]
    forget: Callable[[], None]
    next_request_id: Callable[[], str]
    report: Callable[[str, str, BaseException], None]
