"""Fill a new database for `plugwright_signed_in`: ``python seed_sign_in.py RESOURCE [--tokens N] [--codes N]``.

The database is that of ``PLUGWRIGHT_DATABASE_URL``. What a client needs to redeem the codes is written to standard
output, as JSON. Everything outlives the longest run. Token number 0 has the scope of the operation, the one named
``narrow`` has another; more tokens are made by PostgreSQL itself, ten for a grant, and ten grants for an account.
"""

import argparse
import json
import os
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, text

from plugwright.store import clients
from plugwright.store.clients import Client
from plugwright.store.database import Database
from plugwright.store.secret_values import digest, new_id, new_secret
from plugwright.store.tables import access_tokens, accounts, codes, grants
from plugwright.store.upgrade import upgrade

CLIENT = "c_benchmark"
REDIRECT_URI = "https://chatgpt.com/connector_platform_oauth_redirect"
VERIFIER = "benchmark-verifier-that-is-as-long-as-a-client-makes-it"
SCOPE = "weather:read"
DAY = 86_400.0
YEAR = 365 * DAY

# The names follow from the numbers alone, so that each load generator knows every token.
_MANY = (
    """
    INSERT INTO accounts (id, provider, name_at_provider, display_name, is_demo, created_at)
    SELECT 'u_' || number, 'author', number, 'User ' || number, false, :now
    FROM generate_series(1, (:tokens - 1) / 100) AS number
    """,
    """
    INSERT INTO grants (id, account_id, client_id, scopes, resource, created_at, ends_at)
    SELECT 'g_' || number, 'u_' || number / 10, :client, CAST(:scopes AS json), :resource, :now, :end
    FROM generate_series(1, (:tokens - 1) / 10) AS number
    """,
    """
    INSERT INTO access_tokens (digest, grant_id, scopes, issued_at, expires_at)
    SELECT sha256(CAST('pw_at_' || lpad(CAST(number AS text), 43, '0') AS bytea)), 'g_' || number / 10,
           CAST(:scopes AS json), :now, :end
    FROM generate_series(1, :tokens - 1) AS number
    """,
)


@dataclass(frozen=True)
class Seed:
    """What to put in. Times are seconds since the epoch."""

    resource: str
    tokens: int
    codes: int
    now: float

    @property
    def end(self) -> float:
        """When it all ends."""
        return self.now + YEAR


def fill(c: Connection, seed: Seed) -> dict[str, Any]:
    """Put everything in; what a client needs to redeem the codes."""
    account = {"provider": "author", "name_at_provider": "0", "display_name": "User 0", "created_at": seed.now}
    c.execute(insert(accounts), {"id": "u_0", **account})
    clients.add(
        c,
        Client(
            id=CLIENT,
            source="operator",
            name="ChatGPT",
            redirect_uris=(REDIRECT_URI,),
            grant_types=("authorization_code", "refresh_token"),
            created_at=seed.now,
        ),
    )
    c.execute(insert(grants), _grant("g_0", seed))
    _add_token(c, f"pw_at_{0:043}", [SCOPE], seed)
    _add_token(c, f"pw_at_{'narrow':0>43}", ["weather:write"], seed)
    if seed.tokens > 1:
        c.execute(text("SET LOCAL statement_timeout = '10min'"))
        c.execute(text("SET LOCAL session_replication_role = 'replica'"))  # no look at the grant for every token
        values = {**_grant("", seed), "now": seed.now, "end": seed.end, "tokens": seed.tokens, "client": CLIENT}
        for statement in _MANY:
            c.execute(text(statement), {**values, "scopes": json.dumps([SCOPE])})
    return {
        "client_id": CLIENT,
        "redirect_uri": REDIRECT_URI,
        "verifier": VERIFIER,
        "resource": seed.resource,
        "codes": _add_codes(c, seed),
    }


def tidy(database: Database) -> None:
    """Do now what PostgreSQL would do by itself in the middle of a measurement."""
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET statement_timeout = '10min'"))
            connection.execute(text("VACUUM ANALYZE"))
            connection.execute(text("CHECKPOINT"))
            connection.execute(text("RESET statement_timeout"))


def _grant(name: str, seed: Seed) -> dict[str, Any]:
    return {
        "id": name,
        "account_id": "u_0",
        "client_id": CLIENT,
        "scopes": [SCOPE],
        "resource": seed.resource,
        "created_at": seed.now,
        "ends_at": seed.end,
    }


def _add_token(c: Connection, token: str, scopes: list[str], seed: Seed) -> None:
    times = {"issued_at": seed.now, "expires_at": seed.end}
    c.execute(insert(access_tokens), {"digest": digest(token), "grant_id": "g_0", "scopes": scopes, **times})


def _add_codes(c: Connection, seed: Seed) -> list[str]:
    """Each with a grant of its own, as `plugwright.store.grants.approve` makes them one by one."""
    made = [(new_id("g"), new_secret("pw_code")) for _ in range(seed.codes)]
    if made:
        challenge = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        same = {"redirect_uri": REDIRECT_URI, "challenge": challenge, "expires_at": seed.now + DAY}
        c.execute(insert(grants), [_grant(grant, seed) for grant, _ in made])
        c.execute(
            insert(codes),
            [{"digest": digest(code), "grant_id": grant, "ticket": digest(grant), **same} for grant, code in made],
        )
    return [code for _, code in made]


def main() -> None:
    parser = argparse.ArgumentParser(prog="seed_sign_in.py")
    parser.add_argument("resource")
    parser.add_argument("--tokens", type=int, default=1)
    parser.add_argument("--codes", type=int, default=0)
    given = parser.parse_args()
    database = Database(os.environ["PLUGWRIGHT_DATABASE_URL"])
    try:
        upgrade(database)
        seed = Seed(given.resource, given.tokens, given.codes, time.time())
        print(json.dumps(database.run(lambda c: fill(c, seed), writes=True)))
        tidy(database)
    finally:
        database.close()


if __name__ == "__main__":
    main()
