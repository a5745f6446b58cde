"""The consent form: what the user allowed, or that they did not."""

from dataclasses import replace
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from plugwright.auth.pages.models import ErrorKind
from plugwright.auth.server.authorization_request import AuthorizationRequest, from_data
from plugwright.auth.server.authorization_response import redirect
from plugwright.auth.server.forms import Form, read_form
from plugwright.auth.server.oauth_errors import ACCESS_DENIED
from plugwright.auth.server.page_errors import PageOnly
from plugwright.auth.server.redirects import matches
from plugwright.auth.server.server import Server
from plugwright.auth.server.steps import CONSENT_STEP, SESSION, approve, find_client
from plugwright.auth.server.tickets import TicketRefused
from plugwright.store import audit, sessions
from plugwright.store.accounts import Account
from plugwright.store.clients import Client
from plugwright.store.grants import TicketUsed


async def consent(server: Server, request: Request) -> Response:
    """Answer one consent form.

    Raises:
        OAuthError: the form is malformed.
        PageOnly: it cannot be used any more.
    """
    form = await read_form(request, repeatable={"scope"})
    session = server.cookies.read(request, SESSION)
    if session is None:
        raise PageOnly(ErrorKind.COOKIES_MISSING)
    try:
        ticket = server.tickets.open(CONSENT_STEP, session, form.get("ticket"))
    except TicketRefused:
        raise PageOnly(ErrorKind.PAGE_EXPIRED) from None
    asked = from_data(ticket)
    account = await server.database.read(partial(sessions.account_of, secret=session, now=server.now()))
    client = await find_client(server, asked.client_id)
    if account is None or account.id != ticket["account_id"]:
        raise PageOnly(ErrorKind.PAGE_EXPIRED)
    if not matches(client.redirect_uris, client.redirect_templates, asked.back.redirect_uri):
        # The client gave it up while the page was shown.
        raise PageOnly(ErrorKind.REDIRECT_UNREGISTERED)
    if form.get("decision") != "allow":
        return await _deny(server, client, account, asked)
    try:
        allowed = replace(asked, scopes=_chosen(server, form, asked))
        if not allowed.scopes:
            return await _deny(server, client, account, asked)
        used = sha256(ticket["id"].encode()).digest()
        return await approve(server, client, account, session, allowed, ticket=used)
    except TicketUsed:
        raise PageOnly(ErrorKind.ALREADY_ANSWERED) from None


def _chosen(server: Server, form: Form, asked: AuthorizationRequest) -> frozenset[str]:
    """The scopes that stay: those selected of those asked for, and those that cannot be left out."""
    selected = frozenset(form.many.get("scope", ()))
    required = {name for name, scope in server.oauth.described.items() if scope.is_required}
    return asked.scopes & (selected | required)


async def _deny(server: Server, client: Client, account: Account, asked: AuthorizationRequest) -> Response:
    def work(c: Connection) -> None:
        audit.record(c, "consent", at=server.now(), outcome="denied", subject=account.id, client_id=client.id)

    await server.database.write(work)
    server.tally.add("authorization", "denied")
    answer = {"error": ACCESS_DENIED, "error_description": "The user did not agree"}
    return redirect(server.urls.issuer, asked.back, answer)
