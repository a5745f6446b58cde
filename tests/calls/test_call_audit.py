"""Which calls are in the audit record, and what it tells of them."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from plugwright import Conflict, Plugin, UserKey
from plugwright.settings import Settings
from plugwright.store import audit, user_keys
from plugwright.store.audit import Entry
from plugwright.store.call_audit import CallAudit
from plugwright.store.database import Database
from plugwright.testing import Client
from tests.external.servers import ROOT
from tests.observe.arrivals import Came
from tests.web.plugins import new_plugin


def notes(**given: Any) -> Plugin:
    """A plugin that reads, writes and removes notes."""
    plugin = new_plugin(auth=UserKey(scopes={"notes:read": "Read", "notes:write": "Write"}), **given)

    @plugin.operation(effect="read", open_world=False, path="/note", scopes=["notes:read"])
    async def read(name: str) -> str:
        """Read a note."""
        return name

    @plugin.operation(effect="write", open_world=False, path="/notes", scopes=["notes:write"])
    async def save(name: str) -> str:
        """Save a note."""
        if name == "taken":
            raise Conflict("There is one already")
        return name

    @plugin.operation(effect="destroy", open_world=False, path="/notes", scopes=["notes:write"])
    def drop(name: str) -> None:
        """Drop a note."""

    return plugin


def key_for(database: Database, *scopes: str) -> Mapping[str, str]:
    """The header of a user who was given these scopes."""
    _, key = database.run(
        lambda c: user_keys.issue(c, subject="ann", label="", scopes=scopes, now=time.time(), expires_at=None),
        writes=True,
    )
    return {"authorization": f"Bearer {key}"}


def entries(database: Database) -> Sequence[Entry]:
    """All that was recorded, the first event first."""
    return database.run(lambda c: audit.after(c, 0, 1000), writes=False)


def settings_for(database: Database) -> Settings:
    """Settings with this database."""
    return Settings(
        public_url="http://127.0.0.1:8000",
        database_url=SecretStr(database.url.render_as_string(hide_password=False)),
        call_log=False,
    )


async def test_calls_that_may_change_something_are_recorded_and_others_are_not(database: Database) -> None:
    headers = key_for(database, "notes:read", "notes:write")
    async with Client(notes(), settings_for(database)) as client:
        await client.get("/note?name=a", headers=headers)
        await client.post("/notes", json={"name": "canary"}, headers=headers)
        taken = await client.post("/notes", json={"name": "taken"}, headers=headers)
        await client.post("/notes", json={"nam": "canary"}, headers=headers)
        await client.request("DELETE", "/notes?name=canary", headers=headers)
        await client.mcp("tools/call", {"name": "drop", "arguments": {"name": "canary"}}, headers=headers)
        await client.mcp("tools/call", {"name": "read", "arguments": {"name": "canary"}}, headers=headers)

    found = entries(database)
    assert [(entry.operation, entry.outcome, entry.detail["protocol"]) for entry in found] == [
        ("save", "ok", "rest"),
        ("save", "conflict", "rest"),
        ("save", "invalid_input", "rest"),
        ("drop", "ok", "rest"),
        ("drop", "ok", "mcp"),
    ]
    assert {(entry.event, entry.subject, entry.client_id) for entry in found} == {("call", "ann", None)}
    assert found[1].request_id == taken.headers["x-request-id"]
    assert all(abs(entry.at - time.time()) < 60 for entry in found)
    assert "canary" not in repr(found)


async def test_who_was_not_allowed_an_operation_is_recorded_and_who_did_not_sign_in_is_not(database: Database) -> None:
    headers = key_for(database, "notes:read")
    async with Client(notes(), settings_for(database)) as client:
        refused = await client.post("/notes", json={"name": "a"}, headers=headers)
        await client.mcp("tools/call", {"name": "drop", "arguments": {"name": "a"}}, headers=headers)
        await client.post("/notes", json={"name": "a"})
        await client.post("/notes", json={"name": "a"}, headers={"authorization": "Bearer wrong"})

    assert refused.status == 403
    found = entries(database)
    assert [(entry.event, entry.subject, entry.operation, entry.outcome) for entry in found] == [
        ("scope_refused", "ann", "save", "insufficient_scope"),
        ("scope_refused", "ann", "drop", "insufficient_scope"),
    ]
    assert found[0].request_id == refused.headers["x-request-id"]


async def test_who_tries_the_same_again_and_again_fills_no_record(database: Database) -> None:
    headers = key_for(database)
    async with Client(notes(), settings_for(database)) as client:
        for _ in range(20):
            await client.get("/note?name=a", headers=headers)
            await client.post("/notes", json={"name": "a"}, headers=headers)

    assert [(entry.event, entry.operation) for entry in entries(database)] == [
        ("scope_refused", "read"),
        ("scope_refused", "save"),
    ]


def test_the_same_refusal_is_recorded_again_after_a_minute() -> None:
    from plugwright.errors import MissingScope  # noqa: PLC0415
    from plugwright.store.audit import Record  # noqa: PLC0415

    added: list[Record] = []
    times = iter([0.0, 59.0, 61.0, *[62.0] * 5000])

    class Buffer:
        """Takes records."""

        def add(self, record: Record) -> None:
            added.append(record)

    audited = CallAudit(Buffer(), lambda: next(times))  # pyright: ignore[reportArgumentType] it takes records, which is all
    error = MissingScope("", subject="ann")
    for _ in range(3):
        audited.refused("save", error, Came("r"))
    assert [record.at for record in added] == [0.0, 61.0]

    for number in range(3000):
        audited.refused("save", MissingScope("", subject=str(number)), Came("r"))
    assert len(added) == 3002


async def test_the_work_of_a_queued_call_is_recorded(database: Database) -> None:
    plugin = new_plugin(auth=UserKey(scopes={"notes:write": "Write"}))

    @plugin.operation(effect="write", open_world=False, path="/rebuild", scopes=["notes:write"], background=True)
    async def rebuild(name: str) -> str:
        """Rebuild."""
        return name

    headers = key_for(database, "notes:write")
    async with Client(plugin, settings_for(database)) as client:
        accepted = await client.post("/rebuild", json={"name": "a"}, headers=headers)
        job = accepted.json()["id"]
        done = await client.get(f"/jobs/{job}?wait=20", headers=headers)

    assert done.json()["state"] == "succeeded"
    (entry,) = entries(database)
    assert (entry.operation, entry.outcome, entry.subject, entry.detail["protocol"]) == ("rebuild", "ok", "ann", "job")


def test_a_plugin_without_a_database_records_nothing_and_loads_nothing_for_it(tmp_path: Any) -> None:
    script = """
import asyncio, sys
from plugwright.testing import Client
from tests.web.plugins import new_plugin
plugin = new_plugin()

@plugin.operation(effect="write", open_world=False, path="/do")
async def do() -> None:
    "Do it."

async def main():
    async with Client(plugin) as client:
        assert (await client.post("/do", json={})).status < 300
asyncio.run(main())
print("sqlalchemy" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )

    assert done.stdout.strip() == "False"
    assert list(tmp_path.iterdir()) == []


async def test_of_a_batch_each_call_is_recorded(database: Database) -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/notes", batch=5)
    async def save(name: str) -> str:
        """Save a note."""
        if name == "taken":
            raise Conflict("There is one already")
        return name

    async with Client(plugin, settings_for(database)) as client:
        reply = await client.post("/notes/batch", json={"items": [{"name": "a"}, {"name": "taken"}]})

    assert reply.status == 200
    assert sorted((entry.operation, entry.outcome) for entry in entries(database)) == [
        ("save", "conflict"),
        ("save", "ok"),
    ]
