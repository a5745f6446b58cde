"""Signing in at an outside OpenID provider: there and back (OpenID Connect Core §3.1).

What must survive the way is in a cookie, sealed, bound to the browser, and taken back when the browser returns.
"""

from dataclasses import asdict
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from plugwright.auth.kinds import Identity
from plugwright.auth.pages.models import ErrorKind, SignInProblem
from plugwright.auth.server.authorization_request import AuthorizationRequest, from_data
from plugwright.auth.server.authorize import sign_in_page
from plugwright.auth.server.forms import read_query
from plugwright.auth.server.openid_provider import OpenIdFailed, OpenIdIdentity, OpenIdSignIn, PendingSignIn
from plugwright.auth.server.page_errors import PageOnly
from plugwright.auth.server.server import Server
from plugwright.auth.server.sign_in_pages import start_session
from plugwright.auth.server.steps import BROWSER, OPENID, OPENID_STEP, SIGN_IN_STEP, find_client
from plugwright.auth.server.tickets import LIFETIME, TicketRefused
from plugwright.auth.sign_in import SignInRefused
from plugwright.web.addresses import peer_of

_LONGEST_COOKIE = 3800  # bytes; browsers take 4096 with the name


async def openid_start(server: Server, request: Request) -> Response:
    """Send the browser to the provider.

    Raises:
        OAuthError: the query is malformed.
        PageOnly: the page that it comes from cannot be used any more.
        Unavailable: the provider cannot be reached.
    """
    browser = server.cookies.read(request, BROWSER)
    try:
        asked = server.tickets.open(SIGN_IN_STEP, browser, read_query(request).get("ticket"))
    except TicketRefused:
        raise PageOnly(ErrorKind.PAGE_EXPIRED if browser else ErrorKind.COOKIES_MISSING) from None
    location, pending = await _provider(server).begin()
    kept = server.tickets.seal(OPENID_STEP, browser or "", {"asked": asked, "pending": asdict(pending)})
    if len(kept) > _LONGEST_COOKIE:
        raise PageOnly(ErrorKind.REQUEST_INVALID)
    headers = {"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    response = Response(status_code=303, headers=headers)
    server.cookies.set(response, OPENID, kept, seconds=LIFETIME)
    return response


async def openid_callback(server: Server, request: Request) -> Response:
    """Sign in whom the provider vouches for, and go on with the request.

    Raises:
        PageOnly: the browser did not go there from here, or too long ago.
        Unavailable: the provider does not answer.
    """
    browser = server.cookies.read(request, BROWSER)
    try:
        kept = server.tickets.open(OPENID_STEP, browser, server.cookies.read(request, OPENID, longest=_LONGEST_COOKIE))
    except TicketRefused:
        raise PageOnly(ErrorKind.PAGE_EXPIRED) from None
    asked = from_data(kept["asked"])
    query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    try:
        identity = await _provider(server).finish(PendingSignIn(**kept["pending"]), query)
    except OpenIdFailed:
        response = await _again(server, request, asked)
    else:
        response = await _signed_in(server, request, asked, identity)
    server.cookies.clear(response, OPENID)
    return response


def _provider(server: Server) -> OpenIdSignIn:
    if server.openid is None:
        raise PageOnly(ErrorKind.NOT_FOUND, status=404)
    return server.openid


async def _signed_in(
    server: Server, request: Request, asked: AuthorizationRequest, identity: OpenIdIdentity
) -> Response:
    known = Identity(identity.subject, identity.name or identity.email or identity.subject)
    result = await server.sign_in.with_openid(
        known, issuer=identity.issuer, address=peer_of(request.scope), request_id=server.next_request_id()
    )
    if isinstance(result, SignInRefused):
        return await _again(server, request, asked)
    return await start_session(server, request, result, asked)


async def _again(server: Server, request: Request, asked: AuthorizationRequest) -> Response:
    client = await find_client(server, asked.client_id)
    server.tally.add("sign_in", "provider_failed")
    return sign_in_page(server, request, client, asked, problem=SignInProblem.PROVIDER_FAILED)
