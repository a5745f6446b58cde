"""MCP over stateless Streamable HTTP: the checks of one POST, the cheapest first.

Specification 2026-07-28 and 2025-11-25, basic/transports. Both eras share the endpoint; nothing depends on the
connection or on an earlier request.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from plugwright.errors import MethodNotAllowed, NotAcceptable, OriginRefused, PlugwrightError
from plugwright.json_types import is_array
from plugwright.protocols.mcp.batches import answer_batch
from plugwright.protocols.mcp.envelopes import request_of
from plugwright.protocols.mcp.event_stream import EventStream
from plugwright.protocols.mcp.jsonrpc import INVALID_REQUEST, RpcError, decode, error_reply, id_of
from plugwright.protocols.mcp.request import Request
from plugwright.protocols.mcp.server import McpServer, Reply
from plugwright.web.asgi import Headers, Message, Receive, Scope, Send
from plugwright.web.bodies import BodyLimits, read_body
from plugwright.web.callers import Callers
from plugwright.web.deadline import ClientGone, client_left
from plugwright.web.headers import header_map
from plugwright.web.media import accepts_events, accepts_json, check_json_body
from plugwright.web.replies import JSON, error_headers, send_reply

_ALLOW = "POST, OPTIONS"
_NO_CORS: Headers = []
_MOST_KNOWN = 1024  # so that callers cannot grow what is remembered


class McpEndpoint:
    """The ASGI endpoint at ``/mcp``."""

    def __init__(
        self,
        server: McpServer,
        *,
        callers: Callers,
        limits: BodyLimits,
        next_request_id: Callable[[], str],
    ) -> None:
        self._server = server
        self._callers = callers
        self._origins = callers.origins
        self._limits = limits
        self._next_request_id = next_request_id
        self._admitted: set[tuple[bytes | str | None, ...]] = set()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = header_map(scope["headers"])
        cors = _NO_CORS
        try:
            caller = (
                scope["method"],
                headers.get(b"host"),
                headers.get(b"origin"),
                headers.get(b"content-type"),
                headers.get(b"content-encoding"),
                headers.get(b"accept"),
            )
            if caller not in self._admitted:
                cors = self._check_caller(headers)
                if scope["method"] != "POST":
                    await self._serve_other(scope["method"], headers, send, cors)
                    return
                _check_media(headers)
                if not cors and len(self._admitted) < _MOST_KNOWN:
                    self._admitted.add(caller)
            body = await read_body(receive, headers.get(b"content-length"), self._limits)
            found = self._read(body, headers, scope["headers"])
            if isinstance(found, Request):
                if found.revision.is_modern:
                    # A handshake client's dropped connection is no cancellation; its deadline ends the call.
                    found.gone = partial(client_left, receive)
                if found.wants_notifications and accepts_events(headers.get(b"accept")):
                    await self._answer_with_notifications(found, send, cors)
                    return
                found = self._server.begin(found)
            start, end = _reply(found if isinstance(found, tuple) else await found, cors)
            await send(start)
            await send(end)
        except PlugwrightError as error:
            reply = error_reply(None, INVALID_REQUEST, error.message, {"code": error.code})
            await send_reply(send, error.status, [*error_headers(error, self._next_request_id()), *cors], reply)
        except ClientGone:
            return

    def _read(
        self, body: bytes, headers: dict[bytes, bytes], header_list: Headers
    ) -> Request | Reply | Awaitable[Reply]:
        """The request in a body, or the reply where there is none."""
        message = None
        try:
            message = decode(body)
            if is_array(message):
                return answer_batch(self._server, message, headers, self._next_request_id)
            return request_of(message, headers, header_list, self._next_request_id) or (202, b"")
        except RpcError as error:
            return error.status, error_reply(id_of(message), error.code, error.message, error.data)

    def _check_caller(self, headers: dict[bytes, bytes]) -> Headers:
        self._callers.check_host(headers.get(b"host"))
        origin = headers.get(b"origin")
        if origin is None:
            return []
        cors = self._origins.reply_headers(origin)
        if not cors:
            raise OriginRefused("Pages of that Origin may not call this server; its operator can allow it")
        return cors

    async def _serve_other(self, method: str, headers: dict[bytes, bytes], send: Send, cors: Headers) -> None:
        if method != "OPTIONS":
            raise MethodNotAllowed(f"{method} is not served here; MCP takes POST", allow="POST")
        allow = _ALLOW.encode()
        if cors:
            cors = self._origins.preflight_headers(headers, allow)
        await send_reply(send, 204, [(b"allow", allow), *cors], b"")

    async def _answer_with_notifications(self, request: Request, send: Send, cors: Headers) -> None:
        stream = request.notifier = EventStream(send, cors)
        try:
            status, reply = await self._server.answer(request)
        except BaseException:
            stream.abandon()
            raise
        if stream.has_started:
            await stream.finish(reply)
        else:
            start, end = _reply((status, reply), cors)
            await send(start)
            await send(end)


def _check_media(headers: dict[bytes, bytes]) -> None:
    check_json_body(headers.get(b"content-type"), headers.get(b"content-encoding"))
    if not accepts_json(headers.get(b"accept")):
        raise NotAcceptable("The answer is application/json, which the Accept header excludes")


def _reply(reply: Reply, cors: Headers) -> tuple[Message, Message]:
    status, body = reply
    headers: Headers = [(b"content-length", b"%d" % len(body)), *cors]
    if body:
        headers.append(JSON)
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
