"""What must hold in a database whatever happened to the processes that wrote to it."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection, Table, func, select

from plugwright.store.database import Database
from plugwright.store.secret_values import digest
from plugwright.store.tables import access_tokens, audit, codes, grants, refresh_tokens
from tests.postgres import wait_until


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at."""

    families: int
    tokens: int


@contextlib.contextmanager
def opened(url: str) -> Generator[Database]:
    """A database for a moment; between checks only the server has it open."""
    database = Database(url, connections=2)
    try:
        yield database
    finally:
        database.close()


def wait_for_leftovers(url: str) -> None:
    """Return when PostgreSQL has ended what a killed client had begun: by rollback, or by the commit it was told."""
    if url.startswith("sqlite"):
        return
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as connection:

        def are_gone() -> bool:
            row = connection.execute(others).fetchone()
            return row is not None and row[0] == 0

        wait_until(are_gone)


def check(c: Connection) -> Checked:
    """Everything that must hold of codes and tokens.

    A used code has given one access and one refresh token, and so has each used refresh token; an unused one nothing.
    So one refresh token of a family is live at most, and one exactly once the code is used. All that is issued is
    audited.
    """
    if c.dialect.name == "sqlite":
        assert c.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
        assert c.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    is_used = {row.grant_id: row.used_at is not None for row in c.execute(select(codes.c.grant_id, codes.c.used_at))}
    assert set(c.scalars(select(grants.c.id))) == set(is_used), "a grant without a code, or the other way round"
    refresh = _counts(c, refresh_tokens, func.count(refresh_tokens.c.used_at))
    access = _counts(c, access_tokens, func.count())
    for grant_id, is_redeemed in is_used.items():
        issued, used = refresh.get(grant_id, (0, 0))
        assert issued == (used + 1 if is_redeemed else 0), f"{issued} refresh tokens after {used} uses"
        assert access.get(grant_id, (0, 0))[0] == issued, "access and refresh tokens are not issued in pairs"
    for table in (codes, refresh_tokens):
        halves = (table.c.used_at.is_(None) != table.c.sealed_answer.is_(None)) | (
            table.c.used_at.is_(None) != table.c.request_digest.is_(None)
        )
        assert c.scalar(select(func.count()).select_from(table).where(halves)) == 0, "a use without its answer"
    audited = c.scalar(select(func.count()).select_from(audit).where(audit.c.event == "token_issued"))
    issues = sum(issued for issued, _ in access.values())
    assert audited == issues, f"{issues} answers were issued and {audited} audited"
    return Checked(len(is_used), 2 * issues)


def is_used(c: Connection, credential: str) -> bool:
    """Whether a code or a refresh token has been used."""
    for table in (codes, refresh_tokens):
        row = c.execute(select(table.c.used_at).where(table.c.digest == digest(credential))).one_or_none()
        if row is not None:
            return row.used_at is not None
    raise AssertionError("a credential that was issued is gone")


def are_stored(c: Connection, tokens: Iterable[str]) -> bool:
    """Whether tokens that were issued are all there."""
    digests = [digest(token) for token in tokens]
    found = sum(
        c.scalar(select(func.count()).select_from(table).where(table.c.digest.in_(digests))) or 0
        for table in (access_tokens, refresh_tokens)
    )
    return found == len(digests)


def count_tokens(c: Connection) -> int:
    """How many tokens there are in all."""
    return sum(c.scalar(select(func.count()).select_from(table)) or 0 for table in (access_tokens, refresh_tokens))


def _counts(c: Connection, table: Table, used: Any) -> dict[str, tuple[int, int]]:
    """By grant: how many rows, and how many of them are used."""
    rows = c.execute(select(table.c.grant_id, func.count(), used).group_by(table.c.grant_id))
    return {grant_id: (issued, count) for grant_id, issued, count in rows}
