"""Requests that arrive at a constant rate, whether earlier ones have ended or not, and what became of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from plugwright import Upstream, UpstreamError

PER_SECOND: Final = 100


@dataclass
class Outcomes:
    """What became of the requests."""

    counts: Counter[str] = field(default_factory=Counter[str])
    longest_seconds: float = 0.0
    failures_until_open: int | None = None
    at: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])

    @property
    def requests(self) -> int:
        return self.counts.total()


async def arrive(upstream: Upstream, *, seconds: float) -> Outcomes:
    """Ask at a constant rate for some seconds, and wait for the last answer."""
    outcomes = Outcomes()
    started = time.monotonic()
    tasks: list[asyncio.Task[None]] = []
    for number in range(int(seconds * PER_SECOND)):
        await asyncio.sleep(max(0.0, started + number / PER_SECOND - time.monotonic()))
        tasks.append(asyncio.create_task(_ask(upstream, outcomes, started)))
    await asyncio.gather(*tasks)
    return outcomes


async def _ask(upstream: Upstream, outcomes: Outcomes, began: float) -> None:
    started = time.monotonic()
    try:
        await upstream.request("GET", "/")
        outcome = "ok"
    except UpstreamError as error:
        outcome = error.code
    outcomes.longest_seconds = max(outcomes.longest_seconds, time.monotonic() - started)
    outcomes.counts[outcome] += 1
    outcomes.at.append((started - began, outcome))
    if outcomes.failures_until_open is None and any(link.breaker.openings for link in upstream.links()):
        outcomes.failures_until_open = outcomes.requests - outcomes.counts["ok"]
