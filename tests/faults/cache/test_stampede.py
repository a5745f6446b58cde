"""Stampedes on two processes with a real Valkey: cold, at expiry, and with an origin that fails."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from pathlib import Path

import pytest

from tests.external.servers import Server
from tests.faults.cache.notes import TAKES, TTL, let_fail, reads_in
from tests.faults.cache.processes import processes
from tests.faults.conftest import Show
from tests.faults.steady_load import Load, session
from tests.valkey import ValkeyServer

CALLERS = 500


@pytest.mark.parametrize("count", [1, 2])
async def test_of_500_cold_calls_one_runs_the_handler(
    count: int, valkey: ValkeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: Show
) -> None:
    figures: Counter[str] = Counter()
    settings = {"valkey_url": valkey.url} if count > 1 else {}
    with processes(count, tmp_path, monkeypatch, **settings) as servers:
        for round_ in range(5):
            async with session() as http:
                load = Load(http)
                await asyncio.gather(*(load.send(_note(servers, number, f"cold{round_}")) for number in range(CALLERS)))
            figures["calls"] += CALLERS
            figures["answered 200"] += sum(answer.status == 200 for answer in load.answered)
    figures["handler runs"] = reads_in(tmp_path)
    show(f"Cold stampedes on {count} process(es), 5 keys", figures)

    assert figures["answered 200"] == 5 * CALLERS
    assert figures["handler runs"] == 5


async def test_at_expiry_none_waits_and_with_a_failing_origin_the_old_answer_serves_on(
    valkey: ValkeyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: Show
) -> None:
    with processes(2, tmp_path, monkeypatch, valkey_url=valkey.url) as servers:
        async with session() as http:
            load = Load(http)
            for server in servers:
                await load.send(f"{server.url}/slow?name=a")
            load.answered.clear()
            await load.steady(lambda number: _note(servers, number, "a"), rate=100, seconds=4 * TTL)
            renewed = reads_in(tmp_path)
            fresh, load.answered = load.answered, []
            let_fail(tmp_path)
            await load.steady(lambda number: _note(servers, number, "a"), rate=100, seconds=3 * TTL)
    longest = max(answer.seconds for answer in itertools.chain(fresh, load.answered))
    figures = Counter(
        {
            "calls over several expiries": len(fresh),
            "handler runs in that time": renewed,
            "calls while the origin failed": len(load.answered),
            "milliseconds of the slowest call": int(longest * 1000),
        }
    )
    show(f"At expiry on 2 processes, a handler that takes {TAKES * 1000:g} ms", figures)

    assert {answer.status for answer in [*fresh, *load.answered]} == {200}
    assert longest < TAKES
    assert 3 <= renewed <= 7  # of one answer in four times its life


def _note(servers: list[Server], number: int, name: str) -> str:
    return f"{servers[number % len(servers)].url}/slow?name={name}"
