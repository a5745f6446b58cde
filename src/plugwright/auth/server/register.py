"""Dynamic client registration (RFC 7591): a client makes itself known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from plugwright.auth.server import urls
from plugwright.auth.server.client_authentication import BASIC, POST
from plugwright.auth.server.client_metadata import read_metadata
from plugwright.auth.server.forms import JSON, body_of, json_object
from plugwright.auth.server.oauth_errors import INVALID_CLIENT_METADATA, NO_STORE, OAuthError
from plugwright.auth.server.server import RegistrationLimits, Server
from plugwright.store import audit, clients, throttles
from plugwright.store.clients import Client
from plugwright.store.secret_values import digest, new_id, new_secret
from plugwright.web.addresses import network_of, peer_of
from plugwright.web.bodies import BodyLimits

WITH_SECRET = frozenset({BASIC, POST})
HOUR = 3600.0
"""For how long registrations are counted together."""
_LIMITS = BodyLimits(32 * 1024, 10.0)


@dataclass(frozen=True, slots=True)
class Registered:
    """A client as it was stored, with what is shown once."""

    client: Client
    secret: str | None = field(repr=False)
    registration_token: str = field(repr=False)


async def register(server: Server, request: Request) -> Response:
    """Answer one registration request.

    Raises:
        OAuthError: the metadata is not acceptable, or too many clients come from one address.
    """
    metadata = await read_json(request)
    made = make_client(read_metadata(metadata, server.oauth), new_id("c"), server.now())
    address = network_of(peer_of(request.scope))

    def work(c: Connection) -> float:
        now = server.now()
        wait = _wait(c, server.registrations, address, now)
        if wait == 0:
            clients.add(c, made.client)
            audit.record(c, "client_registered", at=now, outcome="ok", client_id=made.client.id, address=address)
        return wait

    wait = await server.database.write(work)
    server.tally.add("registration", "refused" if wait else "ok")
    if wait > 0:
        raise OAuthError(
            "temporarily_unavailable",
            "Too many clients have registered; try again later",
            status=429,
            headers={"Retry-After": str(int(wait) + 1)},
        )
    return JSONResponse(shown(server, made), 201, headers=dict(NO_STORE))


def _wait(c: Connection, limits: RegistrationLimits, address: str, now: float) -> float:
    """Zero if one more may register, which then counts; else the seconds until the hour and its count are over."""
    hour = int(now // HOUR)
    # An address that has to wait takes nothing from the others.
    for key, policy in ((f"registration:{address}", limits.by_address), ("registration", limits.in_all)):
        if policy is not None and throttles.attempt(c, f"{key}:{hour}", policy, now) > 0:
            return (hour + 1) * HOUR - now
    return 0.0


async def read_json(request: Request) -> Mapping[str, Any]:
    """The client metadata in a body.

    Raises:
        OAuthError: it is not a JSON object, or too long.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON:
        raise OAuthError(INVALID_CLIENT_METADATA, f"The body must be {JSON}", status=415)
    data = json_object(await body_of(request, _LIMITS))
    if data is None:
        raise OAuthError(INVALID_CLIENT_METADATA, "The body must be a JSON object, each of its members given once")
    return data


def make_client(metadata: Mapping[str, Any], client_id: str, now: float) -> Registered:
    """A client from checked metadata, with new secrets."""
    needs_secret = metadata["auth_method"] in WITH_SECRET
    secret = new_secret("pw_cs") if needs_secret else None
    token = new_secret("pw_rat")
    client = Client(
        id=client_id,
        source="registration",
        secret_digest=None if secret is None else digest(secret),
        registration_digest=digest(token),
        created_at=now,
        **metadata,
    )
    return Registered(client, secret, token)


def shown(server: Server, made: Registered) -> dict[str, Any]:
    """A registration as its client sees it (RFC 7591 §3.2.1, RFC 7592 §3)."""
    client = made.client
    content: dict[str, Any] = {
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at),
        "client_secret": made.secret,
        "client_secret_expires_at": 0 if made.secret is not None else None,
        "client_name": client.name,
        "client_uri": client.uri,
        "redirect_uris": list(client.redirect_uris),
        "grant_types": list(client.grant_types),
        "response_types": ["code"],
        "token_endpoint_auth_method": client.auth_method,
        "token_endpoint_auth_signing_alg": client.signing_alg,
        "scope": None if client.scopes is None else " ".join(sorted(client.scopes)),
        "jwks": client.jwks,
        "jwks_uri": client.jwks_uri,
        "registration_access_token": made.registration_token,
        "registration_client_uri": f"{server.urls.at(urls.REGISTER)}/{client.id}",
    }
    return {name: value for name, value in content.items() if value is not None}
