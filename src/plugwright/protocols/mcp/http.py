"""MCP over stateless Streamable HTTP: the checks of one POST, in the order of their cost.

Specification 2026-07-28 and 2025-11-25, basic/transports. Both eras share the endpoint; nothing depends on the
connection or on an earlier request.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from plugwright.calls.deadline import ClientGone
from plugwright.errors import (
    HostRefused,
    MethodNotAllowed,
    NotAcceptable,
    OriginRefused,
    PlugwrightError,
    UnsupportedMediaType,
)
from plugwright.protocols.mcp.event_stream import EventStream
from plugwright.protocols.mcp.jsonrpc import (
    HEADER_MISMATCH,
    INVALID_REQUEST,
    RpcError,
    decode,
    error_reply,
    id_of,
)
from plugwright.protocols.mcp.parameter_headers import decode_header
from plugwright.protocols.mcp.request import (
    VERSION_KEY,
    Request,
    check_shape,
    is_notification,
    legacy_request,
    legacy_revision,
    meta_of,
    modern_envelope,
    modern_request,
    unsupported_version,
)
from plugwright.protocols.mcp.revisions import MODERN, REVISIONS, WITHOUT_HEADER, Revision
from plugwright.protocols.mcp.server import McpServer
from plugwright.web.asgi import Headers, Receive, Scope, Send
from plugwright.web.bodies import Disconnected, read_body
from plugwright.web.hosts import Hosts
from plugwright.web.origins import Origins
from plugwright.web.replies import JSON, error_headers, send_reply

_ALLOW = "POST, OPTIONS"
_PARAMETER = b"mcp-param-"
_ROUTING = frozenset({b"mcp-protocol-version", b"mcp-method", b"mcp-name"})
_READ = frozenset({b"host", b"origin", b"content-type", b"content-encoding", b"accept", *_ROUTING})
_TARGETS = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_BATCH = 20  # messages in one batch of revision 2025-03-26


@dataclass(slots=True)
class _Headers:
    """The headers that the endpoint reads; ``repeated`` names routing headers given twice."""

    values: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    parameters: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    repeated: bytes | None = None

    def text(self, name: bytes) -> str | None:
        """A header's value without surrounding blanks."""
        value = self.values.get(name)
        return None if value is None else value.strip(b" \t").decode("latin-1")


class McpEndpoint:
    """The ASGI endpoint at ``/mcp``."""

    def __init__(
        self,
        server: McpServer,
        *,
        hosts: Hosts,
        origins: Origins,
        body_bytes: int,
        body_seconds: float,
        next_request_id: Callable[[], str],
    ) -> None:
        self._server = server
        self._hosts = hosts
        self._origins = origins
        self._body_bytes = body_bytes
        self._body_seconds = body_seconds
        self._next_request_id = next_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = _read_headers(scope)
        request_id = self._next_request_id()
        cors: Headers = []
        try:
            cors = self._check_caller(headers)
            if scope["method"] != "POST":
                await self._send_options(scope, send, cors)
                return
            can_stream = _check_media(headers)
            body = await read_body(receive, limit=self._body_bytes, seconds=self._body_seconds)
            message = decode(body)
            if isinstance(message, list):
                await self._answer_batch(message, headers, request_id, send, cors)
            else:
                await self._answer(message, headers, request_id, receive, send, cors, can_stream=can_stream)
        except PlugwrightError as error:
            reply = error_reply(None, INVALID_REQUEST, error.message, {"code": error.code})
            await send_reply(send, error.status, [*error_headers(error, request_id), *cors], reply)
        except RpcError as error:
            reply = error_reply(None, error.code, error.message, error.data)
            await send_reply(send, error.status, [JSON, *cors], reply)
        except (ClientGone, Disconnected):
            return

    def _check_caller(self, headers: _Headers) -> Headers:
        if not self._hosts.allows(headers.values.get(b"host")):
            raise HostRefused("This server does not answer to that Host; add it to PLUGWRIGHT_ALLOWED_HOSTS")
        origin = headers.values.get(b"origin")
        if origin is None:
            return []
        if not self._origins.allows(origin):
            raise OriginRefused(
                "Pages of that Origin may not call this server; add it to PLUGWRIGHT_CORS_ORIGINS"
            )
        return self._origins.cors_headers(origin)

    async def _send_options(self, scope: Scope, send: Send, cors: Headers) -> None:
        if scope["method"] != "OPTIONS":
            raise MethodNotAllowed(f"{scope['method']} is not served here; MCP takes POST", allow="POST")
        asked = dict(scope["headers"])
        headers: Headers = [(b"allow", _ALLOW.encode())]
        if cors:
            headers += self._origins.preflight_headers(asked[b"origin"], asked, _ALLOW.encode())
        await send_reply(send, 204, headers, b"")

    async def _answer(
        self,
        message: Any,
        headers: _Headers,
        request_id: str,
        receive: Receive,
        send: Send,
        cors: Headers,
        *,
        can_stream: bool,
    ) -> None:
        stream = EventStream(send, cors) if can_stream else None
        raw_id = id_of(message) if isinstance(message, dict) else None  # pyright: ignore[reportUnknownArgumentType] JSON
        try:
            request = self._request(message, headers, request_id)
            if request is None:
                await send_reply(send, 202, cors, b"")
                return
            request.notifier = stream
            if request.revision.is_modern:
                request.gone = _gone(receive)
            status, reply = await self._server.answer(request)
        except RpcError as error:
            status, reply = error.status, error_reply(raw_id, error.code, error.message, error.data)
        except BaseException:
            if stream is not None:
                stream.abandon()
            raise
        if stream is not None and stream.has_started:
            await stream.finish(reply)
        else:
            await send_reply(send, status, [JSON, *cors], reply)

    def _request(self, message: Any, headers: _Headers, request_id: str) -> Request | None:
        """The request in a message; nothing for what is only to be acknowledged."""
        version = headers.text(b"mcp-protocol-version")
        is_enveloped = isinstance(message, dict) and VERSION_KEY in (meta_of(message) or {})  # pyright: ignore[reportUnknownArgumentType] JSON
        legacy = _legacy_revision(version, is_enveloped=is_enveloped, message=message)
        if legacy is None:
            return _modern(message, headers, version, request_id)
        if (
            isinstance(message, dict)
            and "method" not in message
            and ("result" in message or "error" in message)
        ):
            return None
        fields = check_shape(message)
        if is_notification(fields):
            return None
        return legacy_request(fields, legacy_revision(fields, legacy), request_id, id_of(fields) or b"null")

    async def _answer_batch(
        self, messages: list[Any], headers: _Headers, request_id: str, send: Send, cors: Headers
    ) -> None:
        version = headers.text(b"mcp-protocol-version")
        if version not in {None, WITHOUT_HEADER.version} or not messages:
            raise RpcError(INVALID_REQUEST, "A message must be a JSON object", status=400)
        if len(messages) > _BATCH:
            raise RpcError(INVALID_REQUEST, f"A batch holds at most {_BATCH} messages", status=400)
        replies = await asyncio.gather(*(self._answer_one(message, request_id) for message in messages))
        bodies = [reply for reply in replies if reply is not None]
        if bodies:
            await send_reply(send, 200, [JSON, *cors], b"[%b]" % b",".join(bodies))
        else:
            await send_reply(send, 202, cors, b"")

    async def _answer_one(self, message: Any, request_id: str) -> bytes | None:
        raw_id = id_of(message) if isinstance(message, dict) else None  # pyright: ignore[reportUnknownArgumentType] JSON
        try:
            fields = check_shape(message)
            if is_notification(fields):
                return None
            if fields["method"] == "initialize":
                raise RpcError(INVALID_REQUEST, "initialize may not be part of a batch")
            request = legacy_request(fields, WITHOUT_HEADER, request_id, raw_id or b"null")
        except RpcError as error:
            return error_reply(raw_id, error.code, error.message, error.data)
        return (await self._server.answer(request))[1]


def _gone(receive: Receive) -> Callable[[], Any]:
    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    return gone


def _read_headers(scope: Scope) -> _Headers:
    found = _Headers()
    values = found.values
    for name, value in scope["headers"]:
        if name in _READ:
            if name in values and name in _ROUTING:
                found.repeated = name
            values[name] = value
        elif name.startswith(_PARAMETER):
            if name in found.parameters:
                found.repeated = name
            found.parameters[name] = value
    return found


def _check_media(headers: _Headers) -> bool:
    """Refuse bodies and answers of other forms; tells whether the answer may be a stream."""
    values = headers.values
    content_type = values.get(b"content-type", b"")
    if (
        content_type != b"application/json"
        and content_type.partition(b";")[0].strip().lower() != b"application/json"
    ):
        raise UnsupportedMediaType("Send the body as Content-Type: application/json")
    if values.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding")
    accept = values.get(b"accept")
    if accept is None:
        return True
    kinds = accept.lower()
    is_any = b"*/*" in kinds
    if not is_any and b"application/json" not in kinds and b"application/*" not in kinds:
        raise NotAcceptable("The answer is application/json, which the Accept header excludes")
    return is_any or b"text/event-stream" in kinds or b"text/*" in kinds


def _legacy_revision(version: str | None, *, is_enveloped: bool, message: Any) -> Revision | None:
    """The handshake revision that a message is served as; nothing for the modern era."""
    known = REVISIONS.get(version) if version is not None else None
    if version is None:
        if is_enveloped:
            raise RpcError(HEADER_MISMATCH, "Header MCP-Protocol-Version is missing", status=400)
        return WITHOUT_HEADER
    if known is None or known.is_modern:
        return None
    if is_enveloped:
        claimed = (meta_of(message) or {})[VERSION_KEY]
        if claimed != version:
            raise RpcError(
                HEADER_MISMATCH, "Header MCP-Protocol-Version differs from params._meta", status=400
            )
        raise unsupported_version(version)
    return known


def _modern(message: Any, headers: _Headers, version: str | None, request_id: str) -> Request | None:
    fields = check_shape(message)
    if is_notification(fields):
        return None
    if headers.repeated is not None:
        raise RpcError(
            HEADER_MISMATCH, f"Header {headers.repeated.decode('latin-1')} is given twice", status=400
        )
    if version is not None and version not in REVISIONS and VERSION_KEY not in (meta_of(fields) or {}):
        raise unsupported_version(version)
    claimed, meta = modern_envelope(fields)
    if claimed != version:
        raise RpcError(HEADER_MISMATCH, "Header MCP-Protocol-Version differs from params._meta", status=400)
    _check_routing(fields, headers)
    if claimed != MODERN.version:
        raise unsupported_version(claimed)
    request = modern_request(fields, meta, request_id, id_of(fields) or b"null")
    request.parameter_headers = {
        name.removeprefix(_PARAMETER).decode("latin-1"): decode_header(name.decode("latin-1"), value)
        for name, value in headers.parameters.items()
    }
    return request


def _check_routing(message: dict[str, Any], headers: _Headers) -> None:
    method = message["method"]
    if headers.text(b"mcp-method") != method:
        raise RpcError(HEADER_MISMATCH, "Header Mcp-Method is missing or differs from the method", status=400)
    key = _TARGETS.get(method)
    if key is None:
        return
    raw = headers.values.get(b"mcp-name")
    if raw is None or decode_header("Mcp-Name", raw) != message["params"].get(key):
        raise RpcError(
            HEADER_MISMATCH, f"Header Mcp-Name is missing or differs from params.{key}", status=400
        )
