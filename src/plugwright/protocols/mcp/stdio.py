"""MCP over standard input and output: one message a line, for a client that starts the plugin itself."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import CancelledError
from typing import Any, BinaryIO

from plugwright.json_types import is_array, is_object
from plugwright.protocols.mcp.batches import answer_batch
from plugwright.protocols.mcp.jsonrpc import INVALID_REQUEST, RpcError, decode, error_reply, id_of, is_response
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
_LINES_AHEAD = 100  # read before they are answered


class _Notifier:
    """Where one request's notifications go, until it is answered."""

    def __init__(self, write: Write) -> None:
        self._write: Write | None = write

    def push(self, frame: bytes) -> None:
        """Send one message."""
        if self._write is not None:
            self._write(frame)

    def close(self) -> None:
        """Drop what comes after the reply."""
        self._write = None


class StdioConnection:
    """One client on a pair of pipes. Here, unlike on HTTP, a handshake's revision holds for the connection."""

    def __init__(self, server: McpServer, write: Write, next_request_id: Callable[[], str]) -> None:
        self._server = server
        self._write = write
        self._next_request_id = next_request_id
        self._revision: Revision = LATEST_LEGACY
        self._running: set[asyncio.Task[None]] = set()
        self._by_id: dict[bytes, asyncio.Task[None]] = {}

    async def serve(self, lines: AsyncIterator[bytes]) -> None:
        """Answer until the input ends; then let running calls finish."""
        async for line in lines:
            if line.strip():
                self._take(line)
        await asyncio.gather(*self._running, return_exceptions=True)

    def _take(self, line: bytes) -> None:
        message: Any = None
        try:
            message = decode(_bounded(line))
            if is_array(message):
                self._start(None, self._answer_batch(message))
                return
            if is_response(message):
                return
            fields = check_shape(message)
            if is_notification(fields):
                self._notified(fields)
                return
            request = self._request(fields)
        except RpcError as error:
            self._write(error_reply(id_of(message), error.code, error.message, error.data))
            return
        self._start(request.id, self._answer(request))

    def _start(self, request_id: bytes | None, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        if request_id is not None:
            self._by_id[request_id] = task
            task.add_done_callback(
                lambda done: self._by_id.pop(request_id) if self._by_id.get(request_id) is done else None
            )

    def _request(self, message: dict[str, Any]) -> Request:
        raw_id = id_of(message) or b"null"
        meta = meta_of(message)
        if VERSION_KEY in meta:
            version = claimed_version(meta)
            if version != MODERN.version:
                raise unsupported_version(version)
            return modern_request(message, meta, self._next_request_id, raw_id)
        self._revision = legacy_revision(message, self._revision)
        return legacy_request(message, self._revision, self._next_request_id, raw_id)

    def _notified(self, message: dict[str, Any]) -> None:
        params = message.get("params")
        if message["method"] == "notifications/cancelled" and is_object(params):
            wanted = id_of({"id": params.get("requestId")})
            task = self._by_id.get(wanted) if wanted is not None else None
            if task is not None:
                task.cancel()

    async def _answer(self, request: Request) -> None:
        notifier = request.notifier = _Notifier(self._write)
        try:
            _, reply = await self._server.answer(request)
        finally:
            notifier.close()
        self._write(reply)

    async def _answer_batch(self, messages: list[Any]) -> None:
        headers = {b"mcp-protocol-version": self._revision.version.encode()}
        try:
            _, reply = await answer_batch(self._server, messages, headers, self._next_request_id)
        except RpcError as error:
            reply = error_reply(None, error.code, error.message)
        if reply:
            self._write(reply)


async def serve_stdio(server: McpServer, output: BinaryIO, next_request_id: Callable[[], str]) -> None:
    """Serve the process's standard input until it ends, answering on ``output``."""
    loop = asyncio.get_running_loop()

    def write(frame: bytes) -> None:
        output.write(frame + b"\n")
        output.flush()

    def write_from_anywhere(frame: bytes) -> None:
        # A handler in a thread reports progress; lines must not mix.
        loop.call_soon_threadsafe(write, frame)

    await StdioConnection(server, write_from_anywhere, next_request_id).serve(_stdin_lines())
    await asyncio.sleep(0)


async def _stdin_lines() -> AsyncIterator[bytes]:
    # In a thread: standard input may be a file, which an event loop cannot wait for. A daemon: nobody can end a read.
    lines: asyncio.Queue[bytes] = asyncio.Queue(_LINES_AHEAD)
    reader = threading.Thread(
        target=_read_lines, args=(sys.stdin.buffer, lines, asyncio.get_running_loop()), daemon=True
    )
    reader.start()
    while line := await lines.get():
        yield line


def _read_lines(stream: BinaryIO, lines: asyncio.Queue[bytes], loop: asyncio.AbstractEventLoop) -> None:
    line = b"\n"
    while line:
        line = _read_line(stream)
        try:
            asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()
        except (RuntimeError, CancelledError):  # the server has ended
            return


def _bounded(line: bytes) -> bytes:
    if len(line) > _LINE_LIMIT:
        raise RpcError(INVALID_REQUEST, f"A message is larger than {_LINE_LIMIT} bytes")
    return line


def _read_line(stream: BinaryIO) -> bytes:
    """The next line; of one that is too long a beginning that is too long as well."""
    line = stream.readline(_LINE_LIMIT + 2)
    rest = line
    while rest and len(line) > _LINE_LIMIT and not rest.endswith(b"\n"):
        rest = stream.readline(_LINE_LIMIT)
    return line
