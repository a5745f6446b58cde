"""``tools/list`` and ``tools/call``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from typing import Any

from pydantic_core import from_json, to_json

from plugwright.auth.gate import Gate
from plugwright.calls.idempotency import told_again
from plugwright.calls.plan import Plan, Suspended
from plugwright.calls.questions import InputRequired
from plugwright.errors import (
    AccessRefused,
    KeptFailure,
    MalformedAnswer,
    PlugwrightError,
    TooManyCalls,
    UnsupportedQuestion,
)
from plugwright.json_types import is_object
from plugwright.operations.operation import Operation
from plugwright.operations.parameter_headers import parameter_headers
from plugwright.operations.untrusted import NOTICE
from plugwright.protocols.mcp.blocks import block_for
from plugwright.protocols.mcp.exchange import McpExchange
from plugwright.protocols.mcp.input_required import exchange_for, input_required_result
from plugwright.protocols.mcp.jsonrpc import INVALID_PARAMS, MISSING_CAPABILITY, RpcError
from plugwright.protocols.mcp.paging import PagedList
from plugwright.protocols.mcp.parameter_headers import Wanted, check_parameter_headers, wanted_headers
from plugwright.protocols.mcp.request import IDEMPOTENCY_KEY, Request
from plugwright.protocols.mcp.request_state import StateSealer
from plugwright.protocols.mcp.results import Results
from plugwright.protocols.mcp.revisions import Revision
from plugwright.protocols.mcp.sign_in import Guards, NotAdmitted, not_admitted
from plugwright.protocols.mcp.tool_descriptors import tool_descriptor
from plugwright.web.asgi import Headers
from plugwright.web.replies import JSON, REPLAYED, error_body, error_headers

Split = Callable[[bytes], tuple[bytes, ...]]
"""The JSON of an answer as pieces of a result, to be joined once."""

_TEXT = b'[{"type":"text","text":'
# In a block of its own, which no text before it can forge, and after it, so that it is read last.
_UNTRUSTED = b'},{"type":"text","text":%b}]' % to_json(NOTICE)


@dataclass(frozen=True, slots=True)
class _Tool:
    operation: Operation
    plan: Plan
    headers: Wanted
    modern: Callable[[bytes], bytes]
    legacy: Callable[[bytes, Revision], bytes]
    gate: Gate | None


class Tools:
    """The tools of a plugin: its operations, by name."""

    def __init__(
        self, operations: list[tuple[Operation, Plan]], results: Results, sealer: StateSealer, guards: Guards
    ) -> None:
        self._results = results
        self._asks_by_http = guards.asks_by_http
        self._sealer = sealer
        self._operations = [operation for operation, _ in operations]
        self._lists: dict[str, PagedList] = {}
        self._tools = {
            operation.name: _compile(operation, plan, results, guards.gates.get(operation.name))
            for operation, plan in operations
        }

    def list(self, request: Request) -> bytes:
        """``tools/list``: the same order always."""
        revision = request.revision
        listed = self._lists.get(revision.version)
        if listed is None:
            listed = self._lists[revision.version] = self._encode(revision)
        return self._results.listed(revision, "tools", *listed.page(request.params.get("cursor")))

    def _encode(self, revision: Revision) -> PagedList:
        return PagedList(
            [(operation.name, to_json(tool_descriptor(operation, revision))) for operation in self._operations]
        )

    def call(self, request: Request) -> bytes | Awaitable[bytes]:
        """``tools/call``. What the model can mend is a result with ``isError``; the rest is a protocol error."""
        params = request.params
        name = params.get("name")
        tool = self._tools.get(name) if isinstance(name, str) else None
        if tool is None:
            raise RpcError(INVALID_PARAMS, f"Unknown tool: {name!r}"[:200])
        arguments = params.get("arguments")
        if arguments is None:
            arguments = {}
        elif not is_object(arguments):
            raise RpcError(INVALID_PARAMS, "params.arguments must be an object")
        if tool.headers and request.headers is not None:
            check_parameter_headers(tool.headers, request.headers, arguments)
        gate = tool.gate
        if gate is None:
            return self._run(request, tool, arguments)
        return self._enter(request, tool, gate, arguments)

    def _enter(self, request: Request, tool: _Tool, gate: Gate, arguments: dict[str, Any]) -> bytes | Awaitable[bytes]:
        """Run a call of whoever may; at once where that is known already."""
        try:
            if request.principal is None:
                request.principal = gate.known(request.authorization)
                if request.principal is None:
                    return self._admit(request, tool, gate, arguments)
            else:
                # The front gate knows who calls, but not what this tool needs.
                gate.allowed(request.principal)
        except AccessRefused as error:
            raise self._refused(request, tool, gate, error) from None
        return self._run(request, tool, arguments)

    async def _admit(self, request: Request, tool: _Tool, gate: Gate, arguments: dict[str, Any]) -> bytes:
        try:
            request.principal = await gate.admit(request.authorization)
        except PlugwrightError as error:
            raise self._refused(request, tool, gate, error) from None
        result = self._run(request, tool, arguments)
        return result if isinstance(result, bytes) else await result

    def _refused(self, request: Request, tool: _Tool, gate: Gate, error: PlugwrightError) -> NotAdmitted:
        tool.plan.refuse(error, McpExchange(request))
        return not_admitted(request, error, gate, self._results, asks_by_http=self._asks_by_http)

    def _run(self, request: Request, tool: _Tool, arguments: dict[str, Any]) -> bytes | Awaitable[bytes]:
        limiter = tool.plan.limiter
        if limiter is None:
            return self._begin(request, tool, arguments)
        try:
            limited = limiter.admit(request.principal, request.address)
        except TooManyCalls as error:
            return self._over_limit(request, tool, error)
        if not isinstance(limited, list):
            return self._run_when_admitted(request, tool, arguments, limited)
        request.reply_headers = limited
        return self._begin(request, tool, arguments)

    async def _run_when_admitted(
        self, request: Request, tool: _Tool, arguments: dict[str, Any], limited: Awaitable[Headers]
    ) -> bytes:
        try:
            request.reply_headers = await limited
        except TooManyCalls as error:
            return self._over_limit(request, tool, error)
        result = self._begin(request, tool, arguments)
        return result if isinstance(result, bytes) else await result

    def _over_limit(self, request: Request, tool: _Tool, error: TooManyCalls) -> bytes:
        """A result, as a model can mend it by waiting; its facts are in the HTTP headers as well."""
        tool.plan.refuse(error, McpExchange(request))
        request.reply_headers = [header for header in error_headers(error, request.request_id) if header is not JSON]
        return self._failed(request, error)

    def _begin(self, request: Request, tool: _Tool, arguments: dict[str, Any]) -> bytes | Awaitable[bytes]:
        exchange = exchange_for(request, tool.operation.name, self._sealer)
        keyed = tool.plan.keyed
        if keyed is not None and (key := request.meta.get(IDEMPOTENCY_KEY)) is not None:
            text = key if isinstance(key, str) else ""  # which is no key
            return self._finish_keyed(request, tool, keyed(to_json(arguments), exchange, text))
        try:
            body = tool.plan.begin(to_json(arguments), exchange)
        except (InputRequired, PlugwrightError) as error:
            return self._ended(request, tool, error)
        return self._finish(request, tool, body) if type(body) is Suspended else _result(request, tool, body)

    async def _finish(self, request: Request, tool: _Tool, call: Suspended) -> bytes:
        try:
            body = await tool.plan.finish(call)
        except (InputRequired, PlugwrightError) as error:
            return self._ended(request, tool, error)
        return _result(request, tool, body)

    async def _finish_keyed(self, request: Request, tool: _Tool, call: Awaitable[bytes]) -> bytes:
        try:
            body = await call
        except (InputRequired, PlugwrightError) as error:
            if isinstance(error, KeptFailure):
                request.reply_headers = [*(request.reply_headers or []), REPLAYED]
            return self._ended(request, tool, error)
        request.reply_headers = [*(request.reply_headers or []), *told_again(body)]
        return _result(request, tool, body)

    def _ended(self, request: Request, tool: _Tool, error: InputRequired | PlugwrightError) -> bytes:
        """The result of a call that asks or has failed."""
        if isinstance(error, InputRequired):
            asked = input_required_result(request, tool.operation.name, error, self._sealer)
            return self._results.input_required(asked)
        if (protocol_error := protocol_error_of(error, request)) is not None:
            raise protocol_error from None
        if isinstance(error, AccessRefused) and tool.gate is not None:
            raise not_admitted(request, error, tool.gate, self._results, asks_by_http=self._asks_by_http) from None
        return self._failed(request, error)

    def _failed(self, request: Request, error: PlugwrightError) -> bytes:
        text = error_body(error, request.request_id).decode()
        return self._results.complete(request, {"content": [{"type": "text", "text": text}], "isError": True})


def _result(request: Request, tool: _Tool, body: bytes) -> bytes:
    return tool.modern(body) if request.revision.is_modern else tool.legacy(body, request.revision)


def protocol_error_of(error: PlugwrightError, request: Request) -> RpcError | None:
    """The protocol error that a failure stands for in the modern era, if it is none that a model could mend."""
    if not request.revision.is_modern:
        return None
    if isinstance(error, UnsupportedQuestion):
        return RpcError(MISSING_CAPABILITY, error.message, data={"requiredCapabilities": error.required}, status=400)
    if isinstance(error, MalformedAnswer):
        return RpcError(INVALID_PARAMS, error.message)
    return None


def _compile(operation: Operation, plan: Plan, results: Results, gate: Gate | None) -> _Tool:
    tail = b',"isError":false,' + results.modern_tail + b"}"
    content = _content_of(operation)
    structured = _structured_of(operation)

    def modern(body: bytes) -> bytes:
        return b"".join((b'{"resultType":"complete","content":', *content(body), *structured(body), tail))

    def legacy(body: bytes, revision: Revision) -> bytes:
        if operation.output.is_blocks and not revision.has_all_blocks:
            body = to_json([block_for(block, revision) for block in from_json(body)])
        extra = structured(body) if revision.has_structured else ()
        return b"".join((b'{"content":', *content(body), *extra, b',"isError":false}'))

    return _Tool(operation, plan, wanted_headers(parameter_headers(operation.input_schema)), modern, legacy, gate)


def _content_of(operation: Operation) -> Split:
    output = operation.output
    if output.is_blocks:
        return lambda body: (body,)
    if output.is_nothing:
        return lambda body: (b'[{"type":"text","text":"Done."}]',)  # noqa: ARG005 the body is null
    end = _UNTRUSTED if output.is_untrusted else b"}]"
    if output.is_text:
        # A text is its own JSON string: the model reads it without quotes around it.
        return lambda body: (_TEXT, body, end)
    return lambda body: (_TEXT, quoted(body.decode()).encode(), end)


def _structured_of(operation: Operation) -> Split:
    output = operation.output
    if output.is_blocks or output.is_nothing:
        return lambda body: ()  # noqa: ARG005 such an answer has no structure
    if output.is_object:
        return lambda body: (b',"structuredContent":', body)
    return lambda body: (b',"structuredContent":{"result":', body, b"}")
