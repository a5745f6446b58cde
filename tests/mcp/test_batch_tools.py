"""The tool that a batch is over MCP, in every revision."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from plugwright import Call, Form, Plugin
from plugwright.testing import Client
from tests.clocks import Clock, client_at
from tests.mcp.replies import result_of, strict_json, texts_of
from tests.mcp.wire import LEGACY, MODERN, call_in, new_plugin


class Name(BaseModel):
    """A name."""

    name: str


def greeting(**options: Any) -> Plugin:
    """A plugin that greets, and asks nobody for a name."""
    plugin = new_plugin()
    said: dict[str, Any] = {"effect": "write", "open_world": True, "idempotent": True, "batch": 3, **options}

    @plugin.operation(**said)
    async def greet(name: str, *, call: Call) -> str:
        """Greet somebody."""
        if not name:
            await call.ask(who=Form("Whom?", Name))
        call.message("debug", name)
        return f"Hello {name}"

    return plugin


def batch_of(*names: Any) -> dict[str, Any]:
    return {"name": "greet_batch", "arguments": {"items": [{"name": name} for name in names]}}


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_the_tool_answers_each_item_as_rest_does(version: str):
    async with Client(greeting()) as client:
        reply = await call_in(client, version, "tools/call", batch_of("Ann", 5))
    result = result_of(reply, "tools/call", version)
    (text,) = texts_of(result)
    first, second = strict_json(text)["results"]
    assert result["isError"] is False
    assert first == {"result": "Hello Ann"}
    assert second["code"] == "invalid_input"
    if version not in {"2025-03-26", "2024-11-05"}:
        assert result["structuredContent"] == strict_json(text)


@pytest.mark.parametrize("version", [MODERN, *LEGACY])
async def test_the_tool_is_listed_with_the_hints_of_its_operation(version: str):
    async with Client(greeting(title="Greet")) as client:
        reply = await call_in(client, version, "tools/list")
    tools = {tool["name"]: tool for tool in result_of(reply, "tools/list", version)["tools"]}
    one, batch = tools["greet"], tools["greet_batch"]
    hints = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    if "annotations" in one:
        assert [batch["annotations"][hint] for hint in hints] == [one["annotations"][hint] for hint in hints]
    assert batch["inputSchema"]["properties"]["items"]["items"]["properties"] == one["inputSchema"]["properties"]
    assert "greet" in batch["description"]


@pytest.mark.parametrize("count", [0, 4])
async def test_a_batch_out_of_bounds_is_an_error_that_names_them(count: int):
    async with Client(greeting()) as client:
        reply = await client.mcp("tools/call", batch_of(*["Ann"] * count))
    result = result_of(reply, "tools/call")
    assert result["isError"] is True
    assert ("at least 1" if count == 0 else "at most 3") in texts_of(result)[0]


async def test_an_item_that_has_to_ask_fails_alone_as_nobody_is_asked_within_a_batch():
    async with Client(greeting()) as client:
        reply = await client.mcp("tools/call", batch_of("", "Ann"), capabilities={"elicitation": {"form": {}}})
    result = result_of(reply, "tools/call")
    first, second = result["structuredContent"]["results"]
    assert (first["code"], second) == ("cannot_ask", {"result": "Hello Ann"})


async def test_the_client_hears_how_many_items_are_done_and_what_they_say():
    meta = {"progressToken": "p", "io.modelcontextprotocol/logLevel": "debug"}
    async with Client(greeting()) as client:
        reply = await client.mcp("tools/call", batch_of("Ann", "Ben"), meta=meta)
    told = reply.events()
    progress = [event["params"] for event in told if event.get("method") == "notifications/progress"]
    said = [event["params"]["data"] for event in told if event.get("method") == "notifications/message"]
    assert [(step["progress"], step["total"]) for step in progress] == [(1, 2), (2, 2)]
    assert said == ["Ann", "Ben"]
    assert told[-1]["result"]["structuredContent"]["results"][1] == {"result": "Hello Ben"}


async def test_items_over_the_limit_say_when_there_is_room_and_the_headers_do():
    async with client_at(greeting(limit="1/minute"), Clock()) as client:
        reply = await client.mcp("tools/call", batch_of("Ann", "Ben"))
        rest = await client.post("/greet", json={"name": "Cat"})
    result = result_of(reply, "tools/call")
    first, second = result["structuredContent"]["results"]
    assert (result["isError"], first) == (False, {"result": "Hello Ann"})
    assert (second["code"], second["retry_after"]) == ("too_many_calls", 60)
    assert reply.headers["ratelimit"] == '"greet.minute";r=0;t=60'
    assert rest.status == 429


async def test_marks_of_mirrored_headers_stay_with_the_single_tool():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False, batch=2)
    async def look(
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
    ) -> str:
        """Look at a region."""
        return region

    async with Client(plugin) as client:
        tools = {tool["name"]: tool for tool in (await client.mcp("tools/list")).json()["result"]["tools"]}
        params = {"name": "look_batch", "arguments": {"items": [{"region": "north"}]}}
        reply = await client.mcp("tools/call", params)
    assert "x-mcp-header" in str(tools["look"])
    assert "x-mcp-header" not in str(tools["look_batch"])
    assert result_of(reply, "tools/call")["structuredContent"] == {"results": [{"result": "north"}]}
