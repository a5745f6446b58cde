"""A reply that begins as notifications: Server-Sent Events, started by the first of them.

A reply without notifications never becomes a stream, so nothing is spent on the usual call.
"""

import asyncio
from collections import deque

from plugwright.web.asgi import Headers, Send

_HEADERS: Headers = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]
_PING = b": ping\n\n"
_PING_SECONDS = 15.0
_BACKLOG = 1000  # frames a slow reader may be behind before more are dropped


class EventStream:
    """Sends frames as they come. Made on the loop's thread; `push` may be called from any thread."""

    __slots__ = ("_frames", "_headers", "_is_ending", "_loop", "_send", "_wake", "_writer")

    def __init__(self, send: Send, headers: Headers) -> None:
        self._send = send
        self._headers = headers
        self._loop = asyncio.get_running_loop()
        self._frames: deque[bytes] | None = None
        self._wake: asyncio.Event
        self._writer: asyncio.Task[None] | None = None
        self._is_ending = False

    @property
    def has_started(self) -> bool:
        """Whether the reply is a stream already."""
        return self._writer is not None

    def push(self, frame: bytes) -> None:
        """Send one message; it is dropped when the reader is too far behind."""
        try:
            is_ours = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            is_ours = False
        if is_ours:
            self._take(frame)
        else:
            self._loop.call_soon_threadsafe(self._take, frame)

    def _take(self, frame: bytes) -> None:
        if self._is_ending:
            return
        if self._frames is None:
            # Most replies carry no notification, so nothing of this is made before the first.
            self._frames = deque()
            self._wake = asyncio.Event()
            self._writer = self._loop.create_task(self._write(self._frames))
        if len(self._frames) < _BACKLOG:
            self._frames.append(frame)
            self._wake.set()

    async def _write(self, frames: deque[bytes]) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *self._headers]})
        while frames or not self._is_ending:
            if not frames:
                self._wake.clear()
                try:
                    async with asyncio.timeout(_PING_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    await self._send({"type": "http.response.body", "body": _PING, "more_body": True})
                continue
            await self._send({"type": "http.response.body", "body": _event(frames.popleft()), "more_body": True})

    async def finish(self, frame: bytes) -> None:
        """Send what waits, then the final reply, and end the stream."""
        self._is_ending = True
        if self._writer is not None:
            self._wake.set()
            await self._writer
        await self._send({"type": "http.response.body", "body": _event(frame), "more_body": False})

    def abandon(self) -> None:
        """Stop sending: the client has left."""
        self._is_ending = True
        if self._writer is not None:
            self._writer.cancel()


def _event(frame: bytes) -> bytes:
    return b"event: message\ndata: " + frame + b"\n\n"
