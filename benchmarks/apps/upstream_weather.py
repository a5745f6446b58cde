"""The service that the proxying subjects ask: bare ASGI over the same table, so that it is never what is slow."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from work import look_up

Event: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]


def _answer(query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
    city, units = query.get("city", [""])[0], query.get("units", ["metric"])[0]
    if not 1 <= len(city) <= 100 or units not in {"metric", "imperial"}:
        return 400, {"error": "city and units are wanted"}
    weather = look_up(city, "metric" if units == "metric" else "imperial")
    return (404, {"error": "no such city"}) if weather is None else (200, weather.model_dump())


async def app(scope: Event, _receive: Receive, send: Send) -> None:
    """Answer ``GET /v1/weather``."""
    status, answer = _answer(parse_qs(scope["query_string"].decode()))
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
