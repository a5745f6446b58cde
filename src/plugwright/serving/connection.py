"""One connection: bytes in, requests to the application in their order, replies out (RFC 9112)."""

import asyncio
import logging
import secrets
from collections import deque
from typing import Any, cast

import httptools
from pydantic_core import to_json
from uvicorn.config import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from plugwright.serving.bounds import USUAL, Bounds, TooMuch, check_head, refusal_of, too_long, too_many
from plugwright.serving.cycle import Cycle
from plugwright.serving.heads import STATUS_LINES, joined
from plugwright.serving.readable import is_readable
from plugwright.serving.targets import split_target, with_ascii_target
from plugwright.web.asgi import ASGIApp, Message

_SHORT = 8192  # bytes of a head that need no closer look
_NEVER = float("inf")
_ASGI = {"version": "3.0", "spec_version": "2.3"}

_log = logging.getLogger("uvicorn.error")


class Connection(asyncio.Protocol):
    """What uvicorn serves a client with.

    Its time is one deadline and one timer that looks at it now and then, so that a request costs no timer.
    """

    __slots__ = (
        "_app", "_bounds", "_client", "_counted", "_current", "_deadline", "_default_headers", "_default_lines",
        "_drained", "_expects_continue", "_head_time", "_headers", "_idle_time", "_is_draining", "_is_paused",
        "_is_reading_head", "_loop", "_parser", "_queue", "_root_path", "_running", "_scheme", "_server", "_state",
        "_target", "_timer", "_transport", "_unsent", "is_congested",
    )  # fmt: skip

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # noqa: ARG002 uvicorn hands it to every protocol; nothing here uses it
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        bounds: Bounds = USUAL,
    ) -> None:
        self._bounds = bounds
        self._head_time = bounds.head_seconds
        self._app = cast("ASGIApp", config.loaded_app)  # pyright: ignore[reportUnknownMemberType] as uvicorn declares it
        self._root_path = config.root_path
        self._idle_time = float(config.timeout_keep_alive)
        self._loop = _loop or asyncio.get_running_loop()
        self._state = server_state
        self._parser = httptools.HttpRequestParser(self)
        # A client may say that it closes and send the next request all the same; the first is answered.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._queue: deque[Cycle] = deque()
        self._current: Cycle | None = None  # whose request is being read
        self._running: Cycle | None = None  # whose reply is due
        self._default_headers: list[tuple[bytes, bytes]] | None = None
        self._default_lines = b""
        self._drained: asyncio.Future[None] | None = None
        self._is_draining = False
        self._is_paused = False
        self._is_reading_head = False
        self._deadline = _NEVER
        self._counted = 0  # bytes since the last head that came whole, or piece of a body
        self.is_congested = False

    # what the event loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._server = get_local_addr(self._transport)
        self._client = get_remote_addr(self._transport)
        self._scheme = "https" if is_ssl(self._transport) else "http"
        self._state.connections.add(cast("Any", self))
        self._deadline = self._loop.time() + self._head_time
        self._timer = self._loop.call_at(self._deadline, self._look_at_the_time)
        if len(self._state.connections) > self._bounds.connections:
            self._refuse(too_many())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's signature
        """Tell every request that its client has left."""
        self._state.connections.discard(cast("Any", self))
        self._timer.cancel()
        for cycle in (self._running, *self._queue):
            if cycle is not None:
                cycle.leave()
        self._queue.clear()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take what came in; the target of a request line is percent-encoded first where it is not ASCII."""
        if not data.isascii() and (self._current is None or not self._current.more_body):
            data = with_ascii_target(data)
        self._counted += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # no other protocol is spoken here; the reply of this one ends the connection
        except httptools.HttpParserError as error:
            self._refuse(refusal_of(error))
        if self._counted > self._bounds.head_bytes:
            self._refuse(too_long(self._bounds))

    def pause_writing(self) -> None:
        """Note that the client does not read as fast as it is written to; it has a while to go on."""
        self.is_congested = True
        self._begin_waiting()

    def resume_writing(self) -> None:
        """Let who waited go on."""
        self.is_congested = False
        if self._running is not None:
            self._deadline = _NEVER
        if self._drained is not None:
            self._drained.set_result(None)
            self._drained = None

    # what the parser tells

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._expects_continue = False
        self._is_reading_head = True
        if self._running is None:
            self._deadline = self._loop.time() + self._head_time

    def on_url(self, url: bytes) -> None:
        """Take a piece of the target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. What follows a body in pieces (RFC 9112 §7.1.2) is none: the request has been handed on."""
        if not self._is_reading_head:
            return
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects_continue = True
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Hand the request on, or let it wait for those before it."""
        parser = self._parser
        if self._counted > _SHORT or self._queue or len(self._headers) > self._bounds.headers:
            check_head(self._bounds, self._target, self._headers, len(self._queue))
        self._is_reading_head = False
        self._counted = 0
        self._deadline = _NEVER
        path, raw_path, query = split_target(self._target)
        version = parser.get_http_version()
        scope: Message = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": parser.get_method().decode("ascii"),
            "scheme": self._scheme,
            "path": self._root_path + path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": self._root_path,
            "headers": self._headers,
            "client": self._client,
            "server": self._server,
        }
        keeps_alive = (
            version != "1.0" and parser.should_keep_alive() and not parser.should_upgrade() and not self._is_draining
        )
        cycle = self._current = Cycle(
            self, scope, keeps_alive=keeps_alive, expects_continue=self._expects_continue and version != "1.0"
        )
        if self._running is None:
            self._run(cycle)
        else:
            self._queue.append(cycle)
            self._pause_reading()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the request's body."""
        self._counted = 0
        if self._current is not None and self._current.feed(body):
            self._pause_reading()

    def on_message_complete(self) -> None:
        """Note that the request is whole."""
        if self._current is not None:
            self._current.feed_end()

    # what the cycles tell and ask

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def drained(self) -> None:
        """Wait until the client has read most of what was sent."""
        if self._drained is None:
            self._drained = self._loop.create_future()
        await asyncio.shield(self._drained)

    def default_lines(self) -> bytes:
        """The headers of every reply, such as the date, which the server renews each second."""
        headers = self._state.default_headers
        if headers is not self._default_headers:
            self._default_headers = headers
            self._default_lines = joined(headers)
        return self._default_lines

    def resume_reading(self) -> None:
        """Read on, unless a later request waits for its turn."""
        if self._is_paused and not self._queue:
            self._is_paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def replied(self, cycle: Cycle) -> None:
        """Go on after a reply: with the next request, or with waiting for one."""
        self._state.total_requests += 1
        self._running = None
        if not cycle.keeps_alive:
            self._close()
        elif self._queue:
            self._run(self._queue.popleft())
            self.resume_reading()
        else:
            self._deadline = self._loop.time() + (self._head_time if self._is_reading_head else self._idle_time)
            if self._is_paused:
                self.resume_reading()

    def ended(self, cycle: Cycle) -> None:
        """Forget a task that has come to its end."""
        if cycle.task is not None:
            self._state.tasks.discard(cycle.task)

    def abandon(self, cycle: Cycle) -> None:
        """Close a connection whose client would wait for the rest of a reply in vain."""
        if not cycle.has_reply:
            cycle.leave()
            self._close()

    def shutdown(self) -> None:
        """Close after the requests that have come; uvicorn calls it when the server ends."""
        self._is_draining = True
        last = self._queue[-1] if self._queue else self._running
        if last is None:
            self._close()
        else:
            last.keeps_alive = False

    def drain(self) -> None:
        """End with the next reply that can still say so. A client that has a request on its way is not cut off."""
        self._is_draining = True
        last = self._queue[-1] if self._queue else self._running
        if last is not None and not last.has_started:
            last.keeps_alive = False

    def close_if_idle(self) -> None:
        """Close if no request has begun to arrive."""
        if self._running is None and not self._is_reading_head and not _has_unread(self._transport):
            self._close()

    def _run(self, cycle: Cycle) -> None:
        self._running = cycle
        task = cycle.task = self._loop.create_task(cycle.run(self._app))
        self._state.tasks.add(task)

    def _pause_reading(self) -> None:
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def _close(self) -> None:
        """Close once all is sent, or the client takes too little of it."""
        self._transport.close()
        self._begin_waiting()

    def _begin_waiting(self) -> None:
        """Give the client a while to take what is written."""
        self._unsent = self._transport.get_write_buffer_size()
        self._deadline = self._loop.time() + self._bounds.send_seconds

    def _takes_enough(self) -> bool:
        return self._unsent - self._transport.get_write_buffer_size() >= self._bounds.send_bytes

    def _look_at_the_time(self) -> None:
        now = self._loop.time()
        if now >= self._deadline:
            if self._transport.is_closing() or self._running is not None:
                if not self._takes_enough():
                    self._transport.abort()
                    return
                self._begin_waiting()
            elif self._is_reading_head:
                waited = f"The head of the request did not arrive within {self._head_time:g} s."
                self._refuse(TooMuch(408, "request_timeout", waited))
            else:
                self._close()
        self._timer = self._loop.call_at(min(self._deadline, now + self._head_time), self._look_at_the_time)

    def _refuse(self, why: TooMuch) -> None:
        """Answer what is not taken for a request, and close; a reply that is due comes first, and ends it instead."""
        if self._running is not None:
            self.shutdown()
            self._pause_reading()
            return
        _log.debug("%s", why.problem)
        body = to_json({"error": why.problem, "code": why.code, "request_id": secrets.token_hex(8)})
        head = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
        self.write(STATUS_LINES[why.status] + head + body)
        self._close()


def _has_unread(transport: asyncio.Transport) -> bool:
    """Whether bytes wait in the kernel that the event loop has not come to."""
    found = transport.get_extra_info("socket")
    return found is not None and is_readable(found)
