"""The authorization endpoint (RFC 6749 §3.1): from a client's request to a page, or back to the client."""

import secrets
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from plugwright.auth.pages.language import Language, choose_language
from plugwright.auth.pages.models import ConsentPage, ConsentScope, ErrorKind, ReturnLink, SignInPage, SignInProblem
from plugwright.auth.pages.origins import is_loopback, redirect_host, redirect_origin
from plugwright.auth.server import urls
from plugwright.auth.server.authorization_request import (
    AuthorizationRequest,
    Return,
    Returned,
    read_request,
    read_return,
)
from plugwright.auth.server.authorization_response import redirect, response_url
from plugwright.auth.server.forms import read_query
from plugwright.auth.server.page_errors import PageOnly
from plugwright.auth.server.server import Server
from plugwright.auth.server.steps import BROWSER, CONSENT_STEP, SESSION, SIGN_IN_STEP, approve, consent_key, find_client
from plugwright.store import consents, sessions
from plugwright.store.accounts import Account
from plugwright.store.clients import Client

_STATUSES: Mapping[SignInProblem | None, int] = {None: 200, SignInProblem.TOO_MANY_TRIES: 429, SignInProblem.BUSY: 503}


async def authorize(server: Server, request: Request) -> Response:
    """Answer one authorization request.

    Raises:
        OAuthError: its query is malformed.
        PageOnly: it leads nowhere.
    """
    form = read_query(request)
    client = await find_client(server, form.required("client_id"))
    back = read_return(form, client)
    try:
        asked = read_request(form, client, back, server.urls, frozenset(server.oauth.scopes))
        return await _serve(server, request, client, asked)
    except Returned as refused:
        return refuse(server, client, back, refused)


async def _serve(server: Server, request: Request, client: Client, asked: AuthorizationRequest) -> Response:
    session = server.cookies.read(request, SESSION)
    account = None
    if session is not None:
        account = await server.database.read(partial(sessions.account_of, secret=session, now=server.now()))
    if account is None or session is None or asked.prompts & {"login", "select_account"}:
        if "none" in asked.prompts:
            raise Returned("login_required", "The user has to sign in")
        return sign_in_page(server, request, client, asked)
    if await _is_allowed_before(server, request, client, account, asked):
        return await approve(server, client, account, session, asked)
    if "none" in asked.prompts:
        raise Returned("consent_required", "The user has to agree")
    return _consent_page(server, request, client, account, session, asked)


async def _is_allowed_before(
    server: Server, request: Request, client: Client, account: Account, asked: AuthorizationRequest
) -> bool:
    """Whether the user has allowed this very thing before. Another site's link never skips the question (L4)."""
    if "consent" in asked.prompts or request.headers.get("sec-fetch-site") == "cross-site":
        return False
    if not client.authenticates and not asked.back.redirect_uri.startswith("https://"):
        # Any program on the person's computer could pose as this client (RFC 6749 §10.2, RFC 8252 §8.6).
        return False
    key = consent_key(client, asked)
    allowed = await server.database.read(partial(consents.allowed, account_id=account.id, key=key))
    return asked.scopes <= allowed


def sign_in_page(
    server: Server,
    request: Request,
    client: Client,
    asked: AuthorizationRequest,
    *,
    username: str = "",
    problem: SignInProblem | None = None,
    wait_seconds: int | None = None,
) -> Response:
    """The sign-in page for a request, in a browser that is known by a cookie from now on."""
    browser = server.cookies.read(request, BROWSER)
    is_new = browser is None
    browser = browser or secrets.token_urlsafe(32)
    ticket = server.tickets.seal(SIGN_IN_STEP, browser, asked.as_data())
    page = SignInPage(
        ticket=ticket,
        action=server.urls.base_path + urls.SIGN_IN,
        redirect_origin=redirect_origin(asked.back.redirect_uri),
        client_name=client.name,
        username=username,
        problem=problem,
        wait_seconds=wait_seconds,
        has_password=server.oauth.has_passwords,
        openid_href=_openid_href(server, ticket),
        openid_name=server.oauth.openid.name if server.oauth.openid else None,
        onward_origins=client.onward_origins,
    )
    response = server.pages.respond(
        page, accept_language=request.headers.get("accept-language"), status=_STATUSES.get(problem, 400)
    )
    if is_new:
        server.cookies.set(response, BROWSER, browser)
    return response


def _openid_href(server: Server, ticket: str) -> str | None:
    return f"{server.urls.base_path}{urls.OPENID_START}?ticket={ticket}" if server.openid else None


def _consent_page(  # noqa: PLR0917 one private caller, which has them all at hand
    server: Server, request: Request, client: Client, account: Account, session: str, asked: AuthorizationRequest
) -> Response:
    redirect_uri = asked.back.redirect_uri
    ticket = {**asked.as_data(), "account_id": account.id, "id": secrets.token_hex(32)}
    is_chinese = choose_language(request.headers.get("accept-language")) is Language.CHINESE
    page = ConsentPage(
        ticket=server.tickets.seal(CONSENT_STEP, session, ticket),
        action=server.urls.base_path + urls.CONSENT,
        redirect_origin=redirect_origin(redirect_uri),
        account_name=account.display_name,
        client_name=client.name,
        client_host=urlsplit(client.id).netloc if client.source == "document" else None,
        redirect_host=redirect_host(redirect_uri),
        is_localhost=is_loopback(redirect_uri),
        is_verified=client.is_trusted,
        scopes=[
            ConsentScope(
                name,
                (scope.in_chinese if is_chinese else None) or scope.description,
                is_required=scope.is_required,
                is_write=name in server.write_scopes,
            )
            for name, scope in server.oauth.described.items()
            if name in asked.scopes
        ],
        sign_out_action=server.urls.base_path + urls.SIGN_OUT,
        onward_origins=client.onward_origins,
    )
    return server.pages.respond(page, accept_language=request.headers.get("accept-language"))


def refuse(server: Server, client: Client, back: Return, refused: Returned) -> Response:
    """Tell the client by redirect where it is trusted; otherwise the person decides (RFC 9700 §4.11.2).

    Raises:
        PageOnly: the client is not trusted.
    """
    server.tally.add("authorization", refused.error)
    answer = {"error": refused.error, "error_description": refused.description}
    if client.is_trusted:
        return redirect(server.urls.issuer, back, answer)
    link = ReturnLink(response_url(server.urls.issuer, back, answer), redirect_host(back.redirect_uri))
    kind = ErrorKind.SCOPE_INVALID if refused.error == "invalid_scope" else ErrorKind.REQUEST_INVALID
    raise PageOnly(kind, link=link)
