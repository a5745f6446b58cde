"""Plugins under test, and requests of both eras in every form that a client may send them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from plugwright import Plugin
from plugwright.testing import Client, Reply
from plugwright.web.asgi import ASGIApp, Message

MODERN: Final = "2026-07-28"
LEGACY: Final = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
LATEST_LEGACY: Final = LEGACY[0]
PREFIX: Final = "io.modelcontextprotocol/"
LOGO: Final = Path(__file__).parents[2] / "examples/weather/assets/logo.png"
HOST: Final = "127.0.0.1:8000"

Headers = Mapping[str, str]
HeaderList = Sequence[tuple[str, str]]


def new_plugin() -> Plugin:
    """A plugin that serves nothing yet."""
    return Plugin(
        name="fixture",
        title="Fixture",
        summary="Things for tests.",
        instructions="Use this in tests.",
        version="1.2.3",
        contact_email="support@example.com",
        legal_url="https://example.com/legal",
        logo=LOGO,
    )


def request(method: str, params: Any = None, *, request_id: Any = 1) -> dict[str, Any]:
    """A JSON-RPC request without an envelope."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": request_id, "method": method}
    return message if params is None else message | {"params": params}


def notification(method: str, params: Any = None) -> dict[str, Any]:
    """A JSON-RPC notification."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    return message if params is None else message | {"params": params}


def envelope(*, version: str = MODERN, capabilities: Mapping[str, Any] | None = None, **extra: Any) -> dict[str, Any]:
    """What a modern request holds as ``params._meta``; ``extra`` takes keys without their prefix."""
    return {
        f"{PREFIX}protocolVersion": version,
        f"{PREFIX}clientCapabilities": dict(capabilities or {}),
        **{f"{PREFIX}{key}": value for key, value in extra.items()},
    }


def modern(method: str, params: Mapping[str, Any] | None = None, *, request_id: Any = 1) -> dict[str, Any]:
    """A modern JSON-RPC request with its envelope."""
    return request(method, {"_meta": envelope(), **(params or {})}, request_id=request_id)


def modern_headers(message: Mapping[str, Any], version: str = MODERN) -> dict[str, str]:
    """The headers that mirror a modern message."""
    method = str(message.get("method"))
    headers = {"mcp-protocol-version": version, "mcp-method": method}
    key = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}.get(method)
    try:
        target = message["params"][key]
    except (KeyError, TypeError):
        target = None
    return headers | {"mcp-name": target} if isinstance(target, str) else headers


async def send(client: Client, message: Any, headers: Headers | None = None) -> Reply:
    """POST a message, or bytes as they are, with nothing but the usual headers and those given."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    usual = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    return await client.request("POST", "/mcp", body=body, headers=usual | dict(headers or {}))


async def send_modern(client: Client, message: Mapping[str, Any], headers: Headers | None = None) -> Reply:
    """POST a modern message with the headers that mirror it, some of them replaced."""
    return await send(client, message, modern_headers(message) | dict(headers or {}))


async def legacy(
    client: Client, method: str, params: Any = None, *, version: str = LATEST_LEGACY, headers: Headers | None = None
) -> Reply:
    """One request of a handshake revision, which its header names."""
    return await send(client, request(method, params), {"mcp-protocol-version": version} | dict(headers or {}))


async def call_in(client: Client, version: str, method: str, params: Mapping[str, Any] | None = None) -> Reply:
    """One request as a client of this revision sends it."""
    if version == MODERN:
        return await client.mcp(method, params)
    return await legacy(client, method, dict(params or {}), version=version)


def without_name(headers: Mapping[str, str], name: str) -> dict[str, str]:
    """Headers less one of them."""
    return {key: value for key, value in headers.items() if key != name}


@dataclass
class Exchange:
    """One HTTP exchange, message by message: repeated headers, bodies in parts, clients that read slowly or leave."""

    app: ASGIApp
    headers: HeaderList
    parts: Sequence[bytes] = (b"",)
    method: str = "POST"
    body_ends: bool = True
    messages: list[Message] = field(default_factory=list[Message])
    received: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    progressed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.reads.set()

    async def run(self) -> Reply:
        """Send the request and collect the whole reply; status 0: nothing was sent."""
        scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": "/mcp",
            "raw_path": b"/mcp",
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
        }
        await self.app(scope, self._receive, self._send)
        return self.reply

    @property
    def reply(self) -> Reply:
        """What has been sent so far."""
        if not self.messages:
            return Reply(0, {}, b"")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.messages[0]["headers"]}
        body = b"".join(message.get("body", b"") for message in self.messages[1:])
        return Reply(self.messages[0]["status"], headers, body)

    async def _receive(self) -> Message:
        if self.received < len(self.parts):
            part = self.parts[self.received]
            self.received += 1
            more = self.received < len(self.parts) or not self.body_ends
            return {"type": "http.request", "body": part, "more_body": more}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self.reads.wait()
        self.messages.append(message)
        self.progressed.set()


def header_list(*extra: tuple[str, str], **replaced: str | None) -> list[tuple[str, str]]:
    """The usual headers of a POST as a list; ``None`` leaves one out, dashes are written as underscores."""
    usual: dict[str, str | None] = {
        "host": HOST,
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
    }
    usual |= {name.replace("_", "-"): value for name, value in replaced.items()}
    return [(name, value) for name, value in usual.items() if value is not None] + list(extra)


async def eventually(happened: asyncio.Event) -> None:
    """Wait for an event, bounded."""
    await asyncio.wait_for(happened.wait(), 5)
