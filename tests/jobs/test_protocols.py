"""Queued calls over MCP and in the OpenAPI documents."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from plugwright.testing import Client
from tests.jobs.reports import SOON, at_once, ended, for_ever, order, reporting, settings


async def tool(client: Client, name: str, **arguments: Any) -> Any:
    """The structured content of a tool's result."""
    reply = await client.mcp("tools/call", {"name": name, "arguments": arguments})
    result = reply.json()["result"]
    assert not result["isError"], result
    return result["structuredContent"]


async def test_a_tool_that_queues_tells_the_job_and_how_to_ask_for_it(sqlite_url: str):
    plugin, _ = reporting(at_once)
    async with Client(plugin, settings(sqlite_url)) as client:
        queued = await tool(client, "report", topic="rain")
        assert queued["state"] == "queued"
        assert "get_job" in queued["next"]
        told = await tool(client, "get_job", id=queued["id"], wait=SOON)

    assert (told["state"], told["result"]) == ("succeeded", "written")


async def test_a_tool_cancels_a_job(sqlite_url: str):
    plugin, _ = reporting(for_ever)
    async with Client(plugin, settings(sqlite_url)) as client:
        queued = await tool(client, "report", topic="rain")
        assert (await tool(client, "cancel_job", id=queued["id"]))["state"] == "cancelled"


async def test_an_unknown_job_is_an_error_that_a_model_can_read(sqlite_url: str):
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        reply = await client.mcp("tools/call", {"name": "get_job", "arguments": {"id": "job_" + "a" * 43}})

    result = reply.json()["result"]
    assert result["isError"]
    assert "not_found" in result["content"][0]["text"]


async def test_only_a_plugin_with_queued_work_has_the_tools_for_jobs_and_they_say_what_they_do(sqlite_url: str):
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        listed = (await client.mcp("tools/list")).json()["result"]["tools"]
    tools = {each["name"]: each for each in listed}

    assert tools.keys() == {"report", "get_job", "cancel_job"}
    assert tools["get_job"]["annotations"]["readOnlyHint"]
    assert not tools["cancel_job"]["annotations"]["readOnlyHint"]
    assert tools["report"]["annotations"]["readOnlyHint"]  # what the work does, not that it is queued


@pytest.mark.parametrize("work", [at_once, for_ever], ids=["ended", "running"])
async def test_every_answer_fits_the_schema_that_is_published(work: Any, sqlite_url: str):
    plugin, desk = reporting(work)
    async with Client(plugin, settings(sqlite_url)) as client:
        listed = (await client.mcp("tools/list")).json()["result"]["tools"]
        schemas = {each["name"]: each["outputSchema"] for each in listed}
        queued = await tool(client, "report", topic="rain")
        await desk.begun.wait()
        asked = await tool(client, "get_job", id=queued["id"])
        cancelled = await tool(client, "cancel_job", id=queued["id"])

    for name, answer in (("report", queued), ("get_job", asked), ("cancel_job", cancelled)):
        jsonschema.validate(answer, schemas[name])


async def test_openapi_says_202_where_the_job_is_and_how_to_ask_for_it(sqlite_url: str):
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        for version in ("3.1", "3.0"):
            document = (await client.get(f"/openapi.json?version={version}")).json()
            paths = document["paths"]
            accepted = paths["/report"]["post"]["responses"]
            assert "200" not in accepted
            assert {"Location", "Retry-After"} == accepted["202"]["headers"].keys()
            assert paths["/jobs/{id}"]["get"]["operationId"] == "get_job"
            assert paths["/jobs/{id}/cancel"]["post"]["operationId"] == "cancel_job"
            assert not paths["/jobs/{id}"]["get"]["x-openai-isConsequential"]


async def test_the_job_of_a_tool_is_the_job_of_rest(sqlite_url: str):
    plugin, _ = reporting()
    async with Client(plugin, settings(sqlite_url)) as client:
        name = await order(client)
        told = await ended(client, name)
        assert await tool(client, "get_job", id=name) == told
