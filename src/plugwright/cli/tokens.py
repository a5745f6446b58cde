"""``plugwright tokens``: ending access that users gave."""

import time
from typing import Annotated, Any

import typer
from sqlalchemy import Connection, Row

from plugwright.cli.clients import find_client
from plugwright.cli.deferred import new_group
from plugwright.cli.keys import revoke_key
from plugwright.cli.secret_input import ReadsSecret, read_secret
from plugwright.cli.showing import say
from plugwright.cli.store import opened
from plugwright.cli.users import find_user
from plugwright.errors import SetupError
from plugwright.store import audit, consents, grants, tokens, user_keys
from plugwright.store.grants import with_grant
from plugwright.store.secret_values import digest
from plugwright.store.tables import access_tokens, refresh_tokens

app = new_group()

_BECAUSE = "revoked_by_operator"


@app.command(cls=ReadsSecret)
def revoke(
    user: Annotated[str | None, typer.Option(help="All that this user allowed: a username, or an id.")] = None,
    client: Annotated[str | None, typer.Option(help="All that this client was allowed: its id.")] = None,
) -> None:
    """End access at once: of a user, of a client, of a client to a user, or of one token or key.

    Without an option the token or key is asked for, or read from standard input. With both, the client has to ask
    the user anew. To prevent even that, disable the user or remove the client.
    """
    with opened() as database:
        if user is None and client is None:
            token = read_secret("Token").get_secret_value().strip()
            say(database.run(lambda c: _revoke_one(c, token), writes=True))
        else:
            say(database.run(lambda c: _revoke_all(c, user, client), writes=True))


def _revoke_all(c: Connection, user: str | None, client_id: str | None) -> str:
    now = time.time()
    account = None if user is None else find_user(c, user)
    client = None if client_id is None else find_client(c, client_id)
    if account is not None and client is not None:
        consents.withdraw(c, account.id, client.id)
        ended = grants.withdraw(c, account.id, client.id, _BECAUSE, now)
    elif account is not None:
        ended = grants.revoke_account(c, account.id, _BECAUSE, now)
    elif client is not None:
        ended = grants.revoke_client(c, client.id, _BECAUSE, now)
    else:
        raise ValueError("Neither a user nor a client was given")
    audit.record(
        c,
        "grants_revoked",
        at=now,
        outcome="ok",
        subject=account.id if account else None,
        client_id=client.id if client else None,
        grants=ended,
        by="operator",
    )
    return f"Revoked {ended} {'grant' if ended == 1 else 'grants'}, with all their tokens"


def _revoke_one(c: Connection, token: str) -> str:
    now = time.time()
    if (key := user_keys.find(c, token, now)) is not None:
        return revoke_key(c, key.id)
    for table, what, end in _KINDS:
        row = c.execute(with_grant(table), {"digest": digest(token)}).one_or_none()
        if row is not None and end(c, row, token, now):
            audit.record(
                c, "token_revoked", at=now, outcome="ok", subject=row.account_id, client_id=row.client_id, by="operator"
            )
            return f"Revoked the {what}"
    raise SetupError("that is no valid access token, refresh token or user key; it is unknown, expired or revoked")


def _end_access(c: Connection, row: Row[Any], token: str, now: float) -> bool:
    return tokens.revoke_token(c, token, row.client_id, now) is not None


def _end_family(c: Connection, row: Row[Any], _: str, now: float) -> bool:
    """Even for a token that was used: whoever holds a copy of it may hold the next one too."""
    return grants.revoke(c, row.grant_id, _BECAUSE, now)


_KINDS = (
    (access_tokens, "access token", _end_access),
    (refresh_tokens, "refresh token, and all that the same consent gave", _end_family),
)
