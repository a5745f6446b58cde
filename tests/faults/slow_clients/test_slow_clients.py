"""A thousand clients that send or read as slowly as they can, by slowhttptest: other callers do not notice."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.external.programs import system_tool
from tests.external.servers import Server, serving
from tests.faults.slow_clients.callers import Fared, call_steadily

CONNECTIONS = 1000
SECONDS = 20
RATE = 50.0  # calls a second of those who are not slow
P99 = 1.0  # seconds, on a machine that the slow clients share
GONE_WITHIN = 45.0  # seconds: a reply that nobody takes is given up after 30
MOST_MEMORY = 800 * 1024 * 1024  # a thousand times the answers that slow readers keep waiting
COUNTED = re.compile(r"^(closed|error|connected|pending|service available):\s+(\S+)", re.MULTILINE)
COLORS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Slow:
    """One way to be slow."""

    name: str
    path: str
    options: tuple[str, ...]


WAYS = [
    Slow("heads", "/add?number=1", ("-H", "-i", "1", "-x", "16")),
    Slow("bodies", "/take", ("-B", "-i", "1", "-s", "100000", "-f", "application/json")),
    Slow("readers", "/tell?length=90000", ("-X", "-k", "10", "-w", "10", "-y", "20", "-n", "5", "-z", "10")),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
async def test_slow_clients_harm_nobody_else(way: Slow, show: Callable[[str, Counter[str]], None]) -> None:
    program = system_tool("slowhttptest")
    with serving("tests.external.hostile:plugin", body_timeout="5", call_log="false") as server:
        before = open_files(server)
        said, fared = await under_attack(server, [program, *way.options])
        held = server.resident_bytes
        left = await files_when_quiet(server, before)
    show(
        f"slow {way.name}: {CONNECTIONS} for {SECONDS} s beside {len(fared.seconds)} calls",
        Counter({f"calls that failed; p99 of the others {fared.quantile(0.99) * 1000:.0f} ms": len(fared.failures)}),
    )
    assert fared.failures == []
    assert len(fared.seconds) > RATE * 3
    assert fared.quantile(0.99) < P99
    assert said["service available"] == "YES"
    assert left <= before + 5
    assert held < MOST_MEMORY


async def under_attack(server: Server, command: list[str]) -> tuple[dict[str, str], Fared]:
    """What slowhttptest says at its end, and how the calls beside it fared."""
    url = server.url + next(way.path for way in WAYS if way.options[0] == command[1])
    over = asyncio.Event()
    options = ["-c", str(CONNECTIONS), "-r", "500", "-l", str(SECONDS), "-p", "3", "-u", url]
    calls = asyncio.create_task(call_steadily(f"{server.url}/add?number=1", rate=RATE, until=over))
    process = await asyncio.create_subprocess_exec(*command, *options, stdout=asyncio.subprocess.PIPE)
    try:
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS + 30)
    finally:
        over.set()
        if process.returncode is None:
            process.kill()
            await process.wait()
    return dict(COUNTED.findall(COLORS.sub("", output.decode()))), await calls


def open_files(server: Server) -> int:
    """How many files and sockets a server has open."""
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


async def files_when_quiet(server: Server, usual: int) -> int:
    """How many are still open once those of the slow clients have had time to close."""
    async with asyncio.timeout(GONE_WITHIN + 30):
        for _ in range(int(GONE_WITHIN)):
            if open_files(server) <= usual + 5:
                break
            await asyncio.sleep(1)
    return open_files(server)
