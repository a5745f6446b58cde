"""A plugin that keeps numbers, for clients who look whether any is lost."""

from __future__ import annotations

import os
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, insert, select

from plugwright import Call
from tests.operations.plugins import new_plugin

TARGET: Final = "tests.faults.life.notes:plugin"

metadata = MetaData()
numbers = Table("numbers", metadata, Column("number", BigInteger, primary_key=True, autoincrement=False))
plugin = new_plugin(tables=metadata)


@plugin.operation(effect="write", open_world=False)
async def keep(number: int, *, call: Call) -> int:
    """Keep a number."""
    await call.database.write(lambda c: c.execute(insert(numbers), {"number": number}))
    return number


@plugin.operation(effect="read", open_world=False)
async def kept(number: int, *, call: Call) -> bool:
    """Whether a number was kept."""
    query = select(numbers.c.number).where(numbers.c.number == number)
    return await call.database.read(lambda c: c.execute(query).first() is not None)


@plugin.operation(effect="read", open_world=False)
async def whoami() -> int:
    """Say which process answers, without a database."""
    return os.getpid()


def all_numbers(connection: Connection) -> set[int]:
    """What was kept."""
    return set(connection.execute(select(numbers.c.number)).scalars())
