"""Idempotency keys over MCP: in the ``_meta`` of a tool call, in both eras."""

from typing import Any

import pytest
from pydantic import BaseModel

from plugwright import Call, Conflict, Form
from plugwright.testing import Client, Reply
from tests.calls.keyed import REPLAYED, new_key, open_till, pay, settings_for
from tests.mcp.wire import call_in
from tests.web.plugins import new_plugin

KEY = "plugwright/idempotency-key"


class Sure(BaseModel):
    """Whether somebody is sure."""

    yes: bool


async def call(client: Client, key: Any, amount: int = 5, **parts: Any) -> Reply:
    """Pay, in the modern era."""
    params = {"name": "pay", "arguments": {"amount": amount}} | parts.pop("params", {})
    return await client.mcp("tools/call", params, meta={KEY: key}, **parts)


async def test_a_repeat_is_not_run_and_gets_the_same_bytes(database_url: str) -> None:
    till = open_till()
    async with Client(till.plugin(), settings_for(database_url)) as client:
        key = new_key()
        first, again = [await call(client, key) for _ in range(2)]

    assert till.paid == [5]
    assert first.json()["result"]["structuredContent"]["number"] == 1
    assert (again.body, again.headers[REPLAYED]) == (first.body, "true")
    assert REPLAYED not in first.headers


@pytest.mark.parametrize("version", ["2025-11-25", "2024-11-05"])
async def test_handshake_clients_have_keys_too(version: str, sqlite_url: str) -> None:
    till = open_till()
    params = {"name": "pay", "arguments": {"amount": 5}, "_meta": {KEY: new_key()}}
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        first, again = [await call_in(client, version, "tools/call", params) for _ in range(2)]

    assert till.paid == [5]
    assert (again.body, again.headers[REPLAYED]) == (first.body, "true")


async def test_a_failure_is_kept_as_it_was(sqlite_url: str) -> None:
    till = open_till(failure=Conflict("Paid already."))
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        key = new_key()
        first, again = [await call(client, key) for _ in range(2)]

    assert till.paid == [5]
    assert first.json()["result"]["isError"] is True
    assert (again.body, again.headers[REPLAYED]) == (first.body, "true")


async def test_a_call_over_rest_and_its_repeat_over_mcp_are_one(sqlite_url: str) -> None:
    till = open_till()
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        key = new_key()
        over_rest = (await pay(client, key)).json()
        over_mcp = (await call(client, key)).json()["result"]["structuredContent"]

    assert (till.paid, over_mcp) == ([5], over_rest)


@pytest.mark.parametrize(
    ("key", "amount", "code"), [(7, 5, "invalid_idempotency_key"), (None, 6, "idempotency_mismatch")], ids=repr
)
async def test_what_a_model_can_mend_is_a_failed_result(key: Any, amount: int, code: str, sqlite_url: str) -> None:
    till = open_till()
    async with Client(till.plugin(), settings_for(sqlite_url)) as client:
        used = new_key()
        await call(client, used)
        result = (await call(client, key or used, amount)).json()["result"]

    assert (result["isError"], code in result["content"][0]["text"]) == (True, True)


async def test_a_call_that_asks_runs_again_with_the_answer_and_is_kept_then(sqlite_url: str) -> None:
    plugin = new_plugin()
    deleted: list[str] = []

    @plugin.operation(effect="destroy", open_world=False)
    async def delete(name: str, *, call: Call) -> str:
        """Delete something."""
        answers = await call.ask(sure=Form("Sure?", Sure))
        deleted.append(name)
        return f"{name}: {answers['sure'].action}"

    params: dict[str, Any] = {"name": "delete", "arguments": {"name": "a"}}
    answer = {"inputResponses": {"sure": {"action": "accept", "content": {"yes": True}}}}
    options: dict[str, Any] = {"meta": {KEY: new_key()}, "capabilities": {"elicitation": {}}}
    async with Client(plugin, settings_for(sqlite_url)) as client:
        asked = await client.mcp("tools/call", params, **options)
        done, again = [await client.mcp("tools/call", params | answer, **options) for _ in range(2)]

    assert asked.json()["result"]["resultType"] == "input_required"
    assert (deleted, done.body) == (["a"], again.body)
