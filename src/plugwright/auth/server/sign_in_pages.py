"""The sign-in form, and signing out: from a request's ticket to a session, and back to the request."""

import secrets
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from plugwright.auth import devices
from plugwright.auth.pages.models import ErrorKind, SignedOutPage, SignInProblem
from plugwright.auth.server import urls
from plugwright.auth.server.authorization_request import AuthorizationRequest, from_data
from plugwright.auth.server.authorize import sign_in_page
from plugwright.auth.server.forms import read_form
from plugwright.auth.server.metadata import OFFLINE_ACCESS
from plugwright.auth.server.page_errors import PageOnly
from plugwright.auth.server.server import Server
from plugwright.auth.server.steps import BROWSER, CONSENT_STEP, DEVICE, SESSION, SIGN_IN_STEP, find_client
from plugwright.auth.server.tickets import TicketRefused
from plugwright.auth.sign_in import Problem, SignedIn, SignInRefused
from plugwright.store import sessions
from plugwright.web.addresses import peer_of

_SHOWN: Mapping[Problem, SignInProblem] = {
    "wrong": SignInProblem.WRONG_CREDENTIALS,
    "throttled": SignInProblem.TOO_MANY_TRIES,
    "unavailable": SignInProblem.BUSY,
}


async def sign_in(server: Server, request: Request) -> Response:
    """Answer one sign-in form.

    Raises:
        OAuthError: the form is malformed.
        PageOnly: it cannot be used any more.
    """
    form = await read_form(request)
    browser = server.cookies.read(request, BROWSER)
    if browser is None:
        raise PageOnly(ErrorKind.COOKIES_MISSING)
    try:
        asked = from_data(server.tickets.open(SIGN_IN_STEP, browser, form.get("ticket")))
    except TicketRefused:
        raise PageOnly(ErrorKind.PAGE_EXPIRED) from None
    if not server.oauth.has_passwords:
        raise PageOnly(ErrorKind.PAGE_EXPIRED)
    client = await find_client(server, asked.client_id)
    username, password = form.get("username"), form.get("password")
    show = partial(sign_in_page, server, request, client, asked, username=username or "")
    if username is None or password is None:
        return show(problem=SignInProblem.FIELDS_MISSING)
    result = await server.sign_in.with_password(
        username,
        SecretStr(password),
        address=peer_of(request.scope),
        device=server.cookies.read(request, DEVICE),
        request_id=server.next_request_id(),
    )
    if isinstance(result, SignInRefused):
        server.tally.add("sign_in", result.problem)
        return show(problem=_SHOWN[result.problem], wait_seconds=result.wait_seconds or None)
    return await start_session(server, request, result, asked)


async def start_session(server: Server, request: Request, signed_in: SignedIn, asked: AuthorizationRequest) -> Response:
    """Sign a browser in, under a session id that nobody knew before, and go on with the request (attack L2)."""
    previous = server.cookies.read(request, SESSION)
    if previous is not None:
        await server.database.write(partial(sessions.end, secret=previous))
    location = f"{server.urls.base_path}{urls.AUTHORIZE}?{_query(asked)}"
    headers = {"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    response = Response(status_code=303, headers=headers)
    server.cookies.set(response, SESSION, signed_in.session, seconds=int(server.lifetimes.session))
    server.cookies.set(response, BROWSER, secrets.token_urlsafe(32))
    if signed_in.device is not None:
        server.cookies.set(response, DEVICE, signed_in.device, seconds=devices.LIFETIME)
    server.tally.add("sign_in", "ok")
    return response


async def sign_out(server: Server, request: Request) -> Response:
    """End the session of the browser that asks, as its consent page let it.

    Raises:
        OAuthError: the form is malformed.
        PageOnly: it cannot be used any more.
    """
    form = await read_form(request)
    session = server.cookies.read(request, SESSION)
    try:
        server.tickets.open(CONSENT_STEP, session, form.get("ticket"))
    except TicketRefused:
        raise PageOnly(ErrorKind.PAGE_EXPIRED) from None
    if session is not None:
        await server.database.write(partial(sessions.end, secret=session))
    response = server.pages.respond(SignedOutPage(), accept_language=request.headers.get("accept-language"))
    server.cookies.clear(response, SESSION)
    return response


def _query(asked: AuthorizationRequest) -> str:
    """The authorization request anew; the sign-in that a prompt asked for has been done."""
    scopes = [*sorted(asked.scopes), *([OFFLINE_ACCESS] if asked.offline else [])]
    given = {
        "response_type": "code",
        "client_id": asked.client_id,
        "redirect_uri": asked.back.redirect_uri,
        "scope": " ".join(scopes),
        "state": asked.back.state,
        "code_challenge": asked.challenge,
        "code_challenge_method": "S256" if asked.challenge else None,
        "resource": asked.resource,
        "prompt": " ".join(sorted(asked.prompts - {"login", "select_account"})) or None,
    }
    return urlencode({name: value for name, value in given.items() if value is not None})
