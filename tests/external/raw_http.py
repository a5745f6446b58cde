"""HTTP over a bare socket: requests that no client would send, and whatever comes back."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.external.servers import HOST, Server

WITHIN = 20.0
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class RawReply:
    """The first reply on a connection; status 0: none came before the connection ended."""

    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        """The body as data."""
        return json.loads(self.body)


def exchange(server: Server, *pieces: bytes, ends: bool = False) -> RawReply:
    """Send bytes, piece by piece, and read one reply.

    Args:
        server: who answers.
        pieces: what is sent, each in a packet of its own.
        ends: whether the client says that nothing more will come.
    """
    with socket.create_connection((HOST, server.port), timeout=WITHIN) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was refused before it was whole
        return _read(connection)


def _read(connection: socket.socket) -> RawReply:
    held = b""
    while not _is_whole(held):
        try:
            part = connection.recv(65536)
        except ConnectionError:
            break
        if not part:
            break
        held += part
    head, _, body = held.partition(b"\r\n\r\n")
    return RawReply(int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/1.1 ") else 0, head, body)


def _is_whole(held: bytes) -> bool:
    head, end, body = held.partition(b"\r\n\r\n")
    if not end:
        return False
    found = _LENGTH.search(head + b"\r\n")
    if found is not None:
        return len(body) >= int(found[1])
    return body.endswith(b"0\r\n\r\n") or b" 204 " in head[:16] or b" 304 " in head[:16]


def request(method: bytes, target: bytes, headers: Sequence[bytes] = (), body: bytes = b"") -> bytes:
    """A request with a Host and, where it has a body, its length."""
    length = [b"Content-Length: %d" % len(body)] if body else []
    return b"\r\n".join([b"%b %b HTTP/1.1" % (method, target), b"Host: 127.0.0.1", *headers, *length, b"", body])


def post(target: bytes, body: bytes, *headers: bytes) -> bytes:
    """A POST of JSON, or what claims to be."""
    return request(b"POST", target, [b"Content-Type: application/json", *headers], body)


def mcp(body: bytes, version: bytes = b"2025-06-18") -> bytes:
    """A POST to MCP in a handshake revision."""
    return post(b"/mcp", body, b"Accept: application/json, text/event-stream", b"MCP-Protocol-Version: " + version)


def chunked(pieces: Sequence[bytes]) -> bytes:
    """A body in pieces (RFC 9112 §7.1)."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece) + b"0\r\n\r\n"
