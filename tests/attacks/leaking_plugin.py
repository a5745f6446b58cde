"""A plugin whose author is careless with secrets, in every way that ends in somebody else's words.

Served by a process of its own: its secrets come from the environment, as those of a real plugin do.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import threading
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiohttp
from pydantic import BaseModel, SecretStr
from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from plugwright import Call, OAuth, Plugin, Upstream
from tests.operations.plugins import LOGO

SECRETS: Final = json.loads(os.environ.get("LEAKING_SECRETS", '{"exception": "", "api_key": ""}'))
SECRET: Final[str] = SECRETS["exception"]

metadata = MetaData()
things = Table("things", metadata, Column("id", Integer, primary_key=True), Column("name", String, nullable=False))
upstream = Upstream(
    os.environ.get("LEAKING_UPSTREAM", "http://127.0.0.1:9"),
    headers={"Authorization": f"Bearer {SECRETS['api_key']}"},
    attempts=1,
)
library = logging.getLogger("library")
plugin = Plugin(
    name="leaking",
    title="Leaking",
    summary="Leaks.",
    instructions="Use it in tests.",
    version="1.0.0",
    contact_email="a@example.com",
    legal_url="https://example.com/legal",
    logo=LOGO,
    auth=OAuth(scopes={"notes:read": "Read", "notes:write": "Write"}),
    tables=metadata,
)


class Account(BaseModel):
    """Something with a secret in it."""

    password: str


class Unspeakable(Exception):
    """An exception that cannot be told."""

    def __str__(self) -> str:
        raise ValueError(SECRET)


async def by_text(_: Call) -> None:
    secret = SECRET
    raise RuntimeError(f"the key {secret} was refused")


async def by_arguments(_: Call) -> None:
    raise OSError(5, SECRET, SECRET, 0, SECRET)


async def by_cause(_: Call) -> None:
    try:
        {}[SECRET]
    except KeyError as error:
        raise ValueError(SECRET) from error


async def by_group(_: Call) -> None:
    raise ExceptionGroup(SECRET, [ValueError(SECRET), ExceptionGroup(SECRET, [TypeError(Account(password=SECRET))])])


async def by_itself(_: Call) -> None:
    raise Unspeakable(SECRET)


async def by_sql(call: Call) -> None:
    await call.database.write(
        lambda c: c.execute(insert(things), [{"id": 1, "name": SECRET}, {"id": 1, "name": SECRET}])
    )


async def by_url(_: Call) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:9/?key={SECRET}"):
        pass


async def by_thread(_: Call) -> None:
    def fail() -> None:
        raise RuntimeError(SECRET)

    thread = threading.Thread(target=fail, name=SECRET)
    thread.start()
    await asyncio.to_thread(thread.join)


async def by_task(_: Call) -> None:
    async def fail() -> None:
        raise RuntimeError(SECRET)

    task = asyncio.create_task(fail(), name=SECRET)
    await asyncio.wait([task])
    del task
    gc.collect()


async def by_callback(_: Call) -> None:
    def fail(secret: str) -> None:
        raise RuntimeError(secret)

    asyncio.get_running_loop().call_soon(fail, SECRET)
    await asyncio.sleep(0)


async def by_library(_: Call) -> None:
    for tell in (library.debug, library.info, library.warning):
        tell("asked %s with %r", SECRET, Account(password=SECRET))
    try:
        int(SECRET, base=2)
    except ValueError:
        library.exception("failed with %s", SECRET)
    warnings.warn(SECRET, UserWarning, stacklevel=1)


async def by_own_log(call: Call) -> None:
    call.log.debug("made", key=SecretStr(SECRET), account=Account(password=SECRET), raw=SECRET.encode())
    call.log.error("failed", exc_info=ValueError(SECRET), error=ValueError(SECRET))


async def by_database_log(call: Call) -> None:
    """Writes what must be in no log, and in the author's own table; it is undone."""

    def work(c: Any) -> None:
        c.execute(insert(things), {"id": 2, "name": SECRET})
        raise RuntimeError(SECRET)

    await call.database.write(work)


WAYS: Final[dict[str, Callable[[Call], Awaitable[None]]]] = {
    way.__name__: way
    for way in (
        *(by_text, by_arguments, by_cause, by_group, by_itself, by_sql, by_url, by_thread, by_task, by_callback),
        *(by_library, by_own_log, by_database_log),
    )
}


@plugin.operation(effect="write", open_world=False, scopes=["notes:write"])
async def leak(way: str, *, call: Call) -> None:
    """Leak in some way."""
    await WAYS[way](call)


@plugin.operation(effect="write", open_world=False, scopes=["notes:write"], background=True)
async def leak_later(way: str, *, call: Call) -> None:
    """Leak in some way, in the background."""
    await WAYS[way](call)


@plugin.operation(effect="read", open_world=True, scopes=["notes:read"])
async def ask(path: str, *, call: Call) -> Any:
    """Ask the upstream."""
    return await call.upstream(upstream).get_json(path, params={"key": SECRETS["api_key"]}, returns=dict[str, int])


@plugin.operation(effect="read", open_world=False, public=True, limit="1000/minute")
async def look(number: int, kind: str = "") -> int:
    """Look at a number."""
    return number + len(kind) * 0


@plugin.operation(effect="write", open_world=False, public=True)
async def put(number: int, names: list[int]) -> int:
    """Put numbers."""
    return number + len(names)
