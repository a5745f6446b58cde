"""What the tests of the weather plugin share."""

from __future__ import annotations

import pytest

from examples.weather.cities import CityIndex, load_cities
from tests.databases import database, database_kind, database_url, postgresql_server, postgresql_url, sqlite_url

__all__ = ("database", "database_kind", "database_url", "postgresql_server", "postgresql_url", "sqlite_url")


@pytest.fixture(scope="session")
def cities() -> CityIndex:
    """All cities; they never change, so one index serves every test."""
    return load_cities()


@pytest.fixture(scope="session")
def session_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of one database for every test that keeps nothing: bringing a new one up to date takes its time."""
    return f"sqlite:///{tmp_path_factory.mktemp('weather') / 'weather.db'}"


@pytest.fixture(autouse=True)
def _own_database(monkeypatch: pytest.MonkeyPatch, session_database: str) -> None:
    """No test writes a database into the working directory."""
    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", session_database)
