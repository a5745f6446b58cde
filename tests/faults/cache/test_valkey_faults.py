"""Valkey killed, started again, standing still, emptied and slow under load: calls go on, and hardly notice."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.external.servers import Server
from tests.faults.cache.processes import processes
from tests.faults.conftest import Show
from tests.faults.steady_load import Answered, Load, percentile, session
from tests.valkey import ValkeyServer

RATE = 200.0
PHASE = 4.0  # seconds
OPENS_WITHIN = 1.0  # seconds until the breaker is open
ADDED = 0.005  # seconds that calls may take longer then


class Journal:
    """What was done to Valkey, and when."""

    def __init__(self) -> None:
        self.spans: dict[str, tuple[float, float]] = {}

    @contextlib.asynccontextmanager
    async def phase(self, name: str, seconds: float = PHASE) -> AsyncGenerator[None]:
        """A stretch of time in which something is so."""
        start = time.monotonic()
        yield
        await asyncio.sleep(max(0.0, start + seconds - time.monotonic()))  # the load goes on meanwhile
        self.spans[name] = (start, time.monotonic())

    def settled(self, name: str, load: Load) -> list[Answered]:
        """What was sent in a phase, once the breaker had time to open."""
        start, end = self.spans[name]
        return load.between(start + OPENS_WITHIN, end)


async def _do_all(valkey: ValkeyServer, journal: Journal) -> None:
    async with journal.phase("usual"):
        pass
    async with journal.phase("killed"):
        await asyncio.to_thread(valkey.kill)
    async with journal.phase("back"):
        await asyncio.to_thread(valkey.start)
    async with journal.phase("stopped"):
        freeze = valkey.frozen()
        freeze.__enter__()
    async with journal.phase("awake"):
        freeze.__exit__(None, None, None)
    async with journal.phase("emptied", 2.0):
        await asyncio.to_thread(valkey.command, "FLUSHALL")
    async with journal.phase("slow"):
        for _ in range(8):
            await asyncio.to_thread(valkey.command, "CLIENT", "PAUSE", "500", "ALL")
            await asyncio.sleep(0.5)  # as long as it is slow


@pytest.mark.timeout(180)
async def test_calls_go_on_whatever_happens_to_valkey(
    mortal_valkey: ValkeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: Show
) -> None:
    journal = Journal()
    with processes(2, tmp_path, monkeypatch, valkey_url=mortal_valkey.url) as servers:
        async with session() as http:
            load = Load(http)
            sending = asyncio.create_task(
                load.steady(lambda number: _note(servers, number), rate=RATE, seconds=6 * PHASE + 2.5)
            )
            await _do_all(mortal_valkey, journal)
            await sending
    good = sum(answer.status == 200 for answer in load.answered)
    usual = percentile(journal.settled("usual", load), 0.99)
    figures = Counter({"calls": len(load.answered), "answered 200": good})
    for name in journal.spans:
        figures[f"microseconds p99, {name}"] = int(1e6 * percentile(journal.settled(name, load), 0.99))
    show("Valkey's faults under load on 2 processes", figures)

    assert good >= 0.999 * len(load.answered)
    for name in ("killed", "stopped"):
        assert percentile(journal.settled(name, load), 0.99) <= usual + ADDED


def _note(servers: list[Server], number: int) -> str:
    """Half the calls ask for what is kept, half for something new."""
    name = "kept" if number % 4 < len(servers) else f"new{number}"
    return f"{servers[number % len(servers)].url}/quick?name={name}"
