"""Grants as a consent makes them, and what a database holds of each."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, func, select

from plugwright.store import accounts, clients, grants
from plugwright.store.clients import Client
from plugwright.store.grants import Approval
from plugwright.store.secret_values import digest
from plugwright.store.tables import access_tokens, codes, refresh_tokens
from plugwright.store.tables import grants as grant_rows
from tests.faults.notes import RESOURCE

CLIENT: Final = "c_first"
OTHER_CLIENT: Final = "c_other"
CALLBACK: Final = "https://client.example/callback"
OTHER_CALLBACK: Final = "https://client.example/other"
VERIFIER: Final = "v" * 43
OTHER_VERIFIER: Final = "w" * 43
SCOPES: Final = frozenset({"notes:read", "notes:write"})
YEAR: Final = 365 * 86_400.0

_CHALLENGE: Final = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the database holds of one grant."""

    grants: int
    access_tokens: int
    refresh_tokens: int
    live_refresh_tokens: int


def add_clients(c: Connection, *, now: float) -> None:
    """Two public clients, with the same redirect URIs."""
    for client_id in (CLIENT, OTHER_CLIENT):
        clients.add(
            c,
            Client(
                id=client_id,
                source="operator",
                name=client_id,
                redirect_uris=(CALLBACK, OTHER_CALLBACK),
                grant_types=("authorization_code", "refresh_token"),
                created_at=now,
            ),
        )


def new_code(c: Connection, *, now: float) -> str:
    """A code for a new grant of the one account to the first client."""
    account = accounts.ensure(c, provider="author", name="ada", display_name="Ada", now=now)
    ticket = secrets.token_bytes(32)
    approval = Approval(account.id, CLIENT, SCOPES, RESOURCE, CALLBACK, _CHALLENGE, ticket)
    return grants.approve(c, approval, now=now, lifetime=YEAR)


def redemption(code: str, **changes: str) -> dict[str, str]:
    """The right token request for a code, but for the changes."""
    right = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": CLIENT,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    return right | changes


def rotation(token: str, **changes: str) -> dict[str, str]:
    """The plain token request for a refresh token, but for the changes."""
    return {"grant_type": "refresh_token", "refresh_token": token, "client_id": CLIENT} | changes


def holdings(c: Connection, code: str) -> Holdings:
    """What there is of the grants that a code belongs to."""
    grant_ids = c.scalars(select(codes.c.grant_id).where(codes.c.digest == digest(code))).all()
    mine = refresh_tokens.c.grant_id.in_(grant_ids)
    count = func.count()
    return Holdings(
        len(grant_ids),
        c.scalar(select(count).select_from(access_tokens).where(access_tokens.c.grant_id.in_(grant_ids))) or 0,
        c.scalar(select(count).select_from(refresh_tokens).where(mine)) or 0,
        c.scalar(select(count).select_from(refresh_tokens).where(mine, refresh_tokens.c.used_at.is_(None))) or 0,
    )


def count_grants(c: Connection) -> int:
    """How many grants there are in all."""
    return c.scalar(select(func.count()).select_from(grant_rows)) or 0
