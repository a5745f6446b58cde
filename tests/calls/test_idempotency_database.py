"""Where idempotency keys are kept: what the database tells of them, and when there is none."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, select

from plugwright.store.database import Database
from plugwright.store.tables import idempotency_keys
from plugwright.testing import Client
from tests.calls.keyed import (
    REPLAYED,
    code,
    new_key,
    open_till,
    pay,
    settings_for,
)


async def test_an_answer_outlives_a_change_of_the_secret(sqlite_url: str) -> None:
    till, key = open_till(), new_key()
    old, new = SecretStr("a" * 32), SecretStr("b" * 32)
    async with Client(till.plugin(), settings_for(sqlite_url, secret=old)) as client:
        await pay(client, key)
    async with Client(till.plugin(), settings_for(sqlite_url, secret=new, previous_secret=old)) as client:
        assert (await pay(client, key)).headers[REPLAYED] == "true"
        assert (await pay(client, key, 6)).status == 422


async def test_the_database_holds_neither_key_nor_input_nor_answer(sqlite_url: str) -> None:
    key = new_key()
    async with Client(open_till().plugin(), settings_for(sqlite_url)) as client:
        await pay(client, key, 424_242)
    database = Database(sqlite_url)
    try:
        rows = database.run(_rows, writes=False)
    finally:
        database.close()

    assert len(rows) == 1
    for told in (key, "424242", "amount"):
        assert told not in repr(rows)


def _rows(c: Connection) -> list[Any]:
    return list(c.execute(select(idempotency_keys)))


async def test_nothing_is_run_while_the_database_is_away(tmp_path: Path) -> None:
    till = open_till()
    database = tmp_path / "a.db"
    async with Client(till.plugin(), settings_for(f"sqlite:///{database}")) as client:
        assert client.app.database is not None
        client.app.database.close()
        assert code(await pay(client, new_key())) == (503, "unavailable")

    assert till.paid == []


async def test_a_plugin_on_a_laptop_opens_its_database_with_the_first_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = tmp_path / "plugwright.db"
    till = open_till()
    async with Client(till.plugin()) as client:
        await pay(client, None)
        assert not database.exists()
        key = new_key()
        replies = await asyncio.gather(*(pay(client, key) for _ in range(3)))
        assert {reply.status for reply in replies} <= {200, 409}
        assert database.exists()
    async with Client(till.plugin()) as client:
        assert (await pay(client, key)).headers[REPLAYED] == "true"

    assert till.paid == [5, 5]


async def test_a_database_that_cannot_be_opened_is_told_to_the_operator_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plugwright.db").mkdir()
    monkeypatch.chdir(tmp_path)
    till = open_till()
    async with Client(till.plugin()) as client:
        reply = await pay(client, new_key())

    assert code(reply) == (503, "unavailable")
    assert "plugwright.db" not in reply.text
    assert "plugwright" in capsys.readouterr().err
    assert till.paid == []
