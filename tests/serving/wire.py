"""A connection of the server without a socket: bytes go in, what would be sent is recorded, time passes when told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import uvicorn
from uvicorn.server import ServerState

from plugwright.serving.bounds import USUAL, Bounds
from plugwright.serving.connection import Connection
from plugwright.web.asgi import ASGIApp


class Transport:
    """What a socket would be."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.is_closed = False
        self.is_aborted = False
        self.unsent = 0
        self.is_paused = False

    def write(self, data: bytes) -> None:
        """Record bytes."""
        self.writes.append(data)

    def close(self) -> None:
        """Record the end."""
        self.is_closed = True

    def abort(self) -> None:
        """Record the end without the rest."""
        self.is_closed = self.is_aborted = True

    def get_write_buffer_size(self) -> int:
        """How much the client has not taken."""
        return self.unsent

    def is_closing(self) -> bool:
        """Whether the end has come."""
        return self.is_closed

    def pause_reading(self) -> None:
        """Record that the client must wait."""
        self.is_paused = True

    def resume_reading(self) -> None:
        """Record that it may go on."""
        self.is_paused = False

    def get_extra_info(self, name: str) -> Any:
        """Addresses."""
        return {"sockname": ("127.0.0.1", 80), "peername": ("127.0.0.1", 50000)}.get(name)


@dataclass
class Timer:
    """Something to be done later."""

    when: float
    action: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        """Leave it."""
        self.is_cancelled = True


@dataclass
class Loop:
    """The running event loop with a clock of its own."""

    now: float = 100.0
    timers: list[Timer] = field(default_factory=list[Timer])

    def time(self) -> float:
        """The time."""
        return self.now

    def call_at(self, when: float, action: Callable[[], None]) -> Timer:
        """Do something when its time has come."""
        self.timers.append(Timer(when, action))
        return self.timers[-1]

    def create_task(self, work: Any) -> Any:
        """As the event loop."""
        return asyncio.get_running_loop().create_task(work)

    def create_future(self) -> Any:
        """As the event loop."""
        return asyncio.get_running_loop().create_future()

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while due := [timer for timer in self.timers if timer.when <= end and not timer.is_cancelled]:
            first = min(due, key=lambda timer: timer.when)
            self.timers.remove(first)
            self.now = max(self.now, first.when)
            first.action()
        self.now = end


class Wire:
    """A client's end of one connection to an application."""

    def __init__(self, app: ASGIApp, *, keep_alive: int = 5, bounds: Bounds = USUAL, others: int = 0) -> None:
        config = uvicorn.Config(cast("Any", app), log_config=None, ws="none", timeout_keep_alive=keep_alive)
        config.load()
        self.state = ServerState()
        self.state.default_headers = [(b"date", b"today")]
        self.state.connections = {cast("Any", object()) for _ in range(others)}
        self.loop = Loop()
        self.transport = Transport()
        loop = cast("asyncio.AbstractEventLoop", self.loop)
        self.connection = Connection(config, self.state, {}, loop, bounds=bounds)
        self.connection.connection_made(cast("asyncio.BaseTransport", self.transport))

    def feed(self, data: bytes) -> None:
        """Send bytes."""
        self.connection.data_received(data)

    @property
    def sent(self) -> bytes:
        """All that came back."""
        return b"".join(self.transport.writes)

    async def settle(self) -> None:
        """Let everything happen that can happen without more bytes."""
        for _ in range(20):
            await asyncio.sleep(0)
