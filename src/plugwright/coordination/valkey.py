"""The way to Valkey, or Redis: bounded connections behind a breaker, so that no call waits for what is away."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from valkey.asyncio import BlockingConnectionPool, Valkey
from valkey.exceptions import ConnectionError as NotConnected
from valkey.exceptions import TimeoutError as NotInTime
from valkey.exceptions import ValkeyError

from plugwright.observe.counters import Counter

_FAILURES = 5  # in a row, until nobody tries any more
_PROBE = 1.0  # seconds between two looks whether it is back
AWAY = (NotConnected, NotInTime, OSError, TimeoutError)
"""What a command raises that was not done because of the way to the server."""

T = TypeVar("T")


class Away(Exception):
    """Valkey did not do it: it cannot be reached, is too slow, or refuses."""


@dataclass(frozen=True, slots=True)
class ValkeyLimits:
    """Connections of one process at most; seconds for connecting and for a command."""

    connections: int = 20
    timeout: float = 0.1


@dataclass(slots=True)
class CommandCounts:
    """What came of commands, for the operator.

    ``failed`` are those that the server did not answer as it should; ``not_tried`` those while it was away. ``running``
    are in progress.
    """

    ok: int = 0
    failed: int = 0
    not_tried: int = 0
    running: int = 0
    durations: Counter = field(default_factory=Counter)


class ValkeyClient:
    """Runs commands.

    After some failures in a row everything fails at once, and one look a second finds out when it is back.
    """

    def __init__(self, url: str, limits: ValkeyLimits, *, log: Any) -> None:
        self.limits = limits
        self.counts = CommandCounts()
        self._log = log
        pool: Any = BlockingConnectionPool
        self._pool = pool.from_url(
            url,
            max_connections=limits.connections,
            timeout=limits.timeout,
            socket_timeout=limits.timeout,
            socket_connect_timeout=limits.timeout,
        )
        self._commands: Any = Valkey(connection_pool=self._pool)
        self._failures = 0
        self._probe: asyncio.Task[None] | None = None

    @property
    def is_away(self) -> bool:
        """Whether nobody tries any more."""
        return self._probe is not None

    async def run(self, command: Callable[[Any], Awaitable[T]]) -> T:
        """What a function of the client gives.

        Raises:
            Away: it was not done, or nobody knows.
        """
        counts = self.counts
        if self._probe is not None:
            counts.not_tried += 1
            raise Away
        started = time.monotonic()
        counts.running += 1
        try:
            result = await self._do(command)
            counts.ok += 1
        except Away:
            counts.failed += 1
            raise
        finally:
            counts.running -= 1
            counts.durations.add(time.monotonic() - started)
        self._failures = 0
        return result

    def new_connection(self, *, silence: float) -> Any:
        """A connection of its own, for what listens; it fails after so many seconds without a word."""
        return self._pool.connection_class(**{**self._pool.connection_kwargs, "socket_timeout": silence})

    async def close(self) -> None:
        """Close everything."""
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.gather(self._probe, return_exceptions=True)
        with contextlib.suppress(*AWAY, ValkeyError):
            await self._pool.disconnect()

    async def _do(self, command: Callable[[Any], Awaitable[T]]) -> T:
        try:
            # Waiting for a free connection, connecting and the command each have their time; together not more than
            # twice that.
            async with asyncio.timeout(2 * self.limits.timeout):
                return await command(self._commands)
        except AWAY as error:
            self._failed(error)
            raise Away from error
        except ValkeyError as error:
            # It is there, but read-only, full, or of another kind.
            raise Away from error

    def _failed(self, error: BaseException) -> None:
        self._failures += 1
        if self._failures >= _FAILURES and self._probe is None:
            self._log.warning("valkey_away", reason=type(error).__name__)
            self._probe = asyncio.create_task(self._look())

    async def _look(self) -> None:
        since = time.monotonic()
        while True:
            await asyncio.sleep(_PROBE)
            with contextlib.suppress(*AWAY, ValkeyError):
                async with asyncio.timeout(2 * self.limits.timeout):
                    await self._commands.ping()
                break
        self._failures = 0
        self._probe = None
        self._log.info("valkey_back", seconds=round(time.monotonic() - since, 1))
