"""Reading a request's body: bounded in bytes and in time."""

import time
from collections.abc import Awaitable
from typing import Any

from plugwright.errors import PayloadTooLarge, RequestTimeout
from plugwright.web.asgi import Message, Receive
from plugwright.web.deadline import ClientGone, DeadlinePassed, finish_within, run_within

_DIGITS = 18  # more than any body has bytes


async def read_body(receive: Receive, declared: bytes | None, *, limit: int, seconds: float) -> bytes:
    """The whole body; ``declared`` is its Content-Length.

    Raises:
        PayloadTooLarge: it is longer than ``limit`` bytes.
        RequestTimeout: it did not arrive within ``seconds``.
        ClientGone: the client left.
    """
    if declared is not None and declared.isdigit() and (len(declared) > _DIGITS or int(declared) > limit):
        raise PayloadTooLarge(f"The body is larger than {limit} bytes")
    reading = receive()
    try:
        # A small body is there already when the request is: no timer, no coroutine of ours.
        waiting = reading.send(None)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType] servers give coroutines
    except StopIteration as done:
        if not done.value.get("more_body") and done.value["type"] == "http.request":
            return _bounded(done.value.get("body", b""), limit)
        rest = _read(receive, done.value, limit)
        return await _in_time(run_within(rest, time.monotonic() + seconds, None), seconds)
    first = finish_within(reading, waiting, time.monotonic() + seconds, None)  # pyright: ignore[reportArgumentType, reportUnknownArgumentType] as above
    message = await _in_time(first, seconds)
    return await _in_time(run_within(_read(receive, message, limit), time.monotonic() + seconds, None), seconds)


async def _in_time(work: Awaitable[Any], seconds: float) -> Any:
    try:
        return await work
    except DeadlinePassed:
        raise RequestTimeout(f"The body did not arrive within {seconds:g} s") from None


async def _read(receive: Receive, message: Message, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGone
        part: bytes = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > limit or not message.get("more_body", False):
            return _bounded(b"".join(parts), limit)
        message = await receive()


def _bounded(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise PayloadTooLarge(f"The body is larger than {limit} bytes")
    return body
