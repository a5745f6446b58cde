"""uvicorn's HTTP protocol: raw URLs and refused requests as a person at a terminal meets them, and joined writes."""

import asyncio
import re
import secrets
from typing import cast
from urllib.parse import quote_from_bytes

from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from plugwright.cli.joined_writes import JoinedWrites

_REQUEST_LINE = re.compile(rb"([A-Z]+ )(\S+)( HTTP/1\.[01])")
_ASCII = bytes(range(0x21, 0x7F)).decode()


class HttpProtocol(HttpToolsProtocol):
    """Accepts URLs with raw UTF-8, as curl sends ``?city=東京``; refuses what is no HTTP with a JSON body."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] as uvicorn declares it
        """Serve a connection, joining what is written to it."""
        self._writes = JoinedWrites(transport, self.loop)
        super().connection_made(cast("asyncio.Transport", self._writes))

    def on_response_complete(self) -> None:
        """Send a reply as soon as it is whole."""
        self._writes.flush()
        super().on_response_complete()

    def eof_received(self) -> None:
        """Send what waits before the transport closes, since the client sends no more."""
        self._writes.flush()
        super().eof_received()

    def data_received(self, data: bytes) -> None:
        """Take what came in; the target of a request line is percent-encoded first where it is not ASCII."""
        if not data.isascii() and (self.cycle is None or not self.cycle.more_body):  # pyright: ignore[reportUnnecessaryComparison] it is None before the first request
            data = with_ascii_target(data)
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Answer what could not be read as HTTP, and close."""
        body = to_json({"error": msg, "code": "bad_request", "request_id": secrets.token_hex(8)})
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()


def with_ascii_target(data: bytes) -> bytes:
    """The bytes of a request, its target percent-encoded (RFC 3986 §2.5); other bytes as they are."""
    line, end, rest = data.partition(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line) if end else None
    if found is None:
        return data
    return found[1] + quote_from_bytes(found[2], safe=_ASCII).encode("ascii") + found[3] + end + rest
