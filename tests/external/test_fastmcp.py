"""FastMCP's client, in both eras."""

from __future__ import annotations

import pytest
from fastmcp import Client
from fastmcp.exceptions import ToolError

from tests.external.servers import Server
from tests.external.weather import PROMPT, PROMPT_ARGUMENTS, RESOURCE, TOOLS

ERAS = pytest.mark.parametrize("mode", ["legacy", "auto", "2026-07-28"])


@ERAS
async def test_it_lists_the_weather_tools_and_calls_one(weather: Server, mode: str):
    async with Client(weather.mcp, mode=mode) as client:
        tools = await client.list_tools()
        result = await client.call_tool("compare_weather", {"cities": ["Tokyo", "Oslo"]})

    assert {tool.name for tool in tools} == TOOLS
    assert result.structured_content is not None
    assert "Oslo" in str(result.structured_content)


@ERAS
async def test_a_failed_call_is_an_error_for_it(weather: Server, mode: str):
    async with Client(weather.mcp, mode=mode) as client:
        with pytest.raises(ToolError, match="Nowhere-at-all-17"):
            await client.call_tool("get_weather", {"city": "Nowhere-at-all-17"})


@ERAS
async def test_it_reads_a_resource_and_gets_a_prompt(weather: Server, mode: str):
    async with Client(weather.mcp, mode=mode) as client:
        resources = await client.list_resources()
        contents = await client.read_resource(RESOURCE)
        prompts = await client.list_prompts()
        prompt = await client.get_prompt(PROMPT, PROMPT_ARGUMENTS)

    assert RESOURCE in {str(resource.uri) for resource in resources}
    assert contents
    assert PROMPT in {listed.name for listed in prompts}
    assert "Tokyo" in prompt.model_dump_json()
