"""``Mcp-Param-*``: arguments that a header mirrors."""

from __future__ import annotations

import base64
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from plugwright import Plugin
from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of
from tests.mcp.wire import LEGACY, legacy, modern, new_plugin, send_modern


def mirrored() -> Plugin:
    """A plugin whose tool has marked arguments of every legal type, one of them nested."""
    plugin = new_plugin()

    class Place(BaseModel):
        """Where."""

        zone: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Zone"})] = "a"

    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "count": {"type": "integer", "x-mcp-header": "Count"},
            "fast": {"type": "boolean", "x-mcp-header": "Fast"},
            "place": {"type": "object", "properties": {"zone": {"type": "string", "x-mcp-header": "Zone"}}},
        },
    }

    @plugin.operation(effect="read", open_world=False, input_schema=schema)
    async def find(
        region: str | None = None, count: int | None = None, fast: bool | None = None, place: Place | None = None
    ) -> str:
        """Find something."""
        return "found"

    return plugin


RIGHT: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"region": "eu"}, {"region": "eu"}),
    ({"region": "eu"}, {"region": " eu\t"}),
    ({"region": None}, {}),
    ({"region": ""}, {"region": ""}),
    ({"region": "süd"}, {"region": "=?base64?" + base64.b64encode("süd".encode()).decode() + "?="}),
    ({"region": "=?base64?x"}, {"region": "=?base64?x"}),
    ({"count": 42}, {"count": "42"}),
    ({"count": 42}, {"count": "42.0"}),
    ({"count": -7}, {"count": "-7"}),
    ({"count": 0}, {"count": "0"}),
    ({"count": 42}, {"count": "=?base64?NDI=?="}),
    ({"fast": True}, {"fast": "true"}),
    ({"fast": False}, {"fast": "false"}),
    ({"place": {"zone": "b"}}, {"zone": "b"}),
    ({"place": {}}, {}),
    ({"place": None}, {}),
    ({"region": "eu", "count": 1, "fast": True}, {"region": "eu", "count": "1", "fast": "true"}),
    ({}, {"unmarked": "x"}),
]
WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"region": "eu"}, {}),
    ({"region": "eu"}, {"region": "EU"}),
    ({"region": "eu"}, {"region": "us"}),
    ({"region": "eu"}, {"region": ""}),
    ({}, {"region": "eu"}),
    ({}, {"region": ""}),
    ({"region": None}, {"region": "null"}),
    ({"region": None}, {"region": ""}),
    ({"region": "eu"}, {"region": "=?base64?ZXU?="}),
    ({"region": "s\xfcd"}, {"region": "s\xfcd"}),
    ({"count": 42}, {"count": "43"}),
    ({"count": 42}, {"count": "42.5"}),
    ({"count": 42}, {"count": "forty-two"}),
    ({"count": 42}, {"count": "0x2a"}),
    ({"count": 42}, {"count": ""}),
    ({"count": 42}, {"count": "nan"}),
    ({"fast": True}, {"fast": "True"}),
    ({"fast": True}, {"fast": "1"}),
    ({"fast": False}, {"fast": ""}),
    ({"fast": False}, {"fast": "true"}),
    ({"region": ["eu"]}, {"region": "eu"}),
    ({"region": {"eu": 1}}, {"region": "eu"}),
    ({"place": {"zone": "b"}}, {"zone": "c"}),
    ({"place": {"zone": "b"}}, {}),
    ({"place": "b"}, {"zone": "b"}),
]


def prefixed(headers: dict[str, str]) -> dict[str, str]:
    """Headers with their full names."""
    return {f"mcp-param-{name}": value for name, value in headers.items()}


@pytest.mark.parametrize(("arguments", "headers"), RIGHT)
async def test_arguments_and_headers_that_agree_are_served(arguments: dict[str, Any], headers: dict[str, str]):
    async with Client(mirrored()) as client:
        message = modern("tools/call", {"name": "find", "arguments": arguments})
        result = result_of(await send_modern(client, message, prefixed(headers)), "tools/call")
        assert result["structuredContent"] == {"result": "found"}


@pytest.mark.parametrize(("arguments", "headers"), WRONG)
async def test_arguments_and_headers_that_differ_are_refused(arguments: dict[str, Any], headers: dict[str, str]):
    async with Client(mirrored()) as client:
        message = modern("tools/call", {"name": "find", "arguments": arguments})
        error_of(await send_modern(client, message, prefixed(headers)), -32020, status=400)


async def test_headers_are_compared_before_the_arguments_are_validated():
    async with Client(mirrored()) as client:
        message = modern("tools/call", {"name": "find", "arguments": {"region": 5, "nonsense": True}})
        error_of(await send_modern(client, message, prefixed({"region": "eu"})), -32020, status=400)


async def test_the_published_schema_keeps_the_marks():
    async with Client(mirrored()) as client:
        (tool,) = result_of(await client.mcp("tools/list"), "tools/list")["tools"]
    marks = [entry.get("x-mcp-header") for entry in tool["inputSchema"]["properties"].values()]
    assert marks == ["Region", "Count", "Fast", None]


@pytest.mark.parametrize("version", LEGACY)
async def test_handshake_calls_mirror_nothing(version: str):
    async with Client(mirrored()) as client:
        params = {"name": "find", "arguments": {"region": "eu"}}
        result_of(await legacy(client, "tools/call", params, version=version), "tools/call", version)


@pytest.mark.parametrize(
    ("number", "header"), [(2**53 + 1, str(2**53)), (10**400, "9" * 20), (10, "1_0"), (1, "1e400")]
)
async def test_integers_are_compared_exactly(number: int, header: str):
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def take(count: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Count"})]) -> str:
        """Take."""
        return "x"

    async with Client(plugin) as client:
        message = modern("tools/call", {"name": "take", "arguments": {"count": number}})
        error_of(await send_modern(client, message, {"mcp-param-count": header}), -32020, status=400)
