"""The reply of an operation that went well: its headers, and what caches on the way may do with it (RFC 9111)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic_core import from_json

from plugwright.coordination.replies import StoredReply
from plugwright.operations.caching import Caching
from plugwright.operations.operation import Operation
from plugwright.web.asgi import Headers, Message
from plugwright.web.compression import VARY, Compressor, coded_headers
from plugwright.web.conditional import has_it
from plugwright.web.replies import JSON

Answer = Callable[[Any, Headers, Mapping[bytes, bytes]], tuple[Message, Message]]
"""The two messages of a reply, from its body, its CORS headers, and the headers of the request."""

LongAnswer = Callable[[bytes, Headers, Mapping[bytes, bytes]], Awaitable[tuple[Message, Message]]]
"""The same of a long reply, which may be compressed."""

_NO_STORE = (b"cache-control", b"no-store")
_PRIVATE = (b"cache-control", b"private, no-cache")
_VARY_ORIGIN: Headers = [(b"vary", b"Origin")]
_VARY_CALLER = (b"vary", b"Authorization")
_OK = 200
_ACCEPTED = 202
_OF_BODY = 2  # headers that a reply without a body has not
_EMPTY: Message = {"type": "http.response.body", "body": b""}


def compile_answer(operation: Operation, now: Callable[[], float]) -> Answer:
    """How the answers of one operation are sent."""
    if operation.caching is not None:
        return _kept(operation, operation.caching, now)
    if operation.tells_job:
        return _job(_ACCEPTED if operation.is_background else _OK)
    # What a caller in particular may see is kept by nobody, and what changes something must happen every time.
    is_plain = operation.read_only and operation.access.is_open
    fixed: Headers = [] if is_plain else [_NO_STORE]
    return _nothing(fixed) if operation.output.is_nothing else _made(fixed)


def compressed(answer: Answer, compressor: Compressor | None) -> LongAnswer:
    """How the long answers of an operation are sent: in the coding that the client wants, if any."""

    async def answer_long(reply: bytes, cors: Headers, asked: Mapping[bytes, bytes]) -> tuple[Message, Message]:
        kept = reply if isinstance(reply, StoredReply) else None
        forms = None if kept is None else kept.forms
        found = compressor and await compressor.reply(reply, asked.get(b"accept-encoding"), forms)
        if not found:
            start, body = answer(reply, cors, asked)
            start["headers"].append(VARY)
            return start, body
        coding, form = found
        if kept is None:
            start, body = _coded(answer(reply, cors, asked), form)
        else:
            start, body = answer(kept.coded(coding, form), cors, asked)
        start["headers"] += coded_headers(coding) if body["body"] else [VARY]  # what is not modified has no body
        return start, body

    return answer_long


def _coded(made: tuple[Message, Message], form: bytes) -> tuple[Message, Message]:
    start, body = made
    length = (b"content-length", b"%d" % len(form))
    start["headers"] = [length if header[0] == length[0] else header for header in start["headers"]]
    body["body"] = form
    return start, body


def _made(fixed: Headers) -> Answer:
    def answer(
        reply: bytes,
        cors: Headers,
        asked: Mapping[bytes, bytes],  # noqa: ARG001 one form for all
    ) -> tuple[Message, Message]:
        headers: Headers = [JSON, (b"content-length", b"%d" % len(reply)), *fixed, *cors]
        return (
            {"type": "http.response.start", "status": 200, "headers": headers},
            {"type": "http.response.body", "body": reply},
        )

    return answer


def _job(status: int) -> Answer:
    """Answers that are a job: where to ask for it, and when again. They change by themselves, and nobody keeps them."""

    def answer(
        reply: bytes,
        cors: Headers,
        asked: Mapping[bytes, bytes],  # noqa: ARG001 one form for all
    ) -> tuple[Message, Message]:
        job = from_json(reply)
        headers: Headers = [JSON, (b"content-length", b"%d" % len(reply)), _NO_STORE, *cors]
        if status == _ACCEPTED:
            headers.append((b"location", job["url"].encode()))
        if "retry_after" in job:
            headers.append((b"retry-after", b"%d" % job["retry_after"]))
        return (
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": reply},
        )

    return answer


def _nothing(fixed: Headers) -> Answer:
    def answer(
        reply: bytes,  # noqa: ARG001 one form for all
        cors: Headers,
        asked: Mapping[bytes, bytes],  # noqa: ARG001 one form for all
    ) -> tuple[Message, Message]:
        return {"type": "http.response.start", "status": 204, "headers": [*fixed, *cors]}, _EMPTY

    return answer


def _kept(operation: Operation, caching: Caching, now: Callable[[], float]) -> Answer:
    """Answers that a cache keeps: with their ETag, and for how long others may keep them."""
    is_public = caching.is_for_all and operation.access.is_open
    is_nothing = operation.output.is_nothing
    may_be_known = operation.method == "GET"
    fixed: Headers = [] if operation.access.is_open else [_VARY_CALLER]

    def answer(reply: Any, cors: Headers, asked: Mapping[bytes, bytes]) -> tuple[Message, Message]:
        left = int(reply.fresh_until - now())
        head = reply.head
        if head is None or head[0] != left:
            told = _told(reply, left, is_public=is_public)
            head = reply.head = left, [JSON, (b"content-length", b"%d" % len(reply)), *told, *fixed]
        # Another origin's page gets other headers, whether this request had an Origin or not.
        headers: Headers = [*head[1], *(cors or _VARY_ORIGIN)]
        if may_be_known and b"if-none-match" in asked and has_it(asked[b"if-none-match"], reply.etag):
            return {"type": "http.response.start", "status": 304, "headers": headers[_OF_BODY:]}, _EMPTY
        if is_nothing:
            return {"type": "http.response.start", "status": 204, "headers": headers[_OF_BODY:]}, _EMPTY
        return (
            {"type": "http.response.start", "status": 200, "headers": headers},
            {"type": "http.response.body", "body": reply},
        )

    return answer


def _told(reply: StoredReply, left: int, *, is_public: bool) -> Headers:
    """What caches on the way are told of a reply that is fresh for so many seconds."""
    lasting = max(left, 0)
    headers: Headers = [
        (b"etag", reply.etag),
        (b"cache-control", b"public, max-age=%d, s-maxage=%d" % (lasting, lasting)) if is_public else _PRIVATE,
    ]
    if left < 0:
        headers.append((b"cache-status", b"plugwright; hit; ttl=%d; detail=stale" % left))  # RFC 9211
    return headers
