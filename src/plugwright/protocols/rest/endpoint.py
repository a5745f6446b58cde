"""Operations over HTTP: one endpoint per path, one compiled plan per method."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from plugwright.auth.gate import Gate
from plugwright.calls.exchange import RestExchange
from plugwright.calls.idempotency import told_again
from plugwright.calls.limits import Limiter
from plugwright.calls.plan import Begin, Keyed, Plan, Suspended
from plugwright.errors import (
    AccessRefused,
    Detail,
    InvalidInput,
    MalformedJSON,
    MethodNotAllowed,
    NotAcceptable,
    OriginRefused,
    PlugwrightError,
)
from plugwright.json_types import is_object
from plugwright.observe.events import Arrival
from plugwright.operations.operation import Operation
from plugwright.operations.texts import Encode, text_encoders
from plugwright.protocols.rest.answers import Answer, LongAnswer, compile_answer, compressed
from plugwright.protocols.rest.query import ReadQuery, compile_query
from plugwright.web.asgi import Headers, Receive, Scope, Send
from plugwright.web.bodies import BodyLimits, read_body
from plugwright.web.callers import Callers
from plugwright.web.compression import NEVER, SHORT, Compressor
from plugwright.web.deadline import ClientGone
from plugwright.web.headers import header_map
from plugwright.web.known import may_remember
from plugwright.web.media import accepts_json, check_json_body
from plugwright.web.replies import send_error, send_reply

_NO_CONTENT = 204
_NO_CORS: Headers = []
_REFUSED: Headers = [(b"vary", b"Origin")]


@dataclass(frozen=True, slots=True)
class _Method:
    """One operation behind one method: how its input is read, and its plan."""

    begin: Begin
    finish: Callable[[Suspended], Awaitable[Any]]
    read_query: ReadQuery | None
    path_encoders: Sequence[tuple[str, Encode]]
    answer: Answer
    answer_long: LongAnswer
    short: int
    is_safe: bool
    admitted: dict[tuple[bytes | None, bytes | None, bytes | None], Headers]
    refuse: Callable[[PlugwrightError, Arrival], None]
    gate: Gate | None
    limiter: Limiter | None
    keyed: Keyed | None

    def remember(self, caller: tuple[bytes | None, bytes | None, bytes | None], cors: Headers) -> None:
        """Note that such a caller may call, and which headers their replies have."""
        if may_remember(self.admitted, *caller):
            self.admitted[caller] = cors


class PathEndpoint:
    """The endpoint of one path."""

    __slots__ = ("_allow", "_callers", "_limits", "_methods", "_next_request_id", "_origins")

    def __init__(
        self,
        operations: Mapping[str, tuple[Operation, Plan]],
        *,
        gates: Mapping[str, Gate],
        callers: Callers,
        limits: BodyLimits,
        next_request_id: Callable[[], str],
        now: Callable[[], float],
        compressor: Compressor | None = None,
    ) -> None:
        self._methods = {
            method: _compile(operation, plan, gates.get(operation.name), now, compressor)
            for method, (operation, plan) in operations.items()
        }
        if "GET" in self._methods:
            self._methods["HEAD"] = self._methods["GET"]
        self._allow = ", ".join(sorted({*self._methods, "OPTIONS"}))
        self._callers = callers
        self._origins = callers.origins
        self._limits = limits
        self._next_request_id = next_request_id

    async def serve(self, scope: Scope, receive: Receive, send: Send, path_values: Sequence[str] = ()) -> None:
        """Serve one request; ``path_values`` are those of the path's parameters, in order."""
        headers = header_map(scope["headers"])
        method = self._methods.get(scope["method"])
        if method is None:
            await self._serve_other(scope, headers, send)
            return
        caller = (headers.get(b"host"), headers.get(b"accept"), headers.get(b"origin"))
        cors = method.admitted.get(caller)
        exchange = RestExchange(self._next_request_id, receive, scope["headers"])
        has_begun = False
        try:
            if cors is None:
                cors = self._cors(headers)
                self._admit(method, headers)
                method.remember(caller, cors)
            gate = method.gate
            if gate is not None:
                authorization = headers.get(b"authorization")
                exchange.principal = gate.known(authorization) or await gate.admit(authorization)
            if method.limiter is not None:
                exchange.address = self._callers.addresses.of(scope, headers)
                limited = method.limiter.admit(exchange.principal, exchange.address)
                cors = [*cors, *(limited if isinstance(limited, list) else await limited)]
                exchange.reply_headers = cors
            read = method.read_query
            raw = (
                read(scope["query_string"], path_values)
                if read
                else await self._read(method, scope, headers, receive, path_values)
            )
            has_begun = True
            if method.keyed is None or (key := headers.get(b"idempotency-key")) is None:
                reply = method.begin(raw, exchange)
                if type(reply) is Suspended:
                    reply = await method.finish(reply)
            else:
                reply = await method.keyed(raw, exchange, key.decode("latin-1"))
                cors = [*cors, *told_again(reply)]
        except PlugwrightError as error:
            self._note(method, error, exchange, has_begun=has_begun)
            await send_error(send, error, exchange.request_id, cors)
        except ClientGone:
            return
        else:
            start, body = (
                method.answer(reply, cors, headers)
                if len(reply) <= method.short
                else await method.answer_long(reply, cors, headers)
            )
            await send(start)
            await send(body)

    def _note(self, method: _Method, error: PlugwrightError, exchange: RestExchange, *, has_begun: bool) -> None:
        if not has_begun:
            method.refuse(error, exchange)
        if isinstance(error, AccessRefused) and method.gate is not None:
            method.gate.explained(error)

    def _cors(self, headers: Mapping[bytes, bytes]) -> Headers:
        origin = headers.get(b"origin")
        return _NO_CORS if origin is None else self._origins.reply_headers(origin) or _REFUSED

    def _admit(self, method: _Method, headers: Mapping[bytes, bytes]) -> None:
        """Refuse callers that may not call, or that do not take the answer."""
        self._callers.check_host(headers.get(b"host"))
        if not accepts_json(headers.get(b"accept")):
            raise NotAcceptable("The answer is application/json, which the Accept header excludes")
        if not method.is_safe and b"origin" in headers and not self._origins.allows(headers[b"origin"]):
            # A page may send a request whose answer it cannot read; what changes something must not run.
            raise OriginRefused("Pages of that Origin may not call this operation; its operator can allow it")

    async def _read(
        self, method: _Method, scope: Scope, headers: dict[bytes, bytes], receive: Receive, path_values: Sequence[str]
    ) -> bytes:
        if scope["query_string"]:
            raise _misplaced("query", "This operation takes its input as a JSON body, not in the query string")
        body = await read_body(receive, headers.get(b"content-length"), self._limits)
        if body:
            check_json_body(headers.get(b"content-type"), headers.get(b"content-encoding"))
            if b"NaN" in body or b"Infinity" in body:
                _parsed(body)
        else:
            body = b"{}"  # an operation without required inputs may be called without a body
        return _with_path(body, method.path_encoders, path_values) if path_values else body

    async def _serve_other(self, scope: Scope, headers: dict[bytes, bytes], send: Send) -> None:
        method = scope["method"]
        cors = self._cors(headers)
        if method != "OPTIONS":
            refusal = f"{method} is not served at this path; it takes {self._allow}"
            await send_error(send, MethodNotAllowed(refusal, allow=self._allow), self._next_request_id(), cors)
            return
        allow = self._allow.encode()
        if len(cors) > 1 and b"access-control-request-method" in headers:
            cors = self._origins.preflight_headers(headers, allow)
        await send_reply(send, _NO_CONTENT, [(b"allow", allow), *cors], b"")


def _compile(
    operation: Operation, plan: Plan, gate: Gate | None, now: Callable[[], float], compressor: Compressor | None
) -> _Method:
    encoders = text_encoders(operation.input)
    answer = compile_answer(operation, now)
    return _Method(
        plan.begin,
        plan.finish,
        compile_query(operation) if operation.takes_query else None,
        [(name, encoders[name]) for name in operation.path_parameters],
        answer,
        compressed(answer, compressor),
        NEVER if compressor is None else SHORT,
        operation.read_only,
        {},
        plan.refuse,
        gate,
        plan.limiter,
        plan.keyed,
    )


def _parsed(body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedJSON(f"The body is not valid JSON: {error}") from None


def _with_path(body: bytes, encoders: Sequence[tuple[str, Encode]], values: Sequence[str]) -> bytes:
    data = _parsed(body)
    if not is_object(data):
        raise _misplaced("body", "Must be a JSON object")
    for (name, encode), value in zip(encoders, values, strict=True):
        if name in data:
            raise _misplaced(name, "It belongs in the path, not in the body")
        data[name] = from_json(encode(value))
    return to_json(data)


def _misplaced(field: str, problem: str) -> InvalidInput:
    return InvalidInput(f"Invalid input: {field}: {problem}", details=[Detail(field, problem)])
