"""Operations over HTTP: one endpoint per path, one compiled plan per method."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from plugwright.calls.deadline import ClientGone
from plugwright.calls.plan import Plan
from plugwright.errors import (
    InvalidInput,
    MalformedJSON,
    MethodNotAllowed,
    NotAcceptable,
    PlugwrightError,
    UnsupportedMediaType,
)
from plugwright.operations.operation import Operation
from plugwright.calls.exchange import OneWayExchange
from plugwright.protocols.rest.query import ReadQuery, compile_query
from plugwright.web.asgi import Headers, Receive, Scope, Send
from plugwright.web.bodies import Disconnected, read_body
from plugwright.web.origins import Origins
from plugwright.web.replies import JSON, send_error, send_reply

PathEndpoint = Callable[[Scope, Receive, Send, Sequence[str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RestLimits:
    """What a request may cost: bytes of body, and seconds for it to arrive."""

    body_bytes: int
    body_seconds: float


@dataclass(frozen=True, slots=True)
class _Method:
    """One operation behind one method: how its input is read, and its plan."""

    run: Callable[[bytes | str, Any, str], Awaitable[bytes]]
    read_query: ReadQuery | None
    path_parameters: tuple[str, ...]
    is_empty: bool


def compile_endpoint(
    operations: Mapping[str, tuple[Operation, Plan]],
    *,
    origins: Origins,
    limits: RestLimits,
    next_request_id: Callable[[], str],
) -> PathEndpoint:
    """The endpoint of one path; ``operations`` holds operation and plan by HTTP method."""
    methods = {
        method: _Method(
            plan.run,
            compile_query(operation) if operation.takes_query else None,
            operation.path_parameters,
            operation.output.is_nothing,
        )
        for method, (operation, plan) in operations.items()
    }
    if "GET" in methods:
        methods["HEAD"] = methods["GET"]
    allow = ", ".join(sorted({*methods, "OPTIONS"}))

    async def serve(scope: Scope, receive: Receive, send: Send, path_values: Sequence[str]) -> None:
        origin = accept = content_type = content_encoding = None
        for name, value in scope["headers"]:
            if name == b"accept":
                accept = value
            elif name == b"origin":
                origin = value
            elif name == b"content-type":
                content_type = value
            elif name == b"content-encoding":
                content_encoding = value
        cors: Headers = []
        if origin is not None and origins.allows(origin):
            cors = origins.cors_headers(origin)
        request_id = next_request_id()
        method = methods.get(scope["method"])
        try:
            if method is None:
                if scope["method"] == "OPTIONS":
                    await _send_options(scope, send, origins, allow, origin if cors else None)
                    return
                raise MethodNotAllowed(
                    f"{scope['method']} is not served at this path; it takes {allow}", allow=allow
                )
            if accept is not None and not accepts_json(accept):
                raise NotAcceptable("The answer is application/json, which the Accept header excludes")
            if method.read_query is not None:
                raw: bytes | str = method.read_query(scope["query_string"], path_values)
            else:
                check_content_type(content_type, content_encoding)
                body = await read_body(receive, limit=limits.body_bytes, seconds=limits.body_seconds)
                raw = _with_path(body, method.path_parameters, path_values, scope["query_string"])

            async def gone() -> None:
                while (await receive())["type"] != "http.disconnect":
                    pass

            reply = await method.run(raw, OneWayExchange("rest", gone), request_id)
        except PlugwrightError as error:
            await send_error(send, error, request_id, cors)
            return
        except (ClientGone, Disconnected):
            return
        headers = [JSON, (b"x-request-id", request_id.encode()), *cors]
        if method.is_empty:
            await send_reply(send, 204, headers[1:], b"")
        else:
            await send_reply(send, 200, headers, reply)

    return serve


async def _send_options(scope: Scope, send: Send, origins: Origins, allow: str, origin: bytes | None) -> None:
    asked = dict(scope["headers"])
    headers: Headers = [(b"allow", allow.encode())]
    if origin is not None and b"access-control-request-method" in asked:
        headers += origins.preflight_headers(origin, asked, allow.encode())
    await send_reply(send, 204, headers, b"")


def accepts_json(accept: bytes) -> bool:
    """Whether an Accept header (RFC 9110 §12.5.1) admits ``application/json``."""
    if accept == b"*/*" or accept == b"application/json":
        return True
    best: tuple[int, float] = (-1, 0.0)
    for part in accept.decode("latin-1").lower().split(","):
        kind, *parameters = [piece.strip() for piece in part.split(";")]
        rank = {"*/*": 0, "application/*": 1, "application/json": 2}.get(kind, -1)
        if rank > best[0]:
            best = (rank, _quality(parameters))
    return best[1] > 0


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def check_content_type(content_type: bytes | None, content_encoding: bytes | None) -> None:
    """Refuse a body that is not plain UTF-8 JSON.

    Raises:
        UnsupportedMediaType: another media type, another charset, or a content encoding.
    """
    if content_encoding is not None and content_encoding.lower() != b"identity":
        raise UnsupportedMediaType("Send the body without a Content-Encoding")
    if content_type == b"application/json":
        return
    kind, *parameters = (content_type or b"").decode("latin-1").lower().split(";")
    if kind.strip() != "application/json":
        raise UnsupportedMediaType("Send the body as Content-Type: application/json")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType("Send the body as UTF-8")


def _with_path(body: bytes, names: Sequence[str], values: Sequence[str], query: bytes) -> bytes:
    if query:
        raise InvalidInput("This operation takes its input as a JSON body, not in the query string")
    if not names:
        return body or b"{}"
    try:
        data = from_json(body or b"{}", allow_inf_nan=False)
    except ValueError as error:
        raise MalformedJSON(f"The body is not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise InvalidInput("Invalid input: body: Must be a JSON object")
    fields: dict[str, Any] = data  # pyright: ignore[reportUnknownVariableType] keys of a JSON object are texts
    for name, value in zip(names, values, strict=True):
        if name in fields:
            raise InvalidInput(f"Invalid input: {name}: It belongs in the path")
        fields[name] = value
    return to_json(fields)
