"""The client of a request to an endpoint for clients: found, and its proof checked."""

from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request

from plugwright.auth.server.client_assertions import AssertionRefused
from plugwright.auth.server.client_authentication import (
    NONE,
    PRIVATE_KEY_JWT,
    Credentials,
    check_method,
    check_secret,
    read_credentials,
)
from plugwright.auth.server.forms import Form
from plugwright.auth.server.oauth_errors import OAuthError, invalid_client
from plugwright.auth.server.server import Server
from plugwright.store import assertions, audit, clients, throttles
from plugwright.store.clients import Client
from plugwright.store.throttles import Policy
from plugwright.web.addresses import network_of, peer_of

# Nobody guesses 256 bits; what is counted here is a client that is broken, or somebody who tries.
_WRONG_PROOFS = Policy(free=20, first_delay=1.0, longest_delay=60.0, memory=3600.0)


async def authenticate(server: Server, request: Request, form: Form) -> Client:
    """The client that makes a request.

    Raises:
        OAuthError: it did not prove who it is.
    """
    credentials = read_credentials(request, form)
    client = await server.database.read(partial(clients.find, client_id=credentials.client_id))
    if client is None:
        raise invalid_client("There is no such client")
    try:
        check_method(client, credentials)
        if credentials.method == PRIVATE_KEY_JWT:
            await _check_assertion(server, client, credentials)
        elif credentials.method != NONE:
            check_secret(client, credentials)
    except OAuthError as error:
        await _refuse(server, request, client, error)
    return client


async def _check_assertion(server: Server, client: Client, credentials: Credentials) -> None:
    try:
        verified = await server.client_assertions.verify(client, credentials.proof)
    except AssertionRefused as error:
        raise invalid_client(f"The client assertion is refused: {error}") from None
    use = partial(assertions.use, client_id=client.id, jti=verified.jti, expires_at=verified.expires_at)
    if not await server.database.write(use):
        raise invalid_client("The client assertion was used before")


async def _refuse(server: Server, request: Request, client: Client, error: OAuthError) -> None:
    address = network_of(peer_of(request.scope))

    def work(c: Connection) -> float:
        now = server.now()
        wait = throttles.attempt(c, f"client:{client.id}:{address}", _WRONG_PROOFS, now)
        if wait == 0:  # so that a flood of them does not fill the table
            audit.record(c, "client_refused", at=now, outcome=error.error, client_id=client.id, address=address)
        return wait

    wait = await server.database.write(work)
    server.tally.add("client_authentication", error.error)
    if wait > 0:
        error.headers = {**error.headers, "Retry-After": str(int(wait) + 1)}
    raise error
