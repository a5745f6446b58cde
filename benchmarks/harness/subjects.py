"""What is measured: one row per subject."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .neighbours import Neighbour
from .protocols import (
    MCP_LEGACY,
    MCP_MODERN,
    REST,
    REST_IN_PATH,
    REST_WITH_TOKEN,
    SIGNED_IN_MCP_LEGACY,
    SIGNED_IN_MCP_MODERN,
    SIGNED_IN_REST,
    Protocol,
)

PLUGWRIGHT_SETTINGS = {"PLUGWRIGHT_PUBLIC_URL": "http://127.0.0.1:{port}"}
# The peer is not slowed by log lines that its author could switch off.
FASTMCP_SETTINGS = {"FASTMCP_LOG_LEVEL": "WARNING"}


@dataclass(frozen=True)
class Subject:
    """One app, asked in one way.

    ``has_own_server``: it is served by Plugwright's command, not by plain uvicorn. ``has_sign_in``: it needs a database
    with a user in it. ``neighbour``: what must run beside it.
    """

    name: str
    title: str
    environment: str
    target: str
    protocol: Protocol
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    has_own_server: bool = False
    has_sign_in: bool = False
    neighbour: Neighbour | None = None


SUBJECTS: tuple[Subject, ...] = (
    Subject("bare-get", "bare ASGI, GET (against itself: the noise)", "bare", "bare:get", REST),
    Subject("bare-post", "bare ASGI, POST (against itself: the noise)", "bare", "bare:post", MCP_MODERN),
    Subject(
        "plugwright-rest",
        "Plugwright, REST",
        "plugwright",
        "plugwright_weather:app",
        REST,
        PLUGWRIGHT_SETTINGS,
    ),
    Subject(
        "plugwright-rest-unlogged",
        "Plugwright, REST, call log off",
        "plugwright",
        "plugwright_weather:app",
        REST,
        {**PLUGWRIGHT_SETTINGS, "PLUGWRIGHT_CALL_LOG": "false"},
    ),
    Subject(
        "plugwright-mcp",
        "Plugwright, MCP tools/call (2026-07-28)",
        "plugwright",
        "plugwright_weather:app",
        MCP_MODERN,
        PLUGWRIGHT_SETTINGS,
    ),
    Subject(
        "plugwright-mcp-legacy",
        "Plugwright, MCP tools/call (2025-11-25)",
        "plugwright",
        "plugwright_weather:app",
        MCP_LEGACY,
        PLUGWRIGHT_SETTINGS,
    ),
    Subject(
        "signed-in-rest",
        "plugwright serve, REST, bearer token and scope",
        "plugwright",
        "plugwright_signed_in:plugin",
        SIGNED_IN_REST,
        has_own_server=True,
        has_sign_in=True,
    ),
    Subject(
        "signed-in-mcp",
        "plugwright serve, MCP tools/call (2026-07-28), bearer token and scope",
        "plugwright",
        "plugwright_signed_in:plugin",
        SIGNED_IN_MCP_MODERN,
        has_own_server=True,
        has_sign_in=True,
    ),
    Subject(
        "signed-in-mcp-legacy",
        "plugwright serve, MCP tools/call (2025-11-25), bearer token and scope",
        "plugwright",
        "plugwright_signed_in:plugin",
        SIGNED_IN_MCP_LEGACY,
        has_own_server=True,
        has_sign_in=True,
    ),
    Subject(
        "serve-rest",
        "plugwright serve, REST",
        "plugwright",
        "plugwright_weather:plugin",
        REST,
        PLUGWRIGHT_SETTINGS,
        has_own_server=True,
    ),
    Subject(
        "serve-mcp",
        "plugwright serve, MCP tools/call (2026-07-28)",
        "plugwright",
        "plugwright_weather:plugin",
        MCP_MODERN,
        PLUGWRIGHT_SETTINGS,
        has_own_server=True,
    ),
    Subject(
        "serve-mcp-legacy",
        "plugwright serve, MCP tools/call (2025-11-25)",
        "plugwright",
        "plugwright_weather:plugin",
        MCP_LEGACY,
        PLUGWRIGHT_SETTINGS,
        has_own_server=True,
    ),
    Subject(
        "full-rest",
        "plugwright serve, REST, token, scope, limit and cache",
        "plugwright",
        "plugwright_full:plugin",
        SIGNED_IN_REST,
        has_own_server=True,
        has_sign_in=True,
    ),
    Subject(
        "full-mcp",
        "plugwright serve, MCP tools/call (2026-07-28), token, scope, limit and cache",
        "plugwright",
        "plugwright_full:plugin",
        SIGNED_IN_MCP_MODERN,
        has_own_server=True,
        has_sign_in=True,
    ),
    Subject(
        "full-mcp-legacy",
        "plugwright serve, MCP tools/call (2025-11-25), token, scope, limit and cache",
        "plugwright",
        "plugwright_full:plugin",
        SIGNED_IN_MCP_LEGACY,
        has_own_server=True,
        has_sign_in=True,
    ),
    Subject(
        "cached-valkey-rest",
        "plugwright serve, REST, cache with Valkey",
        "plugwright",
        "plugwright_cached:plugin",
        REST,
        PLUGWRIGHT_SETTINGS,
        has_own_server=True,
        neighbour=Neighbour.VALKEY,
    ),
    Subject(
        "full-valkey-rest",
        "plugwright serve, REST, token, scope, limit and cache with Valkey",
        "plugwright",
        "plugwright_full:plugin",
        SIGNED_IN_REST,
        has_own_server=True,
        has_sign_in=True,
        neighbour=Neighbour.VALKEY,
    ),
    Subject(
        "proxy-mcp",
        "plugwright serve, MCP tools/call (2026-07-28), asks an upstream",
        "plugwright",
        "plugwright_proxy:plugin",
        MCP_MODERN,
        PLUGWRIGHT_SETTINGS,
        has_own_server=True,
        neighbour=Neighbour.UPSTREAM,
    ),
    Subject(
        "fastmcp-proxy",
        "FastMCP tools/call (2026-07-28), asks an upstream by its OpenAPI import",
        "fastmcp",
        "fastmcp_proxy:app",
        MCP_MODERN,
        FASTMCP_SETTINGS,
        neighbour=Neighbour.UPSTREAM,
    ),
    Subject(
        "fastapi-guide",
        "FastAPI, the guide's plugin by hand",
        "fastapi",
        "fastapi_guide:app",
        REST_WITH_TOKEN,
    ),
    Subject("fastapi-plain", "FastAPI, the operation alone", "fastapi", "fastapi_plain:app", REST),
    Subject("starlette", "Starlette with pydantic, by hand", "starlette", "starlette_weather:app", REST),
    Subject(
        "fastmcp",
        "FastMCP tools/call (2026-07-28)",
        "fastmcp",
        "fastmcp_weather:app",
        MCP_MODERN,
        FASTMCP_SETTINGS,
    ),
    Subject(
        "fastmcp-legacy",
        "FastMCP tools/call (2025-11-25)",
        "fastmcp",
        "fastmcp_weather:app",
        MCP_LEGACY,
        FASTMCP_SETTINGS,
    ),
    Subject("mcp", "`mcp` SDK tools/call (2026-07-28)", "mcp", "mcp_weather:app", MCP_MODERN),
    Subject("mcp-legacy", "`mcp` SDK tools/call (2025-11-25)", "mcp", "mcp_weather:app", MCP_LEGACY),
)


@dataclass(frozen=True)
class Growth:
    """One way to ask a plugin with few operations and the same plugin with many."""

    name: str
    title: str
    protocol: Protocol
    path: str = "/{own}"
    few: int = 10
    many: int = 1000


GROWTHS: tuple[Growth, ...] = (
    Growth("rest", "REST", REST),
    Growth("rest-path", "REST, city in the path", REST_IN_PATH, "/{own}/{city}"),
    Growth("mcp", "MCP tools/call (2026-07-28)", MCP_MODERN),
)
