"""Introspection (RFC 7662): a confidential client asks about a token of its own."""

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from plugwright.auth.server.authenticated import authenticate
from plugwright.auth.server.client_authentication import NONE
from plugwright.auth.server.forms import read_form
from plugwright.auth.server.oauth_errors import NO_STORE, invalid_client
from plugwright.auth.server.server import Server
from plugwright.store import tokens
from plugwright.store.tokens import TokenRow


async def introspect(server: Server, request: Request) -> Response:
    """Answer one introspection request. Of another client's token it says only that it is not active (§4).

    Raises:
        OAuthError: the client did not prove who it is, or ``token`` is missing.
    """
    form = await read_form(request)
    client = await authenticate(server, request, form)
    if client.auth_method == NONE:
        raise invalid_client("Introspection is for clients that authenticate")
    row = await server.database.read(partial(tokens.token_row, token=form.required("token"), now=server.now()))
    is_own = row is not None and row.client_id == client.id
    return JSONResponse(_shown(server, row) if row and is_own else {"active": False}, headers=dict(NO_STORE))


def _shown(server: Server, row: TokenRow) -> dict[str, Any]:
    return {
        "active": True,
        "scope": " ".join(sorted(row.scopes)),
        "client_id": row.client_id,
        "sub": row.account_id,
        "aud": row.resource,
        "iss": server.urls.issuer,
        "iat": int(row.issued_at),
        "exp": int(row.expires_at),
        "token_type": "bearer" if row.kind == "access_token" else row.kind,
    }
