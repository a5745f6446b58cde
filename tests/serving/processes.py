"""``plugwright serve`` in a process of its own, and plain connections to it."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import IO, Any, Final

from pydantic_core import from_json, to_json

from tests.external.servers import (
    HOST,
    PLUGWRIGHT,
    ROOT,
    Server,
    environment,
    free_port,
    stop,
    text_of,
    wait_until_live,
)
from tests.serving.held import TARGET

WITHIN: Final = 20.0  # seconds; a bound for a busy machine


@dataclass(frozen=True)
class Serving:
    """A running ``plugwright serve``."""

    server: Server
    process: subprocess.Popen[bytes]
    output: IO[bytes]

    async def ended(self) -> int:
        """Its exit code, once it has one."""
        return await asyncio.to_thread(self.process.wait, WITHIN)

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return text_of(self.output)


@contextlib.contextmanager
def serve(*options: str, target: str = TARGET, port: int | None = None, **settings: str) -> Generator[Serving]:
    """Serve a plugin while the block runs, on a port of its own if none is given."""
    given = {f"PLUGWRIGHT_{name.upper()}": value for name, value in settings.items()}
    server = Server(port or free_port())
    command = [PLUGWRIGHT, "serve", target, "--host", HOST, "--port", str(server.port), *options]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment() | given, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            wait_until_live(process, server, output)
            yield Serving(server, process, output)
        finally:
            stop(process)


class Wire:
    """One connection, which says GET and takes the replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def ask(self, target: str) -> None:
        """Send a request."""
        self._writer.write(f"GET {target} HTTP/1.1\r\nhost: {HOST}\r\n\r\n".encode())

    async def post(self, target: str, content: object) -> tuple[int, dict[str, str], Any]:
        """Send JSON, and take the reply."""
        body = to_json(content)
        head = f"POST {target} HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/json\r\n"
        self._writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        return await self.reply()

    async def reply(self) -> tuple[int, dict[str, str], Any]:
        """Status, headers and content of the next reply."""
        async with asyncio.timeout(WITHIN):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        content = from_json(body) if headers.get("content-type") == "application/json" else body.decode()
        return int(head[0].split()[1]), headers, content

    async def get(self, target: str) -> tuple[int, dict[str, str], Any]:
        """One request and its reply."""
        self.ask(target)
        return await self.reply()

    async def is_closed_by_server(self) -> bool:
        """Whether nothing more comes."""
        async with asyncio.timeout(WITHIN):
            return not await self._reader.read(1)

    def close(self) -> None:
        """Leave."""
        self._writer.close()


@contextlib.asynccontextmanager
async def connected(server: Server) -> AsyncGenerator[Wire]:
    """A connection while the block runs."""
    wire = Wire(*await asyncio.open_connection(HOST, server.port))
    try:
        yield wire
    finally:
        wire.close()


async def get(server: Server, target: str) -> tuple[int, dict[str, str], Any]:
    """One request over a connection of its own."""
    async with connected(server) as wire:
        return await wire.get(target)


async def is_refused(server: Server) -> bool:
    """Whether nobody listens any more."""
    try:
        async with connected(server):
            return False
    except (ConnectionRefusedError, ConnectionResetError):  # reset: the socket closed in that moment
        return True


async def poll(is_so: Callable[[], Awaitable[bool]], within: float = WITHIN) -> None:
    """Return as soon as something is so."""
    deadline = time.monotonic() + within
    while not await is_so():
        assert time.monotonic() < deadline, f"not within {within} s"
        await asyncio.sleep(0.01)
