"""Requests that the testing client cannot make: repeated headers, bodies in pieces, raw paths."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plugwright.web.asgi import ASGIApp, Headers, Message


@dataclass(frozen=True, slots=True)
class RawReply:
    """Everything that an application sent."""

    messages: Sequence[Message]

    @property
    def status(self) -> int:
        """The status; 0 when nothing was sent."""
        return self.messages[0]["status"] if self.messages else 0

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    def header(self, name: bytes) -> list[bytes]:
        """Every value of a header."""
        return [value for key, value in self.messages[0]["headers"] if key == name]


async def send_raw(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    headers: Headers | None = None,
    body: Sequence[bytes] = (b"",),
    ends: bool = True,
    leaves: bool = False,
    host: bytes | None = b"127.0.0.1:8000",
) -> RawReply:
    """One request as an ASGI server hands it over.

    Args:
        app: the application.
        method: the HTTP method.
        path: the decoded path.
        query: the raw query string.
        headers: lower-case names and values.
        body: the pieces that arrive.
        ends: whether the last piece is the end of the body; otherwise the rest never comes.
        leaves: whether the client leaves after the last piece.
        host: the Host header before the others, if any.
    """
    sent: list[Message] = []
    pieces: list[Message] = [{"type": "http.request", "body": piece, "more_body": True} for piece in body]
    if ends:
        pieces[-1]["more_body"] = False

    async def receive() -> Message:
        if pieces:
            return pieces.pop(0)
        if not leaves:
            await asyncio.Event().wait()  # for ever
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "root_path": "",
        "headers": [*([] if host is None else [(b"host", host)]), *(headers or [])],
    }
    await app(scope, receive, send)
    return RawReply(sent)
