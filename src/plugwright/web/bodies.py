"""Reading a request's body: bounded in bytes and in time."""

import time
from dataclasses import dataclass

from plugwright.errors import PayloadTooLarge, RequestTimeout
from plugwright.web.asgi import Receive
from plugwright.web.deadline import ClientGone, DeadlinePassed, finish_within

_DIGITS = 18  # more than any body has bytes


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may cost: bytes, and seconds for the whole of it to arrive."""

    max_bytes: int
    seconds: float


async def read_body(receive: Receive, declared: bytes | None, limits: BodyLimits) -> bytes:
    """The whole body; ``declared`` is its Content-Length.

    Raises:
        PayloadTooLarge: it is longer than the limit.
        RequestTimeout: it did not arrive in time.
        ClientGone: the client left.
    """
    limit = limits.max_bytes
    if declared is not None and declared.isdigit() and (len(declared) > _DIGITS or int(declared) > limit):
        raise _too_large(limit)
    work = _read(receive, limit)
    try:
        waiting = work.send(None)
    except StopIteration as done:
        return done.value  # most bodies are there already
    try:
        return await finish_within(work, waiting, time.monotonic() + limits.seconds, None)
    except DeadlinePassed:
        raise RequestTimeout(f"The body did not arrive within {limits.seconds:g} s") from None


async def _read(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join([*parts, part]) if parts else part
        parts.append(part)


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"The body is larger than {limit} bytes")
