"""A proxy that breaks what goes through it: one fault a request, as its plan says."""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["pass", "delay", "reset", "half_close", "truncate", "garbage", "black_hole", "drip", "busy"]


@dataclass(frozen=True)
class Fault:
    """What happens to a request; ``seconds`` is the delay, the time between two bytes, or the Retry-After."""

    kind: Kind
    seconds: float = 0.0


PASS = Fault("pass")
FAULTS = (
    Fault("delay", 30),
    Fault("reset"),
    Fault("half_close"),
    Fault("truncate"),
    Fault("garbage"),
    Fault("black_hole"),
    Fault("drip", 0.1),
    Fault("busy", 0),
    Fault("busy", 30),
)


class FaultProxy:
    """Counts requests and connections; ``plan`` says what happens to the request of a number, counted from 0."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.plan: Callable[[int], Fault] = lambda _: PASS
        self.requests = 0
        self.connections = 0
        self.url = ""
        self.arrived = asyncio.Event()
        self._target = target
        self._ends = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = asyncio.create_task(self._serve(reader, writer))
        self._open.add(connection)
        connection.add_done_callback(self._open.discard)

    async def end(self) -> None:
        """Let go of every connection, whatever its fault holds it for."""
        self._ends.set()
        for connection in self._open:
            connection.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing():
                request = await _message(reader)
                fault = self.plan(self.requests)
                self.requests += 1
                self.arrived.set()
                await self._answer(fault, request, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            await _close(writer)

    async def _answer(
        self, fault: Fault, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        match fault.kind:
            case "reset":
                # Closing with unsent time zero is a reset
                connection: socket.socket = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            case "half_close":
                writer.write_eof()
                await self._until_left(reader)
            case "black_hole":
                await self._until_left(reader)
            case "garbage":
                writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not HTTP at all\r\n\r\n")
                writer.close()
            case "busy":
                head = (
                    f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {fault.seconds:g}\r\nContent-Length: 0\r\n\r\n"
                )
                writer.write(head.encode())
            case _:
                await self._forward(fault, request, reader, writer)

    async def _forward(
        self, fault: Fault, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if fault.kind == "delay" and await self._until_left(reader, fault.seconds):
            writer.close()
            return
        reply = await self._ask(request)
        if fault.kind == "truncate":
            writer.write(reply[:-1])
            writer.close()
        elif fault.kind == "drip":
            for byte in reply:
                writer.write(bytes([byte]))
                if await self._until_left(reader, fault.seconds):
                    break
            writer.close()
        else:
            writer.write(reply)
            await writer.drain()

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self._target)
        try:
            writer.write(request)
            return await _message(reader)
        finally:
            await _close(writer)

    async def _until_left(self, reader: asyncio.StreamReader, seconds: float | None = None) -> bool:
        """Whether the client left, or the test ended, within some seconds."""
        waits: set[asyncio.Task[Any]] = {asyncio.create_task(reader.read(1)), asyncio.create_task(self._ends.wait())}
        done, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for waiting in pending:
            waiting.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        return bool(done)


@asynccontextmanager
async def fault_proxy(target: tuple[str, int]) -> AsyncGenerator[FaultProxy]:
    """A proxy in front of a server, until the block ends."""
    proxy = FaultProxy(target)
    listening = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        listening.close()
        await proxy.end()
        await listening.wait_closed()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + (await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b"")
