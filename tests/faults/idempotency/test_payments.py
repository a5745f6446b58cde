"""Calls with idempotency keys, to real processes that are killed, or that get them all at once."""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Final
from uuid import uuid4

import aiohttp
import pytest
from pydantic import SecretStr

from plugwright.settings import Settings
from plugwright.testing import Client, Reply
from tests.external.servers import HOST, PLUGWRIGHT, ROOT, Server, environment, free_port, serving, wait_until_live
from tests.faults.conftest import Show
from tests.faults.idempotency.payments import FILE, TAKES, paid, plugin

TARGET: Final = "tests.faults.idempotency.payments:plugin"
SECRET: Final = "a secret of these tests, long enough to be one"  # noqa: S105 of these tests only
LEASE: Final = 61.0  # seconds: of a run whose operation has 30
KILLS: Final = 12
SEED: Final = 14


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where payments are noted."""
    file = tmp_path / "payments"
    monkeypatch.setenv(FILE, str(file))
    return file


async def pay(http: aiohttp.ClientSession, server: Server, key: str, number: int) -> tuple[int, bytes]:
    """Pay a bill: the status and the body; 0 where the server is gone."""
    try:
        request = http.post(f"{server.url}/pay", json={"number": number}, headers={"Idempotency-Key": key})
        async with request as reply:
            return reply.status, await reply.read()
    except aiohttp.ClientError:
        return 0, b""


@pytest.mark.timeout(120)
async def test_two_processes_that_get_one_call_a_hundred_times_run_it_once(
    database_url: str, file: Path, show: Show
) -> None:
    settings = {"database_url": database_url, "secret": SECRET, "call_log": "false"}
    with serving(TARGET, **settings) as one, serving(TARGET, **settings) as other:
        async with aiohttp.ClientSession() as http:
            figures: Counter[str] = Counter()
            for number in range(10):
                key = str(uuid4())
                replies = await asyncio.gather(*(pay(http, server, key, number) for server in (one, other) * 50))
                again = [await pay(http, server, key, number) for server in (one, other)]
                assert {status for status, _ in replies} <= {200, 409}
                assert {body for status, body in replies if status == 200} == {body for _, body in again}
                figures.update(f"answered {status}" for status, _ in replies)

    show("ten calls, each made a hundred times at once over two processes", figures)
    assert paid(file) == dict.fromkeys(range(10), 1)


@contextlib.contextmanager
def mortal(**settings: str) -> Generator[tuple[Server, subprocess.Popen[bytes]]]:
    """A server that may be killed while the block runs."""
    given = {f"PLUGWRIGHT_{name.upper()}": value for name, value in settings.items()}
    server = Server(free_port())
    arguments = [PLUGWRIGHT, "serve", TARGET, "--host", HOST, "--port", str(server.port)]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            arguments, cwd=ROOT, env=environment() | given, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            wait_until_live(process, server, output)
            yield server, process
        finally:
            process.kill()
            process.wait()


@pytest.mark.timeout(180)
async def test_a_call_whose_process_is_killed_in_the_middle_is_never_run_twice(
    database_url: str, file: Path, show: Show
) -> None:
    moments = random.Random(SEED)  # noqa: S311 no secret
    figures: Counter[str] = Counter()
    for number in range(KILLS):
        key = str(uuid4())
        with mortal(database_url=database_url, secret=SECRET, call_log="false") as (server, process):
            async with aiohttp.ClientSession() as http:
                call = asyncio.create_task(pay(http, server, key, number))
                await asyncio.sleep(moments.uniform(0, 3 * TAKES))  # the moment of the kill
                process.kill()
                status, body = await call
        soon = await repeated(database_url, key, number, after=0)
        later = await repeated(database_url, key, number, after=LEASE)
        times = paid(file)[number]
        figures[f"paid {times} times, {status or 'no answer'}: {code(soon)}, then {code(later)}"] += 1
        assert times <= 1
        assert status == 0 or (later.status, later.body) == (status, body)
        assert later.status == 409 or times == 1

    show(f"{KILLS} kills, seed {SEED}", figures)


async def repeated(database_url: str, key: str, number: int, *, after: float) -> Reply:
    """The reply to a repeat of a call, from a server of so many seconds later."""
    settings = Settings(database_url=SecretStr(database_url), secret=SecretStr(SECRET), call_log=False)
    client = Client(plugin, settings)
    client.app = plugin.asgi(settings, now=lambda: time.time() + after)
    async with client:
        return await client.post("/pay", json={"number": number}, headers={"idempotency-key": key})


def code(reply: Reply) -> str:
    """How a reply is told."""
    return "answered" if reply.status == 200 else reply.json()["code"]
