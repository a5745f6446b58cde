"""Bringing a database's tables up to date. Alembic, without a file of settings.

Steps only add to what an older process needs: during a restart old and new processes use one database.
"""

from functools import partial
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text

from plugwright.errors import SetupError
from plugwright.store.database import Database

VERSION_TABLE = "plugwright_migrations"
"""Where the database notes which steps it has had; not Alembic's usual name, which is left to the author's tables."""

_LOCK = 0x706C7567  # any number, the same for every process
_TURN_WITHIN = 60  # seconds that another process may take for its upgrade
_TABLE_WITHIN = 5  # seconds for the lock of a table; whoever needs the table waits behind us
_STEP_WITHIN = 600


def upgrade(database: Database) -> list[str]:
    """Bring the tables up to date, in one transaction; of several processes that try at once one does it.

    Returns:
        The steps that were taken, each as its number and what it does.

    Raises:
        StoreUnavailable: the database cannot be reached, or another process holds it too long.
    """
    return database.run(_upgrade, writes=True)


def pending(database: Database) -> list[str]:
    """The steps that the database lacks. A database from a newer version of the plugin lacks none.

    Raises:
        StoreUnavailable: the database cannot be reached.
    """
    return database.run(_pending, writes=False)


def older_steps() -> frozenset[str]:
    """The steps of this version but the last: a database that is at one of them lacks migrations."""
    script = ScriptDirectory(str(files("plugwright.store") / "migrations"))
    return frozenset(step.revision for step in script.walk_revisions()) - frozenset(script.get_heads())


def prepare(database: Database, own: MetaData | None = None) -> None:
    """Make a database fit to be served from: SQLite is brought up to date, and the author's tables are created.

    Of the author's tables only those that are missing are created; changing one is the author's migration.

    Raises:
        SetupError: PostgreSQL lacks migrations, which an operator runs when it suits.
        StoreUnavailable: the database cannot be reached.
    """
    if database.is_sqlite:
        upgrade(database)
    elif missing := pending(database):
        raise SetupError(f"the database lacks {len(missing)} migration(s); run: plugwright db upgrade")
    if own is not None:
        database.run(partial(_create, tables=own), writes=True)


def _create(connection: Connection, tables: MetaData) -> None:
    _wait_for_turn(connection)
    tables.create_all(connection)


def _upgrade(connection: Connection) -> list[str]:
    _wait_for_turn(connection)
    steps = _pending(connection)
    if steps:
        command.upgrade(_config(connection), "head")
    return steps


def _wait_for_turn(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":  # a writing transaction of SQLite is alone already
        return
    connection.execute(text(f"SET LOCAL statement_timeout = '{_STEP_WITHIN}s'"))
    connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{_STEP_WITHIN}s'"))
    connection.execute(text(f"SET LOCAL lock_timeout = '{_TURN_WITHIN}s'"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text(f"SET LOCAL lock_timeout = '{_TABLE_WITHIN}s'"))


def _pending(connection: Connection) -> list[str]:
    script = ScriptDirectory.from_config(_config(connection))
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    try:
        steps = list(script.iterate_revisions("heads", context.get_current_heads()))
    except (CommandError, ResolutionError):  # it has a step that this version does not know
        return []
    return [f"{step.revision} {step.doc}" for step in reversed(steps)]


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
    config.set_main_option("script_location", "plugwright.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
