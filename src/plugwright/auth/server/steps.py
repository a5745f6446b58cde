"""What the steps from a request to a code share: their names, the consent that is remembered, and the code."""

import json
import secrets
from hashlib import sha256

from sqlalchemy import Connection
from starlette.responses import Response

from plugwright.auth.pages.models import ErrorKind
from plugwright.auth.server.authorization_request import AuthorizationRequest
from plugwright.auth.server.authorization_response import redirect
from plugwright.auth.server.client_documents import DocumentRefused
from plugwright.auth.server.metadata import OFFLINE_ACCESS
from plugwright.auth.server.page_errors import PageOnly
from plugwright.auth.server.server import Server
from plugwright.store import audit, clients, consents, grants, sessions
from plugwright.store.accounts import Account
from plugwright.store.clients import Client
from plugwright.store.grants import Approval

BROWSER = "browser"
SESSION = "session"
DEVICE = "device"
OPENID = "openid"
SIGN_IN_STEP = "sign-in"
OPENID_STEP = "openid"
CONSENT_STEP = "consent"
_TICKET_BYTES = 32


async def find_client(server: Server, client_id: str) -> Client:
    """The client that a request or a ticket names, as it is now.

    Raises:
        PageOnly: there is no such client, or its metadata document is against the rules.
        Unavailable: its metadata document cannot be had now.
    """
    try:
        client = await server.clients.find(client_id)
    except DocumentRefused:
        raise PageOnly(ErrorKind.CLIENT_UNREADABLE) from None
    if client is None:
        raise PageOnly(ErrorKind.CLIENT_UNKNOWN)
    return client


def consent_key(client: Client, asked: AuthorizationRequest) -> bytes:
    """What a remembered consent is for: this client as it is now, this redirect URI, this resource (attack L4, G6)."""
    parts = (client.id, client.document_digest, asked.back.redirect_uri, asked.resource)
    return sha256(json.dumps(parts).encode()).digest()


async def approve(
    server: Server,
    client: Client,
    account: Account,
    session: str,
    asked: AuthorizationRequest,
    *,
    ticket: bytes | None = None,
) -> Response:
    """Store what the user allowed, and send the code to the client.

    ``ticket`` identifies the form; absent: the user allowed all of this before and was not asked.

    Raises:
        PageOnly: the session has ended since the page was shown, or the client is another one.
        TicketUsed: the form was sent before.
    """
    approval = _approval(client, account, asked, ticket or secrets.token_bytes(_TICKET_BYTES))
    outcome = "allowed" if ticket else "allowed_before"

    def work(c: Connection) -> str:
        now = server.now()
        if sessions.hold(c, session, now) is None:
            # A changed password or a sign-out ends what was allowed before; nothing may be allowed after it.
            raise PageOnly(ErrorKind.PAGE_EXPIRED)
        if client.source == "document" and not clients.put_document(c, client):
            # A registered client has taken the id meanwhile, and wins.
            raise PageOnly(ErrorKind.PAGE_EXPIRED)
        code = grants.approve(c, approval, now=now, lifetime=server.lifetimes.grant)
        if ticket:
            consents.remember(c, account.id, consent_key(client, asked), client.id, asked.scopes, now)
        clients.mark_used(c, client.id, now)
        scope = " ".join(sorted(asked.scopes))
        audit.record(c, "consent", at=now, outcome=outcome, subject=account.id, client_id=client.id, scope=scope)
        return code

    code = await server.database.write(work)
    server.tally.add("authorization", outcome)
    return redirect(server.urls.issuer, asked.back, {"code": code})


def _approval(client: Client, account: Account, asked: AuthorizationRequest, ticket: bytes) -> Approval:
    offline = frozenset({OFFLINE_ACCESS}) if asked.offline else frozenset[str]()
    return Approval(
        account_id=account.id,
        client_id=client.id,
        scopes=asked.scopes | offline,
        resource=asked.resource,
        redirect_uri=asked.back.redirect_uri,
        challenge=asked.challenge,
        ticket=ticket,
    )
