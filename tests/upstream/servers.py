"""Small servers on loopback for the tests of fetching: each answers with bytes written in the test."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """What arrived at a server: one entry a connection, the head of its request."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.port = 0
        self.requests: list[bytes] = []
        self.bodies: list[bytes] = []

    @property
    def origin(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def reply(body: bytes, *, status: str = "200 OK", media_type: str = "application/json", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n{more}\r\n".encode() + body


def answering(data: bytes) -> Answer:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return answer


@asynccontextmanager
async def serving(answer: Answer, host: str = "127.0.0.1") -> AsyncGenerator[Server]:
    """Serve until the block ends."""
    server = Server(host)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            server.requests.append(head)
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            server.bodies.append(await reader.readexactly(int(length[0].split(b":")[1])) if length else b"")
            await answer(head, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(handle, host, 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()


@asynccontextmanager
async def canary(host: str, port: int = 0) -> AsyncGenerator[Server]:
    """Listen, and record every connection, even one that sends nothing."""
    server = Server(host)

    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.requests.append(b"connected")
        writer.close()

    listening = await asyncio.start_server(handle, host, port)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await listening.wait_closed()
