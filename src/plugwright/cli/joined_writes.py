"""A transport that joins what is written in one turn of the event loop: a reply is one system call, not two."""

import asyncio
from typing import Any

_MOST = 65_536  # bytes that wait; more is written at once, so that the transport's flow control sees it


class JoinedWrites:
    """Wraps a transport. Whatever it does not change is the transport's own."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._size = 0
        self._is_scheduled = False
        self.is_closing = transport.is_closing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Take bytes; they are written at the end of this turn at the latest."""
        self._waiting.append(data)
        self._size += len(data)
        if self._size > _MOST:
            self.flush()
        elif not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._end_turn)

    def flush(self) -> None:
        """Write what waits, unless the connection has been lost meanwhile."""
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            if not self.is_closing():
                self._transport.write(data)

    def close(self) -> None:
        """Write what waits, then close."""
        self.flush()
        self._transport.close()

    def _end_turn(self) -> None:
        self._is_scheduled = False
        self.flush()
