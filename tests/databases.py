"""Databases for tests: fresh, with the present tables, on SQLite and on a real PostgreSQL.

A package of tests outside this folder imports the fixtures into its own ``conftest.py``; the server is the same one.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest

from plugwright.store.database import Database
from plugwright.store.upgrade import upgrade
from tests.postgres import PostgresServer

KINDS: Final = ("sqlite", "postgresql")
SERVER: Final = pytest.StashKey[PostgresServer]()
TEMPLATES: Final = pytest.StashKey[dict[str, str]]()


def server_of(config: pytest.Config) -> PostgresServer:
    """The server of this run, started for the first who asks and stopped when the run ends."""
    if SERVER not in config.stash:
        config.stash[SERVER] = server = PostgresServer()
        config.add_cleanup(server.stop)
    return config.stash[SERVER]


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return request.param


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """The URL of a database without tables."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with server_of(request.config).database() as url:
        yield url


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an SQLite file with the present tables."""
    templates = request.config.stash.setdefault(TEMPLATES, {})
    if "sqlite" not in templates:
        file = tmp_path_factory.mktemp("template") / "plugin.db"
        migrate(f"sqlite:///{file}")
        templates["sqlite"] = str(file)
    copy = tmp_path / "plugin.db"
    shutil.copyfile(templates["sqlite"], copy)
    copy.chmod(0o600)
    return f"sqlite:///{copy}"


@pytest.fixture
def postgresql_server(request: pytest.FixtureRequest) -> PostgresServer:
    """The server, for tests that disturb it."""
    return server_of(request.config)


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest, postgresql_server: PostgresServer) -> Generator[str]:
    """The URL of a PostgreSQL database with the present tables."""
    templates = request.config.stash.setdefault(TEMPLATES, {})
    if "postgresql" not in templates:
        name = postgresql_server.create()
        migrate(postgresql_server.url(name))
        templates["postgresql"] = name
    with postgresql_server.database(templates["postgresql"]) as url:
        yield url


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """The URL of a database with the present tables; for other processes too."""
    return request.getfixturevalue(f"{database_kind}_url")


@pytest.fixture
def database(database_url: str) -> Generator[Database]:
    """A database with the present tables, on each kind in turn."""
    opened = Database(database_url, connections=5)
    try:
        yield opened
    finally:
        opened.close()


def migrate(url: str) -> None:
    """Give a database the present tables, and leave nothing open."""
    database = Database(url)
    try:
        upgrade(database)
    finally:
        database.close()
