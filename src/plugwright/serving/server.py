"""uvicorn's server, with an end in which no request that came in is lost, and no wait is without a bound."""

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import socket
import threading
from collections.abc import Generator
from types import FrameType
from typing import cast

import uvicorn

from plugwright.observe.life import Life, Stage
from plugwright.serving.connection import Connection
from plugwright.serving.ending import CANCELLED, LIFESPAN, Ending
from plugwright.serving.messages import READY, RETIRE
from plugwright.serving.readable import is_readable

_PACE = 0.02  # seconds between two looks at what is left
_FEWEST_LOOKS = 3  # a connection may have been accepted, and not be among the connections yet
_MOST_TURNS = 100  # of the event loop, for taking what waits to be accepted
_STDERR = 2

_log = logging.getLogger("plugwright.serving")


class Server(uvicorn.Server):
    """Serves one process.

    SIGTERM and SIGHUP end it in an orderly way, SIGINT in the same way without notice, a second signal at once.
    ``control`` leads to a supervisor: it is told when this process is ready, and says when another has taken its place.
    """

    def __init__(
        self, config: uvicorn.Config, life: Life, ending: Ending, control: socket.socket | None = None
    ) -> None:
        super().__init__(config)
        self._life = life
        self._ending = ending
        self._control = control
        self._notice = ending.notice
        self._is_replaced = False
        self._has_had_signal = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the lifespan, accept connections, and tell the supervisor."""
        await super().startup(sockets)
        if self._control is not None:
            self._control.settimeout(0)
            with contextlib.suppress(OSError):  # a supervisor that is gone is noticed below
                self._control.send(READY)
            asyncio.get_running_loop().add_reader(self._control.fileno(), self._hear, self._control)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Handle signals while the block runs. They are not raised again: an orderly end is no death."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 a signal handler's signature
        """Begin the end, or be done with it."""
        if self._has_had_signal:
            os._exit(128 + sig)
        self._has_had_signal = True
        self._life.stage = Stage.DRAINING
        if sig == signal.SIGINT:
            self._notice = 0.0
        self._begin_end()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End, step by step."""
        self._life.drain()
        await self._give_notice()
        await self._stop_accepting(sockets or [])
        await self._finish_calls()
        await self._cancel_calls()
        await self._close_lifespan()

    def _hear(self, control: socket.socket) -> None:
        """Hear from the supervisor that another process serves now, or that there is no supervisor any more."""
        try:
            said = control.recv(64)
        except OSError:
            said = b""
        if not said:
            asyncio.get_running_loop().remove_reader(control.fileno())
        # The plugin stays ready, only not here.
        self._is_replaced = said == RETIRE
        self._notice = 0.0
        self._begin_end()

    def _begin_end(self) -> None:
        if not self.should_exit:
            self.should_exit = True
            # Whatever hangs, even the event loop: it says where, and the process ends.
            faulthandler.dump_traceback_later(self._ending.total, exit=True, file=_STDERR)

    async def _give_notice(self) -> None:
        loop = asyncio.get_running_loop()
        began, ticks = loop.time(), 0
        while loop.time() < began + self._notice:
            await self.on_tick(ticks)
            await asyncio.sleep(0.1)
            ticks += 1

    async def _stop_accepting(self, sockets: list[socket.socket]) -> None:
        if not self._is_replaced:
            await self._take_backlog(sockets)
        for server in self.servers:
            server.close()
        for listening in sockets:
            listening.close()

    async def _take_backlog(self, sockets: list[socket.socket]) -> None:
        """Accept whoever is connected as far as they know; closing the socket would cut them off."""
        for _ in range(_MOST_TURNS):
            if not any(is_readable(listening) for listening in sockets):
                return
            await asyncio.sleep(0)

    async def _finish_calls(self) -> None:
        """Answer what has come in, and what comes within the grace; every reply ends its connection."""
        loop = asyncio.get_running_loop()
        began, looks = loop.time(), 0
        known: set[Connection] = set()
        while looks < _FEWEST_LOOKS or (self._is_busy() and loop.time() - began < self._ending.calls):
            open_now = set(cast("set[Connection]", self.server_state.connections))
            for connection in open_now - known:
                connection.drain()
            if loop.time() - began >= self._ending.grace:
                for connection in open_now:
                    connection.close_if_idle()
            known = open_now
            looks += 1
            await asyncio.sleep(_PACE)

    def _is_busy(self) -> bool:
        return bool(self.server_state.connections or self.server_state.tasks)

    async def _cancel_calls(self) -> None:
        late = list(self.server_state.tasks)
        if late:
            _log.warning("%d call(s) did not end in %g s and are cancelled", len(late), self._ending.calls)
            for task in late:
                task.cancel()
            await asyncio.wait(late, timeout=CANCELLED)

    async def _close_lifespan(self) -> None:
        try:
            async with asyncio.timeout(LIFESPAN):
                await self.lifespan.shutdown()
        except TimeoutError:
            _log.warning("the plugin's lifespan did not end in %g s", LIFESPAN)


def _signals() -> tuple[signal.Signals, ...]:
    usual = (signal.SIGINT, signal.SIGTERM)
    return (*usual, signal.SIGHUP) if hasattr(signal, "SIGHUP") else usual
