"""Callers as they should be: requests at a steady pace, whatever becomes of the earlier ones, and how they fared."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp

_PATIENCE = 10.0


@dataclass
class Fared:
    """How the calls of a while fared: seconds of each, and what went wrong."""

    seconds: list[float] = field(default_factory=list[float])
    failures: list[str] = field(default_factory=list[str])

    def quantile(self, part: float) -> float:
        """So many seconds or fewer took this part of them."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(len(self.seconds) * part))]


async def call_steadily(url: str, *, rate: float, until: asyncio.Event) -> Fared:
    """Call until told to stop, so many times a second."""
    fared = Fared()
    loop = asyncio.get_running_loop()
    timeout = aiohttp.ClientTimeout(total=_PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as calls:
        due = loop.time()
        while not until.is_set():
            calls.create_task(_call(session, url, fared))
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - loop.time()))
    return fared


async def _call(session: aiohttp.ClientSession, url: str, fared: Fared) -> None:
    began = time.monotonic()
    try:
        async with session.get(url) as reply:
            body = await reply.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        fared.failures.append(repr(error))
        return
    fared.seconds.append(time.monotonic() - began)
    if (reply.status, body) != (200, b"1.5"):
        fared.failures.append(f"{reply.status} {body[:200]!r}")
