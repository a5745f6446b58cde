"""One request and its reply: the ASGI channels between an application and a connection.

It holds the head of a reply until its body follows, so that most replies are one write.
"""

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING

from plugwright.errors import InternalError, PlugwrightError, Unavailable
from plugwright.serving.heads import STATUS_LINES, Lines
from plugwright.web.asgi import ASGIApp, Message, Scope
from plugwright.web.replies import send_error

if TYPE_CHECKING:
    from plugwright.serving.connection import Connection

_HIGH_WATER = 65_536  # bytes of a request body that wait for the application
_WITHOUT_BODY = frozenset({204, 304})
_DISCONNECT: Message = {"type": "http.disconnect"}
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_ENDLESS = 1 << 62  # bytes: a body that ends with its connection
_LINES = Lines()

_log = logging.getLogger("uvicorn.error")


class Cycle:
    """A request with its reply. ``is_over`` once the reply is complete or the client has left."""

    __slots__ = (
        "_body", "_connection", "_has_body", "_head", "_is_chunked", "_is_head", "_left", "_waiter",
        "expects_continue", "has_reply", "has_started", "is_over", "keeps_alive", "more_body", "scope", "task",
    )  # fmt: skip

    def __init__(self, connection: "Connection", scope: Scope, *, keeps_alive: bool, expects_continue: bool) -> None:
        self.scope = scope
        self.keeps_alive = keeps_alive
        self.expects_continue = expects_continue
        self.more_body = True
        self.has_reply = False
        self.is_over = False
        self.task: asyncio.Task[None] | None = None
        self._connection = connection
        self._body: bytes | bytearray | None = b""
        self._waiter: asyncio.Future[None] | None = None
        self._head = b""
        self.has_started = False
        self._is_head = scope["method"] == "HEAD"
        self._has_body = True
        self._is_chunked = False
        self._left = 0  # bytes of the body that its length announced

    def feed(self, data: bytes) -> bool:
        """Take a piece of the request's body; whether the client should wait with the next."""
        if self._body is None:
            return False
        if not self._body:
            self._body = data
        else:
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += data
        self._wake()
        return len(self._body) > _HIGH_WATER

    def feed_end(self) -> None:
        """Note that the request's body is whole."""
        self.more_body = False
        self._wake()

    def leave(self) -> None:
        """Note that the client has left."""
        self.is_over = True
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _wait(self) -> None:
        self._connection.resume_reading()
        if self.expects_continue and not self.has_started:
            self.expects_continue = False
            self._connection.write(_CONTINUE)
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    async def run(self, app: ASGIApp) -> None:
        """Let the application answer, whatever becomes of it."""
        try:
            await app(self.scope, self.receive, self.send)
        except asyncio.CancelledError:
            # The server ends, and the call would not.
            await self._fail(Unavailable("The plugin is being restarted; try again in a moment", retry_after=1))
            raise
        except Exception as error:  # noqa: BLE001 a call ends here
            _log.error("the application failed", exc_info=error)
            await self._fail(InternalError())
        else:
            if not self.is_over:
                _log.error("the application returned without completing its reply")
                await self._fail(InternalError())
        finally:
            self._connection.ended(self)

    async def _fail(self, error: PlugwrightError) -> None:
        """Say why there is no answer, where nothing has been said; otherwise the connection is all there is to end."""
        if self.has_started or self.is_over:
            self._connection.abandon(self)
            return
        self.keeps_alive = False
        await send_error(self.send, error, secrets.token_hex(8))

    async def receive(self) -> Message:
        """The ASGI channel of what the client sends: its body, then that it has left or has its reply."""
        body = self._body
        if body is not None:
            while not body and self.more_body and not self.is_over:
                await self._wait()
                body = self._body or b""
            if not self.is_over:
                self._body = b"" if self.more_body else None
                return {"type": "http.request", "body": bytes(body), "more_body": self.more_body}
        while not self.is_over:
            await self._wait()
        return _DISCONNECT

    async def send(self, message: Message) -> None:
        """The ASGI channel of the reply; what comes after the client has left is dropped.

        Raises:
            RuntimeError: the messages are out of order, or longer or shorter than they announced.
            ValueError: a header cannot be sent.
        """
        if self._connection.is_congested and not self.is_over:
            await self._connection.drained()
        if self.is_over:
            if self.has_reply:
                raise RuntimeError("the reply is complete; nothing may be sent after it")
        elif self.has_started:
            self._go_on(message)
        else:
            self._start(message)

    def _start(self, message: Message) -> None:
        if message["type"] != "http.response.start":
            raise RuntimeError(f"a reply begins with http.response.start, not with {message['type']}")
        status: int = message["status"]
        lines = [STATUS_LINES[status], self._connection.default_lines()]
        length: bytes | None = None
        for header in message["headers"]:
            name = header[0]
            if name == b"content-length":
                length = header[1]
            elif name == b"connection":
                self.keeps_alive = self.keeps_alive and b"close" not in header[1].lower()
            else:
                lines.append(_LINES[header])
        self._has_body = not self._is_head and status not in _WITHOUT_BODY
        if length is not None:
            self._left = int(length)
            lines.append(b"content-length: %d\r\n" % self._left)
        elif self._has_body:
            self._stream(lines)
        if not self.keeps_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        self.has_started = True
        head = b"".join(lines)
        if length is None and self._has_body:
            # Nobody knows when the first piece comes.
            self._connection.write(head)
        else:
            self._head = head

    def _stream(self, lines: list[bytes]) -> None:
        """Send a body whose length is not known, by the means that the client's version has."""
        if self.scope["http_version"] == "1.0":
            self.keeps_alive = False
            self._left = _ENDLESS
        else:
            self._is_chunked = True
            lines.append(b"transfer-encoding: chunked\r\n")

    def _go_on(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            raise RuntimeError(f"a reply goes on with http.response.body, not with {message['type']}")
        body: bytes = message.get("body", b"")
        more: bool = message.get("more_body", False)
        if not self._has_body:
            body = b""
        elif self._is_chunked:
            body = _chunk(body) if more else _chunk(body) + b"0\r\n\r\n"
        else:
            self._left -= len(body)
            if self._left < 0 or (self._left and not more and self._left < _ENDLESS // 2):
                raise RuntimeError("the reply is longer or shorter than its content-length says")
        head = self._head
        if head:
            self._head = b""
            body = head + body
        if body:
            self._connection.write(body)
        if not more:
            self.has_reply = self.is_over = True
            self._wake()
            self._connection.replied(self)


def _chunk(data: bytes) -> bytes:
    """A piece of a body whose length was not known (RFC 9112 §7.1); an empty one would end it."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
