"""Sending a whole reply, and the reply that REST gives to every error."""

import math

from plugwright.errors import AccessRefused, KeptFailure, MethodNotAllowed, PlugwrightError, TooManyCalls
from plugwright.operations.visible_text import encode_clean
from plugwright.web.asgi import Headers, Send

JSON = (b"content-type", b"application/json")
REPLAYED = (b"idempotency-replayed", b"true")
"""Said of a reply that an earlier call with the same idempotency key got."""
_PAUSES = frozenset({429, 503})


async def send_reply(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send status, headers, content length and body."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})


def error_body(error: PlugwrightError, request_id: str) -> bytes:
    """An error as JSON: ``error``, ``code``, ``request_id``, ``details`` when there are any, when to try again."""
    if isinstance(error, KeptFailure):
        return error.body
    content: dict[str, object] = {"error": error.message, "code": error.code, "request_id": request_id}
    if error.details:
        content["details"] = [{"field": item.field, "problem": item.problem} for item in error.details]
    if isinstance(error, TooManyCalls):
        content |= {"limit": error.limit, "remaining": error.remaining, "reset": error.reset}
    if error.retry_after is not None:
        content["retry_after"] = _pause(error)
    return encode_clean(content)


def _pause(error: PlugwrightError) -> int:
    """Whole seconds after which a repeat makes sense."""
    return 1 if error.retry_after is None else max(1, math.ceil(error.retry_after))


def error_headers(error: PlugwrightError, request_id: str) -> Headers:
    """Headers of an error reply: never cached, with Retry-After, Allow and WWW-Authenticate where they belong."""
    headers: Headers = [JSON, (b"cache-control", b"no-store"), (b"x-request-id", request_id.encode())]
    if error.retry_after is not None or (error.retryable and error.status in _PAUSES):
        headers.append((b"retry-after", b"%d" % _pause(error)))
    if isinstance(error, MethodNotAllowed):
        headers.append((b"allow", error.allow.encode()))
    if isinstance(error, AccessRefused) and error.challenge is not None:
        headers.append((b"www-authenticate", error.challenge.encode()))
    if isinstance(error, TooManyCalls):
        headers += error.headers
    if isinstance(error, KeptFailure):
        headers.append(REPLAYED)
    return headers


async def send_error(send: Send, error: PlugwrightError, request_id: str, extra: Headers | None = None) -> None:
    """Send an error in the one form that every REST error has."""
    await send_reply(
        send, error.status, [*error_headers(error, request_id), *(extra or [])], error_body(error, request_id)
    )
