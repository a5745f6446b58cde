"""One decoded request, whatever carried it: the envelope read and checked."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from plugwright.json_types import is_object
from plugwright.observe.trace_context import TraceContext, read_trace, trace_of_headers
from plugwright.principal import Principal
from plugwright.protocols.mcp.jsonrpc import INVALID_PARAMS, INVALID_REQUEST, UNSUPPORTED_VERSION, RpcError
from plugwright.protocols.mcp.revisions import MODERN, REVISIONS, SUPPORTED, Revision
from plugwright.web.asgi import Headers

_NONE: Mapping[str, Any] = MappingProxyType({})
_PREFIX = "io.modelcontextprotocol/"
VERSION_KEY = _PREFIX + "protocolVersion"
CAPABILITIES_KEY = _PREFIX + "clientCapabilities"
LOG_LEVEL_KEY = _PREFIX + "logLevel"
SERVER_INFO_KEY = _PREFIX + "serverInfo"
IDEMPOTENCY_KEY = "plugwright/idempotency-key"
"""In ``_meta`` of a tool call what the header ``Idempotency-Key`` is over REST."""

# RFC 5424 severities, the least severe first.
LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


class Notifier(Protocol):
    """Where notifications of a running request go."""

    def push(self, frame: bytes) -> None:
        """Send one JSON-RPC notification, from any thread, without waiting."""
        ...


class Request:
    """A request, ready for its method.

    ``headers`` holds the HTTP headers that mirror parts of the body; absent where there are none to check (standard
    input, handshake revisions). ``log_level`` absent: no log messages are wanted. ``authorization`` is the header of
    that name, ``address`` the network that the request comes from, ``header_list`` all that came with the HTTP request,
    and ``reply_headers`` go with the reply. What most requests leave out is set on the class, and costs them nothing.
    """

    capabilities: Mapping[str, Any] = _NONE
    log_level: str | None = None
    progress_token: str | int | None = None
    notifier: Notifier | None = None
    gone: Callable[[], Awaitable[None]] | None = None
    headers: Mapping[bytes, bytes] | None = None
    principal: Principal | None = None
    authorization: bytes | None = None
    address: str = "local"
    header_list: Headers | None = None
    reply_headers: Headers | None = None
    _request_id: str | None = None

    def __init__(
        self, raw_id: bytes, method: str, params: dict[str, Any], revision: Revision, next_request_id: Callable[[], str]
    ) -> None:
        self.id = raw_id
        self.method = method
        self.params = params
        self.revision = revision
        self._next_request_id = next_request_id

    @property
    def meta(self) -> dict[str, Any]:
        """``params._meta``; empty when there is none."""
        meta = self.params.get("_meta")
        return meta if is_object(meta) else {}

    @property
    def request_id(self) -> str:
        """The id for log and refusals, made when somebody first asks for it. Not the ``id`` of the message."""
        if self._request_id is None:
            self._request_id = self._next_request_id()
        return self._request_id

    @property
    def trace(self) -> TraceContext | None:
        """The trace that ``_meta`` tells of, which is the caller's own, else that of the HTTP headers."""
        meta = self.params.get("_meta")
        told = read_trace(meta.get("traceparent"), meta.get("tracestate")) if is_object(meta) else None
        return told or (None if self.header_list is None else trace_of_headers(self.header_list))

    @property
    def wants_notifications(self) -> bool:
        """Whether the client asked to hear of the call before its reply."""
        return self.log_level is not None or self.progress_token is not None


def is_notification(message: dict[str, Any]) -> bool:
    """Whether a message wants no reply."""
    return "id" not in message


def check_shape(message: Any) -> dict[str, Any]:
    """A message that is a JSON-RPC request or notification.

    Raises:
        RpcError: it is not.
    """
    if not is_object(message):
        raise RpcError(INVALID_REQUEST, "A message must be a JSON object", status=400)
    if message.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, 'A message must have "jsonrpc": "2.0"', status=400)
    if not isinstance(message.get("method"), str):
        raise RpcError(INVALID_REQUEST, "A message must have a method", status=400)
    request_id = message.get("id", "")
    if isinstance(request_id, bool) or not isinstance(request_id, (str, int)):
        raise RpcError(INVALID_REQUEST, "An id must be a string or an integer", status=400)
    return message


def meta_of(message: Any) -> dict[str, Any]:
    """``params._meta`` of a message; empty when it has none."""
    params = message.get("params") if is_object(message) else None
    meta = params.get("_meta") if is_object(params) else None
    return meta if is_object(meta) else {}


def claimed_version(meta: Mapping[str, Any]) -> str:
    """The version that a modern request's ``_meta`` names.

    Raises:
        RpcError: ``_meta`` lacks version or capabilities.
    """
    version = meta.get(VERSION_KEY)
    if not isinstance(version, str):
        raise RpcError(INVALID_PARAMS, f"params._meta must be an object with {VERSION_KEY}", status=400)
    if not isinstance(meta.get(CAPABILITIES_KEY), dict):
        raise RpcError(INVALID_PARAMS, f"params._meta must have the object {CAPABILITIES_KEY}", status=400)
    return version


def unsupported_version(requested: str) -> RpcError:
    """The error for a revision that is not served; it names those that are."""
    return RpcError(
        UNSUPPORTED_VERSION,
        f"Protocol version {requested!r} is not served",
        data={"supported": SUPPORTED, "requested": requested},
        status=400,
    )


def modern_request(
    message: dict[str, Any], meta: dict[str, Any], next_request_id: Callable[[], str], raw_id: bytes
) -> Request:
    """A modern request from its checked envelope.

    Raises:
        RpcError: the log level or the progress token is malformed.
    """
    level = meta.get(LOG_LEVEL_KEY)
    if level is not None and level not in LOG_LEVELS:
        raise RpcError(INVALID_PARAMS, f"{LOG_LEVEL_KEY} must be one of {', '.join(LOG_LEVELS)}", status=400)
    request = Request(raw_id, message["method"], message["params"], MODERN, next_request_id)
    request.capabilities = meta[CAPABILITIES_KEY]
    request.log_level = level
    request.progress_token = _progress_token(meta, status=400)
    return request


def legacy_request(
    message: dict[str, Any], revision: Revision, next_request_id: Callable[[], str], raw_id: bytes
) -> Request:
    """A request of a handshake revision, whatever is in it.

    Raises:
        RpcError: the parameters are no object.
    """
    params = message.get("params", {})
    if not is_object(params):
        raise RpcError(INVALID_PARAMS, "params must be an object")
    request = handshake_request(raw_id, message["method"], params, revision, next_request_id)
    request.progress_token = _progress_token(meta_of(message), status=200)
    return request


def handshake_request(
    raw_id: bytes, method: str, params: dict[str, Any], revision: Revision, next_request_id: Callable[[], str]
) -> Request:
    """A request of a handshake revision that asks for no progress.

    Log messages are wanted from ``info`` on: without a session nobody remembers a level that was set.
    """
    request = Request(raw_id, method, params, revision, next_request_id)
    request.log_level = "info"
    return request


def legacy_revision(message: dict[str, Any], header: Revision) -> Revision:
    """The revision of a legacy message: ``initialize`` names its own, an unknown one gets the latest."""
    if message["method"] != "initialize":
        return header
    params = message.get("params")
    asked = params.get("protocolVersion") if is_object(params) else None
    found = REVISIONS.get(asked) if isinstance(asked, str) else None
    return found if found is not None and not found.is_modern else REVISIONS["2025-11-25"]


def _progress_token(meta: Mapping[str, Any], *, status: int) -> str | int | None:
    token = meta.get("progressToken")
    if token is None or isinstance(token, str) or (isinstance(token, int) and not isinstance(token, bool)):
        return token
    raise RpcError(INVALID_PARAMS, "progressToken must be a string or an integer", status=status)
