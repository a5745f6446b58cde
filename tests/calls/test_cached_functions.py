"""`plugin.cached`: the results of any async function are kept like the answers of operations."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel
from sqlalchemy import Column, Connection, MetaData, String, Table, insert, select

from plugwright import Cache, Call, NotFound, Plugin, SetupError
from plugwright.settings import Settings
from tests.calls.caching import CachingClient, Clock, Origin
from tests.web.plugins import new_plugin


class Note(BaseModel):
    name: str
    number: int


def telling(origin: Origin, cache: Cache) -> Plugin:
    plugin = new_plugin()

    @plugin.cached(cache)
    async def note_of(name: str, size: int = 1) -> Note:
        """Read a note."""
        return Note(name=name, number=await origin.read())

    @plugin.operation(effect="read", open_world=False)
    async def tell(name: str) -> list[Note]:
        """Tell a note, read twice."""
        first, second = await note_of(name), await note_of(name=name, size=1)
        assert first is not second
        return [first, second]

    @plugin.operation(effect="write", open_world=False)
    async def change(name: str, *, call: Call) -> None:
        """Change a note."""
        call.invalidate(f"note:{name}")

    return plugin


async def test_a_function_runs_once_for_the_same_arguments_until_its_tag_is_invalidated() -> None:
    origin = Origin()
    async with CachingClient(telling(origin, Cache(ttl="100s", tags=["note:{name}"])), Clock()) as client:
        first = (await client.get("/tell?name=a")).json()
        other = (await client.get("/tell?name=b")).json()
        await client.post("/change", json={"name": "a"})
        again = (await client.get("/tell?name=a")).json()

    assert first == [{"name": "a", "number": 1}] * 2
    assert other == [{"name": "b", "number": 2}] * 2
    assert again == [{"name": "a", "number": 3}] * 2


async def test_outside_a_running_plugin_a_function_is_called_as_it_is() -> None:
    plugin = new_plugin()
    origin = Origin()

    @plugin.cached(Cache(ttl="5m"))
    async def number() -> int:
        """Read a number."""
        return await origin.read()

    assert [await number(), await number()] == [1, 2]


async def test_with_the_call_each_application_and_caller_has_results_of_its_own() -> None:
    plugin = new_plugin()
    origin = Origin()

    @plugin.cached(Cache(ttl="5m"))
    async def number(*, call: Call) -> int:
        """Read a number."""
        return await origin.read()

    @plugin.operation(effect="read", open_world=False)
    async def tell(*, call: Call) -> int:
        """Tell it."""
        return await number(call=call)

    async with CachingClient(plugin, Clock()) as one, CachingClient(plugin, Clock()) as other:
        numbers = [(await client.get("/tell")).json() for client in (one, one, other, other)]

    assert numbers == [1, 1, 2, 2]


async def test_what_is_not_found_stays_an_error() -> None:
    origin = Origin()
    origin.failure = NotFound("No such note")
    async with CachingClient(telling(origin, Cache(ttl="100s", negative="10s")), Clock()) as client:
        replies = [await client.get("/tell?name=a") for _ in range(2)]

    assert [reply.status for reply in replies] == [404, 404]
    assert origin.reads == 1


async def test_what_reads_the_database_is_read_once(tmp_path: Path) -> None:
    tables = MetaData()
    notes = Table("notes", tables, Column("name", String(50), primary_key=True))
    plugin = new_plugin(tables=tables)
    reads: list[str] = []

    @plugin.cached(Cache(ttl="5m", tags=["notes"]))
    async def names(prefix: str, *, call: Call) -> list[str]:
        """Read the names that begin like this."""

        def read(c: Connection) -> list[str]:
            reads.append(prefix)
            return list(c.scalars(select(notes.c.name).where(notes.c.name.startswith(prefix))))

        return await call.database.read(read)

    @plugin.operation(effect="read", open_world=False)
    async def find(prefix: str, *, call: Call) -> list[str]:
        """Find notes."""
        return await names(prefix, call=call)

    @plugin.operation(effect="write", open_world=False)
    async def save(name: str, *, call: Call) -> None:
        """Save a note."""
        await call.database.write(lambda c: c.execute(insert(notes).values(name=name)))
        call.invalidate("notes")

    settings = Settings(public_url="http://127.0.0.1:8000", database_url=f"sqlite:///{tmp_path / 'notes.db'}")  # pyright: ignore[reportArgumentType] the model makes a secret of it
    async with CachingClient(plugin, Clock(), settings) as client:
        found = [(await client.get("/find?prefix=a")).json() for _ in range(2)]
        await client.post("/save", json={"name": "abc"})
        found += [(await client.get("/find?prefix=a")).json() for _ in range(2)]

    assert found == [[], [], ["abc"], ["abc"]]
    assert reads == ["a", "a"]


def test_what_cannot_be_cached_is_told_at_start_up() -> None:
    plugin = new_plugin()

    def plain(name: str) -> str:
        return name

    async def nested(note: Note) -> str:
        return note.name

    with pytest.raises(SetupError, match="plain: only async functions can be cached"):
        plugin.cached(Cache(ttl="5m"))(plain)  # pyright: ignore[reportArgumentType] what is refused
    with pytest.raises(SetupError, match="nested: a cached function takes plain values"):
        plugin.cached(Cache(ttl="5m"))(nested)
