"""Requests that arrive at up to three times what a process can do, whether it answers or not.

``PLUGWRIGHT_LEVEL_SECONDS`` says how long each rate is kept up.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.external.servers import HOST, PLUGWRIGHT, ROOT, Server, environment, free_port, stop, wait_until_live
from tests.faults.conftest import Show
from tests.faults.overload.plugin import WAITS_SECONDS
from tests.faults.steady_load import Answered, Load, percentile, session

PLACES: Final = 20
CAPACITY: Final = PLACES / WAITS_SECONDS  # calls per second
LEVEL_SECONDS: Final = float(os.environ.get("PLUGWRIGHT_LEVEL_SECONDS", "10"))
SETTLE_SECONDS: Final = 1.0
BURST_SECONDS: Final = 1.0
MEGABYTE: Final = 1_000_000

pytestmark = pytest.mark.timeout(LEVEL_SECONDS * 8 + 120)


@dataclass(frozen=True)
class Process:
    """A served plugin, and how much memory it has."""

    server: Server
    pid: int

    @property
    def resident_bytes(self) -> int:
        """Its memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def process() -> Generator[Process]:
    """One process on one core; the load has the others."""
    settings = {"PLUGWRIGHT_MAX_CONCURRENT_CALLS": str(PLACES), "PLUGWRIGHT_CALL_LOG": "false"}
    server = Server(free_port())
    command = [PLUGWRIGHT, "serve", "tests.faults.overload.plugin:plugin", "--host", HOST, "--port", str(server.port)]
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryFile() as output, contextlib.ExitStack() as stack:
        served = subprocess.Popen(command, cwd=ROOT, env=environment() | settings, stdout=output, stderr=output)
        stack.callback(stop, served)
        wait_until_live(served, server, output)
        if len(cores) > 1:
            os.sched_setaffinity(served.pid, cores[:1])
            os.sched_setaffinity(0, cores[1:])
            stack.callback(os.sched_setaffinity, 0, cores)
        gc.collect()
        gc.disable()  # its pauses would be counted as the server's
        stack.callback(gc.enable)
        yield Process(server, served.pid)


def accepted(answers: list[Answered]) -> list[Answered]:
    return [answer for answer in answers if answer.status == 200]


def refused(answers: list[Answered]) -> list[Answered]:
    return [answer for answer in answers if answer.status == 503]


async def test_what_is_accepted_stays_quick_and_much_and_the_rest_is_refused_at_once(process: Process, show: Show):
    base = f"{process.server.url}/look-up?number="
    async with session() as client:
        load, health = Load(client), Load(client)

        async def level(share: float, seconds: float = LEVEL_SECONDS) -> list[Answered]:
            """Its answers, but for those of the first second, in which it may be a burst that queues."""
            start = time.monotonic()
            await load.steady(lambda number: f"{base}{number}", rate=share * CAPACITY, seconds=BURST_SECONDS + seconds)
            return load.between(start + BURST_SECONDS, time.monotonic())

        await level(0.2, 2)  # connections open, the process learns how long a call takes
        unloaded = percentile(await level(0.2, 4), 0.99)
        levels = {share: await level(share) for share in (0.5, 1.0, 2.0)}
        before = process.resident_bytes
        asking = asyncio.create_task(
            health.steady(lambda _: f"{process.server.url}/livez", rate=20, seconds=LEVEL_SECONDS)
        )
        levels[3.0] = await level(3.0)
        await asking
        grown = process.resident_bytes - before
        await asyncio.sleep(SETTLE_SECONDS)
        after = await level(0.2, 4)

    goodput = {share: len(accepted(answers)) / LEVEL_SECONDS for share, answers in levels.items()}
    slowest = {share: percentile(accepted(answers), 0.99) for share, answers in levels.items()}
    refusals = percentile(refused(levels[3.0]), 0.99)
    show(
        f"overload: {PLACES} places, {WAITS_SECONDS * 1000:.0f} ms a call, {LEVEL_SECONDS:.0f} s a level",
        Counter(
            {f"answered a second at {share} x": round(rate) for share, rate in goodput.items()}
            | {f"p99 ms of what was accepted at {share} x": round(s * 1000) for share, s in slowest.items()}
            | {
                "p99 ms unloaded": round(unloaded * 1000),
                "p99 ms unloaded, a second after": round(percentile(after, 0.99) * 1000),
                "p99 ms of refusals at 3.0 x": round(refusals * 1000),
                "p99 ms of /livez at 3.0 x": round(percentile(health.answered, 0.99) * 1000),
                "memory grown at 3.0 x, kB": grown // 1000,
            }
        ),
    )
    assert {answer.status for answers in levels.values() for answer in answers} == {200, 503}
    assert goodput[3.0] >= 0.9 * max(goodput.values())
    assert all(seconds <= 2 * unloaded for seconds in slowest.values())
    assert refusals < 0.010
    assert {answer.status for answer in health.answered} == {200}
    assert percentile(health.answered, 0.99) < 0.050
    assert grown < 8 * MEGABYTE
    assert {answer.status for answer in after} == {200}
    assert percentile(after, 0.99) <= 2 * unloaded
