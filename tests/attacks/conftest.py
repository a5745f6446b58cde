"""Sites under attack, shared by the tests of this folder, and the matrix of what they refused."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Final

import pytest
from argon2 import PasswordHasher

from tests.attacks.rows import LEFT_OUT, ROWS
from tests.attacks.sites import Attacked, attacked
from tests.auth.server.flows import Browser
from tests.databases import KINDS, migrate, server_of

HOUR: Final = 3600.0
Results = dict[tuple[str, str], list[bool]]
RESULTS: Final = pytest.StashKey[Results]()


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker, so that a misspelt one is refused."""
    config.addinivalue_line("markers", "attack(row): shows that an attack of the table in rows.py is refused")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a row that does not exist, and a test of a row that runs on one kind of database only."""
    for item in items:
        rows = rows_of(item)
        unknown = [row for row in rows if row not in ROWS or row in LEFT_OUT]
        if unknown or (rows and kind_of(item) is None):
            raise pytest.UsageError(f"{item.nodeid}: no such row {unknown}, or no fixture with a database")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether the attacks of a test were refused."""
    report = yield
    kind = kind_of(item)
    if kind is not None and (call.when == "call" or not report.passed):
        results = item.config.stash.setdefault(RESULTS, Results())
        for row in rows_of(item):
            results.setdefault((row, kind), []).append(report.passed)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the matrix: each row, on each kind of database."""
    results = config.stash.get(RESULTS, Results())
    if not results:
        return
    terminalreporter.section("attacks")
    terminalreporter.write_line(f"{'row':4} {'attack':50} " + " ".join(f"{kind:14}" for kind in KINDS))
    for row, name in ROWS.items():
        cells = [outcome(results.get((row, kind), [])) for kind in KINDS]
        cells = [f"left out: {LEFT_OUT[row]}"] if row in LEFT_OUT else cells
        terminalreporter.write_line(f"{row:4} {name:50} " + " ".join(f"{cell:14}" for cell in cells))
    refused = sum(all(outcomes) for outcomes in results.values())
    terminalreporter.write_line(f"{refused} of {len(results)} refused ({100 * refused // len(results)} %)")


def outcome(outcomes: list[bool]) -> str:
    """One cell of the matrix."""
    if not outcomes:
        return "not run"
    return f"refused ({len(outcomes)})" if all(outcomes) else "FAILED"


def rows_of(item: pytest.Item) -> list[str]:
    """The rows that a test is for."""
    return [row for marker in item.iter_markers("attack") for row in marker.args]


def kind_of(item: pytest.Item) -> str | None:
    """The kind of database that a test runs on."""
    callspec = getattr(item, "callspec", None)
    return None if callspec is None else callspec.params.get("database_kind")


@pytest.fixture(scope="session", params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return request.param


@pytest.fixture(scope="session")
def shared_database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[str]:
    """A database for all tests that can share one."""
    if database_kind == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('attacked') / 'plugin.db'}"
        migrate(url)
        yield url
        return
    with server_of(request.config).database() as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def shared_site(shared_database_url: str) -> Generator[Attacked]:
    """A plugin that all tests can share."""
    with pytest.MonkeyPatch.context() as patch:
        make_hashing_cheap(patch)
        with attacked(shared_database_url) as site:
            yield site


@pytest.fixture(scope="session")
def shared_secure_site(shared_database_url: str) -> Generator[Attacked]:
    """The same plugin behind a proxy that speaks HTTPS."""
    with pytest.MonkeyPatch.context() as patch:
        make_hashing_cheap(patch)
        with attacked(shared_database_url, public_url="https://plugin.example") as site:
            yield site


@pytest.fixture
def site(shared_site: Attacked) -> Attacked:
    """The shared site, hours after the test before, whose tries it has forgotten."""
    shared_site.clock.advance(13 * HOUR)
    return shared_site


@pytest.fixture
def secure_site(shared_secure_site: Attacked) -> Attacked:
    """The shared site behind HTTPS, likewise."""
    shared_secure_site.clock.advance(13 * HOUR)
    return shared_secure_site


@pytest.fixture
async def browser(site: Attacked) -> AsyncGenerator[Browser]:
    """A browser without cookies."""
    async with site.browser() as new:
        yield new


@pytest.fixture
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost nothing, for a site that a test opens itself; what they cost is tested elsewhere."""
    make_hashing_cheap(monkeypatch)


def make_hashing_cheap(patch: pytest.MonkeyPatch) -> None:
    """Argon2id with its least parameters."""
    patch.setattr(
        "plugwright.auth.passwords.default_hasher",
        lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),
    )
