"""Reading a request's body: bounded in bytes and in time."""

import asyncio

from plugwright.errors import PayloadTooLarge, RequestTimeout
from plugwright.web.asgi import Receive


class Disconnected(BaseException):
    """The client left before its body was complete. Not an `Exception`: nobody is there to tell."""


async def read_body(receive: Receive, *, limit: int, seconds: float) -> bytes:
    """The whole body.

    Raises:
        PayloadTooLarge: it is longer than ``limit`` bytes.
        RequestTimeout: it did not arrive within ``seconds``.
        Disconnected: the client left.
    """
    parts: list[bytes] = []
    size = 0
    more = True
    try:
        async with asyncio.timeout(seconds):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                more = message.get("more_body", False)
                if size > limit:
                    raise PayloadTooLarge(f"The body is larger than {limit} bytes")
    except TimeoutError:
        raise RequestTimeout(f"The body did not arrive within {seconds:g} s") from None
    return parts[0] if len(parts) == 1 else b"".join(parts)
