"""Registration management (RFC 7592): a client reads, changes or ends its own registration."""

from dataclasses import replace
from functools import partial
from hmac import compare_digest

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from plugwright.auth.server.client_metadata import read_metadata
from plugwright.auth.server.oauth_errors import INVALID_CLIENT_METADATA, NO_STORE, OAuthError
from plugwright.auth.server.register import WITH_SECRET, Registered, read_json, shown
from plugwright.auth.server.server import Server
from plugwright.store import audit, clients
from plugwright.store.clients import Client
from plugwright.store.secret_values import digest, new_secret


async def registration(server: Server, request: Request) -> Response:
    """Answer one request to a client's own registration.

    Raises:
        OAuthError: the registration token is not this client's, or the new metadata is not acceptable.
    """
    client, token = await _authorized(server, request)
    if request.method == "DELETE":
        return await _end(server, client)
    if request.method == "PUT":
        return await _change(server, request, client)
    return JSONResponse(shown(server, Registered(client, None, token)), headers=dict(NO_STORE))


async def _authorized(server: Server, request: Request) -> tuple[Client, str]:
    given = request.headers.getlist("authorization")
    scheme, _, token = given[0].strip().partition(" ") if len(given) == 1 else ("", "", "")
    find = partial(clients.find, client_id=request.path_params["client_id"])
    client = await server.database.read(find) if scheme.lower() == "bearer" and token else None
    stored = client.registration_digest if client is not None else None
    if client is None or stored is None or not compare_digest(stored, digest(token)):
        raise OAuthError(
            "invalid_token",
            "The registration access token is not valid for this client",
            status=401,
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return client, token


async def _change(server: Server, request: Request, client: Client) -> Response:
    """Take new metadata, and give a new registration token for the next time (RFC 7592 §2.2, §5)."""
    given = await read_json(request)
    if given.get("client_id", client.id) != client.id:
        raise OAuthError(INVALID_CLIENT_METADATA, "client_id cannot be changed")
    if "client_secret" in given and digest(str(given["client_secret"])) != client.secret_digest:
        raise OAuthError(INVALID_CLIENT_METADATA, "client_secret cannot be chosen")
    fields = read_metadata(given, server.oauth)
    needs_secret = fields["auth_method"] in WITH_SECRET
    secret = new_secret("pw_cs") if needs_secret and client.secret_digest is None else None
    kept = client.secret_digest if needs_secret else None
    token = new_secret("pw_rat")
    changed = replace(
        client,
        **fields,
        secret_digest=kept if secret is None else digest(secret),
        registration_digest=digest(token),
    )

    def work(c: Connection) -> None:
        clients.replace(c, changed)
        audit.record(c, "client_changed", at=server.now(), outcome="ok", client_id=client.id)

    await server.database.write(work)
    return JSONResponse(shown(server, Registered(changed, secret, token)), headers=dict(NO_STORE))


async def _end(server: Server, client: Client) -> Response:
    def work(c: Connection) -> None:
        now = server.now()
        clients.remove(c, client.id, now=now)
        audit.record(c, "client_removed", at=now, outcome="ok", client_id=client.id)

    await server.database.write(work)
    server.forget()
    return Response(status_code=204, headers=dict(NO_STORE))
