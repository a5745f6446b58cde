"""Bringing a database up to date."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, column, inspect, table, text

import plugwright.store.migrations
from plugwright.store.database import Database
from plugwright.store.tables import metadata
from plugwright.store.upgrade import VERSION_TABLE, pending, upgrade
from tests.databases import migrate

UPGRADE = """
import sys
from plugwright.store.database import Database
from plugwright.store.upgrade import upgrade
database = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(len(upgrade(database)))
"""


def test_migrations_make_the_tables_that_the_code_uses(database: Database):
    def differences(connection: Connection) -> list[Any]:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert database.run(differences, writes=False) == []


def test_migrations_make_the_indexes_and_constraints_that_the_code_declares(
    empty_database_url: str, database: Database
):
    declared = Database(empty_database_url)
    declared.run(metadata.create_all, writes=True)

    assert database.run(shapes, writes=False) == declared.run(shapes, writes=False)
    declared.close()


def shapes(connection: Connection) -> dict[str, Any]:
    """All that the database tells about its tables, in an order of our own."""
    found = inspect(connection)
    return {
        name: [
            sorted(map(str, found.get_columns(name))),
            sorted(str(sorted(index_of(index).items())) for index in found.get_indexes(name)),
            sorted(map(str, found.get_unique_constraints(name))),
            sorted(map(str, found.get_foreign_keys(name))),
            str(found.get_pk_constraint(name)),
        ]
        for name in metadata.tables
    }


def index_of(found: Mapping[str, Any]) -> dict[str, str]:
    """An index in texts; a condition is an object that is equal to no other."""
    options = found.get("dialect_options", {})
    return {
        **{key: str(found[key]) for key in ("name", "column_names", "unique")},
        "where": str([*map(str, options.values())]),
    }


def test_an_empty_database_lacks_every_step_and_an_upgraded_one_none(empty_database_url: str):
    database = Database(empty_database_url)
    lacking = pending(database)

    assert lacking[0] == "0001 The tables of sign-in."
    assert upgrade(database) == lacking
    assert pending(database) == []
    assert upgrade(database) == []
    database.close()


def test_a_step_that_fails_leaves_nothing_behind(empty_database_url: str):
    database = Database(empty_database_url)
    database.run(lambda c: c.execute(text("CREATE TABLE user_keys (id INTEGER)")), writes=True)

    with pytest.raises(Exception, match="user_keys"):
        upgrade(database)

    assert database.run(lambda c: inspect(c).get_table_names(), writes=False) == ["user_keys"]
    database.close()


def test_processes_that_upgrade_at_once_take_each_step_once(empty_database_url: str):
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", UPGRADE, empty_database_url],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(3)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("now\n")
            process.stdin.flush()
        answers = [process.communicate(timeout=60) for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], answers
    assert sorted(int(out) > 0 for out, _ in answers) == [False, False, True]
    database = Database(empty_database_url)
    assert pending(database) == []
    database.close()


def test_a_database_of_a_newer_version_is_left_alone(database: Database):
    database.run(
        lambda c: c.execute(table(VERSION_TABLE, column("version_num")).update().values(version_num="9999")),
        writes=True,
    )

    assert pending(database) == []
    assert upgrade(database) == []


def test_tables_of_the_author_are_not_touched(empty_database_url: str):
    database = Database(empty_database_url)
    database.run(lambda c: c.execute(text("CREATE TABLE places (name TEXT)")), writes=True)
    database.run(lambda c: c.execute(text("INSERT INTO places VALUES ('Tokyo')")), writes=True)

    migrate(empty_database_url)

    assert database.run(lambda c: c.execute(text("SELECT name FROM places")).scalar(), writes=False) == "Tokyo"
    database.close()


def test_each_step_is_a_file_that_the_package_contains():
    folder = Path(plugwright.store.migrations.__file__).parent

    assert (folder / "env.py").is_file()
    assert list((folder / "versions").glob("0001_*.py"))
