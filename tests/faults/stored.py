"""What the database holds, compared with what the model knows after every step."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, true

from plugwright.store.secret_values import digest
from plugwright.store.tables import access_tokens, codes, grants, refresh_tokens
from tests.faults.model import World


def grant_of(c: Connection, code: str) -> str:
    """The one grant that a new code belongs to."""
    return c.execute(select(codes.c.grant_id).where(codes.c.digest == digest(code))).scalar_one()


def compare(c: Connection, world: World) -> None:
    """Every grant is a consent of the model, word for word; codes, refresh and access tokens keep to it."""
    found = {
        row.id: (row.account_id, row.client_id, frozenset(row.scopes), row.resource, row.revoked_at is not None)
        for row in c.execute(select(grants))
    }
    known = {
        family.grant_id: (
            family.user.account_id,
            family.client.id,
            family.scopes,
            family.resource,
            family.revoked_at is not None,
        )
        for family in world.present
    }
    assert found == known, "the database holds other grants than people allowed"
    for table, condition in ((codes, true()), (refresh_tokens, refresh_tokens.c.used_at.is_(None))):
        rows = c.execute(select(func.count()).where(condition).select_from(table).group_by(table.c.grant_id))
        assert all(count == 1 for (count,) in rows), f"a family has several live {table.name}"
    for row in c.execute(select(access_tokens.c.grant_id, access_tokens.c.scopes)):
        assert frozenset(row.scopes) <= found[row.grant_id][2], "an access token has more scopes than its grant"
