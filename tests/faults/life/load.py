"""Steady load: clients that keep a connection, that make one for each call, and that open one long before they use it.

They go on until they are told, and what fails is counted: a call fails if it has no whole answer of status 200.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.external.servers import HOST, Server

WITHIN: Final = 10.0  # seconds for one call
LONGEST_DWELL: Final = 0.4  # seconds that an open connection is not used; less than a server that ends waits for it
LONGEST_PAUSE: Final = 0.006  # seconds of the others between two calls: the load is steady, and leaves room to start
KEEPING, FRESH, DAWDLING = 6, 4, 6  # clients of each kind
WRITES: Final = 0.1  # of all calls
REST: Final = 0.1  # seconds before a client tries again after a failure

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Failed(Exception):
    """A call without an answer, or with a wrong one."""


@dataclass
class Load:
    """What the clients know. ``servers`` are those that take new connections."""

    servers: Sequence[Server]
    rng: random.Random
    answered: int = 0
    kept: set[int] = field(default_factory=set[int])
    failures: list[str] = field(default_factory=list[str])
    in_a_row: int = 0  # the most failures of one client without an answer between them
    workers: Counter[int] = field(default_factory=Counter[int])
    is_over: bool = False
    slowest: float = 0.0
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def until(self, answered: int, within: float) -> None:
        """Wait until so many calls were answered."""
        async with asyncio.timeout(within):
            while self.answered < answered:  # noqa: ASYNC110 a count, looked at now and then
                await asyncio.sleep(0.02)

    async def run(self, kind: str) -> None:
        """One client."""
        streams: Streams | None = None
        failures = 0
        while not self.is_over:
            try:
                streams = streams or await self._connect()
                may_go_on = await self._call(*streams, kind)
                failures = 0
            except (Failed, OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.failures.append(f"{kind}: {type(error).__name__} {error}")
                failures += 1
                self.in_a_row = max(self.in_a_row, failures)
                may_go_on = False
                await asyncio.sleep(REST)
            if streams is not None and (kind != "keeping" or not may_go_on):
                streams[1].close()
                streams = None
        if streams is not None:
            streams[1].close()

    async def _connect(self) -> Streams:
        servers = self.rng.sample(list(self.servers), len(self.servers))
        for server in servers:
            try:
                return await asyncio.open_connection(HOST, server.port)
            except ConnectionRefusedError:
                continue
        raise Failed("nobody listens")

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kind: str) -> bool:
        """One call; whether its connection can be used again."""
        await asyncio.sleep(self.rng.uniform(0, LONGEST_DWELL if kind == "dawdling" else LONGEST_PAUSE))
        number = next(self._numbers) if self.rng.random() < WRITES else None
        began = time.monotonic()
        writer.write(_request(number))
        async with asyncio.timeout(WITHIN):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            body = await reader.readexactly(length)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if not head.startswith("http/1.1 200 "):
            raise Failed(f"{head[:12]} {body[:200]!r}")
        self.answered += 1
        if number is None:
            self.workers[json.loads(body)] += 1
        else:
            self.kept.add(number)
        return "connection: close" not in head


def _request(number: int | None) -> bytes:
    if number is None:
        return f"GET /whoami HTTP/1.1\r\nhost: {HOST}\r\n\r\n".encode()
    body = json.dumps({"number": number}).encode()
    head = (
        f"POST /keep HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@asynccontextmanager
async def steady_load(servers: Sequence[Server], seed: int) -> AsyncGenerator[Load]:
    """Clients at work while the block runs."""
    load = Load(servers, random.Random(seed))  # noqa: S311 moments that can be had again
    kinds = ["keeping"] * KEEPING + ["fresh"] * FRESH + ["dawdling"] * DAWDLING
    clients = [asyncio.create_task(load.run(kind)) for kind in kinds]
    try:
        yield load
    finally:
        load.is_over = True
        await asyncio.gather(*clients)
