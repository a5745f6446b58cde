"""MCP over stateless Streamable HTTP: the checks of one POST, the cheapest first.

Specification 2026-07-28 and 2025-11-25, basic/transports. Both eras share the endpoint; nothing depends on the
connection or on an earlier request.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from plugwright.auth.gate import Gate
from plugwright.errors import MalformedCredentials, MethodNotAllowed, NotAcceptable, OriginRefused, PlugwrightError
from plugwright.json_types import is_array
from plugwright.principal import Principal
from plugwright.protocols.mcp.batches import answer_batch
from plugwright.protocols.mcp.envelopes import request_of
from plugwright.protocols.mcp.event_stream import EventStream
from plugwright.protocols.mcp.jsonrpc import INVALID_REQUEST, RpcError, decode, error_reply, id_of
from plugwright.protocols.mcp.request import Request
from plugwright.protocols.mcp.server import McpServer, Reply
from plugwright.web.asgi import Headers, Message, Receive, Scope, Send
from plugwright.web.bodies import BodyLimits, read_body
from plugwright.web.callers import Callers
from plugwright.web.compression import NEVER, SHORT, VARY, Compressor, coded_headers
from plugwright.web.deadline import ClientGone, client_left
from plugwright.web.headers import header_map
from plugwright.web.known import may_remember
from plugwright.web.media import accepts_events, accepts_json, check_json_body
from plugwright.web.replies import JSON, error_headers, send_reply

_ALLOW = "POST, OPTIONS"
_NO_CORS: Headers = []


class McpEndpoint:
    """The ASGI endpoint at ``/mcp``."""

    def __init__(
        self,
        server: McpServer,
        *,
        callers: Callers,
        limits: BodyLimits,
        next_request_id: Callable[[], str],
        compressor: Compressor | None = None,
    ) -> None:
        self._server = server
        self._front = server.guards.front
        self._gate = server.guards.any_gate
        self._callers = callers
        self._origins = callers.origins
        self._limits = limits
        self._compressor = compressor
        self._short = NEVER if compressor is None else SHORT
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
            is_new = caller not in self._admitted
            if is_new:
                cors = self._check_caller(headers)
                if scope["method"] != "POST":
                    await self._serve_other(scope["method"], headers, send, cors)
                    return
            principal = None if self._gate is None else await self._identified(scope, headers, self._gate)
            if is_new:
                self._admit(caller, headers, cors)
            body = await read_body(receive, headers.get(b"content-length"), self._limits)
            request = None
            found = self._read(body, headers, scope, principal)
            if isinstance(found, Request):
                request = found
                self._sign(request, scope, headers, principal)
                if found.revision.is_modern:
                    # A handshake client's dropped connection is no cancellation; its deadline ends the call.
                    found.gone = partial(client_left, receive)
                if (
                    found.wants_notifications
                    and self._server.may_notify(found)
                    and accepts_events(headers.get(b"accept"))
                ):
                    await self._answer_with_notifications(found, send, headers, cors)
                    return
                found = self._server.begin(found)
            reply = found if isinstance(found, tuple) else await found
            start, end = _reply(reply, cors, request)
            if len(reply[1]) > self._short:
                await self._compress(start, end, headers)
            await send(start)
            await send(end)
        except PlugwrightError as error:
            refusal = error_reply(None, INVALID_REQUEST, error.message, {"code": error.code})
            await send_reply(send, error.status, [*error_headers(error, self._next_request_id()), *cors], refusal)
        except ClientGone:
            return

    async def _identified(self, scope: Scope, headers: dict[bytes, bytes], gate: Gate) -> Principal | None:
        """Who calls, where nobody else may so much as look."""
        front = self._front
        if b"access_token=" in scope["query_string"]:
            # RFC 6750 §2.3: what stands in a URL is in logs and histories.
            raise gate.explained(
                MalformedCredentials("Send the token in the Authorization header, never in the query string")
            )
        if front is None:
            return None
        authorization = headers.get(b"authorization")
        return front.known(authorization) or await front.admit(authorization)

    def _read(
        self, body: bytes, headers: dict[bytes, bytes], scope: Scope, principal: Principal | None
    ) -> Request | Reply | Awaitable[Reply]:
        """The request in a body, or the reply where there is none."""
        message = None
        try:
            message = decode(body)
            if is_array(message):
                return self._answer_batch(message, headers, scope, principal)
            return request_of(message, headers, scope["headers"], self._next_request_id) or (202, b"")
        except RpcError as error:
            return error.status, error_reply(id_of(message), error.code, error.message, error.data)

    def _admit(self, caller: tuple[bytes | str | None, ...], headers: dict[bytes, bytes], cors: Headers) -> None:
        _check_media(headers)
        if not cors and may_remember(self._admitted, *caller):
            self._admitted.add(caller)

    def _answer_batch(
        self, messages: list[Any], headers: dict[bytes, bytes], scope: Scope, principal: Principal | None
    ) -> Awaitable[Reply]:
        def sign(request: Request) -> None:
            self._sign(request, scope, headers, principal)

        return answer_batch(self._server, messages, headers, self._next_request_id, sign)

    def _sign(self, request: Request, scope: Scope, headers: dict[bytes, bytes], principal: Principal | None) -> None:
        """Note who sent a request."""
        request.principal = principal
        request.authorization = headers.get(b"authorization")
        request.header_list = scope["headers"]
        if self._server.has_limits:
            request.address = self._callers.addresses.of(scope, headers)

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

    async def _answer_with_notifications(
        self, request: Request, send: Send, headers: dict[bytes, bytes], cors: Headers
    ) -> None:
        stream = request.notifier = EventStream(send, cors)
        try:
            status, reply = await self._server.answer(request)
        except BaseException:
            stream.abandon()
            raise
        if stream.has_started:
            await stream.finish(reply)
        else:
            start, end = _reply((status, reply), cors, request)
            if len(reply) > self._short:
                await self._compress(start, end, headers)
            await send(start)
            await send(end)

    async def _compress(self, start: Message, end: Message, asked: dict[bytes, bytes]) -> None:
        """Compress a long reply, which no cache keeps as such: it holds the id of its request."""
        found = self._compressor and await self._compressor.reply(end["body"], asked.get(b"accept-encoding"))
        if not found:
            start["headers"].append(VARY)
            return
        coding, end["body"] = found
        kept = [header for header in start["headers"] if header[0] != b"content-length"]
        start["headers"] = [*kept, (b"content-length", b"%d" % len(end["body"])), *coded_headers(coding)]


def _check_media(headers: dict[bytes, bytes]) -> None:
    check_json_body(headers.get(b"content-type"), headers.get(b"content-encoding"))
    if not accepts_json(headers.get(b"accept")):
        raise NotAcceptable("The answer is application/json, which the Accept header excludes")


def _reply(reply: Reply, cors: Headers, request: Request | None) -> tuple[Message, Message]:
    status, body = reply
    headers: Headers = [(b"content-length", b"%d" % len(body)), *cors]
    if request is not None and request.reply_headers is not None:
        headers += request.reply_headers
    if body:
        headers.append(JSON)
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
