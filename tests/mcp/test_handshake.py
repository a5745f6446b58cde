"""What a plugin says of itself: ``initialize`` in the handshake era, ``server/discover`` in the modern one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from plugwright import Complete, Plugin
from plugwright.testing import Client
from tests.mcp.replies import error_of, result_of
from tests.mcp.wire import LEGACY, MODERN, call_in, legacy, new_plugin


def repeated(value: str) -> list[str]:
    """Suggest what is there."""
    return [value]


def add_operation(plugin: Plugin) -> None:
    """Give a plugin a tool."""

    @plugin.operation(effect="read", open_world=False)
    async def one() -> int:
        """Answer one."""
        return 1


def add_resource(plugin: Plugin) -> None:
    """Give a plugin a resource."""

    @plugin.resource("fixture://one")
    async def one() -> str:
        """One."""
        return "1"


def add_prompt(plugin: Plugin) -> None:
    """Give a plugin a prompt without suggestions."""

    @plugin.prompt()
    async def greeting(name: str) -> str:
        """Greet."""
        return f"Hello, {name}"


def add_completed_prompt(plugin: Plugin) -> None:
    """Give a plugin a prompt with suggestions."""

    @plugin.prompt()
    async def greeting(name: Annotated[str, Complete(repeated)]) -> str:
        """Greet."""
        return f"Hello, {name}"


SERVED: list[tuple[list[Callable[[Plugin], None]], dict[str, Any]]] = [
    ([], {"logging": {}}),
    ([add_operation], {"logging": {}, "tools": {}}),
    ([add_resource], {"logging": {}, "resources": {}}),
    ([add_prompt], {"logging": {}, "prompts": {}}),
    ([add_completed_prompt], {"logging": {}, "prompts": {}, "completions": {}}),
    ([add_operation, add_resource, add_prompt], {"logging": {}, "tools": {}, "resources": {}, "prompts": {}}),
]
LISTS = {"tools": "tools/list", "resources": "resources/list", "prompts": "prompts/list"}


@pytest.mark.parametrize(("adders", "expected"), SERVED)
async def test_exactly_what_is_served_is_declared(adders: list[Any], expected: dict[str, Any]):
    plugin = new_plugin()
    for add in adders:
        add(plugin)
    async with Client(plugin) as client:
        found = result_of(await client.mcp("server/discover"), "server/discover")
        assert found["capabilities"] == expected
        for version in LEGACY:
            reply = await legacy(client, "initialize", {"protocolVersion": version}, version=version)
            declared = result_of(reply, "initialize", version)["capabilities"]
            assert declared == {key: {} for key in expected if key != "completions" or version != "2024-11-05"}
        for capability, method in LISTS.items():
            for version in (MODERN, *LEGACY):
                reply = await call_in(client, version, method)
                if capability in expected:
                    result_of(reply, method, version)
                else:
                    error_of(reply, -32601, status=404 if version == MODERN else 200)


async def test_discovery_lists_every_version_and_may_be_cached():
    async with Client(new_plugin()) as client:
        found = result_of(await client.mcp("server/discover"), "server/discover")
    assert set(found) == {
        "resultType",
        "supportedVersions",
        "capabilities",
        "instructions",
        "ttlMs",
        "cacheScope",
        "_meta",
    }
    assert found["supportedVersions"] == [MODERN, *LEGACY]
    assert found["instructions"] == "Use this in tests."
    assert (found["ttlMs"], found["cacheScope"]) == (3_600_000, "public")


@pytest.mark.parametrize("version", LEGACY)
async def test_initialize_echoes_a_known_version_whatever_the_header_says(version: str):
    async with Client(new_plugin()) as client:
        for header in (*LEGACY, None):
            headers = {} if header is None else {"mcp-protocol-version": header}
            asked = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
            reply = await legacy(client, "initialize", asked, version=header or version, headers=headers)
            assert result_of(reply, "initialize", version)["protocolVersion"] == version


@pytest.mark.parametrize("asked", [MODERN, "2099-01-01", "1.0", ""])
async def test_initialize_offers_the_latest_handshake_version_for_any_other(asked: str):
    async with Client(new_plugin()) as client:
        reply = await legacy(client, "initialize", {"protocolVersion": asked})
    assert result_of(reply, "initialize", LEGACY[0])["protocolVersion"] == LEGACY[0]


@pytest.mark.parametrize("params", [{}, {"protocolVersion": 1}, {"protocolVersion": None}, {"protocolVersion": []}])
async def test_initialize_without_a_version_is_refused(params: dict[str, Any]):
    async with Client(new_plugin()) as client:
        error_of(await legacy(client, "initialize", params), -32602, status=200)


async def test_each_revision_learns_of_the_server_what_it_can_carry():
    names = {
        "2025-11-25": {"name", "version", "title", "icons", "websiteUrl"},
        "2025-06-18": {"name", "version", "title"},
        "2025-03-26": {"name", "version"},
        "2024-11-05": {"name", "version"},
    }
    async with Client(new_plugin()) as client:
        for version, members in names.items():
            reply = await legacy(client, "initialize", {"protocolVersion": version}, version=version)
            found = result_of(reply, "initialize", version)
            assert set(found) == {"protocolVersion", "capabilities", "serverInfo", "instructions"}
            info = found["serverInfo"]
            assert set(info) == members
            assert (info["name"], info["version"]) == ("fixture", "1.2.3")
            for icon in info.get("icons", []):
                assert icon == {"src": "http://127.0.0.1:8000/logo.png", "mimeType": "image/png"}
