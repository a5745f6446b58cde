"""What all tests share: the programs a machine may lack, and the order, fast tests first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import (
    database,
    database_kind,
    database_url,
    empty_database_url,
    postgresql_server,
    postgresql_url,
    sqlite_url,
)
from tests.external import programs
from tests.valkey import mortal_valkey, running_valkey, valkey

__all__ = (  # fixtures for every test
    "database",
    "database_kind",
    "database_url",
    "empty_database_url",
    "mortal_valkey",
    "postgresql_server",
    "postgresql_url",
    "running_valkey",
    "sqlite_url",
    "valkey",
)

# Later is slower. Tests outside these folders come first, unless they drive a browser.
SLOW_FOLDERS = ("external", "conformance")
BROWSER_FIXTURES = {"browser", "chromium", "page"}


def slowness(item: pytest.Item) -> int:
    """How late a test should run."""
    folders = Path(item.path).parts
    for rank, folder in enumerate(SLOW_FOLDERS, start=2):
        if folder in folders:
            return rank
    return int(bool(BROWSER_FIXTURES.intersection(getattr(item, "fixturenames", ()))))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run fast tests first; within one speed the order stays."""
    items.sort(key=slowness)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or Chrome."""
    return programs.chromium()


@pytest.fixture(scope="session")
def inspector() -> tuple[str, str]:
    """The command line of the Inspector."""
    return programs.node_tool("mcp-inspector")


@pytest.fixture(scope="session")
def conformance() -> tuple[str, str]:
    """The command line of the official conformance suite."""
    return programs.node_tool("conformance")
