"""Calling a plugin in tests, without a server or a socket."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from plugwright.plugin import Plugin
from plugwright.settings import Settings
from plugwright.web.asgi import Message

_MODERN = "2026-07-28"
_PREFIX = "io.modelcontextprotocol/"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply; header names are in lower case, of a repeated header the last value."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def events(self) -> list[Any]:
        """The messages of an event stream, in order."""
        return [json.loads(line.removeprefix("data: ")) for line in self.text.splitlines() if line.startswith("data: ")]


class Client:
    """Calls a plugin in process; use it as ``async with``, which opens the plugin's lifespan."""

    def __init__(self, plugin: Plugin, settings: Settings | None = None) -> None:
        settings = settings or Settings(public_url="http://127.0.0.1:8000")
        self.app = plugin.asgi(settings)
        self._host = settings.public_host
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.app.running())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def get(self, target: str, *, headers: Mapping[str, str] | None = None) -> Reply:
        """GET a path with its query string."""
        return await self.request("GET", target, headers=headers)

    async def post(self, target: str, *, json: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """POST JSON."""
        return await self.request("POST", target, json=json, headers=headers)

    async def request(
        self,
        method: str,
        target: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        disconnect: asyncio.Event | None = None,
    ) -> Reply:
        """Any request.

        ``json`` is encoded and typed as JSON; ``body`` is sent as it is. Once ``disconnect`` is set, the client has
        left; a reply of status 0 means that nothing was sent.
        """
        sent = {"host": self._host} | {name.lower(): value for name, value in (headers or {}).items()}
        if json is not None:
            body = _encode(json)
            sent.setdefault("content-type", "application/json")
        parts = urlsplit(target)
        scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sent.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
        }
        return await self._send(scope, body or b"", disconnect or asyncio.Event())

    async def mcp(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        capabilities: Mapping[str, Any] | None = None,
        meta: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One modern MCP request, with the envelope and headers that revision 2026-07-28 wants."""
        envelope = {
            f"{_PREFIX}protocolVersion": _MODERN,
            f"{_PREFIX}clientCapabilities": dict(capabilities or {}),
            **(meta or {}),
        }
        given = dict(params or {})
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": given | {"_meta": envelope}}
        sent = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": _MODERN,
            "mcp-method": method,
        }
        target = given.get("name") or given.get("uri")
        if isinstance(target, str) and method != "completion/complete":
            sent["mcp-name"] = target
        return await self.request("POST", "/mcp", json=message, headers=sent | dict(headers or {}))

    async def _send(self, scope: Message, body: bytes, disconnect: asyncio.Event) -> Reply:
        messages: list[Message] = []
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if incoming:
                return incoming.pop()
            await disconnect.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        if not messages:
            return Reply(0, {}, b"")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in messages[0]["headers"]}
        return Reply(messages[0]["status"], headers, b"".join(message.get("body", b"") for message in messages[1:]))


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
