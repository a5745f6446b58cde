"""Processes that die and are replaced under steady load."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from plugwright.store.database import Database
from tests.external.servers import HOST, Server
from tests.faults.conftest import Show
from tests.faults.life.load import DAWDLING, FRESH, KEEPING, Load, steady_load
from tests.faults.life.notes import TARGET, all_numbers
from tests.serving.processes import Serving, get, poll, serve

REQUESTS: Final = int(os.environ.get("PLUGWRIGHT_FAULT_REQUESTS", "20000"))
WITHIN: Final = 60.0 + REQUESTS / 250  # seconds
KILLS: Final = 10
ROLLS: Final = 5
CLIENTS: Final = KEEPING + FRESH + DAWDLING


def figures_of(load: Load) -> Counter[str]:
    """What is shown at the end."""
    return Counter(
        {
            "calls answered": load.answered,
            "calls that failed": len(load.failures),
            "processes that answered": len(load.workers),
            "slowest answer, ms": round(1000 * load.slowest),
        }
    )


def check_stored(load: Load, database_url: str) -> None:
    """Check that every number is there whose keeping was answered."""
    database = Database(database_url)
    try:
        stored = database.run(all_numbers, writes=False)
    finally:
        database.close()
    assert load.kept
    assert not load.kept - stored


def workers_of(serving: Serving) -> list[int]:
    """The worker processes of a supervisor."""
    children = Path(f"/proc/{serving.process.pid}/task/{serving.process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


async def test_a_worker_that_is_killed_takes_only_its_calls_in_progress_with_it(sqlite_url: str, show: Show):
    with serve("--workers", "2", target=TARGET, database_url=sqlite_url, call_log="false") as serving:
        async with steady_load([serving.server], seed=1) as load:
            for kill in range(KILLS):

                async def both_serve(started: int = 2 + kill) -> bool:
                    return serving.log.count("worker_ready") == started

                await poll(both_serve)
                load.workers.clear()
                await load.until(load.answered + 500, WITHIN)
                [(busiest, _)] = load.workers.most_common(1)
                os.kill(busiest, signal.SIGKILL)
            await load.until(load.answered + 500, WITHIN)
    show(f"kill -9 of a worker, {KILLS} times", figures_of(load))
    assert load.in_a_row <= 1, load.failures
    assert 0 < len(load.failures) <= KILLS * CLIENTS
    check_stored(load, sqlite_url)


async def test_workers_are_replaced_on_sighup_without_one_call_that_fails(sqlite_url: str, show: Show):
    with serve("--workers", "2", target=TARGET, database_url=sqlite_url, call_log="false") as serving:
        async with steady_load([serving.server], seed=2) as load:
            for roll in range(1, ROLLS + 1):
                await load.until(REQUESTS * roll // (ROLLS + 1), WITHIN)
                before = set(workers_of(serving))
                with socket.create_connection((HOST, serving.server.port)) as unread:
                    serving.process.send_signal(signal.SIGHUP)

                    async def are_new(before: set[int] = before) -> bool:
                        now = set(workers_of(serving))
                        return len(now) == 2 and not now & before

                    await poll(are_new, WITHIN)
                    assert is_ended(unread), "a connection that nobody used is still open"
            await load.until(REQUESTS, WITHIN)
        serving.process.send_signal(signal.SIGTERM)
        assert await serving.ended() == 0
    show(f"{ROLLS} x SIGHUP", figures_of(load))
    assert not load.failures
    check_stored(load, sqlite_url)


def is_ended(unread: socket.socket) -> bool:
    """Whether the server has closed a connection, in an orderly way."""
    unread.settimeout(5)
    return unread.recv(1) == b""


async def only_ready(load: Load, servers: Sequence[Server]) -> None:
    """Do what a load balancer does: send new connections where the readiness probe says yes."""
    while True:
        load.servers = [server for server in servers if await is_ready(server)] or servers
        await asyncio.sleep(0.05)


async def is_ready(server: Server) -> bool:
    """Whether a probe is answered with 200."""
    try:
        return (await get(server, "/readyz"))[0] == 200
    except (OSError, asyncio.IncompleteReadError):
        return False


async def test_replicas_are_restarted_one_after_the_other_without_one_call_that_fails(postgresql_url: str, show: Show):
    start = partial(serve, target=TARGET, database_url=postgresql_url, call_log="false", drain_delay="0.5")
    with contextlib.ExitStack() as running:
        replicas = [running.enter_context(start()) for _ in range(3)]
        servers = [replica.server for replica in replicas]
        async with steady_load(servers, seed=3) as load:
            balancer = asyncio.create_task(only_ready(load, servers))
            for restart in range(1, ROLLS * len(replicas) + 1):
                await load.until(REQUESTS * restart // (ROLLS * len(replicas) + 1), WITHIN)
                place = restart % len(replicas)
                replicas[place].process.send_signal(signal.SIGTERM)
                assert await replicas[place].ended() == 0
                successor = start(port=servers[place].port)
                replicas[place] = await asyncio.to_thread(running.enter_context, successor)
            await load.until(REQUESTS, WITHIN)
            balancer.cancel()
    show(f"{ROLLS} x 3 replicas, one by one", figures_of(load))
    assert not load.failures
    check_stored(load, postgresql_url)
