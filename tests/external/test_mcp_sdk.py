"""The `mcp` SDK's client, over HTTP and over standard input and output, in both eras."""

from __future__ import annotations

import json

import pytest
from mcp import Client, StdioServerParameters
from mcp_types import TextContent

from tests.external.servers import PLUGWRIGHT, ROOT, WEATHER, Server
from tests.external.weather import CITY_RESOURCE, PROMPT, PROMPT_ARGUMENTS, RESOURCE, TOOLS

# How the client is told to connect, and the revision that it then speaks.
ERAS = pytest.mark.parametrize(
    ("mode", "revision"),
    [("legacy", "2025-11-25"), ("auto", "2026-07-28"), ("2026-07-28", "2026-07-28")],
)


def over(transport: str, weather: Server) -> str | StdioServerParameters:
    """What to give the client, so that it reaches the weather plugin."""
    if transport == "http":
        return weather.mcp
    return StdioServerParameters(command=PLUGWRIGHT, args=["stdio", WEATHER], cwd=ROOT)


@ERAS
@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_it_lists_the_weather_tools_and_calls_one(weather: Server, transport: str, mode: str, revision: str):
    async with Client(over(transport, weather), mode=mode) as client:
        assert client.protocol_version == revision
        listed = await client.list_tools()
        result = await client.call_tool("get_weather", {"city": "Tokyo"})

    tools = {tool.name: tool for tool in listed.tools}
    assert set(tools) == TOOLS
    assert tools["get_weather"].output_schema is not None
    assert not result.is_error
    assert result.structured_content is not None
    assert result.structured_content["city"] == "Tokyo"
    assert result.structured_content["source"] == "simulated"
    block = result.content[0]
    assert isinstance(block, TextContent)
    assert json.loads(block.text) == result.structured_content


@ERAS
@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_it_is_told_what_to_mend_about_a_bad_argument(weather: Server, transport: str, mode: str, revision: str):
    async with Client(over(transport, weather), mode=mode) as client:
        result = await client.call_tool("get_weather", {"city": "Nowhere-at-all-17"})

    assert result.is_error
    block = result.content[0]
    assert isinstance(block, TextContent)
    assert "Nowhere-at-all-17" in block.text


@ERAS
@pytest.mark.parametrize("transport", ["http", "stdio"])
async def test_it_reads_a_resource_and_gets_a_prompt(weather: Server, transport: str, mode: str, revision: str):
    async with Client(over(transport, weather), mode=mode) as client:
        resources = await client.list_resources()
        read = await client.read_resource(RESOURCE)
        city = await client.read_resource(CITY_RESOURCE)
        prompts = await client.list_prompts()
        prompt = await client.get_prompt(PROMPT, PROMPT_ARGUMENTS)

    assert RESOURCE in {str(resource.uri) for resource in resources.resources}
    assert read.contents
    assert "Tokyo" in city.model_dump_json()
    assert PROMPT in {listed.name for listed in prompts.prompts}
    assert "Tokyo" in prompt.model_dump_json()
