"""A small real service for the tests of `Upstream`, and time that passes when a test says so."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from plugwright.upstream.timing import Timing

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Service:
    """What it got; where it is."""

    address: tuple[str, int] = ("", 0)
    requests: list[web.Request] = field(default_factory=list[web.Request])
    connections: set[int] = field(default_factory=set[int])

    @property
    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"


@asynccontextmanager
async def service(handle: Handle) -> AsyncGenerator[Service]:
    """Serve until the block ends."""
    served = Service()

    async def record(request: web.Request) -> web.StreamResponse:
        served.requests.append(request)
        served.connections.add(id(request.transport))
        return await handle(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", record)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.address = runner.addresses[0][:2]
    try:
        yield served
    finally:
        await runner.cleanup()


async def echo(request: web.Request) -> web.Response:
    """Answers with what arrived."""
    seen = {
        "method": request.method,
        "target": request.raw_path,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": await request.text(),
    }
    return web.json_response(seen)


def answers(*statuses: int, retry_after: str | None = None) -> Handle:
    """Answers with these statuses in turn, then always with the last."""
    left = list(statuses)

    async def handle(_: web.Request) -> web.Response:
        status = left.pop(0) if len(left) > 1 else left[0]
        headers = {"Retry-After": retry_after} if retry_after is not None and status >= 400 else None
        return web.json_response({"secret words": status}, status=status, headers=headers)

    return handle


class FakeTime:
    """A clock that pauses move."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.pauses: list[float] = []

    def timing(self, *, chance: float = 1.0) -> Timing:
        return Timing(self.clock, self.now, self.sleep, lambda low, high: low + chance * (high - low))

    def clock(self) -> float:
        return self.seconds

    def now(self) -> float:
        return 1_800_000_000.0 + self.seconds

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds
        await asyncio.sleep(0)


def dumped(values: Collection[object]) -> str:
    """Everything as one text, to look for what must not be in it."""
    return json.dumps(list(values), default=str)
