"""Handlers that do odd things: what they tell, raise or wait for never breaks a reply."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from plugwright import Call, Complete, Form
from plugwright.testing import Client
from tests.mcp.replies import error_of, failure_of, result_of, strict_json
from tests.mcp.wire import legacy, new_plugin


class Name(BaseModel):
    """Who someone is."""

    name: str


class Panic(BaseException):
    """What an extension module raises when it is lost."""


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("error", [SystemExit(3), Panic("x")])
async def test_a_handler_that_exits_is_masked(error: BaseException, is_async: bool):
    plugin = new_plugin()

    async def quit_async() -> str:
        """Quit."""
        raise error

    def quit_sync() -> str:
        """Quit."""
        raise error

    plugin.operation(effect="write", open_world=False, name="quits")(quit_async if is_async else quit_sync)
    plugin.prompt(name="quits")(quit_async if is_async else quit_sync)
    async with Client(plugin) as client:
        result = result_of(await client.mcp("tools/call", {"name": "quits"}), "tools/call")
        assert failure_of(result)["code"] == "internal_error"
        error_of(await client.mcp("prompts/get", {"name": "quits"}), -32603, status=200)


async def test_a_completer_that_exits_is_masked():
    def suggest(value: str) -> list[str]:
        """Suggest nothing."""
        sys.exit(1)

    plugin = new_plugin()

    @plugin.prompt()
    async def trip(city: Annotated[str, Complete(suggest)]) -> str:
        """Plan."""
        return city

    async with Client(plugin) as client:
        params = {"ref": {"type": "ref/prompt", "name": "trip"}, "argument": {"name": "city", "value": ""}}
        error_of(await client.mcp("completion/complete", params), -32603, status=200)


async def test_a_cancelled_task_inside_a_handler_is_a_failure_of_the_handler():
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False)
    async def waits() -> str:
        """Wait for what was cancelled."""
        task = asyncio.create_task(asyncio.sleep(10))
        task.cancel()
        await task
        return "x"

    async with Client(plugin) as client:
        result = result_of(await client.mcp("tools/call", {"name": "waits"}), "tools/call")
    assert failure_of(result)["code"] == "internal_error"


async def test_a_question_inside_a_task_group_is_asked():
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False)
    async def asks(*, call: Call) -> str:
        """Ask in a group."""
        async with asyncio.TaskGroup() as group:
            group.create_task(call.ask(who=Form("Who?", Name)))
        return "x"

    async with Client(plugin) as client:
        reply = await client.mcp("tools/call", {"name": "asks"}, capabilities={"elicitation": {}})
        assert [*result_of(reply, "tools/call")["inputRequests"]] == ["who"]


@pytest.mark.parametrize("name", [[], {}, ["add"]])
async def test_a_legacy_tool_name_that_is_no_text_is_an_unknown_tool(name: Any):
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def add() -> int:
        """Add."""
        return 1

    async with Client(plugin) as client:
        error_of(await legacy(client, "tools/call", {"name": name}), -32602, status=200)


async def test_notifications_are_json_whatever_is_told():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def tells(*, call: Call) -> str:
        """Tell."""
        call.progress(float("nan"))
        call.progress(1, float("inf"))
        call.message("info", {"value": float("inf")})
        return "x"

    @plugin.resource("fixture://odd", mime_type="application/json")
    async def odd() -> Any:
        """Odd."""
        return {"value": float("nan")}

    async with Client(plugin) as client:
        meta = {"progressToken": 1, "io.modelcontextprotocol/logLevel": "info"}
        reply = await client.mcp("tools/call", {"name": "tells"}, meta=meta)
        for line in reply.text.splitlines():
            if line.startswith("data: "):
                strict_json(line.removeprefix("data: "))
        (content,) = result_of(await client.mcp("resources/read", {"uri": "fixture://odd"}), "resources/read")[
            "contents"
        ]
        strict_json(content["text"])


async def test_an_answer_that_breaks_its_schema_is_not_sent_although_it_is_of_its_model():
    class Size(BaseModel):
        """A size."""

        width: int

    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def measure() -> Size:
        """Measure."""
        size = Size(width=1)
        size.width = "wide"  # pyright: ignore[reportAttributeAccessIssue] the mistake
        return size

    async with Client(plugin) as client:
        result = result_of(await client.mcp("tools/call", {"name": "measure"}), "tools/call")
    assert failure_of(result)["code"] == "internal_error"
