"""Statements that insert or find a conflict, which each kind of database has a form of its own for."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert
Upsert = Mapping[str, Insert]
"""One statement, by the name of the dialect."""


def upsert(build: Callable[[Callable[[Table], Insert]], Insert]) -> Upsert:
    """A statement for both kinds of database, built by a function of their ``insert``."""
    return MappingProxyType(
        {"sqlite": _counted(build(sqlite.insert)), "postgresql": _counted(build(postgresql.insert))}
    )


def unless_there(table: Table) -> Upsert:
    """Insert a row, or do nothing where a unique value is taken."""
    return upsert(lambda insert: insert(table).on_conflict_do_nothing())


def has_written(connection: Connection, statement: Upsert, row: Mapping[str, object]) -> bool:
    """Execute it for one row; whether the row was inserted or updated."""
    return connection.execute(statement[connection.dialect.name], dict(row)).rowcount > 0


def _counted(statement: Insert) -> Insert:
    """Nothing is returned but the number of rows, which SQLAlchemy forgets for an insert unless told otherwise."""
    return statement.inline().execution_options(preserve_rowcount=True)
