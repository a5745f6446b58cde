"""A client's end of a standard input and output."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

from plugwright.protocols.mcp.stdio import StdioConnection
from plugwright.testing import Client
from tests.mcp.replies import strict_json
from tests.mcp.wire import eventually


class Pipe:
    """A client's end of the pipes."""

    def __init__(self, client: Client) -> None:
        self.lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.messages: list[Any] = []
        self._wrote = asyncio.Event()
        ids = count(1)
        self.connection = StdioConnection(client.app.mcp, self._write, lambda: f"request-{next(ids)}")
        self.serving = asyncio.create_task(self.connection.serve(self._read()))

    def _write(self, frame: bytes) -> None:
        assert b"\n" not in frame
        self.messages.append(strict_json(frame))
        self._wrote.set()

    async def _read(self) -> AsyncIterator[bytes]:
        while (line := await self.lines.get()) is not None:
            yield line

    def send(self, *messages: Any) -> None:
        """Send messages; bytes go out as they are."""
        for message in messages:
            self.lines.put_nowait(message if isinstance(message, bytes) else json.dumps(message).encode() + b"\n")

    async def until(self, amount: int) -> list[Any]:
        """All messages, once there are so many."""
        while len(self.messages) < amount:
            self._wrote.clear()
            await eventually(self._wrote)
        return self.messages

    async def end(self) -> list[Any]:
        """End the input; all messages once the server has ended too."""
        self.lines.put_nowait(None)
        await asyncio.wait_for(self.serving, 5)
        return self.messages


def by_id(messages: list[Any]) -> dict[Any, Any]:
    """Replies by their ids."""
    return {message["id"]: message for message in messages if "id" in message}
