"""Plugins that cache, on a clock that a test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from plugwright import Cache, Plugin
from plugwright.calls.cache import CallCache
from plugwright.calls.flights import Counts
from plugwright.coordination.invalidations import Invalidations
from plugwright.coordination.memory import MemoryTier
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.web.plugins import new_plugin

TTL = 100.0
STALE = 1000.0


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds


class CachingClient(Client):
    """A client of a plugin on such a clock."""

    def __init__(self, plugin: Plugin, clock: Callable[[], float], settings: Settings | None = None) -> None:
        settings = settings or Settings(public_url="http://127.0.0.1:8000")
        super().__init__(plugin, settings)
        self.app = plugin.asgi(settings, now=clock)

    @property
    def cache(self) -> CallCache:
        """The cache of the plugin, which has one."""
        assert self.app.cache is not None
        return self.app.cache

    @property
    def counts(self) -> Counts:
        """Where replies came from."""
        total = Counts()
        for counts in self.cache.flights.counts.values():
            for name in Counts.__slots__:
                setattr(total, name, getattr(total, name) + getattr(counts, name))
        return total

    @property
    def memory(self) -> MemoryTier:
        """The first tier."""
        return self.cache.flights.memory

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes on in the background."""
        return self.cache.flights.is_idle

    @property
    def invalidations(self) -> Invalidations:
        """What it tells and hears by Valkey."""
        shared = self.cache.shared
        assert isinstance(shared, Invalidations)
        return shared


class Origin:
    """What a handler reads: counts how often, can fail, and can be held up."""

    def __init__(self) -> None:
        self.reads = 0
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def read(self) -> int:
        """The number of this read."""
        self.reads += 1
        number = self.reads
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return number


def counting(origin: Origin, cache: Cache, **options: Any) -> Plugin:
    """A plugin that serves what an origin gives, at ``/read?place=``."""
    plugin = new_plugin()

    given: dict[str, Any] = {"effect": "read", "open_world": False, "path": "/read", "cache": cache} | options

    @plugin.operation(**given)
    async def read(place: str = "here", size: int = 1) -> int:
        """Read it."""
        return await origin.read()

    return plugin


async def settled(is_so: Callable[[], bool]) -> None:
    """Let what goes on in the background come to an end, a bounded number of steps."""
    for _ in range(10_000):
        if is_so():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not happen")


async def soon(is_so: Callable[[], Awaitable[bool]], *, within: float = 5.0) -> None:
    """Return as soon as something is so that takes real time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while not await is_so():
        assert loop.time() < deadline, f"not within {within} s"
        await asyncio.sleep(0.005)
