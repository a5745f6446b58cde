"""Bare ASGI: sends prepared bytes and does nothing else. Every other subject is held against it.

The reply is that of the subject in question, recorded by the runner and named by ``BENCH_REPLY``.
"""

import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, TypeAlias

Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]


def recorded_reply(path: Path) -> tuple[Event, Event]:
    """Make the two ASGI events that answer a recorded reply."""
    reply = json.loads(path.read_text(encoding="utf-8"))
    body = reply["body"].encode()
    headers = [
        (b"content-type", reply["content_type"].encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    start = {"type": "http.response.start", "status": reply["status"], "headers": headers}
    return start, {"type": "http.response.body", "body": body}


START, BODY = recorded_reply(Path(os.environ["BENCH_REPLY"]))


async def get(_scope: Event, _receive: Receive, send: Send) -> None:
    """Answer at once."""
    await send(START)
    await send(BODY)


async def post(_scope: Event, receive: Receive, send: Send) -> None:
    """Read the whole request body, then answer."""
    while True:
        event = await receive()
        if not event.get("more_body", False):
            break
    await send(START)
    await send(BODY)
