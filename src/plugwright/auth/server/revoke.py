"""Revocation (RFC 7009): a client gives a token back."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from plugwright.auth.server.authenticated import authenticate
from plugwright.auth.server.forms import read_form
from plugwright.auth.server.oauth_errors import NO_STORE
from plugwright.auth.server.server import Server
from plugwright.store import audit, tokens


async def revoke(server: Server, request: Request) -> Response:
    """Answer one revocation request: 200, also for a token that is unknown or another client's (RFC 7009 §2.2).

    Raises:
        OAuthError: the client did not prove who it is, or ``token`` is missing.
    """
    form = await read_form(request)
    client = await authenticate(server, request, form)
    token = form.required("token")

    def work(c: Connection) -> str | None:
        now = server.now()
        subject = tokens.revoke_token(c, token, client.id, now)
        if subject is not None:
            audit.record(c, "token_revoked", at=now, outcome="ok", subject=subject, client_id=client.id)
        return subject

    if await server.database.write(work) is not None:
        server.forget()
        server.tally.add("revocation", "ok")
    return Response(headers=dict(NO_STORE))
