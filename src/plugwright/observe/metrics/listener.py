"""``/metrics`` on a port of its own: HTTP enough for a scrape, and nothing else to be reached there.

Every process of a command listens on the port (SO_REUSEPORT), and whichever answers tells of all.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plugwright.errors import SetupError
from plugwright.observe.metrics.scrapes import Scrapes

_MOST_BYTES = 16 * 1024
_PATIENCE = 5.0  # seconds for a request to arrive, and for its answer to be taken
_MOST_OPEN = 20
_TARGET = re.compile(rb"(GET|HEAD) (?:http://[^/ ]*)?/metrics(?:\?[^ ]*)? HTTP/1\.[01]")
_ACCEPT = re.compile(rb"^accept:[ \t]*(.*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)


class MetricsListener:
    """Answers scrapes on an address of its own while `running`."""

    def __init__(self, scrapes: Scrapes, host: str, port: int) -> None:
        self._scrapes = scrapes
        self._host = host
        self._port = port
        self._open = 0

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Listen.

        Raises:
            SetupError: the address cannot be used; the message says why.
        """
        listening = listen(self._host, self._port, shared=True)
        server = await asyncio.start_server(self._serve, sock=listening, limit=_MOST_BYTES)
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= _MOST_OPEN:
                async with asyncio.timeout(_PATIENCE):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(await self._answer(head))
                    await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asks badly is not answered
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, head: bytes) -> bytes:
        line, _, fields = head.partition(b"\r\n")
        wanted = _TARGET.fullmatch(line)
        if wanted is None:
            return _reply("404 Not Found", "text/plain; charset=utf-8", b"Figures are at /metrics\n")
        accept = b", ".join(_ACCEPT.findall(fields)).decode("latin-1")
        try:
            body, media_type = await self._scrapes.page(accept)
        except OSError:
            problem = b"The figures of the other processes cannot be read now\n"
            return _reply("503 Service Unavailable", "text/plain; charset=utf-8", problem)
        return _reply("200 OK", media_type, body, with_body=wanted[1] == b"GET")


def listen(host: str, port: int, *, shared: bool) -> socket.socket:
    """A socket that listens there; ``shared`` with other processes of the same user.

    Raises:
        SetupError: the address cannot be used; the message says why.
    """
    listening: socket.socket | None = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared and hasattr(socket, "SO_REUSEPORT"):
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        if listening is not None:
            listening.close()
        raise SetupError(
            f"cannot listen on {host}:{port} for metrics: {error.strerror}; choose another PLUGWRIGHT_METRICS_PORT"
        ) from None
    return listening


def _reply(status: str, media_type: str, body: bytes, *, with_body: bool = True) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {len(body)}\r\n"
        "cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + (body if with_body else b"")
