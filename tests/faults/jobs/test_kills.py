"""Processes that run jobs are killed again and again: every job that was accepted ends once, and none is lost."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from plugwright.store.database import Database
from tests.external.servers import HOST, free_port
from tests.faults.conftest import Show
from tests.faults.jobs.ends import check_ends, unfinished, watch
from tests.faults.jobs.processes import processes
from tests.faults.jobs.reports import TAKES
from tests.valkey import ValkeyServer

KILLS = 20
RATE = 4.0  # jobs a second
LEASE = 2.0
DONE_WITHIN = 60.0


@dataclass
class Caller:
    """Has reports written, and knows which of them were accepted."""

    port: int
    given: dict[str, int] = field(default_factory=dict[str, int])
    refused: int = 0
    _sent: int = 0

    async def order(self, http: aiohttp.ClientSession) -> None:
        """Ask for one."""
        self._sent += 1
        number = self._sent
        try:
            async with http.post(f"http://{HOST}:{self.port}/report", json={"number": number}) as reply:
                told = await reply.json()
                if reply.status == 202:
                    self.given[told["id"]] = number
                else:
                    self.refused += 1
        except (aiohttp.ClientError, TimeoutError):
            self.refused += 1

    @contextlib.asynccontextmanager
    async def ordering(self) -> AsyncGenerator[None]:
        """Ask for reports at a constant rate while the block runs."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
            load = asyncio.create_task(self._order_for_ever(http))
            try:
                yield
            finally:
                load.cancel()
                await asyncio.wait([load])

    async def _order_for_ever(self, http: aiohttp.ClientSession) -> None:
        while True:
            await self.order(http)
            await asyncio.sleep(1 / RATE)


async def until(is_so: Callable[[], bool], *, within: float = DONE_WITHIN) -> None:
    """Return as soon as something is so."""
    async with asyncio.timeout(within):
        while True:
            if await asyncio.to_thread(is_so):
                return
            await asyncio.sleep(0.05)


@pytest.mark.timeout(300)
async def test_of_two_workers_one_is_killed_20_times_and_valkey_meanwhile(
    postgresql_url: str, mortal_valkey: ValkeyServer, tmp_path: Path, show: Show
) -> None:
    database = Database(postgresql_url, connections=2)
    watch(database)
    caller = Caller(free_port())
    settings = {"database_url": postgresql_url, "valkey_url": mortal_valkey.url, "jobs_lease": str(LEASE)}
    with processes(tmp_path, **settings) as running, contextlib.closing(database):
        server = running.server(caller.port)
        workers = [running.worker(), running.worker()]
        async with caller.ordering():
            for kill in range(KILLS):
                victim = workers[kill % 2]
                await until(lambda: running.has_begun(victim))  # noqa: B023 awaited within its round
                await asyncio.sleep(random.uniform(0, TAKES))  # noqa: S311 in the middle of something; no secret
                victim.kill()
                workers[kill % 2] = running.worker()
                if kill == KILLS // 3:
                    await asyncio.to_thread(mortal_valkey.kill)
                elif kill == 2 * KILLS // 3:
                    await asyncio.to_thread(mortal_valkey.start)
        await until(lambda: unfinished(database) == 0)
        assert server.poll() is None
        figures = check_ends(database, caller.given)

    figures["calls without a 202"] = caller.refused
    show(f"{KILLS} workers killed with SIGKILL, and Valkey away for a third of the time", figures)
    assert figures["accepted"] >= 3 * KILLS
    assert figures["begun again after a kill"] >= KILLS // 4


@pytest.mark.timeout(300)
async def test_a_server_that_runs_its_jobs_itself_is_killed_20_times(
    sqlite_url: str, tmp_path: Path, show: Show
) -> None:
    database = Database(sqlite_url, connections=2)
    watch(database)
    caller = Caller(free_port())
    figures: Counter[str] = Counter()
    # A server is killed soon after it has taken up what the last one left: three attempts would not be enough.
    settings = {"database_url": sqlite_url, "jobs_lease": str(LEASE), "jobs_attempts": str(KILLS)}
    with processes(tmp_path, **settings) as running, contextlib.closing(database):
        async with caller.ordering():
            for _ in range(KILLS):
                victim = await asyncio.to_thread(running.server, caller.port)
                await until(lambda: running.has_begun(victim))  # noqa: B023 awaited within its round
                await asyncio.sleep(random.uniform(0, TAKES))  # noqa: S311 in the middle of something; no secret
                victim.kill()
                await asyncio.to_thread(victim.wait)
        await asyncio.to_thread(running.server, caller.port)
        await until(lambda: unfinished(database) == 0)
        figures = check_ends(database, caller.given)

    show(f"{KILLS} servers killed with SIGKILL that ran their jobs themselves", figures)
    assert figures["accepted"] >= KILLS
    assert figures["ended as succeeded"] == figures["in the record"]
    assert figures["begun again after a kill"] >= KILLS // 4
