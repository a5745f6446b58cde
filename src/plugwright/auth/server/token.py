"""The token endpoint (RFC 6749 §3.2): codes and refresh tokens into tokens."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from plugwright.auth.server.authenticated import authenticate
from plugwright.auth.server.forms import FORM, Form, read_form
from plugwright.auth.server.oauth_errors import (
    INVALID_REQUEST,
    INVALID_TARGET,
    NO_STORE,
    UNAUTHORIZED_CLIENT,
    UNSUPPORTED_GRANT_TYPE,
    OAuthError,
)
from plugwright.auth.server.server import Server
from plugwright.store import audit
from plugwright.store.clients import Client
from plugwright.store.token_requests import CodeUse, Issued, Lifetimes, RefreshUse, Refused, redeem, rotate

_CODE = "authorization_code"
_REFRESH = "refresh_token"
_SHORTEST_VERIFIER, _LONGEST_VERIFIER = 43, 128  # RFC 7636 §4.1

Use = CodeUse | RefreshUse


async def token(server: Server, request: Request) -> Response:
    """Answer one token request.

    Raises:
        OAuthError: it is refused.
    """
    form = await read_form(request, takes_json=True)
    client = await authenticate(server, request, form)
    if form.is_json and not client.takes_json:
        raise OAuthError(INVALID_REQUEST, f"The body must be {FORM}", status=415)
    grant_type = form.required("grant_type")
    read = _READERS.get(grant_type)
    if read is None:
        raise OAuthError(UNSUPPORTED_GRANT_TYPE, f"grant_type must be {_CODE} or {_REFRESH}")
    if grant_type not in client.grant_types:
        raise OAuthError(UNAUTHORIZED_CLIENT, f"This client may not use the grant type {grant_type}")
    use = read(server, client, form)
    lifetimes = Lifetimes(server.lifetimes.access, server.lifetimes.refresh if _REFRESH in client.grant_types else None)

    def work(c: Connection) -> Issued | Refused:
        now = server.now()
        result = redeem(c, use, lifetimes, now) if isinstance(use, CodeUse) else rotate(c, use, lifetimes, now)
        if isinstance(result, Issued) and not result.is_repeat:
            audit.record(
                c,
                "token_issued",
                at=now,
                outcome="ok",
                subject=result.subject,
                client_id=client.id,
                grant_type=grant_type,
            )
        return result

    result = await server.database.write(work)
    return _response(server, grant_type, result)


def _response(server: Server, grant_type: str, result: Issued | Refused) -> Response:
    if isinstance(result, Refused):
        server.tally.add(grant_type, "revoked" if result.revoked else result.error)
        if result.revoked:
            server.forget()
        raise OAuthError(result.error, result.description)
    server.tally.add(grant_type, "repeated" if result.is_repeat else "issued")
    return Response(result.answer, media_type="application/json", headers=dict(NO_STORE))


def _read_code(server: Server, client: Client, form: Form) -> Use:
    code = form.required("code")
    verifier = form.get("code_verifier")
    if verifier is not None and not _SHORTEST_VERIFIER <= len(verifier) <= _LONGEST_VERIFIER:
        raise OAuthError("invalid_grant", "code_verifier must have 43 to 128 characters")
    return CodeUse(client.id, code, form.get("redirect_uri"), verifier, _resource(server, form))


def _read_refresh(server: Server, client: Client, form: Form) -> Use:
    scope = form.get("scope")
    scopes = None if scope is None else frozenset(scope.split())
    return RefreshUse(client.id, form.required("refresh_token"), scopes, _resource(server, form))


def _resource(server: Server, form: Form) -> str | None:
    resource = form.get("resource")
    if resource is not None and resource not in server.urls.resources:
        raise OAuthError(INVALID_TARGET, f"resource must be {server.urls.resource}")
    return resource


_READERS: dict[str, Callable[[Server, Client, Form], Use]] = {_CODE: _read_code, _REFRESH: _read_refresh}
