"""Requests at a constant rate, whether the answers come or not, and how long each took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import aiohttp

_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True)
class Answered:
    """One request: when it was sent, by the monotonic clock, how long it took, and the status; 0 without any."""

    at: float
    seconds: float
    status: int


@dataclass
class Load:
    """Sends and remembers."""

    session: aiohttp.ClientSession
    answered: list[Answered] = field(default_factory=list[Answered])

    async def send(self, url: str) -> None:
        """One request."""
        at = time.monotonic()
        try:
            async with self.session.get(url) as reply:
                await reply.read()
                status = reply.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self.answered.append(Answered(at, time.monotonic() - at, status))

    async def steady(self, url_of: Callable[[int], str], *, rate: float, seconds: float) -> None:
        """Requests at a constant rate for so long, and their answers."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(int(rate * seconds)):
                tasks.create_task(self.send(url_of(number)))
                await asyncio.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))

    def between(self, start: float, end: float) -> list[Answered]:
        """What was sent in a stretch of time."""
        return [answer for answer in self.answered if start <= answer.at < end]


def session() -> aiohttp.ClientSession:
    """A session with as many connections as are needed."""
    return aiohttp.ClientSession(timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=0))


def percentile(answers: Sequence[Answered], share: float) -> float:
    """How long all but a share of the requests took at most, in seconds."""
    times = sorted(answer.seconds for answer in answers)
    return times[min(len(times) - 1, int(len(times) * share))]
