"""MCP over standard input and output: one message a line, for a client that starts the plugin itself."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any, BinaryIO

from plugwright.json_types import is_object
from plugwright.protocols.mcp.jsonrpc import RpcError, decode, error_reply, id_of
from plugwright.protocols.mcp.request import (
    VERSION_KEY,
    Request,
    check_shape,
    claimed_version,
    is_notification,
    legacy_request,
    legacy_revision,
    meta_of,
    modern_request,
    unsupported_version,
)
from plugwright.protocols.mcp.revisions import LATEST_LEGACY, MODERN, Revision
from plugwright.protocols.mcp.server import McpServer

Write = Callable[[bytes], None]
_LINE_LIMIT = 4 * 1024 * 1024


class StdioConnection:
    """One client on a pair of pipes. Here, unlike on HTTP, a handshake's revision holds for the connection."""

    def __init__(self, server: McpServer, write: Write, next_request_id: Callable[[], str]) -> None:
        self._server = server
        self._write = write
        self._next_request_id = next_request_id
        self._revision: Revision = LATEST_LEGACY
        self._running: dict[bytes, asyncio.Task[None]] = {}

    def push(self, frame: bytes) -> None:
        """Send one message."""
        self._write(frame + b"\n")

    async def serve(self, lines: AsyncIterator[bytes]) -> None:
        """Answer until the input ends; then let running calls finish."""
        async for line in lines:
            if line.strip():
                self._take(line)
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _take(self, line: bytes) -> None:
        message: Any = None
        try:
            message = decode(line)
            fields = check_shape(message)
            if is_notification(fields):
                self._notified(fields)
                return
            request = self._request(fields)
        except RpcError as error:
            raw_id = id_of(message)
            self.push(error_reply(raw_id, error.code, error.message, error.data))
            return
        task = asyncio.get_running_loop().create_task(self._answer(request))
        self._running[request.id] = task
        task.add_done_callback(lambda _: self._running.pop(request.id, None))

    def _request(self, message: dict[str, Any]) -> Request:
        raw_id = id_of(message) or b"null"
        request_id = self._next_request_id()
        meta = meta_of(message)
        if VERSION_KEY in meta:
            version = claimed_version(meta)
            if version != MODERN.version:
                raise unsupported_version(version)
            request = modern_request(message, meta, request_id, raw_id)
        else:
            revision = legacy_revision(message, self._revision)
            self._revision = revision
            request = legacy_request(message, revision, request_id, raw_id)
        request.notifier = self
        return request

    def _notified(self, message: dict[str, Any]) -> None:
        if message["method"] == "notifications/cancelled":
            params = message.get("params")
            wanted = id_of({"id": params.get("requestId")}) if is_object(params) else None
            task = self._running.get(wanted) if wanted is not None else None
            if task is not None:
                task.cancel()

    async def _answer(self, request: Request) -> None:
        _, reply = await self._server.answer(request)
        self.push(reply)


async def serve_stdio(server: McpServer, output: BinaryIO, next_request_id: Callable[[], str]) -> None:
    """Serve the process's standard input until it ends, answering on ``output``."""

    def write(frame: bytes) -> None:
        output.write(frame)
        output.flush()

    await StdioConnection(server, write, next_request_id).serve(_stdin_lines())


async def _stdin_lines() -> AsyncIterator[bytes]:
    reader = asyncio.StreamReader(limit=_LINE_LIMIT)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line
