"""``plugwright db``, and how every command comes by its database."""

from pathlib import Path

import pytest

from plugwright.store.upgrade import pending
from tests.cli.commands import Folder
from tests.cli.operators import PASSWORD, Operator
from tests.databases import server_of


@pytest.fixture
def on_postgresql(folder: Folder, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest):
    """An operator with a PostgreSQL database without tables."""
    with server_of(request.config).database() as url:
        yield Operator(folder, monkeypatch, url)


def test_an_sqlite_file_gets_its_tables_from_the_first_command_that_adds_something(operator: Operator):
    operator.add_user("ana")

    file = operator.path / "plugwright.db"
    assert file.stat().st_mode & 0o777 == 0o600
    with operator.database() as database:
        assert pending(database) == []


def test_an_sqlite_file_that_lacks_migrations_gets_them_from_any_command(operator: Operator):
    (operator.path / "plugwright.db").touch()

    assert operator.run("db", "check").code == 1
    assert operator.asks("users", "list") == []
    assert operator.run("db", "check").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["users", "list"],
        ["users", "disable", "ana"],
        ["clients", "list"],
        ["clients", "remove", "c_1"],
        ["keys", "list"],
        ["tokens", "revoke", "--user", "ana"],
        ["db", "check"],
    ],
    ids=" ".join,
)
def test_a_command_that_adds_nothing_creates_no_database(words: list[str], operator: Operator):
    ended = operator.run(*words)

    assert ended.is_one_clear_line
    assert "there is no database sqlite:///plugwright.db" in ended.err
    assert list(operator.path.glob("*.db*")) == []


def test_postgresql_is_upgraded_on_purpose_only(on_postgresql: Operator):
    operator = on_postgresql
    refused = operator.run("users", "add", "ana", given=PASSWORD)
    assert refused.is_one_clear_line
    assert "run `plugwright db upgrade`" in refused.err

    before = operator.run("db", "check")
    assert before.code == 1
    assert "Pending 0001" in before.out
    assert "run `plugwright db upgrade`" in before.err

    first, again = operator.run("db", "upgrade"), operator.run("db", "upgrade")
    assert (first.code, again.code) == (0, 0)
    assert "Applied 0001" in first.out
    assert "Applied" not in again.out
    assert operator.asks("db", "check")["pending"] == []
    operator.add_user("ana")
    assert [row["name"] for row in operator.asks("users", "list")] == ["ana"]


def test_every_command_works_on_postgresql(on_postgresql: Operator):
    operator = on_postgresql
    operator.run("db", "upgrade")
    ana, client_id = operator.add_user("ana"), operator.add_client("chatgpt-legacy")
    operator.give_access(ana, client_id)
    key = operator.asks("keys", "issue", "ana")["id"]

    commands = [
        ["users", "password", "ana"],
        ["users", "disable", "ana"],
        ["users", "enable", "ana"],
        ["clients", "show", client_id],
        ["tokens", "revoke", "--client", client_id],
        ["keys", "revoke", key],
        ["keys", "list"],
        ["clients", "remove", client_id],
    ]
    assert [operator.run(*words, given=PASSWORD).code for words in commands] == [0] * len(commands)
    assert len(operator.events()) == 9
    for words in (["users", "disable", "\udcff"], ["clients", "show", "\udcff"], ["tokens", "revoke"]):
        assert operator.run(*words, given="\0").is_one_clear_line


def test_a_database_that_is_not_there_is_named_without_its_password(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", "postgresql://me:geheim@127.0.0.1:1/plugin?password=geheim")

    for words in (["users", "list"], ["db", "check"], ["db", "upgrade"]):
        ended = operator.run(*words)
        assert ended.is_one_clear_line
        assert "postgresql://127.0.0.1:1/plugin: " in ended.err
        assert "refused" in ended.err
        assert "geheim" not in ended.err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "must be a URL such as"),
        ("mysql://me:geheim@host/name", "mysql is not supported"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///sample.py", "file is not a database"),
        ("sqlite:///.", "unable to open database file"),
    ],
)
def test_a_database_that_cannot_be_one_gets_one_clear_line(
    url: str, said: str, operator: Operator, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", url)

    for words in (["users", "list"], ["users", "add", "ana"], ["db", "upgrade"]):
        ended = operator.run(*words, given=PASSWORD)
        assert ended.is_one_clear_line, ended
        assert said in ended.err
        assert "geheim" not in ended.err


def test_a_file_that_may_only_be_read_gets_one_clear_line(operator: Operator, monkeypatch: pytest.MonkeyPatch):
    operator.add_user("ana")
    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", "sqlite:////dev/null")

    ended = operator.run("users", "list")
    assert ended.is_one_clear_line
    assert "cannot use the database sqlite:////dev/null" in ended.err


def test_the_url_comes_from_a_file_too(operator: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "url").write_text("sqlite:///other.db\n")
    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL_FILE", str(tmp_path / "url"))

    operator.add_user("ana")
    assert (tmp_path / "other.db").exists()


def test_in_production_only_the_database_has_to_be_set(operator: Operator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUGWRIGHT_ENV", "production")
    refused = operator.run("users", "add", "ana", given=PASSWORD)
    assert refused.is_one_clear_line
    assert "PLUGWRIGHT_DATABASE_URL: must be set in production" in refused.err
    assert list(operator.path.glob("*.db*")) == []

    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", "sqlite:///plugwright.db")
    operator.add_user("ana")
