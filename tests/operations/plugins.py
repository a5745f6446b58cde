"""Small plugins to define operations on, and what the protocols say of them."""

import asyncio
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plugwright import Plugin
from plugwright.testing import Client, Reply

LOGO = Path(__file__).parent / "logo.svg"
IDENTITY: Mapping[str, Any] = {
    "name": "sample",
    "title": "Sample",
    "summary": "A plugin under test.",
    "instructions": "Use this in tests.",
    "version": "1.0.0",
    "contact_email": "support@example.com",
    "legal_url": "https://example.com/legal",
    "logo": LOGO,
}

Request = Callable[..., Reply]


def new_plugin(**identity: Any) -> Plugin:
    """A plugin without operations; ``identity`` replaces parts of a usual one."""
    return Plugin(**{**IDENTITY, **identity})


def plugin_of(function: Callable[..., Any], **options: Any) -> Plugin:
    """A plugin with one operation, which reads and stays in its own world unless ``options`` say otherwise."""
    plugin = new_plugin()
    said: dict[str, Any] = {"effect": "read", "open_world": False, **options}
    plugin.operation(**said)(function)
    return plugin


def taking(annotation: Any, received: list[Any], *default: Any) -> Callable[..., Any]:
    """A function ``take(value)`` that keeps what arrives in ``received``."""

    def take(value: Any) -> bool:
        received.append(value)
        return True

    take.__doc__ = "Take a value."
    take.__annotations__ = {"value": annotation, "return": bool}
    take.__defaults__ = default or None
    return take


def giving(annotation: Any, value: Any) -> Callable[..., Any]:
    """A function ``give()`` that answers one value."""

    def give() -> Any:
        return value

    give.__doc__ = "Give a value."
    give.__annotations__ = {"return": annotation}
    return give


@contextmanager
def served(plugin: Plugin) -> Generator[Request]:
    """Requests to a plugin as plain function calls, which properties over many inputs need."""
    with asyncio.Runner() as runner:
        client = Client(plugin)
        runner.run(client.__aenter__())

        def request(method: str, target: str, **parts: Any) -> Reply:
            return runner.run(client.request(method, target, **parts))

        try:
            yield request
        finally:
            runner.run(client.__aexit__(None, None, None))


async def tool_of(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """The MCP tool that a function becomes."""
    async with Client(plugin_of(function, **options)) as client:
        reply = await client.mcp("tools/list")
        return reply.json()["result"]["tools"][0]


async def api_of(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """The OpenAPI 3.1 entry that a function becomes, with its ``method`` and ``path``."""
    async with Client(plugin_of(function, **options)) as client:
        paths: dict[str, Any] = (await client.get("/openapi.json")).json()["paths"]
        [(path, methods)] = paths.items()
        [(method, entry)] = methods.items()
        return {"method": method.upper(), "path": path, **entry}


async def input_schema_of(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """The published JSON Schema of what a function takes."""
    return (await tool_of(function, **options))["inputSchema"]


async def output_schema_of(function: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """The published JSON Schema of what a function gives."""
    return (await tool_of(function, **options))["outputSchema"]
