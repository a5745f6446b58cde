"""The database that an operator's commands work on: the one of the settings."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from plugwright.errors import SetupError
from plugwright.settings import Settings, load_settings
from plugwright.store.database import Database, StoreUnavailable
from plugwright.store.engines import usable_url
from plugwright.store.upgrade import pending, upgrade


def database_settings() -> Settings:
    """The settings, of which only those of the database have to be safe.

    A job that migrates, or a shell beside the server, has neither the secret nor the public URL.

    Raises:
        SetupError: a value is malformed, or production has no database of its own.
    """
    is_production = "production" in {os.environ.get("PLUGWRIGHT_ENVIRONMENT"), os.environ.get("PLUGWRIGHT_ENV")}
    settings = load_settings(environment="development")
    if is_production and "database_url" not in settings.model_fields_set:
        raise SetupError("PLUGWRIGHT_DATABASE_URL: must be set in production, to the database that the server uses")
    return settings


@contextmanager
def connected(*, creates: bool = False) -> Generator[Database]:
    """The database, whatever its tables. An SQLite file that is not there is only created on purpose.

    Raises:
        SetupError: it cannot be used, here or in the block; the message names it and the reason.
    """
    text = database_settings().database_url.get_secret_value()
    url = usable_url(text)
    name = told(url)
    if not creates and url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise SetupError(
            f"there is no database {name}; run the command in the plugin's folder, or set PLUGWRIGHT_DATABASE_URL"
        )
    database = Database(text, connections=1)
    try:
        yield database
    except (StoreUnavailable, DBAPIError) as error:
        if isinstance(error, IntegrityError | DataError):
            raise
        raise SetupError(f"cannot use the database {name}: {_reason(error)}") from None
    finally:
        database.close()


@contextmanager
def opened(*, creates: bool = False) -> Generator[Database]:
    """The database with its present tables, which an SQLite file is given here and PostgreSQL must have.

    Raises:
        SetupError: it cannot be used, or lacks migrations.
    """
    with connected(creates=creates) as database:
        missing = pending(database)
        if missing and not database.is_sqlite:
            raise SetupError(f"the tables of {told(database.url)} are not up to date; run `plugwright db upgrade`")
        if missing:
            upgrade(database)
        yield database


def told(url: URL) -> str:
    """A database as messages name it, without user, password and options."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}"
    port = f":{url.port}" if url.port else ""
    return f"{url.get_backend_name()}://{url.host or ''}{port}/{url.database or ''}"


def _reason(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, StoreUnavailable) else error
    original = cause.orig if isinstance(cause, DBAPIError) else cause
    lines = str(original or error).strip().splitlines()
    return lines[0] if lines else type(original).__name__
