"""The first requests of an application, which it sends to itself before anybody else may."""

import asyncio

from plugwright.errors import SetupError
from plugwright.web.asgi import ASGIApp, Message

_PING = b'{"jsonrpc":"2.0","id":"self-test","method":"ping"}'
_TYPES = [(b"content-type", b"application/json"), (b"accept", b"application/json, text/event-stream")]
_FIRST = (("GET", "/openapi.json", b""), ("POST", "/mcp", _PING))
_BROKEN = 500
_WITHIN = 10.0  # seconds


async def check_first_requests(app: ASGIApp, host: str) -> None:
    """Send requests of both kinds, documents and calls, through all of an application.

    Raises:
        SetupError: it does not answer one as it should.
    """
    for method, path, body in _FIRST:
        try:
            async with asyncio.timeout(_WITHIN):
                status = await _status_of(app, method, path, body, host)
        except TimeoutError:
            raise SetupError(f"the plugin did not answer its own first request for {path} in {_WITHIN:g} s") from None
        if status >= _BROKEN:
            raise SetupError(f"the plugin answered its own first request for {path} with status {status}")


async def _status_of(app: ASGIApp, method: str, path: str, body: bytes, host: str) -> int:
    replies: list[Message] = []
    requests: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if requests:
            return requests.pop()
        return await asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        replies.append(message)

    scope: Message = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", host.encode()), (b"content-length", b"%d" % len(body)), *_TYPES],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
    await app(scope, receive, send)
    return replies[0]["status"] if replies else _BROKEN
